-- One row is a publication; mailed_at is null until mail is sent.
select
    publication_id,
    kind,
    count_id,
    municipality_code,
    published_at,
    html_sha256,
    mail_message_id,
    cast(null as timestamp) as mailed_at
from publication_log
