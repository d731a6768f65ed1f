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
join newest_verdict as v on v.delivery_id = a.delivery_id
