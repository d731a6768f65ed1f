-- One row is a channel's share (0-1) of all current enquiries of a direction on the count's mandatory tasks.
-- A channel that nobody counted has no row; it is never 0. Website visits are no part of it.
with with_total as (
    select
        count_id,
        municipality_code,
        direction,
        channel,
        enquiry_count,
        cast(sum(enquiry_count) over (partition by count_id, municipality_code, direction) as bigint) as total_count
    from channel_count
)

select
    count_id,
    municipality_code,
    direction,
    channel,
    enquiry_count,
    total_count,
    cast(enquiry_count as double precision) / total_count as share
from with_total
where total_count > 0
