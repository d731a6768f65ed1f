-- Offenders: directions of a count of the load whose channel shares do not sum to one.
select s.count_id, s.municipality_code, s.direction, sum(s.share) as share_sum
from channel_share as s
where s.count_id = :count_id
    and s.municipality_code = :municipality_code
group by s.count_id, s.municipality_code, s.direction
having abs(sum(s.share) - 1) > 1e-9
