-- One row is a mail that no server has taken or refused for good: it is tried again by the next run.
select
    o.mail_id,
    o.publication_id,
    o.message_id,
    o.sha256,
    o.about,
    p.municipality_code,
    (select count(*) from mail_attempt as a where a.mail_id = o.mail_id) as attempt_count
from outbox as o
left join publication_log as p on p.publication_id = o.publication_id
where not exists (
    select 1
    from mail_attempt as a
    where a.mail_id = o.mail_id
        and a.outcome in ('sent', 'refused')
)
