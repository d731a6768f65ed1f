-- One row is the enquiries of a task, channel, direction and type in the load in force for their weeks.
-- SQLite looks at the tables of a cross join in the order written: a partition's enquiries stand side by side.
select
    e.load_id,
    p.delivery_id,
    p.source,
    e.count_id,
    e.municipality_code,
    e.weeks,
    e.kle,
    e.channel,
    e.direction,
    e.enquiry_type,
    e.enquiry_count
from current_partition as p
cross join enquiry as e
where e.load_id = p.load_id
    and e.municipality_code = p.municipality_code
    and e.count_id = p.count_id
    and e.weeks = p.weeks
