-- One row is an enrolment status's share of the covered persons in the extract that a count's page shows.
select
    d.count_id,
    s.municipality_code,
    s.as_of_date,
    s.status,
    s.person_count,
    s.covered_count,
    s.share
from count_digital_post as d
join digital_post_share as s
    on s.municipality_code = d.municipality_code
    and s.as_of_date = d.as_of_date
