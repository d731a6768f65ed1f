-- One row is a complete count of a municipality whose pages are published.
select k.count_id, k.municipality_code, c.first_day
from complete_count as k
join settings_in_force as s on 1 = 1
join published_municipality as p
    on p.settings_id = s.settings_id
    and p.municipality_code = k.municipality_code
join calendar_in_force as c on c.count_id = k.count_id
