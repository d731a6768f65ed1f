-- One row is a municipality's selvbetjeningsgrad in a count: inbound transactions by self-service over inbound
-- transactions by self-service, in person, phone, letter, e-mail and Digital Post. Not the channel share.
with counted as (
    select
        count_id,
        municipality_code,
        channel,
        -- Chosen here and not by a where: a planner without statistics takes a few conditions for very few rows.
        case
            when direction = 'inbound' and enquiry_type = 'transaction' and is_in_self_service_rate then enquiry_count
        end as enquiry_count
    from mandatory_enquiry
),

transactions as (
    select
        count_id,
        municipality_code,
        cast(sum(case when channel = 'self_service' then enquiry_count end) as bigint) as self_service_count,
        cast(sum(enquiry_count) as bigint) as transaction_count
    from counted
    group by count_id, municipality_code
)

select
    count_id,
    municipality_code,
    self_service_count,
    transaction_count,
    cast(self_service_count as double precision) / transaction_count as rate
from transactions
where transaction_count > 0
    and self_service_count is not null
