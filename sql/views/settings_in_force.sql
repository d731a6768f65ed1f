-- One row: the settings of the newest run, and what day it is in that run.
select
    s.settings_id,
    s.min_total,
    s.national_min_municipalities,
    r.today
from run as r
join settings as s on s.settings_id = r.settings_id
where r.run_id = (select max(run_id) from run where run_id <= (select run_id from horizon_in_force))
