"""Alerts: what the engineers are told by mail, each thing once; what is overdue, once a week."""

import datetime as dt
import hashlib

import sqlalchemy as sa

from flows.steps import archive, ledger, outbox, smtp, warehouse
from flows.steps.runs import Run
from flows.steps.settings import ConfigurationError, Settings, load_settings
from flows.steps.step_points import StepPoint, reach
from schemas.codes import NOT_LOADED
from schemas.terms import week_name
from transforms import alert_mail, mime

REMEMBERED = dt.timedelta(days=7)
"""How long after a verdict it is news: that long a run may be gone before another one tells of it."""


def write(
    engine: sa.Engine, settings: Settings, run: Run, overdue: list[tuple[str, str, list[str]]], lost: list[str]
) -> bool:
    """Put an alert into the outbox when there is something that no earlier alert told, and tell whether there was.

    What a run that died did not tell, the next one tells.

    Args:
        overdue: (count, municipality, what is missing) of counts that have waited too long.
        lost: what the archive has lost.
    """
    if not outbox.can_send(settings, None):
        return False
    with warehouse.writing(engine) as connection:
        told = {code for mail in warehouse.view(connection, "outbox") for code in mail["about"].split("\n")}
        judged = ledger.judged_since(connection, run.now - REMEMBERED)
        bad = {f"delivery {row['delivery_id']} {row['status']}": row
               for row in judged if row["status"] in NOT_LOADED}  # fmt: skip
        week = week_name(run.today)
        late = {f"overdue {each[0]} {each[1]} {week}": each for each in overdue}
        troubles = {f"mail {row['mail_id']} {row['outcome']}": f"mail {row['mail_id']}: {row['message']}"
                    for row in warehouse.view(connection, "failed_mail", "attempt_id")}  # fmt: skip
        gone = {f"lost {text}": text for text in lost}
        new = [code for code in (*bad, *late, *troubles, *gone) if code not in told]
        if not new:
            return False
        message_id = mime.message_id("\n".join([*new, run.now.isoformat()]), settings.mail.sender)
        raw = alert_mail.compose(
            refused_or_held=[row for code, row in bad.items() if code in new],
            overdue=[each for code, each in late.items() if code in new],
            mail_troubles=[text for code, text in troubles.items() if code in new],
            lost=[text for code, text in gone.items() if code in new],
            failure=None,
            started_at=run.now,
            sender=settings.mail.sender,
            reply_to=settings.mail.reply_to,
            message_id=message_id,
            page_url=f"{settings.public_url.rstrip('/')}/run.html" if settings.public_url else "",
        )
        sha256 = hashlib.sha256(raw).hexdigest()
        archive.store(settings.path(settings.archive_dir), sha256, raw)
        outbox.put(connection, run, message_id, sha256, about=tuple(new))
    reach(StepPoint.ALERT_RECORDED)
    return True


def tell_failure(text: str) -> None:
    """Send, at once and without the database, that a run failed; where even that fails, the run's own words must do.

    Args:
        text: what failed, without values.
    """
    try:
        settings = load_settings()
    except ConfigurationError:
        return
    if not outbox.can_send(settings, None):
        return
    now = warehouse.utc_now()
    raw = alert_mail.compose(
        refused_or_held=[],
        overdue=[],
        mail_troubles=[],
        lost=[],
        failure=text,
        started_at=now,
        sender=settings.mail.sender,
        reply_to=settings.mail.reply_to,
        message_id=mime.message_id(f"{text} {now.isoformat()}", settings.mail.sender),
    )
    try:
        smtp.send(settings.mail, settings.mail.sender, outbox.recipients(settings, None), raw)
    except smtp.MailError:
        return
