-- One row is the value of a measure that a target can be set on, exact (numerator / total_count)
-- and as printed: thousandths, rounded half up.
with measures as (
    select
        count_id,
        municipality_code,
        'channel_share' as measure,
        direction,
        channel,
        enquiry_count as numerator,
        total_count,
        share as value
    from channel_share
    union all
    select
        count_id,
        municipality_code,
        'digital_share' as measure,
        direction,
        null as channel,
        digital_count as numerator,
        total_count,
        share as value
    from digital_share
    union all
    select
        count_id,
        municipality_code,
        'self_service_rate' as measure,
        'inbound' as direction,
        null as channel,
        self_service_count as numerator,
        transaction_count as total_count,
        rate as value
    from self_service_rate
)

select
    count_id,
    municipality_code,
    measure,
    direction,
    channel,
    numerator,
    total_count,
    value,
    (2000 * numerator + total_count) / (2 * total_count) as permille
from measures
