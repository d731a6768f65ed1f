-- One row is a partition of a load that the page of a municipality's count prints from: those of this and earlier counts, and
-- those of the Digital Post extracts up to the one that it shows (of_count_id null).
select distinct
    page.count_id,
    p.municipality_code,
    p.load_id,
    p.delivery_id,
    p.partition_name,
    p.count_id as of_count_id,
    p.as_of_date
from calendar_in_force as page
join calendar_in_force as c on c.first_day <= page.first_day
join current_partition as p on p.count_id = c.count_id
where p.municipality_code is not null
union
select
    d.count_id,
    p.municipality_code,
    p.load_id,
    p.delivery_id,
    p.partition_name,
    null as of_count_id,
    p.as_of_date
from count_digital_post as d
join current_partition as p
    on p.municipality_code = d.municipality_code
    and p.as_of_date <= d.as_of_date
