-- One row is a name of the inbox: the delivery last seen under it, and the rules that it broke by its newest verdict.
select
    a.delivery_id,
    a.file_name,
    a.sha256,
    a.byte_count,
    a.modified_at,
    v.rules
from arrival as a
join newest_verdict as v on v.delivery_id = a.delivery_id
where a.delivery_id = (
    select max(newest.delivery_id)
    from arrival as newest
    where newest.file_name = a.file_name
)
