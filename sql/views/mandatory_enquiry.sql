-- One row is current enquiries on a mandatory task of their count, website visits left out.
select
    e.load_id,
    e.count_id,
    e.municipality_code,
    e.weeks,
    e.kle,
    e.channel,
    e.direction,
    e.enquiry_type,
    e.enquiry_count,
    h.is_digital,
    h.is_in_self_service_rate
from current_enquiry as e
join settings_in_force as s on 1 = 1
join calendar_count as c
    on c.settings_id = s.settings_id
    and c.count_id = e.count_id
join package_task as t
    on t.settings_id = s.settings_id
    and t.task_package = c.task_package
    and t.kle = e.kle
join channel_code as h
    on h.settings_id = s.settings_id
    and h.channel = e.channel
where h.is_in_share
