-- One row is the enquiries of a mandatory task by a channel; the tasks of a channel sum to channel_share's count.
select
    count_id,
    municipality_code,
    direction,
    kle,
    channel,
    cast(sum(enquiry_count) as bigint) as enquiry_count
from mandatory_enquiry
group by count_id, municipality_code, direction, kle, channel
