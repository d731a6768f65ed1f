-- One row is the persons of an age group and enrolment status in the load in force for their date.
select
    e.load_id,
    e.municipality_code,
    e.as_of_date,
    e.age_group,
    e.status,
    e.person_count
from current_partition as p
join enrolment as e
    on e.load_id = p.load_id
    and e.municipality_code = p.municipality_code
    and e.as_of_date = p.as_of_date
