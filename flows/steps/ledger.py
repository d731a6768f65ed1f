"""The ledger: deliveries, verdicts and loads. Rows are only ever added."""

import datetime as dt
import itertools
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa

from flows.steps import disclosures, warehouse
from flows.steps.inbox import Content, InboxFile
from flows.steps.runs import CODE_VERSION, Run
from schemas.codes import CODE_LIST_VERSION, NOT_LOADED, Verdict
from schemas.rules import RULES, Finding, Level, finding, reason
from schemas.sources import LAYOUTS
from transforms import guards
from transforms.parsed import Parsed

SAME_CONTENT = "Samme indhold som levering"


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery in this run."""

    delivery_id: int
    file_name: str
    source: str
    status: Verdict
    reason: str
    rows_read: int
    rows_rejected: int
    is_new: bool = True


def changed(connection: sa.Connection, files: list[InboxFile]) -> list[InboxFile]:
    """Return the files that by size and time are not the ones last seen under their names, and those seen locked."""
    seen = {
        row["file_name"]: (row["byte_count"], row["modified_at"])
        for row in warehouse.view(connection, "newest_arrival")
        if row["rules"] != "not_readable"
    }
    return [file for file in files if file.is_name_masked or seen.get(file.name) != (file.byte_count, file.modified_at)]


def is_new(connection: sa.Connection, file: InboxFile, content: Content) -> bool:
    """Tell whether a file's content differs from the last one seen under its name."""
    if file.is_name_masked:
        return not warehouse.view(connection, "arrival", file_name=file.name, sha256=content.sha256)
    seen = warehouse.view(connection, "newest_arrival", file_name=file.name)
    return not seen or seen[0]["sha256"] != content.sha256


def last_accepted(connection: sa.Connection, name: str) -> int | None:
    """Return the newest delivery under a name that was accepted."""
    rows = warehouse.view(connection, "arrival", "delivery_id", file_name=name)
    is_accepted = (
        warehouse.view(connection, "newest_verdict", delivery_id=row["delivery_id"], status=Verdict.ACCEPTED)
        for row in reversed(rows)
    )
    return next((found[0]["delivery_id"] for found in is_accepted if found), None)


def same_content(connection: sa.Connection, sha256: str) -> dict | None:
    """Return the newest delivery of this content, with `is_current`: all its parts in force.

    Duplicates are passed over, and so are verdicts on a name: the content may be right under another one.
    """
    rows = warehouse.view(connection, "content_standing", "delivery_id", sha256=sha256)
    about_content = (row for row in reversed(rows) if not _is_about_the_name(row["rules"]))
    return next(about_content, None)


def _is_about_the_name(rules: str) -> bool:
    return any(RULES[rule].is_about_the_name for rule in rules.split(",") if rule)


def outcomes(connection: sa.Connection, run: Run) -> list[dict]:
    """Return the deliveries judged in this run, rows of the view delivery."""
    judged = warehouse.view(connection, "verdict_log", run_id=run.run_id)
    numbers = {row["delivery_id"] for row in judged if row["decided_at"] >= run.now}
    return [row for row in warehouse.view(connection, "delivery", "delivery_id") if row["delivery_id"] in numbers]


def judged_since(connection: sa.Connection, moment: dt.datetime) -> list[dict]:
    """Return the deliveries whose newest verdict was given since a moment, rows of the view delivery."""
    newest = warehouse.view(connection, "newest_verdict")
    numbers = {row["delivery_id"] for row in newest if row["decided_at"] >= moment}
    return [row for row in warehouse.view(connection, "delivery", "delivery_id") if row["delivery_id"] in numbers]


def record_arrival(connection: sa.Connection, run: Run, file: InboxFile, content: Content) -> int:
    """Write a delivery and return its number."""
    delivery_id = warehouse.next_id(connection, "arrival", "delivery_id")
    row = {"delivery_id": delivery_id, "run_id": run.run_id, "file_name": file.name, "sha256": content.sha256,
           "byte_count": file.byte_count, "modified_at": file.modified_at, "received_at": run.now}  # fmt: skip
    warehouse.insert(connection, "arrival", [row])
    return delivery_id


