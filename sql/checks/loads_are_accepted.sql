-- Offenders: a load whose verdict is not accepted, or is not the newest on its delivery.
select l.load_id, v.status
from load as l
join verdict_log as v on v.verdict_id = l.verdict_id
where l.load_id = :load_id
    and (
        v.status <> 'accepted'
        or v.delivery_id <> l.delivery_id
        or exists (
            select 1
            from verdict_log as newer
            where newer.delivery_id = l.delivery_id
                and newer.verdict_id > l.verdict_id
        )
    )
