-- One row: the newest numbers that the views know of. The table horizon is empty but inside a transaction that asks
-- about the past and is undone.
select
    coalesce(min(run_id), 9223372036854775807) as run_id,
    coalesce(min(verdict_id), 9223372036854775807) as verdict_id,
    coalesce(min(load_id), 9223372036854775807) as load_id,
    coalesce(min(disclosure_id), 9223372036854775807) as disclosure_id
from horizon
