"""What the warehouse says of a municipality's count: everything that its page prints."""

import datetime as dt

import sqlalchemy as sa

from flows.steps import due, warehouse
from flows.steps.answers import FIGURES, Answers
from flows.steps.settings import Settings
from schemas.codes import CHANNELS, NOT_LOADED, Channel, Direction
from schemas.sources import Source
from schemas.terms import Count
from transforms import run_page, target_status
from transforms.status_data import CountFacts, StatusData

PERSONAL_CHANNELS = (Channel.PHONE, Channel.IN_PERSON)
COUNTS_OF_VOLUMES = 4
"""This count and the three before it."""


def gather(
    connection: sa.Connection, settings: Settings, count_id: str, code: str, answers: Answers | None = None
) -> StatusData:
    """Return what the warehouse says of a municipality's count.

    Args:
        answers: kept from page to page where many are made of the same loads and settings.
    """
    answers = answers or Answers()
    answers.refresh(connection)
    answers.ask(connection, "missing_part", "complete_count", *FIGURES)
    calendar = settings.calendar
    count = calendar[count_id]
    before = calendar.get(count.previous_count_id)
    missing = answers.of(connection, "missing_part", code, "kind", "source", "week", "direction", "channel")
    missing_here = [row for row in missing if row["count_id"] == count_id]
    incomplete = {row["count_id"] for row in missing} & set(calendar)
    order = ("direction", "measure", "channel", "target_kind", "target_value", "count_id")
    statuses = answers.of(connection, "target_status", code, *order)
    here = [row for row in statuses if row["count_id"] == count_id]
    whole = _whole_counts(count, calendar, {row["count_id"] for row in statuses} - incomplete)
    last_days = {each.count_id: each.last_day for each in calendar.values()}
    previous_is_whole = before is not None and before.count_id not in incomplete
    is_compared = previous_is_whole and not missing_here
    tasks = settings.tasks
    common = set(tasks[count.task_package]) & set(tasks[before.task_package]) if before else set()
    shown, common_to_shown = _counts_of_volumes(settings, count, whole if is_compared else [], common)
    by_task = [] if missing_here else warehouse.view(connection, "task_channel_count", municipality_code=code)
    extracts = _extracts(connection, answers, code, [*whole, count])
    latest = extracts.get(count_id)
    return StatusData(
        municipality_code=code,
        count=_facts(count, settings),
        previous=_facts(before, settings) if before else None,
        common_task_count=len(common),
        target_status=target_status.of_whole_counts(here, incomplete, count.previous_count_id, last_days),
        comparable=answers.of(connection, "comparable_channel_share", code, "direction", "channel", count_id=count_id)
        if is_compared
        else [],
        previous_is_whole=previous_is_whole,
        national_digital_post=answers.where(connection, "national_digital_post_share", "count_id", count_id, "status"),
        national_municipality_count=_national_municipality_count(connection, answers, count_id, here),
        deliveries=_deliveries(connection, answers, count_id, code, latest),
        not_loaded=[
            row
            for row in answers.of(connection, "delivery", code, "delivery_id", count_id=count_id)
            if row["status"] in NOT_LOADED
        ],
        settings=due.inputs(settings, count_id, code),
        is_complete=not missing_here and bool(here),
        missing=run_page.missing_texts(missing_here),
        history=[_facts(each, settings) for each in whole],
        earlier_status=[row for row in statuses if row["count_id"] in {each.count_id for each in whole}],
        volumes=_volumes(by_task, [each.count_id for each in shown], common_to_shown),
        volume_task_count=len(common_to_shown),
        tasks=_tasks(by_task, count_id, count.previous_count_id if is_compared else None, common, settings),
        enrolment=_enrolment(connection, answers, code, latest),
        extract_dates=extracts,
    )


def _whole_counts(count: Count, calendar: dict[str, Count], whole: set[str]) -> list[Count]:
    """Return the counts before this one that wait for nothing, oldest first."""
    earlier = [each for each in calendar.values() if each.first_day < count.first_day and each.count_id in whole]
    return sorted(earlier, key=lambda each: each.first_day)


def _counts_of_volumes(
    settings: Settings, count: Count, whole: list[Count], common: set[str]
) -> tuple[list[Count], set[str]]:
    """Return the counts whose numbers are shown, this one last, and the tasks that all of them hold.

    Those that this count and the one a year earlier share, so the counts before are the ones that hold them too;
    without such tasks this count alone.
    """
    if not (whole and common):
        return [count], set(settings.tasks[count.task_package])
    comparable = [each for each in whole if common <= set(settings.tasks[each.task_package])]
    return [*comparable[1 - COUNTS_OF_VOLUMES :], count], common


