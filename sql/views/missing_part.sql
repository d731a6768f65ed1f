-- One row is something that a count of a municipality waits for: its weeks to be over, a source for a week,
-- or a channel that held more than 1 % of the same count a year earlier.
with shared as materialized (
    select * from channel_share
),

in_force as materialized (
    select * from current_partition
),

municipality as (
    select c.count_id, m.municipality_code
    from calendar_in_force as c
    join settings_in_force as s on 1 = 1
    join published_municipality as m on m.settings_id = s.settings_id
    union
    select p.count_id, p.municipality_code
    from in_force as p
    join calendar_in_force as c on c.count_id = p.count_id
    where p.municipality_code is not null
)

select
    m.count_id,
    m.municipality_code,
    'weeks_not_over' as kind,
    null as source,
    c.last_week as week,
    null as direction,
    null as channel
from municipality as m
join calendar_in_force as c on c.count_id = m.count_id
join settings_in_force as s on s.today <= c.last_day
union all
select
    m.count_id,
    m.municipality_code,
    'source_missing' as kind,
    e.source,
    w.week,
    null as direction,
    null as channel
from municipality as m
join settings_in_force as s on 1 = 1
join expected_source as e on e.settings_id = s.settings_id and e.count_id = m.count_id
join count_week as w on w.settings_id = s.settings_id and w.count_id = m.count_id
left join in_force as p
    on p.count_id = m.count_id
    and p.municipality_code = m.municipality_code
    and p.source = e.source
    and p.first_week <= w.week
    and p.last_week >= w.week
where p.load_id is null
union all
select
    m.count_id,
    m.municipality_code,
    'channel_missing' as kind,
    null as source,
    null as week,
    before.direction,
    before.channel
from municipality as m
join calendar_in_force as c on c.count_id = m.count_id
join shared as before
    on before.count_id = c.previous_count_id
    and before.municipality_code = m.municipality_code
    and before.share > 0.01
left join shared as now
    on now.count_id = m.count_id
    and now.municipality_code = m.municipality_code
    and now.direction = before.direction
    and now.channel = before.channel
where now.channel is null
