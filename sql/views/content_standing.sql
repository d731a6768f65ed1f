-- One row is a delivery that is no duplicate, and whether every partition of its newest load is still in force.
select
    a.delivery_id,
    a.sha256,
    v.status,
    v.rules,
    not exists (
        select 1
        from load as l
        join load_partition as p on p.load_id = l.load_id
        where l.load_id = (select max(newest.load_id) from load as newest where newest.delivery_id = a.delivery_id)
            and not exists (
                select 1
                from current_partition as c
                where c.load_id = p.load_id
                    and c.partition_name = p.partition_name
            )
    ) as is_current
from arrival as a
join newest_verdict as v on v.delivery_id = a.delivery_id
where v.status <> 'duplicate'