def _deliveries(
    connection: sa.Connection, answers: Answers, count_id: str, code: str, latest: dt.date | None
) -> list[dict]:
    """Return the deliveries of the count, of its newest extract and of the country's figures, rows of delivery."""
    loads = answers.of(connection, "page_load", code, count_id=count_id)
    shown = {
        row["delivery_id"]
        for row in loads
        if row["of_count_id"] == count_id or (latest is not None and row["as_of_date"] == latest)
    }
    national = answers.where(connection, "current_partition", "source", Source.LANDSTAL, count_id=count_id)
    shown |= {row["delivery_id"] for row in national}
    found = (answers.where(connection, "delivery", "delivery_id", delivery_id) for delivery_id in sorted(shown))
    return [row for rows in found for row in rows]


def _national_municipality_count(
    connection: sa.Connection, answers: Answers, count_id: str, statuses: list[dict]
) -> int | None:
    """Return how many other municipalities a pooled national figure is of; None where the published one is used."""
    if not any(row["national_method"] == "pooled" for row in statuses):
        return None
    complete = {row["municipality_code"] for row in answers.where(connection, "complete_count", "count_id", count_id)}
    return len(complete - {row["municipality_code"] for row in statuses})


def _volumes(by_task: list[dict], counts: list[str], common: set[str]) -> list[dict]:
    """Return the digital and all enquiries of each count and direction, on all and on the common tasks."""
    found = []
    for count_id in counts:
        for direction in Direction:
            rows = [row for row in by_task if (row["count_id"], row["direction"]) == (count_id, direction)]
            on_common = [row for row in rows if row["kle"] in common]
            if rows:
                found.append(
                    {"count_id": count_id, "direction": str(direction), "digital_count": _digital(rows),
                     "total_count": _sum(rows), "common_digital_count": _digital(on_common),
                     "common_total_count": _sum(on_common)}
                )  # fmt: skip
    return found


def _sum(rows: list[dict]) -> int:
    return sum(row["enquiry_count"] for row in rows)


def _digital(rows: list[dict]) -> int:
    return _sum([row for row in rows if CHANNELS[Channel(row["channel"])].is_digital])


def _tasks(
    by_task: list[dict], count_id: str, previous_id: str | None, common: set[str], settings: Settings
) -> list[dict]:
    """Return each task's inbound enquiries by phone and in person, and those of the count before on common tasks."""
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for row in by_task:
        if row["direction"] == Direction.INBOUND and row["channel"] in PERSONAL_CHANNELS:
            counted.setdefault((row["count_id"], row["channel"]), {})[row["kle"]] = row["enquiry_count"]
    if not by_task:
        return []
    now, before = ({each: counted.get((which or "", each)) for each in PERSONAL_CHANNELS}
                   for which in (count_id, previous_id))  # fmt: skip
    is_alike = previous_id is not None and all((now[each] is None) == (before[each] is None) for each in now)
    return [
        {"kle": kle, "task_name": name, "phone_count": _of_task(now[Channel.PHONE], kle),
         "in_person_count": _of_task(now[Channel.IN_PERSON], kle),
         "previous_count": sum(_of_task(each, kle) or 0 for each in before.values())
         if is_alike and kle in common else None}
        for kle, name in sorted(settings.tasks[settings.calendar[count_id].task_package].items())
    ]  # fmt: skip


def _of_task(counted: dict[str, int] | None, kle: str) -> int | None:
    """Return a task's enquiries by a channel; None where nobody counted the channel."""
    return None if counted is None else counted.get(kle, 0)


def _extracts(connection: sa.Connection, answers: Answers, code: str, counts: list[Count]) -> dict[str, dt.date]:
    """Return count -> the date of the Digital Post extract that its page shows."""
    rows = answers.of(connection, "count_digital_post", code)
    wanted = {each.count_id for each in counts}
    return {row["count_id"]: row["as_of_date"] for row in rows if row["count_id"] in wanted}


def _enrolment(connection: sa.Connection, answers: Answers, code: str, latest: dt.date | None) -> list[dict]:
    """Return what may be shown of persons up to a date."""
    order = ("as_of_date", "age_groups", "status")
    rows = answers.of(connection, "disclosed_enrolment", code, *order)
    return [row for row in rows if latest is not None and row["as_of_date"] <= latest]


def _facts(count: Count, settings: Settings) -> CountFacts:
    task_count = len(settings.tasks[count.task_package])
    return CountFacts(
        count.count_id, count.first_day, count.last_day, count.task_package, task_count, working_days(count)
    )


def working_days(count: Count) -> int:
    """Return the weekdays of a count that are no Danish public holiday."""
    import holidays  # noqa: PLC0415 - slow to import, and only a page needs it

    closed = holidays.country_holidays("DK", years=(count.first_day.year, count.last_day.year))
    days = (count.first_day + dt.timedelta(days=step) for step in range((count.last_day - count.first_day).days + 1))
    return sum(day.weekday() < 5 and day not in closed for day in days)
