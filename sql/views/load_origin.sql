-- One row is a load with the delivery it came from, when that was judged, and the settings it was read under.
select
    l.load_id,
    l.source,
    l.loaded_at,
    l.code_version,
    l.code_list_version,
    l.facts_sha256,
    l.delivery_id,
    a.file_name,
    a.sha256,
    a.received_at,
    v.verdict_id,
    v.decided_at,
    v.decided_by,
    r.settings_id
from load as l
join arrival as a on a.delivery_id = l.delivery_id
join verdict_log as v on v.verdict_id = l.verdict_id
join run as r on r.run_id = v.run_id
