-- One row is a direction's enquiries by a channel on the count's mandatory tasks, and those of them that the
-- selvbetjeningsgrad is reckoned on (rated_count): inbound transactions by its channels, null where there is no row of them.
select
    count_id,
    municipality_code,
    direction,
    channel,
    is_digital,
    cast(sum(enquiry_count) as bigint) as enquiry_count,
    -- Chosen here and not by a where: a planner without statistics takes a few conditions for very few rows.
    cast(
        sum(
            case
                when direction = 'inbound' and enquiry_type = 'transaction' and is_in_self_service_rate then enquiry_count
            end
        ) as bigint
    ) as rated_count
from mandatory_enquiry
group by count_id, municipality_code, direction, channel, is_digital
