-- One row is a published national share (0-1) of an enrolment status; its method is unknown.
select n.count_id, n.status, n.share, 'published' as method
from national_enrolment as n
join current_partition as p on p.load_id = n.load_id and p.count_id = n.count_id
