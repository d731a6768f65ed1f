"""The work of a backfill on its deliveries, one after the other: bytes, verdict, rows, and what came of each."""

import datetime as dt
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, backfill_log, intake, ledger, release, reloads, standing, warehouse
from flows.steps.inbox import Content, Inbox, InboxFile
from flows.steps.reader import MEGABYTE, Reader, ReaderNotStarted, refused_unread
from flows.steps.reading_worker import Job
from flows.steps.runs import Run
from flows.steps.settings import Settings
from flows.steps.standing import Cell, Scope, Standing
from schemas.codes import NOT_LOADED, StandingState, StepOutcome, Verdict
from schemas.rules import finding, reason
from schemas.sources import LAYOUTS, Source
from transforms.parsed import Parsed

CPR_RULES = ("cpr_number", "cpr_in_name")


@dataclass(frozen=True)
class Step:
    """A delivery that was taken up, and what came of it; `is_new`: its verdict is."""

    standing: Standing
    outcome: StepOutcome
    message: str
    cells: tuple[Cell, ...]
    delivery_id: int | None = None
    is_new: bool = False


@contextmanager
def savepoint(connection: sa.Connection) -> Iterator[sa.Connection]:
    """Give a connection inside a part of a transaction, which an exception undoes alone."""
    with connection.begin_nested():
        yield connection


@dataclass(frozen=True)
class _Open:
    """A delivery with its bytes: a job for the reader, or what is known of it without reading."""

    standing: Standing
    content: Content
    job: Job | None = None
    parsed: Parsed | None = None
    outcome: tuple[StepOutcome, str] | None = None


