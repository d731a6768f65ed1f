"""Where do loads come from: the archived bytes of their deliveries, read again as they were read for the load."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, warehouse
from flows.steps.reader import open_reader
from flows.steps.reading_worker import Job
from flows.steps.settings import Settings
from schemas.sources import LAYOUTS, Source
from schemas.terms import Count, Terms
from transforms.parsed import Parsed


class NotKept(Exception):
    """The archive does not hold what a load was read from; the message says what is wrong."""


def aggregate_name(sha256: str, as_of_date: object) -> str:
    """Return the name in the archive of what an extract of persons was reduced to, on the date it was given."""
    return f"{sha256}.{as_of_date}.aggregate.csv"


def of_loads(connection: sa.Connection, load_ids: Iterable[int]) -> list[dict]:
    """Return loads with their deliveries, rows of load_origin, with the settings and dates they were read under."""
    wanted = set(load_ids)
    rows = [row for row in warehouse.view(connection, "load_origin", "load_id") if row["load_id"] in wanted]
    contents = {row["settings_id"]: row["content"] for row in warehouse.view(connection, "settings")}
    dates: dict[int, set] = {}
    for part in warehouse.view(connection, "load_partition"):
        if part["load_id"] in wanted and part["as_of_date"]:
            dates.setdefault(part["load_id"], set()).add(part["as_of_date"])
    return [
        row | {"settings": contents[row["settings_id"]], "as_of_dates": sorted(dates.get(row["load_id"], ()))}
        for row in rows
    ]


def read(settings: Settings, origins: list[dict], *, with_origins: bool = False) -> Iterator[tuple[dict, Parsed]]:
    """Read the deliveries of loads again, those of the same settings by one child; of persons, the aggregate.

    Args:
        origins: rows of `of_loads`.
        with_origins: give the rows that the facts are summed from.

    Raises:
        NotKept: the archive has not the bytes that a load was read from.
    """
    folder = settings.path(settings.archive_dir)
    for _, alike in itertools.groupby(sorted(origins, key=_settings_id), _settings_id):
        group = list(alike)
        with open_reader(settings.limits, terms_of(group[0]["settings"])) as reader:
            for origin in group:
                name, data = _bytes(folder, origin)
                yield origin, reader.read(Job(name, data, may_hold_cpr=True, with_origins=with_origins))


def _settings_id(origin: dict) -> int:
    return origin["settings_id"]


def terms_of(content: str) -> Terms:
    """Return what deliveries were judged on under settings as the warehouse keeps them."""
    known = json.loads(content)
    counts = [
        Count(each["id"], each["first_week"], each["last_week"], each["task_package"],
              tuple(Source(source) for source in each["expected_sources"]))
        for each in known["count"]
    ]  # fmt: skip
    return Terms(
        {count.count_id: count for count in counts},
        {package: frozenset(tasks) for package, tasks in known["tasks"].items()},
        known.get("max_reject_share", 0.0),
        frozenset(
            Source(source) for source, each in known.get("source", {}).items() if each["final_newline"] == "optional"
        ),
    )


def _bytes(folder: Path, origin: dict) -> tuple[str, bytes]:
    """Return a name with the right extension, and the bytes that a load was read from."""
    place = f"delivery {origin['delivery_id']} (load {origin['load_id']})"
    if LAYOUTS[Source(origin["source"])].holds_persons:
        names = [aggregate_name(origin["sha256"], date) for date in origin["as_of_dates"]]
        for name in (*names, f"{origin['sha256']}.aggregate.csv"):
            if archive.path_of(folder, name).exists():
                return name, archive.fetch(folder, name)
        raise NotKept(f"the archive has no aggregate of {place}")
    try:
        data = archive.fetch(folder, origin["sha256"])
    except FileNotFoundError:
        raise NotKept(f"the archive has not the bytes of {place}") from None
    if hashlib.sha256(data).hexdigest() != origin["sha256"]:
        raise NotKept(f"the archived bytes of {place} are not those that were read")
    return origin["file_name"], data
