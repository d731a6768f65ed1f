-- One row is a delivery with its newest verdict; reason is Danish and says what to do.
select
    a.delivery_id,
    coalesce(v.source, 'unknown') as source,
    a.file_name,
    a.sha256,
    a.received_at,
    v.status,
    v.reason,
    v.count_id,
    v.municipality_code,
    v.rows_read,
    v.rows_accepted,
    v.rows_rejected
from arrival as a
join verdict_log as v on v.delivery_id = a.delivery_id
where v.verdict_id = (select max(newest.verdict_id) from verdict_log as newest where newest.delivery_id = a.delivery_id)
