-- Offenders: two partitions in force of one source and municipality whose weeks overlap: counted twice.
select a.load_id, b.load_id as other_load_id, a.weeks, b.weeks as other_weeks
from current_partition as a
join current_partition as b
    on b.partition_group = a.partition_group
    and b.source = a.source
    and b.count_id = a.count_id
    and b.municipality_code = a.municipality_code
    and (b.load_id <> a.load_id or b.partition_name <> a.partition_name)
    and b.first_week <= a.last_week
    and b.last_week >= a.first_week
where a.load_id = :load_id