@dataclass(frozen=True)
class Work:
    """Where deliveries are read from and written to: the warehouse itself, or a transaction that is undone."""

    settings: Settings
    run: Run
    scope: Scope
    reader: Reader
    deliveries: Inbox
    look: Callable[[], AbstractContextManager[sa.Connection]]
    write: Callable[[], AbstractContextManager[sa.Connection]]
    is_trial: bool = False
    files: list[InboxFile] = field(default_factory=list)

    def steps(self, wanted: Iterable[Standing]) -> Iterator[Step]:
        """Give what comes of each; the reader reads the next one while this process writes the one before."""
        before: _Open | None = None
        for each in wanted:
            opened = self._open(each)
            if opened is None:
                continue
            read = self._finished(before)
            if opened.job:
                self.reader.start(opened.job, opened.content.data)
            yield from self._step(before, read)
            before = opened
        yield from self._step(before, self._finished(before))

    def _finished(self, opened: _Open | None) -> Parsed | None:
        if opened is None or opened.job is None:
            return opened.parsed if opened else None
        return self.reader.finish()

    def _open(self, each: Standing) -> _Open | None:
        """Return a delivery with its bytes; None when it is still arriving."""
        try:
            return self._open_file(each, each.file) if each.file else self._open_known(each)
        except Exception as error:  # noqa: BLE001 - one delivery that fails must not stop the others
            return _Open(each, Content(b"", ""), outcome=(StepOutcome.FAILED, described(error)))

    def _open_file(self, each: Standing, file: InboxFile) -> _Open | None:
        content = self.deliveries.read(file, self.settings.limits.file_mb * MEGABYTE)
        if content is None:
            return None
        unread = refused_unread(file, content, self.settings.limits)
        return _Open(each, content, None if unread else Job(file.name), unread)

    def _open_known(self, each: Standing) -> _Open:
        """Return a delivery of the ledger with its bytes, from the archive or as it still stands in the inbox."""
        with self.look() as connection:
            (row,) = warehouse.view(connection, "arrival", delivery_id=each.delivery_id)
            verdicts = warehouse.view(connection, "verdict_log", "verdict_id", delivery_id=each.delivery_id)
            dates = _dates_loaded(connection, each.delivery_id)
        was_cleared = each.state != StandingState.FAILED and any(row["rules"] in CPR_RULES for row in verdicts)
        source = verdicts[-1]["source"]
        try:
            data = archive.fetch(self.settings.path(self.settings.archive_dir), row["sha256"])
        except archive.LOST:
            found = release.in_inbox(self.settings, self.deliveries, row, self._inbox())
            if found is None:
                may_be_gone = verdicts[-1]["status"] == Verdict.REFUSED or (
                    source is not None and LAYOUTS[Source(source)].holds_persons
                )
                outcome = StepOutcome.GONE if may_be_gone else StepOutcome.FAILED
                gone = "its file is neither in the inbox nor, being refused or of persons, in the archive"
                lost = "its file is missing or damaged in the archive, and not in the inbox"
                return _Open(each, Content(b"", row["sha256"]), outcome=(outcome, gone if may_be_gone else lost))
            file, content = found
            unread = refused_unread(file, content, self.settings.limits)
            if unread and not was_cleared:
                return _Open(each, content, parsed=unread)
            data = content.data
        date = dates[0] if len(dates) == 1 else None
        return _Open(each, Content(data, row["sha256"]), Job(row["file_name"], was_cleared, date))

    def _inbox(self) -> list[InboxFile]:
        """Return the inbox's files, listed once."""
        if not self.files:
            self.files.extend(self.deliveries.list_files())
        return self.files

    def _step(self, opened: _Open | None, parsed: Parsed | None) -> Iterator[Step]:
        """Write what comes of a delivery, in one transaction; nothing for one that is another run's or out of scope."""
        if opened is None:
            return
        try:
            step = self._written(opened, parsed)
        except ReaderNotStarted:
            raise
        except Exception as error:  # noqa: BLE001 - one delivery that fails must not stop the others
            step = self._recorded(_without_reading(opened.standing, StepOutcome.FAILED, described(error)))
        if step:
            yield step

    def _written(self, opened: _Open, parsed: Parsed | None) -> Step | None:
        if opened.outcome or parsed is None:
            outcome, why = opened.outcome or (StepOutcome.FAILED, "it was not read")
            return self._recorded(_without_reading(opened.standing, outcome, why))
        if not self.is_trial:
            intake.keep(self.settings, opened.content.sha256, opened.content.data, parsed)
        try:
            return self._decided(opened, parsed)
        except warehouse.CheckFailed as failed:
            broken = finding("check_failed", check=failed.check)
            return self._decided(opened, replace(parsed, findings=(*parsed.findings, broken)))

    def _decided(self, opened: _Open, parsed: Parsed) -> Step | None:
        with self.write() as connection:
            step = self._decide(connection, opened, parsed)
            if step:
                self._note(connection, step)
            return step

    def _recorded(self, step: Step) -> Step:
        with self.write() as connection:
            self._note(connection, step)
        return step

    def _note(self, connection: sa.Connection, step: Step) -> None:
        """Leave a row of a step; also of one that failed."""
        each = step.standing
        became = (each.state, step.outcome, step.message)
        backfill_log.write_step(connection, self.run, each.count_id, step.delivery_id, each.file_name, *became)

    def _decide(self, connection: sa.Connection, opened: _Open, parsed: Parsed) -> Step | None:
        each = opened.standing
        cells = cells_or(each, standing.cells_of(self.settings, parsed))
        if each.file:
            is_here = ledger.is_new(connection, each.file, opened.content) and self.scope.covers_one_of(cells)
            if not is_here:
                return None
            return _step(each, cells, intake.judge(connection, self.run, each.file, opened.content, parsed))
        delivery_id = each.delivery_id
        assert delivery_id is not None
        if each.state != StandingState.FAILED:
            outcome, why, is_new = reloads.load_again(connection, self.run, delivery_id, parsed)
            return Step(each, outcome, why, cells, delivery_id, is_new)
        (verdict,) = warehouse.view(connection, "newest_verdict", delivery_id=delivery_id)
        if verdict["status"] not in NOT_LOADED:
            return None
        (row,) = warehouse.view(connection, "arrival", delivery_id=delivery_id)
        same = release.in_force_elsewhere(connection, row)
        findings = intake.all_findings(connection, self.run, delivery_id, parsed, same)
        if reloads.is_told(connection, delivery_id, parsed, findings):
            return Step(each, StepOutcome(verdict["status"]), reason(findings), cells, delivery_id)
        row["status"] = verdict["status"]
        return _step(each, cells, release.judge_known(connection, self.run, row, parsed))


def cells_or(each: Standing, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return what a delivery states; where it cannot be read, what it was taken for."""
    return cells or each.cells


def _dates_loaded(connection: sa.Connection, delivery_id: int | None) -> list[dt.date]:
    loads = warehouse.view(connection, "load", "load_id", delivery_id=delivery_id)
    parts = warehouse.view(connection, "load_partition", load_id=loads[-1]["load_id"]) if loads else []
    return sorted({part["as_of_date"] for part in parts if part["as_of_date"]})


def _step(each: Standing, cells: tuple[Cell, ...], became: ledger.Outcome) -> Step:
    loaded = became.status == Verdict.ACCEPTED
    outcome = StepOutcome.LOADED if loaded else StepOutcome(became.status.value)
    return Step(each, outcome, became.reason, cells, became.delivery_id, became.is_new)


def _without_reading(each: Standing, outcome: StepOutcome, why: str) -> Step:
    return Step(each, outcome, why, each.cells, each.delivery_id)


def described(error: Exception) -> str:
    """Return the kind and place of an error; its own text can hold values."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if "flows" in Path(each.filename).parts] or frames
    where = f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""
    return f"{type(error).__name__}{where}"