def copy_verdict(connection: sa.Connection, run: Run, delivery_id: int, of_delivery: int) -> Verdict:
    """Give a delivery the verdict of another one with the same content."""
    (old,) = warehouse.view(connection, "newest_verdict", delivery_id=of_delivery)
    verdict_id = warehouse.next_id(connection, "verdict_log", "verdict_id")
    rejected = warehouse.view(connection, "rejected_log", verdict_id=old["verdict_id"])
    is_copy = old["reason"].startswith(SAME_CONTENT)
    said = old["reason"] if is_copy else f"{SAME_CONTENT} {of_delivery}: {old['reason']}"
    new = {"verdict_id": verdict_id, "delivery_id": delivery_id, "run_id": run.run_id, "reason": said,
           "decided_at": warehouse.utc_now(), "terms_sha256": run.terms_sha256}  # fmt: skip
    warehouse.insert(connection, "verdict_log", [old | new])
    warehouse.insert(connection, "rejected_log", [row | {"verdict_id": verdict_id} for row in rejected])
    return Verdict(old["status"])


def guard_findings(connection: sa.Connection, run: Run, delivery_id: int, parsed: Parsed) -> list[Finding]:
    """Return what a readable delivery does to the figures in force that a person must look at."""
    found = []
    newer = newer_delivery(connection, delivery_id, parsed)
    if newer:
        found.append(finding("something_newer", delivery=newer))
    latest = parsed.partitions["as_of_date"].max()
    if isinstance(latest, dt.date) and latest > run.today:
        found.append(finding("date_in_future", date=f"{latest:%d-%m-%Y}"))
    if "enquiry" in parsed.facts:
        assert parsed.source is not None
        for count_id, code in dict.fromkeys(parsed.partitions.select("count_id", "municipality_code").rows()):
            current = warehouse.view(connection, "current_enquiry", count_id=count_id, municipality_code=code)
            if current:
                is_here = (pl.col("count_id") == count_id) & (pl.col("municipality_code") == code)
                new = parsed.facts["enquiry"].filter(is_here)
                found += guards.enquiry_findings(parsed.source, new, _as_frame(current))
    if "enrolment" in parsed.facts:
        for key, new in parsed.facts["enrolment"].group_by("municipality_code", "as_of_date", maintain_order=True):
            current = warehouse.view(connection, "current_enrolment", municipality_code=key[0], as_of_date=key[1])
            if current:
                found += guards.enrolment_findings(new, _as_frame(current))
    return found


def _as_frame(rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)


def newer_delivery(connection: sa.Connection, delivery_id: int, parsed: Parsed) -> int | None:
    """Return a later delivery that is in force for one of this delivery's partitions."""
    newer = set()
    groups: dict[str, list[dict]] = {}
    for row in _named_partitions(parsed).iter_rows(named=True):
        groups.setdefault(row["partition_group"], []).append(row)
    for group, rows in groups.items():
        in_force = warehouse.view(connection, "current_partition", partition_group=group)
        later = [each for each in in_force if each["delivery_id"] > delivery_id]
        for row, each in itertools.product(rows, later):
            overlaps = row["first_week"] is None or (
                each["first_week"] <= row["last_week"] and each["last_week"] >= row["first_week"]
            )
            if overlaps:
                newer.add(each["delivery_id"])
    return max(newer, default=None)


def _named_partitions(parsed: Parsed) -> pl.DataFrame:
    """Return the partitions with their group: what is stated, count, municipality and date, all but the weeks."""
    assert parsed.source is not None
    stated = LAYOUTS[parsed.source].states_as or parsed.source
    parts = (pl.lit(str(stated)), pl.col("count_id"), pl.col("municipality_code"), pl.col("as_of_date").cast(pl.String))
    group = pl.concat_str(parts, separator=" ", ignore_nulls=True)
    return parsed.partitions.with_columns(group.alias("partition_group"))


def place_of(connection: sa.Connection, delivery_id: int) -> int | None:
    """Return the load in whose place a delivery stands that was loaded before; None when it never was."""
    loads = warehouse.view(connection, "load", "load_id", delivery_id=delivery_id)
    return loads[-1]["first_load_id"] or loads[-1]["load_id"] if loads else None


