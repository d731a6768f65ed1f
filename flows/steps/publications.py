"""Publications: what is due, the page of a municipality's count, and its files in their places."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, warehouse
from flows.steps.ledger import Run
from flows.steps.settings import Settings
from schemas.terms import Count
from transforms import index_pages, run_page, status_page, status_report
from transforms.status_report import CountFacts, Report, StatusData

OWN_FILES = ("index.html", "status.csv", "status.json")


@dataclass(frozen=True)
class Due:
    """A count of a municipality whose page is to be published, and why."""

    count_id: str
    municipality_code: str
    kind: str
    reason: str


def waiting(connection: sa.Connection) -> list[tuple[str, str, list[str]]]:
    """Return (count, municipality, what is missing) of each published municipality's incomplete counts."""
    rows = warehouse.rows(
        connection,
        """
        select m.*
        from missing_part as m
        join settings_in_force as s on 1 = 1
        join published_municipality as p
            on p.settings_id = s.settings_id and p.municipality_code = m.municipality_code
        join calendar_in_force as c on c.count_id = m.count_id
        where s.today >= c.first_day
        order by c.first_day, m.municipality_code, m.kind desc, m.source, m.week, m.direction, m.channel
        """,
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row["count_id"], row["municipality_code"]), []).append(run_page.missing_text(row))
    return [(*key, missing) for key, missing in found.items()]


def due(connection: sa.Connection, settings: Settings, only: tuple[str, ...] = ()) -> list[Due]:
    """Return the complete counts of published municipalities whose inputs differ from their newest page's."""
    complete = warehouse.rows(
        connection,
        """
        select k.count_id, k.municipality_code
        from complete_count as k
        join settings_in_force as s on 1 = 1
        join published_municipality as p
            on p.settings_id = s.settings_id and p.municipality_code = k.municipality_code
        join calendar_in_force as c on c.count_id = k.count_id
        order by c.first_day, k.municipality_code
        """,
    )
    found = []
    for row in complete:
        count_id, code = row["count_id"], row["municipality_code"]
        if only and count_id not in only:
            continue
        each = _due(connection, settings, count_id, code)
        if each:
            found.append(each)
    return found


def _due(connection: sa.Connection, settings: Settings, count_id: str, code: str) -> Due | None:
    newest = _newest(connection, count_id, code)
    if newest is None:
        return Due(count_id, code, "first", "the count is complete and was never published")
    before, now = _loads_of(connection, newest["publication_id"]), own_loads(connection, count_id, code)
    if before != now:
        gone = before - now
        words = f"loads replaced: {_listed(gone)}" if gone else f"loads added: {_listed(now - before)}"
        return Due(count_id, code, "correction" if gone else "update", words)
    if newest["inputs"] != _inputs_json(settings, count_id, code):
        return Due(count_id, code, "update", "settings, targets or notes changed")
    return None


