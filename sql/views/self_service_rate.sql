-- One row is a municipality's selvbetjeningsgrad in a count: inbound transactions by self-service over inbound
-- transactions by self-service, in person, phone, letter, e-mail and Digital Post. Not the channel share.
with transactions as (
    select
        count_id,
        municipality_code,
        cast(sum(case when channel = 'self_service' then rated_count end) as bigint) as self_service_count,
        cast(sum(rated_count) as bigint) as transaction_count
    from channel_count
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
