"""Where do loads come from: the archived bytes of their deliveries, read again as they were read for the load."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, warehouse
from flows.steps.reader import Reader
from flows.steps.reading_worker import Job
from flows.steps.settings import Settings
from schemas.rules import Level
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


class Readings:
    """The archived deliveries of loads, each read again once, under the settings it was loaded under."""

    def __init__(self, settings: Settings, *, with_origins: bool) -> None:
        self._folder = settings.path(settings.archive_dir)
        self._limits = settings.limits
        self._with_origins = with_origins
        self._known: dict[int, Parsed] = {}
        self._reader: tuple[str, Reader] | None = None

    def of(self, origin: dict) -> Parsed:
        """Return what the delivery of a load holds, a row of `of_loads`; of persons, what their aggregate does.

        Raises:
            NotKept: the archive has not the bytes that the load was read from, or they cannot be read now.
        """
        if origin["load_id"] not in self._known:
            parsed = self.once(origin)
            if parsed.level == Level.REFUSED:
                rules = ", ".join(each.rule for each in parsed.findings)
                raise NotKept(f"the archived bytes of delivery {origin['delivery_id']} cannot be read again: {rules}")
            self._known[origin["load_id"]] = parsed
        return self._known[origin["load_id"]]

    def once(self, origin: dict) -> Parsed:
        """Return the same, and do not remember it."""
        name, data = _bytes(self._folder, origin)
        return self._reader_under(origin["settings"]).read(
            Job(name, may_hold_cpr=True, with_origins=self._with_origins), data
        )

    def _reader_under(self, content: str) -> Reader:
        if self._reader is None or self._reader[0] != content:
            self.close()
            self._reader = (content, Reader(self._limits, terms_of(content)))
        return self._reader[1]

    def close(self) -> None:
        """End the reading process."""
        if self._reader:
            self._reader[1].close()
        self._reader = None


@contextmanager
def open_readings(settings: Settings, *, with_origins: bool = False) -> Iterator[Readings]:
    """Give readings; with_origins also the rows that the facts are summed from."""
    readings = Readings(settings, with_origins=with_origins)
    try:
        yield readings
    finally:
        readings.close()


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
        return origin["file_name"], archive.fetch(folder, origin["sha256"])
    except FileNotFoundError:
        raise NotKept(f"the archive has not the bytes of {place}") from None
    except archive.Damaged:
        raise NotKept(f"the archived bytes of {place} are not those that were read") from None
