-- One row is an enrolment status's share (0-1) of all persons covered by an extract. The statuses are disjoint;
-- `enrolled` is derived: by own act and automatically together.
with covered as (
    select as_of_date, municipality_code, cast(sum(person_count) as bigint) as covered_count
    from current_enrolment
    group by as_of_date, municipality_code
),

by_status as (
    select as_of_date, municipality_code, status, person_count from current_enrolment
    union all
    select as_of_date, municipality_code, 'enrolled' as status, person_count
    from current_enrolment
    where status in ('self_enrolled', 'automatically_enrolled')
),

summed as (
    select as_of_date, municipality_code, status, cast(sum(person_count) as bigint) as person_count
    from by_status
    group by as_of_date, municipality_code, status
)

select
    s.as_of_date,
    s.municipality_code,
    s.status,
    s.person_count,
    c.covered_count,
    cast(s.person_count as double precision) / c.covered_count as share
from summed as s
join covered as c
    on c.as_of_date = s.as_of_date
    and c.municipality_code = s.municipality_code
where c.covered_count > 0
