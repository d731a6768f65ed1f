-- Offenders: weeks of which the load has enquiries and names no partition; no view would ever show them.
with covered as (
    select distinct load_id, count_id, municipality_code, weeks
    from enquiry
    where load_id = :load_id
)

select c.load_id, c.count_id, c.municipality_code, c.weeks
from covered as c
left join load_partition as p
    on p.load_id = c.load_id
    and p.count_id = c.count_id
    and p.municipality_code = c.municipality_code
    and p.weeks = c.weeks
where p.load_id is null
