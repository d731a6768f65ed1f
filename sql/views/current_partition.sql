-- One row is a partition with the load in force for it: the newest that covers all its weeks. A load made again of the
-- same delivery (first_load_id) stands in the place of the first: it replaces that one, and nothing that came later.
select
    p.load_id,
    l.delivery_id,
    l.source,
    p.partition_group,
    p.partition_name,
    p.count_id,
    p.municipality_code,
    p.weeks,
    p.first_week,
    p.last_week,
    p.as_of_date
from load_partition as p
join load as l on l.load_id = p.load_id
where p.load_id <= (select load_id from horizon_in_force)
    and not exists (
        select 1
        from load as again
        where again.first_load_id = coalesce(l.first_load_id, l.load_id)
            and again.load_id > l.load_id
            and again.load_id <= (select load_id from horizon_in_force)
    )
    and not exists (
        select 1
        from load_partition as newer
        join load as n on n.load_id = newer.load_id
        where newer.partition_group = p.partition_group
            and newer.load_id <= (select load_id from horizon_in_force)
            and coalesce(n.first_load_id, n.load_id) > coalesce(l.first_load_id, l.load_id)
            and (p.first_week is null or (newer.first_week <= p.first_week and newer.last_week >= p.last_week))
            and not exists (
                select 1
                from load as again
                where again.first_load_id = coalesce(n.first_load_id, n.load_id)
                    and again.load_id > n.load_id
                    and again.load_id <= (select load_id from horizon_in_force)
            )
    )
