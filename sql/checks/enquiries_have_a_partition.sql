-- Offenders: enquiries of the load in weeks that none of its partitions names; no view would ever show them.
select e.load_id, e.count_id, e.municipality_code, e.weeks
from enquiry as e
left join load_partition as p
    on p.load_id = e.load_id
    and p.count_id = e.count_id
    and p.municipality_code = e.municipality_code
    and p.weeks = e.weeks
where e.load_id = :load_id
    and p.load_id is null
