"""The steps of a run, in the order in which the command line and the flows take them."""

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from flows.steps import (
    alerts,
    disclosures,
    due,
    inbox,
    intake,
    manifest,
    outbox,
    pages,
    release,
    runs,
    warehouse,
)
from flows.steps.answers import Answers
from flows.steps.inbox import InboxFile
from flows.steps.ledger import Outcome
from flows.steps.outbox import Trouble
from flows.steps.reader import Reader, open_reader
from flows.steps.runs import Run
from flows.steps.settings import ConfigurationError, Settings, load_settings
from flows.steps.step_points import StepPoint, reach
from schemas.codes import NOT_LOADED, MailOutcome
from transforms.run_page import RunReport


@dataclass(frozen=True)
class Session:
    """The settings in force, the warehouse they name, and what its views said last."""

    settings: Settings
    engine: sa.Engine
    answers: Answers = field(default_factory=Answers)


def open_session(*, must_write: bool = True) -> Session:
    """Return the session; for a mere look nothing is made, and a warehouse that is not there is an empty one in memory.

    Raises:
        ConfigurationError: the settings cannot be used.
    """
    settings = load_settings()
    url = settings.sqlalchemy_url
    path = sa.make_url(url).database if url.startswith("sqlite") else None
    if path and not must_write and not Path(path).exists():
        url = "sqlite://"
    elif path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = warehouse.connect(url)
    if must_write:
        warehouse.prepare(engine)
    return Session(settings, engine)


def new_files(session: Session) -> list[InboxFile]:
    """Return the files of the inbox that are not known by size and time."""
    with warehouse.reading(session.engine) as connection:
        return intake.new_files(connection, session.settings)


def begin_run(session: Session, command: str, *, has_work: bool = True) -> Run:
    """Write the run that all rows of this session stand under, and what may be shown under its settings."""
    keep_manifest(session)
    with warehouse.writing(session.engine) as connection:
        run = runs.begin_run(connection, session.settings, command, warehouse.utc_now(), has_work=has_work)
        disclosures.renew(connection, run)
    reach(StepPoint.RUN_BEGUN)
    return run


def take_in(session: Session, run: Run, files: list[InboxFile]) -> Iterator[Outcome]:
    """Judge and load deliveries one by one: first those that other settings may release, then the new ones."""
    settings = session.settings
    with reader_of(session) as reader, inbox.opened(settings) as deliveries:
        known = release.judge_again(session.engine, settings, run, reader, deliveries)
        new = intake.take_in(session.engine, settings, run, reader, deliveries, files)
        yield from warehouse.with_statistics(session.engine, itertools.chain(known, new))


def reader_of(session: Session) -> AbstractContextManager[Reader]:
    """Give a reader under the session's limits and terms."""
    return open_reader(session.settings.limits, session.settings.terms)


def publish_due(session: Session, run: Run, counts: tuple[str, ...] = (), *, mails: bool = True) -> Iterator[dict]:
    """Publish what is due, each with its mail in its own transaction; rows of the table publication_log.

    Args:
        mails: False sends staff no mail.

    Raises:
        ConfigurationError: a count is not in the calendar.
    """
    check_counts(session.settings, counts)
    with warehouse.reading(session.engine) as connection:
        wanted = due.counts_due(connection, session.settings, counts, session.answers)
    if not wanted:
        return
    from flows.steps import publications  # noqa: PLC0415 - slow to import, and only what is due needs it

    for each in wanted:
        where = (each.count_id, each.municipality_code)
        row = publications.publish(session.engine, session.settings, run, *where, mails=mails, answers=session.answers)
        if row:
            yield row


def finish(session: Session, run: Run) -> RunReport:
    """Put every publication's files in their places, write the run page, and return what it says of this run.

    What the run did is read from the ledger, so a run that was tried again tells all of it: also of mail that is set
    down as not sent, because nobody is left to get it.
    """
    if session.settings.mail.smtp_url:
        outbox.set_down(session.engine, session.settings, run)
    lost = pages.place_files(session.engine, session.settings, session.answers)
    return pages.write_run_page(session.engine, session.settings, run, session.answers, lost)


def send_mail(session: Session, run: Run, report: RunReport) -> list[Trouble]:
    """Send every mail that waits and the engineers' alert, and return what went wrong, each once.

    With this a run has written all that it will, so the archive's manifest follows.
    """
    troubles = _send_mail(session, run, report) if session.settings.mail.smtp_url else []
    keep_manifest(session)
    return troubles


def _send_mail(session: Session, run: Run, report: RunReport) -> list[Trouble]:
    engine, settings = session.engine, session.settings
    troubles = [outbox.trouble(mail_id, MailOutcome.REFUSED, outbox.NO_RECIPIENTS) for mail_id, _, _ in report.unsent]
    troubles += outbox.send_waiting(engine, settings, run)
    is_away = any(each.outcome in outbox.SERVER_IS_AWAY for each in troubles)
    lost = [*report.lost_texts, *(each.about for each in troubles if each.outcome is None)]
    if alerts.write(engine, settings, run, overdue(session, run, report), lost) and not is_away:
        troubles += outbox.send_waiting(engine, settings, run)
    return list(dict.fromkeys(troubles))


def keep_manifest(session: Session) -> None:
    """Write to the archive what came to the ledger since this was done last; a run that died is made up for."""
    manifest.keep(session.engine, session.settings.path(session.settings.archive_dir))


def check_counts(settings: Settings, counts: tuple[str, ...]) -> None:
    """Raise ConfigurationError when a count is not in the calendar."""
    unknown = set(counts) - set(settings.calendar)
    if unknown:
        raise ConfigurationError(f"not in the calendar: {', '.join(sorted(unknown))}")


def needs_a_look(outcomes: list[Outcome]) -> bool:
    """Tell whether a verdict that is new in this run holds or refuses a delivery."""
    return any(each.is_new and each.status in NOT_LOADED for each in outcomes)


def overdue(session: Session, run: Run, report: RunReport) -> list[tuple[str, str, list[str]]]:
    """Return (count, municipality, what is missing) of counts that wait longer than the settings allow."""
    patience = dt.timedelta(days=session.settings.waiting_alert_days)
    calendar = session.settings.calendar
    return [each for each in report.waiting if run.today > calendar[each[0]].last_day + patience]
