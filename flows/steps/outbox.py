"""The outbox: mails that wait, and each attempt to send them; a mail is marked after the server took it."""

from dataclasses import dataclass

import sqlalchemy as sa

from flows.steps import archive, smtp, warehouse
from flows.steps.runs import Run
from flows.steps.settings import Settings
from flows.steps.step_points import StepPoint, reach
from schemas.codes import MailOutcome

OUTCOMES: dict[type[smtp.MailError], MailOutcome] = {
    smtp.MailDelayed: MailOutcome.DELAYED,
    smtp.MailBlocked: MailOutcome.BLOCKED,
    smtp.MailRefused: MailOutcome.REFUSED,
    smtp.MailUncertain: MailOutcome.UNCERTAIN,
}
SERVER_IS_AWAY = (MailOutcome.DELAYED, MailOutcome.BLOCKED)
"""After these no other mail is tried: it would meet the same, and a login that is tried again and again is locked."""
NO_RECIPIENTS = "not sent: the settings name no recipients"


@dataclass(frozen=True)
class Trouble:
    """What went wrong with a mail, in a line without addresses; without an outcome it was not tried."""

    outcome: MailOutcome | None
    text: str
    about: str = ""

    @property
    def is_passing(self) -> bool:
        """Whether it may be well in a minute without anybody doing anything."""
        return self.outcome == MailOutcome.DELAYED


def recipients(settings: Settings, municipality_code: str | None) -> list[str]:
    """Return who gets a municipality's status, or without one, the engineers' alerts."""
    if municipality_code is None:
        return list(settings.mail.alert_recipients)
    return [each.address for each in settings.recipient if each.municipality == municipality_code]


def can_send(settings: Settings, municipality_code: str | None) -> bool:
    """Tell whether a mail would have a server and anybody to go to."""
    return bool(settings.mail.smtp_url and recipients(settings, municipality_code))


def put(
    connection: sa.Connection,
    run: Run,
    message_id: str,
    sha256: str,
    *,
    publication_id: int | None = None,
    about: tuple[str, ...] = (),
) -> None:
    """Write a mail that is to be sent, in the transaction of what it tells."""
    row = {"mail_id": warehouse.next_id(connection, "outbox", "mail_id"), "run_id": run.run_id,
           "publication_id": publication_id, "message_id": message_id, "sha256": sha256,
           "about": "\n".join(about)}  # fmt: skip
    warehouse.insert(connection, "outbox", [row])


def set_down(engine: sa.Engine, settings: Settings, run: Run) -> None:
    """Write down for good that mail is not sent whose recipients are gone from the settings."""
    with warehouse.reading(engine) as connection:
        if not _without_recipients(connection, settings):
            return
    with warehouse.alone(engine):
        with warehouse.reading(engine) as connection:
            mails = _without_recipients(connection, settings)
        for mail in mails:
            _mark(engine, run, mail["mail_id"], MailOutcome.REFUSED, 0, NO_RECIPIENTS)


def _without_recipients(connection: sa.Connection, settings: Settings) -> list[dict]:
    waiting = warehouse.view(connection, "unsent_mail", "mail_id")
    return [mail for mail in waiting if not recipients(settings, mail["municipality_code"])]


def set_down_in(connection: sa.Connection, run: Run) -> list[tuple[int, str | None, str | None]]:
    """Return (mail, count, municipality) of what `set_down` wrote in this run; an alert is of no municipality."""
    attempts = warehouse.view(connection, "mail_attempt", "attempt_id", run_id=run.run_id, message=NO_RECIPIENTS)
    numbers = [row["mail_id"] for row in attempts if row["attempted_at"] >= run.now]
    return [(number, *_told_by(connection, number)) for number in numbers]


def _told_by(connection: sa.Connection, mail_id: int) -> tuple[str | None, str | None]:
    """Return the (count, municipality) of the publication that a mail tells of."""
    (mail,) = warehouse.view(connection, "outbox", mail_id=mail_id)
    of = warehouse.view(connection, "publication", publication_id=mail["publication_id"])
    return (of[0]["count_id"], of[0]["municipality_code"]) if of else (None, None)


def trouble(mail_id: int, outcome: MailOutcome, message: str) -> Trouble:
    """Return what went wrong with a mail; `message` is why."""
    return Trouble(outcome, f"mail {mail_id} {outcome}: {message}")


def send_waiting(engine: sa.Engine, settings: Settings, run: Run) -> list[Trouble]:
    """Send every mail that waits and has recipients, oldest first, and return what went wrong.

    One process at a time sends. A process that dies between the server's answer and the mark leaves a mail that
    goes out a second time under the same Message-ID: the only way to a duplicate.
    """
    with warehouse.reading(engine) as connection:
        if not warehouse.view(connection, "unsent_mail"):
            return []
    if not settings.mail.smtp_url:
        return [Trouble(MailOutcome.BLOCKED, "mail waits: smtp_url is empty")]
    troubles = []
    with warehouse.alone(engine):
        with warehouse.reading(engine) as connection:
            waiting = warehouse.view(connection, "unsent_mail", "mail_id")
        for mail in waiting:
            addresses = recipients(settings, mail["municipality_code"])
            if not addresses:
                continue
            try:
                outcome, refused_count, message = _send(settings, mail, addresses)
            except archive.LOST:
                troubles.append(_lost(mail["mail_id"]))
                continue
            reach(StepPoint.MAIL_ACCEPTED)
            _mark(engine, run, mail["mail_id"], outcome, refused_count, message)
            reach(StepPoint.MAIL_MARKED)
            if message:
                troubles.append(trouble(mail["mail_id"], outcome, message))
            if outcome in SERVER_IS_AWAY:
                break
    return troubles


def _lost(mail_id: int) -> Trouble:
    text = f"mail {mail_id} waits: the archive has lost its bytes; put them back from a backup"
    return Trouble(None, text, f"Mail {mail_id}")


def _send(settings: Settings, mail: dict, addresses: list[str]) -> tuple[MailOutcome, int, str]:
    """Send a mail's stored bytes; return the outcome, how many recipients were refused, and why."""
    raw = archive.fetch(settings.path(settings.archive_dir), mail["sha256"])
    try:
        sent = smtp.send(settings.mail, settings.mail.sender, addresses, raw)
    except smtp.MailError as error:
        return OUTCOMES[type(error)], 0, str(error)
    refused = len(sent.refused)
    return MailOutcome.SENT, refused, f"{refused} of {len(addresses)} recipients were refused" if refused else ""


def _mark(engine: sa.Engine, run: Run, mail_id: int, outcome: MailOutcome, refused_count: int, message: str) -> None:
    with warehouse.writing(engine) as connection:
        attempt_id = warehouse.next_id(connection, "mail_attempt", "attempt_id")
        row = {"attempt_id": attempt_id, "mail_id": mail_id, "run_id": run.run_id,
               "attempted_at": warehouse.utc_now(), "outcome": outcome, "refused_count": refused_count,
               "message": message}  # fmt: skip
        warehouse.insert(connection, "mail_attempt", [row])
