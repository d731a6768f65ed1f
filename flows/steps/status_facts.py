"""What the warehouse says of a municipality's count: everything that its page prints."""

import datetime as dt

import sqlalchemy as sa

from flows.steps import due, warehouse
from flows.steps.settings import Settings
from schemas.terms import Count
from transforms import run_page, status_page, target_status
from transforms.status_data import CountFacts, StatusData


def gather(connection: sa.Connection, settings: Settings, count_id: str, code: str) -> StatusData:
    """Return what the warehouse says of a municipality's count."""
    calendar = settings.calendar
    count = calendar[count_id]
    before = calendar.get(count.previous_count_id)
    this = {"count_id": count_id, "municipality_code": code}
    missing = warehouse.view(connection, "missing_part", "kind", "source", "week", **this)
    loads = warehouse.view(connection, "page_load", **this)
    shown = {row["delivery_id"] for row in loads if row["of_count_id"] in (count_id, None)}
    deliveries = [
        row | {"source_label": status_page.source_label(row["source"])}
        for row in warehouse.view(connection, "delivery", "delivery_id")
        if row["delivery_id"] in shown
    ]
    tasks = settings.tasks
    common = set(tasks[count.task_package]) & set(tasks[before.task_package]) if before else set()
    order = ("direction", "measure", "channel", "target_kind", "target_value")
    statuses = warehouse.view(connection, "target_status", *order, **this)
    missing_of_municipality = warehouse.view(connection, "missing_part", municipality_code=code)
    incomplete = {row["count_id"] for row in missing_of_municipality} & set(calendar)
    last_days = {each.count_id: each.last_day for each in calendar.values()}
    previous_is_whole = before is not None and before.count_id not in incomplete
    is_compared = previous_is_whole and not missing
    return StatusData(
        municipality_code=code,
        count=_facts(count, len(tasks[count.task_package])),
        previous=_facts(before, len(tasks[before.task_package])) if before else None,
        common_task_count=len(common),
        target_status=target_status.of_whole_counts(statuses, incomplete, count.previous_count_id, last_days),
        comparable=warehouse.view(connection, "comparable_channel_share", **this) if is_compared else [],
        previous_is_whole=previous_is_whole,
        digital_post=warehouse.view(connection, "page_digital_post", "status", **this),
        national_digital_post=warehouse.view(connection, "national_digital_post_share", count_id=count_id),
        deliveries=deliveries,
        not_loaded=[
            row
            for row in warehouse.view(connection, "delivery", "delivery_id", **this)
            if row["status"] in ("held", "refused")
        ],
        settings=due.inputs(settings, count_id, code),
        is_complete=not missing and bool(statuses),
        missing=run_page.missing_texts(missing),
    )


def _facts(count: Count, task_count: int) -> CountFacts:
    return CountFacts(
        count.count_id, count.first_day, count.last_day, count.task_package, task_count, working_days(count)
    )


def working_days(count: Count) -> int:
    """Return the weekdays of a count that are no Danish public holiday."""
    import holidays  # noqa: PLC0415 - slow to import, and only a page needs it

    closed = holidays.country_holidays("DK", years=(count.first_day.year, count.last_day.year))
    days = (count.first_day + dt.timedelta(days=step) for step in range((count.last_day - count.first_day).days + 1))
    return sum(day.weekday() < 5 and day not in closed for day in days)
