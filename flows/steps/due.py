"""What is due: complete counts whose newest page prints from other loads or settings than are in force."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa
from pydantic import BaseModel

from flows.steps import warehouse
from flows.steps.answers import COMPLETENESS, Answers
from flows.steps.runs import CODE_VERSION
from flows.steps.settings import Settings
from schemas.codes import CODE_LIST_VERSION, UNSETTLED, PublicationKind
from schemas.tables import METADATA
from transforms import run_page

Part = tuple[int, str]
"""A load and the name of one of its partitions."""


@dataclass(frozen=True)
class Due:
    """A count of a municipality whose page is to be published, and why."""

    count_id: str
    municipality_code: str
    kind: str
    reason: str
    is_draft: bool = False


def waiting(
    connection: sa.Connection, settings: Settings, answers: Answers | None = None
) -> list[tuple[str, str, list[str]]]:
    """Return (count, municipality, what is missing) of each published municipality's incomplete counts."""
    answers = _refreshed(connection, answers)
    if not _may_wait(connection, settings, answers):
        return []
    order = ("first_day", "municipality_code", "kind", "source", "week", "direction", "channel")
    found: dict[tuple[str, str], list[dict]] = {}
    for row in answers.all(connection, "waiting_part", *order):
        found.setdefault((row["count_id"], row["municipality_code"]), []).append(row)
    return [(*key, run_page.missing_texts(rows)) for key, rows in found.items()]


def _may_wait(connection: sa.Connection, settings: Settings, answers: Answers) -> bool:
    """Tell whether a count that has begun may wait for something: whether any has no page that shows it is complete.

    That page was made by this version, from the loads and settings in force: what a count waits for follows from them
    and from the day, and a day brings no count that is over back. To weigh every enquiry again would say the same.
    """
    today = max((row["today"] for row in warehouse.view(connection, "settings_in_force")), default=None)
    begun = [count.count_id for count in settings.calendar.values() if today and count.first_day <= today]
    if not begun:
        return False
    own_runs, stored = _runs_of_this_version(connection), Answers()

    def is_shown_complete(count_id: str, code: str) -> bool:
        page = newest(connection, count_id, code, stored)
        is_own = page is not None and page["run_id"] in own_runs
        return is_own and _wanted(connection, settings, count_id, code, answers, stored) is None

    return not all(is_shown_complete(count_id, code) for code in settings.municipalities for count_id in begun)


def _runs_of_this_version(connection: sa.Connection) -> set[int]:
    run, settings = (METADATA.tables[name].c for name in ("run", "settings"))
    is_own = (run.code_version == CODE_VERSION) & (settings.code_list_version == CODE_LIST_VERSION)
    own: sa.Select = sa.select(run.run_id).where(is_own, run.settings_id == settings.settings_id)
    return set(connection.execute(own).scalars())


def counts_due(
    connection: sa.Connection, settings: Settings, only: tuple[str, ...] = (), answers: Answers | None = None
) -> list[Due]:
    """Return the complete counts of published municipalities whose inputs differ from their newest page's.

    Which are complete is asked last, and only when something may be due: that weighs every enquiry there is.
    """
    answers, stored = _refreshed(connection, answers), Answers()
    own = {
        (row["count_id"], code)
        for code in settings.municipalities
        for row in answers.of(connection, "page_load", code)
        if row["of_count_id"] == row["count_id"] and (not only or row["count_id"] in only)
    }
    wanted = {key: each for key in own if (each := _of_count(connection, settings, *key, answers, stored))}
    if not wanted:
        return []
    answers.ask(connection, *COMPLETENESS)
    complete = answers.all(connection, "publishable_count", "first_day", "municipality_code")
    keys = ((row["count_id"], row["municipality_code"]) for row in complete)
    return [wanted[key] for key in keys if key in wanted]


def of_count(
    connection: sa.Connection, settings: Settings, count_id: str, code: str, answers: Answers | None = None
) -> Due | None:
    """Return why a complete count's page is due; None when the newest one is up to date, or waits for approval.

    Args:
        answers: kept from count to count where many are looked at.
    """
    return _of_count(connection, settings, count_id, code, _refreshed(connection, answers))


def _refreshed(connection: sa.Connection, answers: Answers | None) -> Answers:
    answers = answers or Answers()
    answers.refresh(connection)
    return answers


def _of_count(
    connection: sa.Connection,
    settings: Settings,
    count_id: str,
    code: str,
    answers: Answers,
    stored: Answers | None = None,
) -> Due | None:
    wanted = _wanted(connection, settings, count_id, code, answers, stored)
    if wanted is None or not settings.require_approval:
        return wanted
    draft = newest_draft(connection, count_id, code)
    if draft is None or not shows_what_is_in_force(connection, settings, draft):
        return replace(wanted, is_draft=True)
    return wanted if is_approved(connection, draft) else None


def newest_draft(connection: sa.Connection, count_id: str, code: str) -> dict | None:
    """Return the newest draft of a count."""
    this = {"count_id": count_id, "municipality_code": code, "kind": PublicationKind.DRAFT}
    rows = warehouse.view(connection, "publication_log", "publication_id", **this)
    return rows[-1] if rows else None


def is_approved(connection: sa.Connection, draft: dict) -> bool:
    """Tell whether a person has approved a draft."""
    return bool(warehouse.view(connection, "approval", publication_id=draft["publication_id"]))


def waiting_for_approval(connection: sa.Connection, settings: Settings) -> list[tuple[str, str, int]]:
    """Return (count, municipality, publication) of each draft that shows what is in force and nobody has approved."""
    if not settings.require_approval:
        return []
    complete = warehouse.view(connection, "publishable_count", "first_day", "municipality_code")
    keys = [(row["count_id"], row["municipality_code"]) for row in complete]
    drafts = [(key, _waiting_draft(connection, settings, *key)) for key in keys]
    return [(*key, draft["publication_id"]) for key, draft in drafts if draft]


