-- Offenders: figures that a decision on the load lets out although they stand for fewer persons than may be shown.
select d.disclosure_id, f.age_groups, f.status
from disclosure as d
join disclosed_cell as f on f.disclosure_id = d.disclosure_id
where d.load_id = :load_id
    and f.status <> 'covered'
    and f.person_count > 0
    and f.person_count < d.min_cell
