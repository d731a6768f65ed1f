-- One row is a channel's share in a count and in the same count a year earlier, on the tasks that both
-- counts' packages hold. A side where nobody counted the channel is null.
with counted as materialized (
    select * from task_channel_count
),

pair as (
    select c.count_id, c.previous_count_id, c.task_package, b.task_package as previous_task_package
    from calendar_in_force as c
    join calendar_in_force as b on b.count_id = c.previous_count_id
),

common_task as (
    select p.count_id, p.previous_count_id, t.kle
    from pair as p
    join settings_in_force as s on 1 = 1
    join package_task as t on t.settings_id = s.settings_id and t.task_package = p.task_package
    join package_task as b
        on b.settings_id = s.settings_id
        and b.task_package = p.previous_task_package
        and b.kle = t.kle
),

this_count as (
    select k.count_id, e.municipality_code, e.direction, e.channel, sum(e.enquiry_count) as enquiry_count
    from common_task as k
    join counted as e on e.count_id = k.count_id and e.kle = k.kle
    group by k.count_id, e.municipality_code, e.direction, e.channel
),

previous_count as (
    select k.count_id, e.municipality_code, e.direction, e.channel, sum(e.enquiry_count) as enquiry_count
    from common_task as k
    join counted as e on e.count_id = k.previous_count_id and e.kle = k.kle
    group by k.count_id, e.municipality_code, e.direction, e.channel
),

this_total as (
    select count_id, municipality_code, direction, sum(enquiry_count) as total_count
    from this_count
    group by count_id, municipality_code, direction
),

previous_total as (
    select count_id, municipality_code, direction, sum(enquiry_count) as total_count
    from previous_count
    group by count_id, municipality_code, direction
),

channel_key as (
    select count_id, municipality_code, direction, channel from this_count
    union
    select count_id, municipality_code, direction, channel from previous_count
)

select
    k.count_id,
    c.previous_count_id,
    k.municipality_code,
    k.direction,
    k.channel,
    cast(n.enquiry_count as double precision) / tn.total_count as share,
    cast(b.enquiry_count as double precision) / tb.total_count as previous_share,
    cast(n.enquiry_count as bigint) as enquiry_count,
    cast(b.enquiry_count as bigint) as previous_enquiry_count
from channel_key as k
join calendar_in_force as c on c.count_id = k.count_id
join this_total as tn
    on tn.count_id = k.count_id
    and tn.municipality_code = k.municipality_code
    and tn.direction = k.direction
    and tn.total_count > 0
join previous_total as tb
    on tb.count_id = k.count_id
    and tb.municipality_code = k.municipality_code
    and tb.direction = k.direction
    and tb.total_count > 0
left join this_count as n
    on n.count_id = k.count_id
    and n.municipality_code = k.municipality_code
    and n.direction = k.direction
    and n.channel = k.channel
left join previous_count as b
    on b.count_id = k.count_id
    and b.municipality_code = k.municipality_code
    and b.direction = k.direction
    and b.channel = k.channel
