-- One row is a row that the newest verdict on its delivery set aside.
select
    v.delivery_id,
    r.source_row,
    r.column_name,
    r.rule,
    r.message
from rejected_log as r
join verdict_log as v on v.verdict_id = r.verdict_id
where v.verdict_id = (select max(newest.verdict_id) from verdict_log as newest where newest.delivery_id = v.delivery_id)
