-- One row is the enquiries of a task, channel, direction and type in the load in force for their weeks.
with in_force as materialized (
    select * from current_partition
)

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
from in_force as p
join enquiry as e
    on e.load_id = p.load_id
    and e.municipality_code = p.municipality_code
    and e.count_id = p.count_id
    and e.weeks = p.weeks
