-- One row is a figure on enrolment in Digital Post that may be shown: the persons of some age groups and one status in
-- the extract in force for their date, by the newest decision on it. `all` with `covered` is there for every extract;
-- `covered_count` is the persons of the row's age groups whatever their status.
with newest_decision as (
    select load_id, municipality_code, as_of_date, max(disclosure_id) as disclosure_id
    from disclosure
    where disclosure_id <= (select disclosure_id from horizon_in_force)
    group by load_id, municipality_code, as_of_date
),

covered as (
    select disclosure_id, age_groups, cast(sum(person_count) as bigint) as covered_count
    from disclosed_cell
    where status = 'covered' or age_groups <> 'all'
    group by disclosure_id, age_groups
)

select
    d.as_of_date,
    d.municipality_code,
    f.age_groups,
    f.status,
    f.person_count,
    c.covered_count
from current_partition as p
join newest_decision as d
    on d.load_id = p.load_id
    and d.municipality_code = p.municipality_code
    and d.as_of_date = p.as_of_date
join disclosed_cell as f on f.disclosure_id = d.disclosure_id
join covered as c
    on c.disclosure_id = f.disclosure_id
    and c.age_groups = f.age_groups