def _waiting_draft(connection: sa.Connection, settings: Settings, count_id: str, code: str) -> dict | None:
    draft = newest_draft(connection, count_id, code)
    if draft is None or is_approved(connection, draft):
        return None
    if _wanted(connection, settings, count_id, code) is None:
        return None
    return draft if shows_what_is_in_force(connection, settings, draft) else None


def shows_what_is_in_force(connection: sa.Connection, settings: Settings, publication: dict) -> bool:
    """Tell whether a publication prints from the loads and settings in force."""
    count_id, code = publication["count_id"], publication["municipality_code"]
    is_same = _parts_of(connection, publication["publication_id"]) == own_parts(connection, count_id, code)
    return is_same and publication["inputs"] == inputs_json(settings, count_id, code)


def counts_as_settings_say(settings: Settings, publication: dict) -> bool:
    """Tell whether a publication's own count has the weeks and tasks that the settings say now."""
    count_id, then = publication["count_id"], json.loads(publication["inputs"])
    if count_id not in settings.calendar:
        return False
    now = json.loads(inputs_json(settings, count_id, publication["municipality_code"]))
    package = settings.calendar[count_id].task_package
    return _own_count(then, count_id, package) == _own_count(now, count_id, package)


def _own_count(inputs_of_page: dict, count_id: str, package: str) -> tuple[list[dict], dict | None]:
    own = [each for each in inputs_of_page["counts"] if each["id"] == count_id]
    return own, inputs_of_page["tasks"].get(package)


def _wanted(
    connection: sa.Connection,
    settings: Settings,
    count_id: str,
    code: str,
    answers: Answers | None = None,
    stored: Answers | None = None,
) -> Due | None:
    """Return why a complete count's page is due, whether it is approved or not.

    Args:
        answers: what is in force, kept from count to count.
        stored: what is published, kept from count to count within a transaction.
    """
    published = newest(connection, count_id, code, stored)
    if published is None:
        return Due(count_id, code, "first", "the count is complete and was never published")
    before = _parts_of(connection, published["publication_id"], stored)
    now = own_parts(connection, count_id, code, answers)
    if before != now:
        replaced = before - _parts(_asked(connection, answers, "current_partition", code))
        if replaced:
            return Due(count_id, code, "correction", f"replaced: {_listed(replaced)}")
        return Due(count_id, code, "update", f"other parts are shown: {_listed(before ^ now)}")
    if published["inputs"] != inputs_json(settings, count_id, code):
        return Due(count_id, code, "update", "settings, targets or notes changed")
    return None


def _listed(parts: set[Part]) -> str:
    return ", ".join(f"{name} of load {load_id}" for load_id, name in sorted(parts))


def newest(connection: sa.Connection, count_id: str, code: str, stored: Answers | None = None) -> dict | None:
    """Return the newest publication of a complete count that is no draft."""
    rows = _asked(connection, stored, "publication_log", code, "publication_id", count_id=count_id)
    return next((row for row in reversed(rows) if row["kind"] not in UNSETTLED), None)


def _parts_of(connection: sa.Connection, publication_id: int, stored: Answers | None = None) -> set[Part]:
    if stored is not None:
        return _parts(stored.where(connection, "publication_load", "publication_id", publication_id))
    return _parts(warehouse.view(connection, "publication_load", publication_id=publication_id))


def own_parts(connection: sa.Connection, count_id: str, code: str, answers: Answers | None = None) -> set[Part]:
    """Return the municipality's parts of loads that a count's page prints from."""
    return _parts(_asked(connection, answers, "page_load", code, count_id=count_id))


def _asked(
    connection: sa.Connection, answers: Answers | None, view: str, code: str, *order: str, **equal: object
) -> list[dict]:
    if answers is None:
        return warehouse.view(connection, view, *order, municipality_code=code, **equal)
    return answers.of(connection, view, code, *order, **equal)


def _parts(rows: list[dict]) -> set[Part]:
    return {(row["load_id"], row["partition_name"]) for row in rows}


def inputs(settings: Settings, count_id: str, code: str) -> dict:
    """Return the settings that a municipality's page on a count depends on, as JSON values."""
    calendar = settings.calendar
    this = calendar[count_id]
    shown = {each.count_id: each for each in calendar.values() if each.first_day <= this.first_day}
    about, until = (count_id, code), this.last_day
    return {
        "counts": _dumped(each for each in settings.count if each.id in shown),
        "tasks": {count.task_package: settings.tasks[count.task_package] for count in shown.values()},
        "target": _dumped(each for each in settings.target if each.municipality == code),
        "note": _dumped(each for each in settings.note if (each.count, each.municipality) == about),
        "event": _dumped(each for each in settings.event if each.date <= until),
        "strategy": settings.strategy.model_dump(mode="json"),
        "min_total": settings.min_total,
        "min_cell": settings.min_cell,
        "national_min_municipalities": settings.national_min_municipalities,
        "public_url": settings.public_url,
    }


def _dumped(parts: Iterable[BaseModel]) -> list[dict]:
    """Return them as they stand in `Settings.public_content`; a country's settings hold hundreds that are not asked."""
    return [each.model_dump(mode="json") for each in parts]


def inputs_json(settings: Settings, count_id: str, code: str) -> str:
    """Return them as text that is equal when they are."""
    return json.dumps(inputs(settings, count_id, code), sort_keys=True, ensure_ascii=False)
