-- One row is a count of a municipality that is complete: it has data, and waits for nothing.
select distinct p.count_id, p.municipality_code
from current_partition as p
join calendar_in_force as c on c.count_id = p.count_id
left join missing_part as m
    on m.count_id = p.count_id
    and m.municipality_code = p.municipality_code
where p.municipality_code is not null
    and m.count_id is null
