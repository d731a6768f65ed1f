-- One row is a count of the calendar in force, with the day on which the next one begins.
select
    c.count_id,
    c.first_week,
    c.last_week,
    c.first_day,
    c.last_day,
    c.last_day_number,
    c.previous_count_id,
    c.task_package,
    lead(c.first_day) over (order by c.first_day) as next_first_day
from calendar_count as c
join settings_in_force as s on s.settings_id = c.settings_id