def write_verdict(
    connection: sa.Connection,
    run: Run,
    delivery_id: int,
    parsed: Parsed,
    findings: tuple[Finding, ...],
    released_by: tuple[str, str] | None = None,
    *,
    lifts_holds: bool = True,
    first_load_id: int | None = None,
) -> Verdict:
    """Write the verdict, its rejected rows, and the rows of an accepted delivery; then ask the checks.

    Args:
        findings: those of the delivery itself and of the guards.
        released_by: (who, why) when a person decides.
        lifts_holds: whether that decision accepts it whatever the findings that hold it.
        first_load_id: the delivery's load in whose place its rows stand from now on.
    """
    levels = {RULES[each.rule].level for each in findings}
    level = next((each for each in (Level.REFUSED, Level.DUPLICATE, Level.HELD) if each in levels), None)
    status = Verdict(level.value) if level else Verdict.ACCEPTED
    if released_by and lifts_holds and status == Verdict.HELD:
        status = Verdict.ACCEPTED
    told = reason(findings) if status != Verdict.ACCEPTED else ""
    said = f"Frigivet: {released_by[1]} {told}".strip() if released_by else told
    rejected = parsed.rejected
    verdict_id = warehouse.next_id(connection, "verdict_log", "verdict_id")
    warehouse.insert(connection, "verdict_log", [{
        "verdict_id": verdict_id, "delivery_id": delivery_id, "run_id": run.run_id, "source": parsed.source,
        "status": status, "rules": ",".join(dict.fromkeys(each.rule for each in findings)), "reason": said,
        "decided_by": released_by[0] if released_by else None, "decided_at": warehouse.utc_now(),
        "count_id": parsed.only("count_id"), "municipality_code": parsed.only("municipality_code"),
        "rows_read": parsed.rows_read, "rows_accepted": parsed.rows_read - rejected.height,
        "rows_rejected": rejected.height, "terms_sha256": run.terms_sha256,
    }])  # fmt: skip
    if rejected.height:
        warehouse.insert(connection, "rejected_log", _rejected_rows(verdict_id, rejected))
    load_id = None
    if status == Verdict.ACCEPTED:
        load_id = _write_load(connection, run, delivery_id, verdict_id, parsed, first_load_id)
    warehouse.run_checks(connection, load_id=load_id, verdict_id=verdict_id)
    return status


def _rejected_rows(verdict_id: int, rejected: pl.DataFrame) -> pl.DataFrame:
    """Return rows of the table rejected_log, in the order of the delivery."""
    messages = {rule: f"{RULES[rule].message} {RULES[rule].remedy}" for rule in rejected["rule"].unique()}
    ordered = rejected.sort("source_row")
    return ordered.select(
        pl.lit(verdict_id, pl.Int64).alias("verdict_id"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row_number"),
        "source_row",
        "column_name",
        "rule",
        pl.col("rule").replace_strict(messages, return_dtype=pl.String).alias("message"),
    )


def _write_load(
    connection: sa.Connection, run: Run, delivery_id: int, verdict_id: int, parsed: Parsed, first_load_id: int | None
) -> int:
    load_id = warehouse.next_id(connection, "load", "load_id")
    warehouse.insert(connection, "load", [{
        "load_id": load_id, "delivery_id": delivery_id, "verdict_id": verdict_id, "source": parsed.source,
        "code_version": CODE_VERSION, "code_list_version": CODE_LIST_VERSION, "loaded_at": warehouse.utc_now(),
        "facts_sha256": parsed.facts_sha256,
        "first_load_id": first_load_id,
    }])  # fmt: skip
    number = pl.lit(load_id, pl.Int64).alias("load_id")
    warehouse.insert(connection, "load_partition", _named_partitions(parsed).with_columns(number))
    for table, facts in parsed.facts.items():
        warehouse.insert(connection, table, facts.with_columns(number))
    if "enrolment" in parsed.facts:
        disclosures.decide(connection, run, load_id)
    return load_id


def to_judge_again(connection: sa.Connection, terms_sha256: str) -> list[dict]:
    """Return the held and refused deliveries whose verdict depends on terms that changed, or on the machine."""
    found = []
    for status in NOT_LOADED:
        for verdict in warehouse.view(connection, "newest_verdict", status=status):
            rules = [RULES[rule] for rule in verdict["rules"].split(",")]
            has_changed = verdict["terms_sha256"] != terms_sha256 and any(rule.depends_on_settings for rule in rules)
            if has_changed or any(rule.is_passing for rule in rules):
                (arrival,) = warehouse.view(connection, "arrival", delivery_id=verdict["delivery_id"])
                found.append(arrival | {"status": status})
    return sorted(found, key=lambda row: row["delivery_id"])
