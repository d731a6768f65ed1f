-- One row is the Digital Post extract that a count's page shows: the newest dated before the next count begins.
select c.count_id, p.municipality_code, max(p.as_of_date) as as_of_date
from calendar_in_force as c
join current_partition as p
    on p.as_of_date is not null
    and (c.next_first_day is null or p.as_of_date < c.next_first_day)
group by c.count_id, p.municipality_code
