"""Backfills: years of counts from the inbox and the archive, oldest first, one transaction a delivery."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from flows.steps import (
    backfill_log,
    disclosures,
    due,
    inbox,
    pipeline,
    publications,
    runs,
    standing,
    status_facts,
    warehouse,
)
from flows.steps.backfill_work import Step, Work, savepoint
from flows.steps.pipeline import Session
from flows.steps.runs import Run
from flows.steps.settings import ConfigurationError, Settings
from flows.steps.standing import Cell, Scope, Standing
from flows.steps.step_points import StepPoint, reach
from schemas.codes import MUNICIPALITIES, Reprocess, StepOutcome
from transforms import status_report

NEEDS_A_LOOK = (StepOutcome.HELD, StepOutcome.REFUSED)


@dataclass(frozen=True)
class Request:
    """What a backfill is asked to do, by whom and why."""

    scope: Scope
    reprocess: Reprocess
    reason: str
    asked_by: str
    sends_mail: bool = False


@dataclass(frozen=True)
class Page:
    """A page that would be published, and (figure, from, to) of each printed figure that would change."""

    count_id: str
    municipality_code: str
    kind: str
    changes: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Trial:
    """What a backfill would do: how everything stands, what would come of it, what would still be missing."""

    standing: list[Standing]
    steps: list[Step]
    missing: list[tuple[Cell, list[str]]]
    pages: list[Page]


def request(
    settings: Settings,
    *,
    first: str | None = None,
    last: str | None = None,
    counts: tuple[str, ...] = (),
    municipalities: tuple[str, ...] = (),
    reprocess: Reprocess = Reprocess.MISSING,
    reason: str,
    asked_by: str,
    sends_mail: bool = False,
) -> Request:
    """Return a request of the counts from first to last, or of those named.

    Args:
        sends_mail: staff hear of the pages that it publishes.

    Raises:
        ConfigurationError: no reason, no counts or both kinds, a count that the calendar has not, or an unknown code.
    """
    if not reason.strip():
        raise ConfigurationError("the reason is empty: say why, it is kept with the backfill")
    if bool(counts) == bool(first and last) or bool(first) != bool(last):
        raise ConfigurationError("name the counts by the first and the last one, or one by one")
    pipeline.check_counts(settings, tuple(each for each in (first, last, *counts) if each))
    unknown = set(municipalities) - MUNICIPALITIES.keys()
    if unknown:
        raise ConfigurationError(f"no such municipality: {', '.join(sorted(unknown))}")
    ordered = [each.count_id for each in sorted(settings.calendar.values(), key=lambda count: count.first_day)]
    if first and last:
        if ordered.index(first) > ordered.index(last):
            raise ConfigurationError(f"{first} comes after {last}")
        counts = tuple(ordered[ordered.index(first) : ordered.index(last) + 1])
    scope = Scope(tuple(each for each in ordered if each in counts), municipalities)
    return Request(scope, reprocess, reason, asked_by, sends_mail)


def begin(session: Session, request: Request) -> Run:
    """Write the run and why it was asked for."""
    pipeline.keep_manifest(session)
    with warehouse.writing(session.engine) as connection:
        run = _begin(connection, session.settings, request)
    reach(StepPoint.RUN_BEGUN)
    return run


def _begin(connection: sa.Connection, settings: Settings, request: Request) -> Run:
    run = runs.begin_run(connection, settings, "backfill", warehouse.utc_now())
    disclosures.renew(connection, run)
    scope, asked = request.scope, (request.asked_by, request.reason)
    backfill_log.write_request(connection, run, asked, request.reprocess, scope.counts, scope.municipalities)
    return run


def survey(session: Session, request: Request) -> list[Standing]:
    """Return the deliveries that are to be taken up, oldest count first."""
    with (
        inbox.opened(session.settings) as deliveries,
        warehouse.reading(session.engine) as connection,
        pipeline.reader_of(session) as reader,
    ):
        found = standing.survey(connection, session.settings, request.scope, reader, deliveries)
    return [each for each in found if each.is_taken_by(request.reprocess)]


def by_count(wanted: list[Standing]) -> list[list[Standing]]:
    """Return the deliveries to take up count by count, in their order."""
    return [list(group) for _, group in itertools.groupby(wanted, key=lambda each: each.count_id)]


def take_up(session: Session, run: Run, scope: Scope, wanted: Iterable[Standing]) -> Iterator[Step]:
    """Read, judge and load deliveries, each in one transaction; one that fails leaves a row, and the next one follows.

    What was done already, by this backfill or by another run, is passed over or found unchanged.
    """
    with pipeline.reader_of(session) as reader, inbox.opened(session.settings) as deliveries:
        work = Work(
            session.settings,
            run,
            scope,
            reader,
            deliveries,
            look=partial(warehouse.reading, session.engine),
            write=partial(warehouse.writing, session.engine),
        )
        yield from warehouse.with_statistics(session.engine, work.steps(wanted))


def publish_due(session: Session, run: Run, request: Request) -> Iterator[dict]:
    """Publish what is due by now, later counts that print from it too; staff get mail only when that was asked for."""
    yield from pipeline.publish_due(session, run, mails=request.sends_mail)


def try_out(session: Session, request: Request) -> Trial:
    """Do it all in one transaction, and undo it: what a backfill would do, by the same code."""
    settings, scope = session.settings, request.scope
    with (
        inbox.opened(settings) as deliveries,
        warehouse.trying(session.engine) as connection,
        pipeline.reader_of(session) as reader,
    ):
        run = _begin(connection, settings, request)
        found = standing.survey(connection, settings, scope, reader, deliveries)
        work = Work(
            settings,
            run,
            scope,
            reader,
            deliveries,
            look=lambda: nullcontext(connection),
            write=partial(savepoint, connection),
            is_trial=True,
        )
        steps = list(work.steps(each for each in found if each.is_taken_by(request.reprocess)))
        missing = _missing(connection, scope)
        pages = [_page(connection, settings, each) for each in due.counts_due(connection, settings)]
    return Trial(found, steps, missing, pages)


def _missing(connection: sa.Connection, scope: Scope) -> list[tuple[Cell, list[str]]]:
    """Return the sources that counts of the scope wait for, and for which weeks."""
    found: dict[Cell, list[str]] = {}
    for row in warehouse.view(connection, "missing_part", "count_id", "municipality_code", "source", "week"):
        cell = Cell(row["count_id"], row["municipality_code"], row["source"])
        if row["kind"] == "source_missing" and scope.covers(cell):
            found.setdefault(cell, []).append(row["week"])
    return list(found.items())


def _page(connection: sa.Connection, settings: Settings, wanted: due.Due) -> Page:
    """Return what the page that is due would say has changed."""
    count_id, code = wanted.count_id, wanted.municipality_code
    report = status_report.build(status_facts.gather(connection, settings, count_id, code))
    newest = due.newest(connection, count_id, code)
    kind, told = publications.kind_and_changes(wanted, newest, report.figures)
    return Page(count_id, code, kind, told or (publications.changes(newest, report.figures) if newest else []))
