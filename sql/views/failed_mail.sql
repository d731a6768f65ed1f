-- One row is an attempt after which somebody did not get the mail of a publication, for good. Of alerts nothing is told:
-- it would go to the same addresses.
select
    a.attempt_id,
    a.mail_id,
    a.outcome,
    a.message
from mail_attempt as a
join outbox as o on o.mail_id = a.mail_id
where o.publication_id is not null
    and (a.outcome = 'refused' or a.refused_count > 0)
