"""Loads made again: a delivery in force, read by this version, in the place of what it stated before."""

from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa

from flows.steps import ledger, warehouse
from flows.steps.runs import CODE_VERSION, Run
from schemas.codes import CODE_LIST_VERSION, StepOutcome, Verdict
from schemas.rules import RULES, Finding, Level, reason
from schemas.sources import Source
from schemas.tables import METADATA
from transforms import guards
from transforms.parsed import Parsed

FACTS = ("enquiry", "enrolment", "national_share", "national_enrolment")
RELEASED = "Frigivet: "


@dataclass(frozen=True)
class Loaded:
    """A delivery's newest load, the verdict that accepted it, and its rows."""

    load: dict
    verdict: dict
    facts: dict[str, list[dict]]
    partitions: frozenset[str]

    def is_same_as(self, parsed: Parsed) -> bool:
        """Tell whether a delivery states what is loaded, to the last digit."""
        names = frozenset(parsed.partitions["partition_name"])
        return names == self.partitions and all(
            _as_set(table, self.facts[table]) == _as_set(table, _rows(parsed, table)) for table in FACTS
        )

    @property
    def is_of_this_version(self) -> bool:
        """Tell whether this code and these code lists made it."""
        versions = (self.load["code_version"], self.load["code_list_version"])
        return versions == (CODE_VERSION, CODE_LIST_VERSION)


def newest_load(connection: sa.Connection, delivery_id: int) -> Loaded:
    """Return what is loaded of a delivery that was accepted."""
    load = warehouse.view(connection, "load", "load_id", delivery_id=delivery_id)[-1]
    (verdict,) = warehouse.view(connection, "verdict_log", verdict_id=load["verdict_id"])
    own = {"load_id": load["load_id"]}
    parts = warehouse.view(connection, "load_partition", **own)
    facts = {table: warehouse.view(connection, table, **own) for table in FACTS}
    return Loaded(load, verdict, facts, frozenset(part["partition_name"] for part in parts))


def load_again(connection: sa.Connection, run: Run, delivery_id: int, parsed: Parsed) -> tuple[StepOutcome, str, bool]:
    """Load a delivery again, in the place of its newest load; return the outcome, why, and whether it is a new verdict.

    Nothing is written when it states what is loaded and the same version loaded it. What this version holds or refuses
    gets that verdict, and the figures stay those of the load before until a person decides.
    """
    loaded = newest_load(connection, delivery_id)
    is_same = loaded.is_same_as(parsed)
    if is_same and loaded.is_of_this_version:
        return StepOutcome.UNCHANGED, "it states what is loaded, and this version loaded it", False
    findings = parsed.findings
    if not is_same and parsed.level != Level.REFUSED:
        findings = (*findings, *_guard_findings(connection, loaded, parsed))
    released_by = _release(loaded.verdict, findings)
    level = _gravest(findings)
    if level and not released_by and is_told(connection, delivery_id, parsed, findings):
        return StepOutcome(level.value), reason(findings), False
    first = loaded.load["first_load_id"] or loaded.load["load_id"]
    status = ledger.write_verdict(connection, run, delivery_id, parsed, findings, released_by, first_load_id=first)
    if status != Verdict.ACCEPTED:
        return StepOutcome(status.value), reason(findings), True
    return StepOutcome.LOADED, "it states what was loaded" if is_same else "it states other figures than before", False


def is_told(connection: sa.Connection, delivery_id: int, parsed: Parsed, findings: tuple[Finding, ...]) -> bool:
    """Tell whether the newest verdict on a delivery already says this: by the same rules, of as many rows."""
    (newest,) = warehouse.view(connection, "newest_verdict", delivery_id=delivery_id)
    level = _gravest(findings)
    counted = (parsed.rows_read, parsed.rejected.height)
    rules = ",".join(dict.fromkeys(each.rule for each in findings))
    said = (newest["status"], newest["rules"], (newest["rows_read"], newest["rows_rejected"]))
    return level is not None and said == (level.value, rules, counted)


def _gravest(findings: tuple[Finding, ...]) -> Level | None:
    levels = {RULES[each.rule].level for each in findings}
    return next((each for each in (Level.REFUSED, Level.DUPLICATE, Level.HELD) if each in levels), None)


def _release(accepted: dict, findings: tuple[Finding, ...]) -> tuple[str, str] | None:
    """Return (who, why) of a person's release that still holds: it was given in sight of every rule now broken."""
    broken = {each.rule for each in findings}
    if not accepted["decided_by"] or not broken <= set(accepted["rules"].split(",")):
        return None
    if _gravest(findings) == Level.REFUSED:
        return None
    why = accepted["reason"].removeprefix(RELEASED).removesuffix(reason(findings)).strip()
    return accepted["decided_by"], why


def _guard_findings(connection: sa.Connection, loaded: Loaded, parsed: Parsed) -> list[Finding]:
    """Return where a delivery falls, loses a part or repeats another source, measured against what it stated before."""
    found: list[Finding] = []
    source = Source(loaded.load["source"])
    for key, new in _groups(parsed, "enquiry", "count_id", "municipality_code"):
        place = {"count_id": key[0], "municipality_code": key[1]}
        own = [row | {"source": source} for row in loaded.facts["enquiry"] if place.items() <= row.items()]
        others = [row for row in warehouse.view(connection, "current_enquiry", **place) if row["source"] != source]
        if own or others:
            before, now = _enquiries(own), _enquiries([*own, *others])
            known = {each.rule for each in guards.enquiry_findings(source, before, now)} if own else set()
            found += [each for each in guards.enquiry_findings(source, new, now) if each.rule not in known]
    for key, new in _groups(parsed, "enrolment", "municipality_code", "as_of_date"):
        place = {"municipality_code": key[0], "as_of_date": key[1]}
        own = [row for row in loaded.facts["enrolment"] if place.items() <= row.items()]
        if own:
            found += guards.enrolment_findings(new, pl.DataFrame(own, infer_schema_length=None))
    return found


def _groups(parsed: Parsed, table: str, *key: str) -> list[tuple[tuple, pl.DataFrame]]:
    if table not in parsed.facts:
        return []
    return list(parsed.facts[table].group_by(*key, maintain_order=True))


def _enquiries(rows: list[dict]) -> pl.DataFrame:
    names = ("source", "count_id", "municipality_code", "weeks", "kle", "channel", "direction", "enquiry_count")
    return pl.DataFrame([{name: row[name] for name in names} for row in rows], infer_schema_length=None)


def _rows(parsed: Parsed, table: str) -> list[dict]:
    return parsed.facts[table].to_dicts() if table in parsed.facts else []


def _as_set(table: str, rows: list[dict]) -> set[tuple]:
    names = [column.name for column in METADATA.tables[table].columns if column.name != "load_id"]
    return {tuple(row[name] for name in names) for row in rows}
