-- One row is the national figure that a municipality's measure is compared with: the published one, else pooled
-- over the other municipalities when enough of them are complete (settings: national_min_municipalities).
-- channel is '' for measures over all channels.
with valued as materialized (
    select * from measure_value
),

complete as materialized (
    select * from complete_count
),

place as (
    select distinct count_id, municipality_code from valued
),

published as materialized (
    select count_id, 'channel_share' as measure, direction, channel, share
    from national_channel_share
    where method = 'published'
),

own as (
    select v.count_id, v.municipality_code, v.measure, v.direction, v.channel, v.numerator, v.total_count
    from valued as v
    join complete as c
        on c.count_id = v.count_id
        and c.municipality_code = v.municipality_code
),

pooled as materialized (
    select
        count_id,
        measure,
        direction,
        channel,
        count(*) as municipality_count,
        cast(sum(numerator) as bigint) as numerator,
        cast(sum(total_count) as bigint) as total_count
    from own
    group by count_id, measure, direction, channel
),

others as (
    select
        p.count_id,
        p.municipality_code,
        n.measure,
        n.direction,
        n.channel,
        n.municipality_count - case when o.measure is null then 0 else 1 end as municipality_count,
        (
            select count(*)
            from complete as c
            where c.count_id = p.count_id
                and c.municipality_code <> p.municipality_code
        ) as complete_count,
        n.numerator - coalesce(o.numerator, 0) as numerator,
        n.total_count - coalesce(o.total_count, 0) as total_count
    from place as p
    join pooled as n on n.count_id = p.count_id
    left join own as o
        on o.count_id = p.count_id
        and o.municipality_code = p.municipality_code
        and o.measure = n.measure
        and o.direction = n.direction
        and coalesce(o.channel, '') = coalesce(n.channel, '')
)

select
    p.count_id,
    p.municipality_code,
    n.measure,
    n.direction,
    n.channel,
    n.share as value,
    'published' as method,
    null as municipality_count
from place as p
join published as n on n.count_id = p.count_id
union all
select
    o.count_id,
    o.municipality_code,
    o.measure,
    o.direction,
    coalesce(o.channel, '') as channel,
    cast(o.numerator as double precision) / o.total_count as value,
    'pooled' as method,
    o.municipality_count
from others as o
join settings_in_force as s on o.complete_count >= s.national_min_municipalities
left join published as n
    on n.count_id = o.count_id
    and n.measure = o.measure
    and n.direction = o.direction
    and n.channel = o.channel
where n.count_id is null
    and o.total_count > 0
