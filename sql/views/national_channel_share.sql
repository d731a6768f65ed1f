-- One row is a national share (0-1) of a channel by one method: published (KL's figure, method unknown),
-- pooled (sum over sum) or mean (of the municipalities' shares); the latter two over complete counts.
select
    n.count_id,
    n.direction,
    n.channel,
    'published' as method,
    null as municipality_count,
    n.share
from national_share as n
join current_partition as p on p.load_id = n.load_id and p.count_id = n.count_id
union all
select
    count_id,
    direction,
    channel,
    'pooled' as method,
    municipality_count,
    cast(numerator as double precision) / total_count as share
from national_measure
where measure = 'channel_share'
union all
select
    count_id,
    direction,
    channel,
    'mean' as method,
    municipality_count,
    mean_value as share
from national_measure
where measure = 'channel_share'
