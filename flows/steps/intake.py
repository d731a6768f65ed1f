"""Taking deliveries in: what is new in the inbox, the verdict on it, and its rows in the warehouse."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa

from flows.steps import archive, inbox, ledger, warehouse
from flows.steps.inbox import Content, InboxFile
from flows.steps.ledger import Outcome, Run
from flows.steps.reader import MEGABYTE, Reader, job_of, refused_unread
from flows.steps.reading_worker import Job
from flows.steps.settings import Settings
from schemas.codes import Verdict
from schemas.rules import RULES, Finding, Level, finding
from schemas.sources import LAYOUTS
from transforms import digital_post
from transforms.parsed import Parsed


class NotPossible(Exception):
    """What was asked cannot be done; the message says what to do instead."""


def new_files(connection: sa.Connection, settings: Settings) -> list[InboxFile]:
    """Return the files of the inbox that are not known by size and time, in order of (time, name)."""
    files = inbox.list_files(settings.path(settings.inbox))
    return [file for file in files if not ledger.is_unchanged(connection, file)]


def take_in(
    engine: sa.Engine, settings: Settings, run: Run, reader: Reader, files: list[InboxFile]
) -> Iterator[Outcome]:
    """Judge files and load them, each in one transaction; those not new or still arriving are passed over.

    The reader reads the next file while this process loads the one before.
    """
    before: tuple[InboxFile, Content, Parsed | None] | None = None
    for file in files:
        content = inbox.read(file, settings.limits.file_mb * MEGABYTE)
        if content is None:
            continue
        with warehouse.reading(engine) as connection:
            if not ledger.is_new(connection, file, content):
                continue
        unread = refused_unread(file, settings.limits)
        parsed_before = _finished(reader, before)
        if unread is None:
            reader.start(job_of(file, content))
        if before and parsed_before:
            yield _load(engine, settings, run, *before[:2], parsed_before)
        before = (file, content, unread)
    parsed_before = _finished(reader, before)
    if before and parsed_before:
        yield _load(engine, settings, run, *before[:2], parsed_before)


def _finished(reader: Reader, started: tuple[InboxFile, Content, Parsed | None] | None) -> Parsed | None:
    """Return what the file handed to the reader holds, or the refusal of one that was not."""
    if started is None:
        return None
    return started[2] or reader.finish()


def _load(
    engine: sa.Engine, settings: Settings, run: Run, file: InboxFile, content: Content, parsed: Parsed
) -> Outcome:
    _keep(settings, content.sha256, content.data, parsed)
    try:
        with warehouse.writing(engine) as connection:
            return judge(connection, run, file, content, parsed)
    except warehouse.CheckFailed as failed:
        parsed = replace(parsed, findings=(*parsed.findings, finding("check_failed", check=failed.check)))
        with warehouse.writing(engine) as connection:
            return judge(connection, run, file, content, parsed)


def _keep(settings: Settings, sha256: str, data: bytes, parsed: Parsed) -> None:
    """Archive a delivery that is not refused; of an extract of persons, only what it was reduced to."""
    folder = settings.path(settings.archive_dir)
    if parsed.level == Level.REFUSED or parsed.source is None:
        return
    if not LAYOUTS[parsed.source].holds_persons:
        archive.store(folder, sha256, data)
    elif parsed.facts["enrolment"].height:
        archive.store(folder, f"{sha256}.aggregate.csv", digital_post.as_delivery(parsed.facts["enrolment"]))


def judge(connection: sa.Connection, run: Run, file: InboxFile, content: Content, parsed: Parsed) -> Outcome:
    """Write a new delivery, its verdict, and its rows when it is accepted."""
    same = ledger.same_content(connection, content.sha256)
    delivery_id = ledger.record_arrival(connection, run, file, content)
    if same and same["status"] != Verdict.ACCEPTED:
        ledger.copy_verdict(connection, run, delivery_id, same["delivery_id"])
    else:
        findings = _findings(connection, delivery_id, parsed, same)
        ledger.write_verdict(connection, run, delivery_id, parsed, findings)
    return outcome(connection, delivery_id)


def _findings(connection: sa.Connection, delivery_id: int, parsed: Parsed, same: dict | None) -> tuple[Finding, ...]:
    if parsed.level == Level.REFUSED:
        return parsed.findings
    if same and same["is_current"]:
        return (finding("same_as_current", delivery=same["delivery_id"]),)
    older = [finding("older_version", delivery=same["delivery_id"])] if same else []
    return (*parsed.findings, *older, *ledger.guard_findings(connection, delivery_id, parsed))


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


def judge_again(engine: sa.Engine, settings: Settings, run: Run, reader: Reader) -> Iterator[Outcome]:
    """Judge held and refused deliveries anew whose verdict depends on settings that have changed."""
    with warehouse.reading(engine) as connection:
        waiting = ledger.to_judge_again(connection, run.terms_sha256)
    for row in waiting:
        data = _kept_bytes(settings, row)
        if data is None:
            continue
        parsed = reader.read(Job(row["file_name"], data))
        _keep(settings, row["sha256"], data, parsed)
        with warehouse.writing(engine) as connection:
            delivery_id = row["delivery_id"]
            findings = _findings(connection, delivery_id, parsed, None)
            status = ledger.write_verdict(connection, run, delivery_id, parsed, findings)
            yield replace(outcome(connection, delivery_id), is_new=status != row["status"])


def _kept_bytes(settings: Settings, row: dict) -> bytes | None:
    """Return the bytes of a delivery from the archive, else from the inbox when they still stand there."""
    try:
        return archive.fetch(settings.path(settings.archive_dir), row["sha256"])
    except FileNotFoundError:
        found = _inbox_file(settings, row)
        return found[1].data if found else None


def _inbox_file(settings: Settings, row: dict) -> tuple[InboxFile, Content] | None:
    folder = settings.path(settings.inbox)
    for file in inbox.list_files(folder):
        if file.name == row["file_name"]:
            content = inbox.read(file, settings.limits.file_mb * MEGABYTE)
            if content and content.sha256 == row["sha256"]:
                return file, content
    return None


def release(
    engine: sa.Engine,
    settings: Settings,
    run: Run,
    reader: Reader,
    delivery_id: int,
    released_by: tuple[str, str],
    *,
    supersede: bool = False,
    not_personal: bool = False,
    as_of_date: dt.date | None = None,
) -> Outcome:
    """Release a held delivery and load it, or with `not_personal` judge one refused by the CPR rule.

    Args:
        released_by: (who, why), kept with the verdict.
        supersede: release it although a later delivery is in force.
        not_personal: what looks like CPR numbers is something else.
        as_of_date: the date of an extract of persons whose name does not say it.

    Raises:
        NotPossible: unknown number, not held, its bytes are gone, a newer one is in force, or the
            calendar does not know its count.
    """
    with warehouse.reading(engine) as connection:
        rows = warehouse.view(connection, "arrival", delivery_id=delivery_id)
        verdicts = warehouse.view(connection, "newest_verdict", delivery_id=delivery_id)
    if not rows:
        raise NotPossible(f"there is no delivery {delivery_id}; see kanalstatus deliveries")
    row, verdict = rows[0], verdicts[0]
    is_cpr_refusal = verdict["status"] == Verdict.REFUSED and verdict["rules"] == "cpr_number"
    if not (verdict["status"] == Verdict.HELD or (is_cpr_refusal and not_personal)):
        hint = "; with --not-personal a refusal by the CPR rule can be" if is_cpr_refusal else ""
        raise NotPossible(f"delivery {delivery_id} is {verdict['status']}; only held deliveries can be released{hint}")
    data = _kept_bytes(settings, row)
    if data is None:
        raise NotPossible(f"the file of delivery {delivery_id} is gone from the inbox; put it there again")
    parsed = reader.read(Job(row["file_name"], data, not_personal, as_of_date))
    if {"count_not_in_calendar", "several_counts"} & {each.rule for each in parsed.findings}:
        raise NotPossible("its count is not in the calendar: add it to the settings and run again")
    if "extract_date_unknown" in {each.rule for each in parsed.findings}:
        raise NotPossible("the date of the extract is not known: add --date 2014-12-01")
    _keep(settings, row["sha256"], data, parsed)
    with warehouse.writing(engine) as connection:
        newer = ledger.newer_delivery(connection, delivery_id, parsed)
        if newer and not supersede:
            raise NotPossible(f"delivery {newer} came later and is in force; --supersede puts this one in its place")
        if any(each.rule == "weeks_overlap" for each in ledger.guard_findings(connection, delivery_id, parsed)):
            raise NotPossible("its weeks overlap another delivery's without covering them; both cannot be in force")
        guards = ledger.guard_findings(connection, delivery_id, parsed) if is_cpr_refusal else []
        try:
            ledger.write_verdict(
                connection, run, delivery_id, parsed, (*parsed.findings, *guards), released_by,
                lifts_holds=not is_cpr_refusal,
            )  # fmt: skip
        except warehouse.CheckFailed as failed:
            raise NotPossible(f"it would break the {failed}") from None
        return outcome(connection, delivery_id)


def foresee(
    connection: sa.Connection,
    settings: Settings,
    run: Run,
    reader: Reader,
    file: InboxFile,
    *,
    also_known: bool = False,
) -> tuple[Outcome, Parsed] | None:
    """Return what a file would become; the caller undoes the transaction.

    None when it is still arriving, or, but for `also_known`, when its content is the one last seen under its name.
    """
    content = inbox.read(file, settings.limits.file_mb * MEGABYTE)
    if content is None or not (also_known or ledger.is_new(connection, file, content)):
        return None
    parsed = refused_unread(file, settings.limits) or reader.read(job_of(file, content))
    return judge(connection, run, file, content, parsed), parsed


def rejected_summary(parsed: Parsed) -> list[str]:
    """Return one line a rule: how many rows it set aside, and where the first one stands."""
    lines = []
    for (rule,), rows in parsed.rejected.sort("source_row").group_by("rule", maintain_order=True):
        first = rows.row(0, named=True)
        place = f"række {first['source_row']}" + (f", {first['column_name']}" if first["column_name"] else "")
        lines.append(f"{rows.height} × {RULES[str(rule)].message} (først {place}) {RULES[str(rule)].remedy}")
    return lines
