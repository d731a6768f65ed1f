-- One row is something that a published municipality's count waits for, once the count has begun.
select
    m.count_id,
    m.municipality_code,
    m.kind,
    m.source,
    m.week,
    m.direction,
    m.channel,
    c.first_day
from missing_part as m
join settings_in_force as s on 1 = 1
join published_municipality as p
    on p.settings_id = s.settings_id
    and p.municipality_code = m.municipality_code
join calendar_in_force as c
    on c.count_id = m.count_id
    and c.first_day <= s.today
