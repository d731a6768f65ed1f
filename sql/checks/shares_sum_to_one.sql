-- Offenders: directions of the load's counts whose channel shares do not sum to one.
select s.count_id, s.municipality_code, s.direction, sum(s.share) as share_sum
from channel_share as s
join load_partition as p
    on p.count_id = s.count_id
    and p.municipality_code = s.municipality_code
where p.load_id = :load_id
group by s.count_id, s.municipality_code, s.direction, p.partition_name
having abs(sum(s.share) - 1) > 1e-9
