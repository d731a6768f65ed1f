-- One row is a measure pooled over the municipalities whose count is complete and that have a value.
with valued as materialized (
    select * from measure_value
),

complete as materialized (
    select * from complete_count
)

select
    v.count_id,
    v.measure,
    v.direction,
    v.channel,
    cast(count(*) as bigint) as municipality_count,
    cast(sum(v.numerator) as bigint) as numerator,
    cast(sum(v.total_count) as bigint) as total_count,
    avg(v.value) as mean_value
from valued as v
join complete as c
    on c.count_id = v.count_id
    and c.municipality_code = v.municipality_code
group by v.count_id, v.measure, v.direction, v.channel
