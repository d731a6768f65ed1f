-- One row is a publication; mailed_at is null until a server has taken its mail.
with sent as (
    select o.publication_id, min(a.attempted_at) as mailed_at
    from outbox as o
    join mail_attempt as a on a.mail_id = o.mail_id
    where a.outcome = 'sent'
    group by o.publication_id
)

select
    p.publication_id,
    p.kind,
    p.count_id,
    p.municipality_code,
    p.published_at,
    p.html_sha256,
    p.mail_message_id,
    s.mailed_at
from publication_log as p
left join sent as s on s.publication_id = p.publication_id
