-- One row is a row that the newest verdict on its delivery set aside.
select
    v.delivery_id,
    r.source_row,
    r.column_name,
    r.rule,
    r.message
from rejected_log as r
join newest_verdict as v on v.verdict_id = r.verdict_id
