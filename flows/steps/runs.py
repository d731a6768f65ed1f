"""Runs: under which settings, on which day and by which code rows are written."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from importlib import metadata
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from flows.steps import warehouse
from flows.steps.settings import Settings
from schemas.codes import CHANNELS, CODE_LIST_VERSION, SELF_SERVICE_RATE_CHANNELS
from schemas.terms import Count

DENMARK = ZoneInfo("Europe/Copenhagen")
CODE_VERSION = metadata.version("kanalstatus")


@dataclass(frozen=True)
class Run:
    """The run that rows are written under."""

    run_id: int
    now: dt.datetime
    today: dt.date
    terms_sha256: str
    min_cell: int


def begin_run(
    connection: sa.Connection, settings: Settings, command: str, now: dt.datetime, *, has_work: bool = True
) -> Run:
    """Write the run, and its settings when no run was made under them before.

    With nothing to write (`has_work`), on the same day and under the same settings, the newest run goes on.
    """
    content = json.dumps(settings.public_content(), sort_keys=True, ensure_ascii=False)
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    settings_table, run_table = (warehouse.METADATA.tables[name] for name in ("settings", "run"))
    known = sa.select(sa.func.max(settings_table.c.settings_id)).where(settings_table.c.settings_sha256 == sha256)
    settings_id = connection.execute(known).scalar() or _write_settings(connection, settings, content, sha256, now)
    today = now.astimezone(DENMARK).date()
    newest = connection.execute(sa.select(run_table).order_by(run_table.c.run_id.desc()).limit(1)).mappings().first()
    same = {"settings_id": settings_id, "today": today, "code_version": CODE_VERSION}
    if newest and not has_work and same.items() <= dict(newest).items():
        return Run(newest["run_id"], now, today, settings.terms_sha256, settings.min_cell)
    run_id = warehouse.next_id(connection, "run", "run_id")
    warehouse.insert(connection, "run", [same | {"run_id": run_id, "command": command, "started_at": now}])
    return Run(run_id, now, today, settings.terms_sha256, settings.min_cell)


def _write_settings(connection: sa.Connection, settings: Settings, content: str, sha256: str, now: dt.datetime) -> int:
    settings_id = warehouse.next_id(connection, "settings", "settings_id")
    own = {"settings_id": settings_id}

    def insert(table: str, rows: list[dict]) -> None:
        warehouse.insert(connection, table, [own | row for row in rows])

    insert("settings", [{
        "settings_sha256": sha256, "content": content, "min_total": settings.min_total,
        "national_min_municipalities": settings.national_min_municipalities,
        "code_list_version": CODE_LIST_VERSION, "recorded_at": now,
    }])  # fmt: skip
    counts = list(settings.calendar.values())
    insert("calendar_count", [_count_row(count) for count in counts])
    insert("count_week", [{"count_id": count.count_id, "week": week} for count in counts for week in count.weeks])
    insert("expected_source", [
        {"count_id": count.count_id, "source": source} for count in counts for source in count.expected_sources
    ])  # fmt: skip
    insert("package_task", [
        {"task_package": package, "kle": kle, "task_name": name}
        for package, tasks in settings.tasks.items() for kle, name in tasks.items()
    ])  # fmt: skip
    insert("published_municipality", [{"municipality_code": code} for code in dict.fromkeys(settings.municipalities)])
    insert("channel_code", [
        {"channel": channel, "is_digital": facts.is_digital, "is_in_share": facts.is_in_share,
         "is_in_self_service_rate": channel in SELF_SERVICE_RATE_CHANNELS}
        for channel, facts in CHANNELS.items()
    ])  # fmt: skip
    insert("target", [
        {"target_number": number, "municipality_code": target.municipality, "measure": target.measure,
         "direction": target.direction, "channel": target.channel, "target_kind": target.kind,
         "target_value": target.value, "target_millionths": round(target.value * 1_000_000),
         "deadline": target.deadline, "deadline_day_number": target.deadline.toordinal(),
         "baseline_count_id": target.baseline_count}
        for number, target in enumerate(settings.target, 1)
    ])  # fmt: skip
    return settings_id


def _count_row(count: Count) -> dict:
    return {
        "count_id": count.count_id,
        "first_week": count.first_week,
        "last_week": count.last_week,
        "first_day": count.first_day,
        "last_day": count.last_day,
        "last_day_number": count.last_day.toordinal(),
        "previous_count_id": count.previous_count_id,
        "task_package": count.task_package,
    }
