-- One row is a published national share (0-1) of an enrolment status; its method is unknown. `enrolled` is derived
-- where own and automatic enrolment are both published.
with published as (
    select n.count_id, n.status, n.share
    from national_enrolment as n
    join current_partition as p on p.load_id = n.load_id and p.count_id = n.count_id
)

select count_id, status, share, 'published' as method
from published
union all
select own.count_id, 'enrolled' as status, own.share + automatic.share as share, 'published' as method
from published as own
join published as automatic
    on automatic.count_id = own.count_id
    and automatic.status = 'automatically_enrolled'
where own.status = 'self_enrolled'
