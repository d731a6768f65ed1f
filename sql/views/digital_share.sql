-- One row is the share (0-1) of a direction's enquiries by channels that count as digital (channel_code.is_digital).
with totals as (
    select
        count_id,
        municipality_code,
        direction,
        cast(sum(case when is_digital then enquiry_count else 0 end) as bigint) as digital_count,
        cast(sum(enquiry_count) as bigint) as total_count
    from channel_count
    group by count_id, municipality_code, direction
)

select
    count_id,
    municipality_code,
    direction,
    digital_count,
    total_count,
    cast(digital_count as double precision) / total_count as share
from totals
where total_count > 0