def _listed(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _newest(connection: sa.Connection, count_id: str, code: str) -> dict | None:
    query = (
        "select * from publication_log where count_id = :count_id and municipality_code = :code"
        " and kind <> 'incomplete' order by publication_id desc limit 1"
    )
    return next(iter(warehouse.rows(connection, query, count_id=count_id, code=code)), None)


def _loads_of(connection: sa.Connection, publication_id: int) -> set[int]:
    query = "select load_id from publication_load where publication_id = :id"
    return {row["load_id"] for row in warehouse.rows(connection, query, id=publication_id)}


def own_loads(connection: sa.Connection, count_id: str, code: str) -> set[int]:
    """Return the municipality's loads that a count's page prints from: this and earlier counts, and Digital Post."""
    rows = warehouse.rows(
        connection,
        """
        select p.load_id
        from current_partition as p
        join calendar_in_force as c on c.count_id = p.count_id
        join calendar_in_force as this on this.count_id = :count_id and c.first_day <= this.first_day
        where p.municipality_code = :code
        union
        select p.load_id
        from current_partition as p
        join count_digital_post as d
            on d.municipality_code = p.municipality_code and d.as_of_date = p.as_of_date
        where p.municipality_code = :code and d.count_id = :count_id
        """,
        count_id=count_id,
        code=code,
    )
    return {row["load_id"] for row in rows}


def inputs(settings: Settings, count_id: str, code: str) -> dict:
    """Return the settings that a municipality's page on a count depends on, as JSON values."""
    public = settings.public_content()
    calendar = settings.calendar
    this = calendar[count_id]
    shown = [each for each in calendar.values() if each.first_day <= this.first_day]
    return {
        "counts": [each for each in public["count"] if each["id"] in {count.count_id for count in shown}],
        "tasks": {count.task_package: settings.tasks[count.task_package] for count in shown},
        "target": [each for each in public["target"] if each["municipality"] == code],
        "note": [each for each in public["note"] if (each["count"], each["municipality"]) == (count_id, code)],
        "event": [each for each in public["event"] if each["date"] <= this.last_day.isoformat()],
        "strategy": public["strategy"],
        "min_total": settings.min_total,
        "min_cell": settings.min_cell,
        "national_min_municipalities": settings.national_min_municipalities,
        "public_url": settings.public_url,
    }


def _inputs_json(settings: Settings, count_id: str, code: str) -> str:
    return json.dumps(inputs(settings, count_id, code), sort_keys=True, ensure_ascii=False)


def gather(connection: sa.Connection, settings: Settings, count_id: str, code: str) -> StatusData:
    """Return what the warehouse says of a municipality's count."""
    calendar = settings.calendar
    count = calendar[count_id]
    before = calendar.get(count.previous_count_id)
    this = {"count_id": count_id, "code": code}
    of_this = "where count_id = :count_id and municipality_code = :code"
    missing = warehouse.rows(connection, f"select * from missing_part {of_this} order by kind, source, week", **this)
    deliveries = warehouse.rows(
        connection,
        "select d.* from delivery as d join load as l on l.delivery_id = d.delivery_id"
        " where l.load_id in (select load_id from current_partition where municipality_code = :code"
        " and (count_id = :count_id or as_of_date = (select as_of_date from count_digital_post"
        " where count_id = :count_id and municipality_code = :code))) order by d.delivery_id",
        **this,
    )
    for row in deliveries:
        row["source_label"] = status_page.source_label(row["source"])
        row["received_at"] = _as_time(row["received_at"])
    tasks = settings.tasks
    common = set(tasks[count.task_package]) & set(tasks[before.task_package]) if before else set()
    digital_post = warehouse.rows(
        connection,
        "select s.* from digital_post_share as s join count_digital_post as c on c.as_of_date = s.as_of_date"
        " and c.municipality_code = s.municipality_code"
        " where c.count_id = :count_id and c.municipality_code = :code order by s.status",
        **this,
    )
    for row in digital_post:
        row["as_of_date"] = _as_date(row["as_of_date"])
    statuses = warehouse.rows(
        connection,
        f"select * from target_status {of_this} order by direction, measure, channel, target_kind, target_value",
        **this,
    )
    for row in statuses:
        row["deadline"] = _as_date(row["deadline"])
    return StatusData(
        municipality_code=code,
        count=_facts(count, len(tasks[count.task_package])),
        previous=_facts(before, len(tasks[before.task_package])) if before else None,
        common_task_count=len(common),
        target_status=statuses,
        comparable=warehouse.rows(connection, f"select * from comparable_channel_share {of_this}", **this),
        digital_post=digital_post,
        national_digital_post=warehouse.rows(
            connection, "select * from national_digital_post_share where count_id = :count_id", count_id=count_id
        ),
        deliveries=deliveries,
        not_loaded=warehouse.rows(
            connection, f"select * from delivery {of_this} and status in ('held', 'refused') order by delivery_id", **this
        ),
        settings=inputs(settings, count_id, code),
        is_complete=not missing and bool(statuses),
        missing=[run_page.missing_text(row) for row in missing],
    )


def _facts(count: Count, task_count: int) -> CountFacts:
    return CountFacts(
        count.count_id, count.first_day, count.last_day, count.task_package, task_count, working_days(count)
    )


def working_days(count: Count) -> int:
    """Return the weekdays of a count that are no Danish public holiday."""
    import holidays

    closed = holidays.country_holidays("DK", years=(count.first_day.year, count.last_day.year))
    days = (count.first_day + dt.timedelta(days=step) for step in range((count.last_day - count.first_day).days + 1))
    return sum(day.weekday() < 5 and day not in closed for day in days)


def _as_date(value: object) -> dt.date | None:
    """SQLite's views give dates as text."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value  # type: ignore[return-value]


def _as_time(value: object) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(moment, dt.datetime)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def publish(
    engine: sa.Engine, settings: Settings, run: Run, count_id: str, code: str, *, incomplete: bool = False
) -> dict | None:
    """Publish a municipality's page on a count; None when there is nothing to print.

    The page's bytes are archived first, then the publication is written in one transaction, then the
    files are put in place; `place_files` does the last step again after a crash.
    """
    with warehouse.reading(engine) as connection:
        data = gather(connection, settings, count_id, code)
        newest = _newest(connection, count_id, code)
        wanted = _due(connection, settings, count_id, code)
    if not data.target_status or (not data.is_complete and not incomplete):
        return None
    if data.is_complete and wanted is None:
        return None
    report = status_report.build(data)
    kind = wanted.kind if data.is_complete and wanted else "incomplete"
    changes = _changes(newest, report) if kind == "correction" else []
    if kind == "correction" and not changes:
        kind = "update"
    files = _render(settings, data, report, kind, run.now, changes)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    for name, content in files.items():
        archive.store(settings.path(settings.archive_dir), hashes[name], content)
    with warehouse.writing(engine) as connection:
        publication_id = warehouse.next_id(connection, "publication_log", "publication_id")
        warehouse.insert(connection, "publication_log", [{
            "publication_id": publication_id, "run_id": run.run_id, "kind": kind, "count_id": count_id,
            "municipality_code": code, "published_at": run.now, "html_sha256": hashes["index.html"],
            "rendering_version": status_page.RENDERING_VERSION,
            "inputs": _inputs_json(settings, count_id, code),
            "figures": json.dumps(report.figures, ensure_ascii=False, sort_keys=True), "mail_message_id": None,
        }])  # fmt: skip
        own = {"publication_id": publication_id}
        loads = sorted(own_loads(connection, count_id, code))
        warehouse.insert(connection, "publication_load", [own | {"load_id": load_id} for load_id in loads])
        warehouse.insert(connection, "publication_file", [
            own | {"file_name": name, "sha256": sha256} for name, sha256 in hashes.items()
        ])  # fmt: skip
    return {"publication_id": publication_id, "kind": kind, "count_id": count_id, "municipality_code": code}


def _changes(newest: dict | None, report: Report) -> list[tuple[str, str, str]]:
    """Return (figure, from, to) of each printed figure that differs from the newest publication's."""
    before = json.loads(newest["figures"]) if newest else {}
    return [
        (name, before.get(name, "ikke vist"), text)
        for name, text in report.figures.items()
        if before.get(name, "ikke vist") != text
    ] + [(name, text, "ikke vist") for name, text in before.items() if name not in report.figures]


def _render(
    settings: Settings, data: StatusData, report: Report, kind: str, now: dt.datetime, changes: list
) -> dict[str, bytes]:
    base = settings.public_url.rstrip("/")
    newest = f"{base}/{data.municipality_code}/{data.count.count_id}/index.html" if base else "../index.html"
    html = status_page.render(data, report, kind=kind, published_at=now, changes=changes, newest_url=newest)
    contents = (html.encode(), status_page.as_csv(data), status_page.as_json(data, kind, now))
    return dict(zip(OWN_FILES, contents, strict=True))


def place_files(engine: sa.Engine, settings: Settings) -> None:
    """Put the files of every publication in their places, and the indexes; what is right is left alone."""
    folder = settings.path(settings.publish_dir)
    with warehouse.reading(engine) as connection:
        publications = warehouse.rows(connection, "select * from publication order by publication_id")
        files = warehouse.rows(connection, "select * from publication_file")
    newest: dict[tuple[str, str], int] = {}
    for row in publications:
        row["published_at"] = _as_time(row["published_at"])
        key = (row["municipality_code"], row["count_id"])
        if row["kind"] != "incomplete" or key not in newest:
            newest[key] = row["publication_id"]
    by_id = {row["publication_id"]: row for row in publications}
    store = settings.path(settings.archive_dir)
    for file in files:
        row = by_id[file["publication_id"]]
        place = folder / row["municipality_code"] / row["count_id"]
        own = place / str(row["publication_id"]) / file["file_name"]
        if not own.exists():
            archive.write_whole(own, archive.fetch(store, file["sha256"]))
        if newest[row["municipality_code"], row["count_id"]] == row["publication_id"]:
            _put(place / file["file_name"], archive.fetch(store, file["sha256"]))
    for code in {row["municipality_code"] for row in publications}:
        _put(folder / code / "index.html", index_pages.municipality_page(code, publications).encode())
    _put(folder / "index.html", index_pages.index_page(publications).encode())


def _put(path: Path, data: bytes) -> None:
    """Write a file unless it stands there already."""
    if not path.exists() or path.read_bytes() != data:
        archive.write_whole(path, data)


def write_run_page(
    engine: sa.Engine, settings: Settings, run: Run, delivery_ids: list[int], published: list[dict]
) -> run_page.RunReport:
    """Write run.html, and return what it says of this run."""
    with warehouse.reading(engine) as connection:
        report = _run_report(connection, settings, run, delivery_ids, published)
    archive.write_whole(settings.path(settings.publish_dir) / "run.html", run_page.render(report).encode())
    return report


def _run_report(
    connection: sa.Connection, settings: Settings, run: Run, delivery_ids: list[int], published: list[dict]
) -> run_page.RunReport:
    rows = warehouse.rows(connection, "select * from delivery order by delivery_id")
    ahead = sorted((count.last_day, count.count_id) for count in settings.calendar.values() if count.last_day >= run.today)
    return run_page.RunReport(
        run.now,
        [row for row in rows if row["delivery_id"] in set(delivery_ids)],
        waiting(connection),
        published,
        (ahead[0][1], ahead[0][0]) if ahead else None,
    )
