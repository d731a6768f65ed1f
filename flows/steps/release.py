"""Second verdicts: held and refused deliveries that other settings or a person let in."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa

from flows.steps import archive, intake, ledger, warehouse
from flows.steps.inbox import Content, Inbox, InboxFile, unread
from flows.steps.ledger import Outcome
from flows.steps.reader import MEGABYTE, Reader, refused_unread
from flows.steps.reading_worker import Job
from flows.steps.runs import Run
from flows.steps.settings import Settings
from schemas.codes import Verdict
from transforms.parsed import Parsed


class NotPossible(Exception):
    """What was asked cannot be done; the message says what to do instead."""


def judge_again(
    engine: sa.Engine, settings: Settings, run: Run, reader: Reader, deliveries: Inbox
) -> Iterator[Outcome]:
    """Judge held and refused deliveries anew whose verdict depends on settings that have changed, or on the machine."""
    with warehouse.reading(engine) as connection:
        waiting = ledger.to_judge_again(connection, run.terms_sha256)
    for row in waiting:
        parsed = _read_again(settings, reader, deliveries, row)
        if parsed is not None:

            def write(connection: sa.Connection, parsed: Parsed, row: dict = row) -> Outcome:
                return judge_known(connection, run, row, parsed)

            outcome = intake.in_one_transaction(engine, parsed, write)
            if outcome:
                yield outcome


def foresee_again(
    connection: sa.Connection, settings: Settings, run: Run, reader: Reader, deliveries: Inbox
) -> Iterator[Outcome]:
    """Give what `judge_again` would; the caller undoes the transaction."""
    for row in ledger.to_judge_again(connection, run.terms_sha256):
        parsed = _read_again(settings, reader, deliveries, row, keep=False)
        if parsed is not None:
            yield judge_known(connection, run, row, parsed)


def judge_known(connection: sa.Connection, run: Run, row: dict, parsed: Parsed) -> Outcome:
    """Write a new verdict on a delivery of the ledger, and its rows when it is accepted now."""
    delivery_id = row["delivery_id"]
    same = in_force_elsewhere(connection, row)
    findings = intake.all_findings(connection, run, delivery_id, parsed, same)
    place = ledger.place_of(connection, delivery_id)
    status = ledger.write_verdict(connection, run, delivery_id, parsed, findings, first_load_id=place)
    return replace(intake.outcome(connection, delivery_id), is_new=status != row["status"])


def in_force_elsewhere(connection: sa.Connection, row: dict) -> dict | None:
    """Return an accepted delivery of the same content under another number."""
    standing = warehouse.view(connection, "content_standing", "delivery_id", sha256=row["sha256"], status="accepted")
    return next((each for each in reversed(standing) if each["delivery_id"] != row["delivery_id"]), None)


def _read_again(
    settings: Settings, reader: Reader, deliveries: Inbox, row: dict, *, keep: bool = True
) -> Parsed | None:
    """Return what a delivery of the ledger holds, from the archive or the inbox; None when it stands in neither."""
    try:
        data = archive.fetch(settings.path(settings.archive_dir), row["sha256"])
    except archive.LOST:
        found = in_inbox(settings, deliveries, row, deliveries.list_files())
        if found is None:
            return None
        file, content = found
        unread = refused_unread(file, content, settings.limits)
        if unread:
            return unread
        data = content.data
    parsed = reader.read(Job(row["file_name"]), data)
    if keep:
        intake.keep(settings, row["sha256"], data, parsed)
    return parsed


def in_inbox(
    settings: Settings, deliveries: Inbox, row: dict, files: list[InboxFile]
) -> tuple[InboxFile, Content] | None:
    """Return the file of a delivery and its content when it stands among the inbox's files as it was."""
    byte_limit = settings.limits.file_mb * MEGABYTE
    for file in files:
        if file.name == row["file_name"]:
            content = deliveries.read(file, byte_limit)
            # One that could not be read then, for its size say, stands in the ledger by its facts.
            if content and row["sha256"] in (content.sha256, unread(file).sha256):
                return file, content
    return None


def release(
    engine: sa.Engine,
    settings: Settings,
    run: Run,
    reader: Reader,
    deliveries: Inbox,
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
        row = _releasable(connection, delivery_id, not_personal=not_personal)
    is_held = row["status"] == Verdict.HELD
    data = _bytes(settings, deliveries, row)
    parsed = reader.read(Job(row["file_name"], not_personal, as_of_date), data)
    _refuse_what_nobody_can_release(parsed)
    intake.keep(settings, row["sha256"], data, parsed)
    with warehouse.writing(engine) as connection:
        # One that was loaded before, and that new rules held, is read anew in its own place, below what came later.
        place = None if supersede else ledger.place_of(connection, delivery_id)
        newer = ledger.newer_delivery(connection, delivery_id, parsed)
        if newer and not supersede and place is None:
            raise NotPossible(f"delivery {newer} came later and is in force; --supersede puts this one in its place")
        findings = intake.all_findings(connection, run, delivery_id, parsed, in_force_elsewhere(connection, row))
        if any(each.rule == "weeks_overlap" for each in findings):
            raise NotPossible("its weeks overlap another delivery's without covering them; both cannot be in force")
        if any(each.rule == "date_in_future" for each in findings):
            raise NotPossible("the date of the extract lies in the future; mend it, or wait until it is reached")
        try:
            ledger.write_verdict(
                connection, run, delivery_id, parsed, findings, released_by, lifts_holds=is_held, first_load_id=place
            )
        except warehouse.CheckFailed as failed:
            raise NotPossible(f"it would break the {failed}") from None
        return intake.outcome(connection, delivery_id)


def _releasable(connection: sa.Connection, delivery_id: int, *, not_personal: bool) -> dict:
    """Return the delivery with its status, when a person may decide on it."""
    arrivals = warehouse.view(connection, "arrival", delivery_id=delivery_id)
    if not arrivals:
        raise NotPossible(f"there is no delivery {delivery_id}; see kanalstatus deliveries")
    (verdict,) = warehouse.view(connection, "newest_verdict", delivery_id=delivery_id)
    is_cpr_refusal = verdict["status"] == Verdict.REFUSED and verdict["rules"] in ("cpr_number", "cpr_in_name")
    if not (verdict["status"] == Verdict.HELD or (is_cpr_refusal and not_personal)):
        hint = "; with --not-personal a refusal by the CPR rule can be" if is_cpr_refusal else ""
        raise NotPossible(f"delivery {delivery_id} is {verdict['status']}; only held deliveries can be released{hint}")
    return arrivals[0] | {"status": verdict["status"]}


def _bytes(settings: Settings, deliveries: Inbox, row: dict) -> bytes:
    try:
        return archive.fetch(settings.path(settings.archive_dir), row["sha256"])
    except archive.LOST:
        found = in_inbox(settings, deliveries, row, deliveries.list_files())
        if found is None:
            number = row["delivery_id"]
            raise NotPossible(f"the file of delivery {number} is gone from the inbox; put it there again") from None
        return found[1].data


def _refuse_what_nobody_can_release(parsed: Parsed) -> None:
    rules = {each.rule for each in parsed.findings}
    if {"count_not_in_calendar", "several_counts"} & rules:
        raise NotPossible("its count is not in the calendar: add it to the settings and run again")
    if "extract_date_unknown" in rules:
        raise NotPossible("the date of the extract is not known: add --date 2014-12-01")
