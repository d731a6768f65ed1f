-- Offenders: verdicts whose rows read are not the rows accepted and the rows set aside, each with its reason.
select v.verdict_id, v.rows_read, v.rows_accepted, v.rows_rejected, count(r.row_number) as logged
from verdict_log as v
left join rejected_log as r on r.verdict_id = v.verdict_id
where v.verdict_id = :verdict_id
group by v.verdict_id, v.rows_read, v.rows_accepted, v.rows_rejected
having v.rows_read <> v.rows_accepted + v.rows_rejected
    or count(r.row_number) <> v.rows_rejected
