-- One row is the newest verdict on a delivery: the one that holds.
select v.*
from verdict_log as v
where v.verdict_id = (
    select max(newest.verdict_id)
    from verdict_log as newest
    where newest.delivery_id = v.delivery_id
        and newest.verdict_id <= (select verdict_id from horizon_in_force)
)
