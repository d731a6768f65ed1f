"""Taking deliveries in: what is new in the inbox, the verdict on it, and its rows in the warehouse."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from flows.steps import archive, inbox, ledger, warehouse
from flows.steps.inbox import Content, Inbox, InboxFile
from flows.steps.ledger import Outcome
from flows.steps.origins import aggregate_name
from flows.steps.reader import MEGABYTE, Reader, refused_unread
from flows.steps.reading_worker import Job
from flows.steps.runs import Run
from flows.steps.settings import Settings
from flows.steps.step_points import StepPoint, reach
from schemas.codes import Verdict
from schemas.rules import RULES, Finding, Level, finding
from schemas.sources import LAYOUTS
from transforms import digital_post
from transforms.parsed import Parsed

BYTES_AT_ONCE, FILES_AT_ONCE = 150_000_000, 10
"""Of deliveries, in memory: each is held here and by the child that reads it, larger ones one at a time."""
Started = tuple[InboxFile, Content, Parsed | None]
"""A file, its content, and its refusal when it is not read."""


def new_files(connection: sa.Connection, settings: Settings) -> list[InboxFile]:
    """Return the files of the inbox that are not known by size and time, in order of (time, name)."""
    with inbox.opened(settings) as deliveries:
        files = deliveries.list_files()
    return ledger.changed(connection, files)


def take_in(
    engine: sa.Engine, settings: Settings, run: Run, reader: Reader, deliveries: Inbox, files: list[InboxFile]
) -> Iterator[Outcome]:
    """Judge files and load them, each in one transaction; those not new or still arriving are passed over.

    The reader reads the next files while this process loads the one before, and a thread waits for the archive's disk.
    """
    reader.prepare(files)
    started: deque[Started] = deque()
    with ThreadPoolExecutor(1) as archivist:
        load = partial(_load, engine, settings, run, archivist)
        for file in files:
            content = deliveries.read(file, settings.limits.file_mb * MEGABYTE)
            if content is None:
                continue
            with warehouse.reading(engine) as connection:
                if not ledger.is_new(connection, file, content):
                    continue
            while started and _is_too_much(started, content):
                yield from load(*_finished(reader, started.popleft()))
            unread = refused_unread(file, content, settings.limits)
            if unread is None:
                reader.start(Job(file.name), content.data)
            started.append((file, content, unread))
            while started and (started[0][2] or reader.is_next_read):
                yield from load(*_finished(reader, started.popleft()))
        while started:
            yield from load(*_finished(reader, started.popleft()))


def _is_too_much(started: deque[Started], content: Content) -> bool:
    """Tell whether one more content is too much to hold at once."""
    byte_count = len(content.data) + sum(len(each.data) for _, each, _ in started)
    return byte_count > BYTES_AT_ONCE or len(started) >= FILES_AT_ONCE


def _finished(reader: Reader, started: Started) -> tuple[InboxFile, Content, Parsed]:
    """Return a file with what it holds, or with the refusal of one that was not handed to the reader."""
    file, content, unread = started
    return file, content, unread or reader.finish()


def _load(
    engine: sa.Engine,
    settings: Settings,
    run: Run,
    archivist: Executor,
    file: InboxFile,
    content: Content,
    parsed: Parsed,
) -> Iterator[Outcome]:
    """Write what a file holds in one transaction; nothing when another run has taken it in meanwhile.

    It is archived at the same time, and before the transaction ends.
    """
    archived = archivist.submit(keep, settings, content.sha256, content.data, parsed)

    def write(connection: sa.Connection, parsed: Parsed) -> Outcome | None:
        is_new = ledger.is_new(connection, file, content)
        outcome = judge(connection, run, file, content, parsed) if is_new else None
        archived.result()
        reach(StepPoint.DELIVERY_ARCHIVED)
        return outcome

    outcome = in_one_transaction(engine, parsed, write)
    if outcome:
        yield outcome


def in_one_transaction(
    engine: sa.Engine, parsed: Parsed, write: Callable[[sa.Connection, Parsed], Outcome | None]
) -> Outcome | None:
    """Write a delivery; when that would break a check of the warehouse, write it as held for that."""
    try:
        outcome = _written(engine, parsed, write)
    except warehouse.CheckFailed as failed:
        broken = finding("check_failed", check=failed.check)
        outcome = _written(engine, replace(parsed, findings=(*parsed.findings, broken)), write)
    reach(StepPoint.DELIVERY_LOADED)
    return outcome


def _written(
    engine: sa.Engine, parsed: Parsed, write: Callable[[sa.Connection, Parsed], Outcome | None]
) -> Outcome | None:
    with warehouse.writing(engine) as connection:
        outcome = write(connection, parsed)
        reach(StepPoint.DELIVERY_WRITTEN)
        return outcome


def keep(settings: Settings, sha256: str, data: bytes, parsed: Parsed) -> None:
    """Archive a delivery that is not refused; of an extract of persons, only what it was reduced to."""
    folder = settings.path(settings.archive_dir)
    if parsed.level == Level.REFUSED or parsed.source is None:
        return
    if not LAYOUTS[parsed.source].holds_persons:
        archive.store(folder, sha256, data)
    elif parsed.facts["enrolment"].height:
        facts = parsed.facts["enrolment"]
        archive.store(folder, aggregate_name(sha256, facts["as_of_date"][0]), digital_post.as_delivery(facts))


def judge(connection: sa.Connection, run: Run, file: InboxFile, content: Content, parsed: Parsed) -> Outcome:
    """Write a new delivery, its verdict, and its rows when it is accepted."""
    same = ledger.same_content(connection, content.sha256)
    delivery_id = ledger.record_arrival(connection, run, file, content)
    if same and same["status"] != Verdict.ACCEPTED:
        ledger.copy_verdict(connection, run, delivery_id, same["delivery_id"])
    else:
        findings = all_findings(connection, run, delivery_id, parsed, same)
        ledger.write_verdict(connection, run, delivery_id, parsed, findings)
    return outcome(connection, delivery_id)


def all_findings(
    connection: sa.Connection, run: Run, delivery_id: int, parsed: Parsed, same: dict | None
) -> tuple[Finding, ...]:
    """Return what is wrong with a delivery: by itself, as a repetition of `same`, and against what is in force."""
    is_checked = {each.rule for each in parsed.findings} == {"cpr_number"}  # a person has let the same content in
    if same and same["is_current"] and (parsed.level != Level.REFUSED or is_checked):
        return (_repetition(connection, parsed, same["delivery_id"]),)
    if parsed.level == Level.REFUSED:
        return parsed.findings
    older = [finding("older_version", delivery=same["delivery_id"])] if same else []
    return (*parsed.findings, *older, *ledger.guard_findings(connection, run, delivery_id, parsed))


def _repetition(connection: sa.Connection, parsed: Parsed, delivery_id: int) -> Finding:
    """Return that a delivery repeats one in force, or that it states the same persons on another date."""
    in_force = {row["as_of_date"] for row in warehouse.view(connection, "current_partition", delivery_id=delivery_id)}
    dates = set(parsed.partitions["as_of_date"])
    rule = "same_with_other_date" if dates and dates != in_force else "same_as_current"
    return finding(rule, delivery=delivery_id)


def outcome(connection: sa.Connection, delivery_id: int) -> Outcome:
    """Return what became of a delivery, as the ledger has it."""
    (row,) = warehouse.view(connection, "delivery", delivery_id=delivery_id)
    return Outcome(
        delivery_id,
        row["file_name"],
        row["source"],
        Verdict(row["status"]),
        row["reason"],
        row["rows_read"],
        row["rows_rejected"],
    )


def foresee(
    connection: sa.Connection,
    settings: Settings,
    run: Run,
    reader: Reader,
    deliveries: Inbox,
    file: InboxFile,
    *,
    also_known: bool = False,
) -> tuple[Outcome, Parsed] | None:
    """Return what a file would become; the caller undoes the transaction.

    None when it is still arriving, or, but for `also_known`, when its content is the one last seen under its name.
    """
    content = deliveries.read(file, settings.limits.file_mb * MEGABYTE)
    if content is None or not (also_known or ledger.is_new(connection, file, content)):
        return None
    parsed = refused_unread(file, content, settings.limits) or reader.read(Job(file.name), content.data)
    return judge(connection, run, file, content, parsed), parsed


def rejected_summary(parsed: Parsed) -> list[str]:
    """Return one line a rule: how many rows it set aside, and where the first one stands."""
    lines = []
    for (rule,), rows in parsed.rejected.sort("source_row").group_by("rule", maintain_order=True):
        first = rows.row(0, named=True)
        place = f"række {first['source_row']}" + (f", {first['column_name']}" if first["column_name"] else "")
        lines.append(f"{rows.height} × {RULES[str(rule)].message} (først {place}) {RULES[str(rule)].remedy}")
    return lines
