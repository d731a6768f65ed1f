-- One row is a partition with the load in force for it: the newest that covers all its weeks.
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
        from load_partition as newer
        where newer.partition_group = p.partition_group
            and newer.load_id > p.load_id
            and newer.load_id <= (select load_id from horizon_in_force)
            and (p.first_week is null or (newer.first_week <= p.first_week and newer.last_week >= p.last_week))
    )
