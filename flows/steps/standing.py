"""How the deliveries of some counts stand: in the inbox, held or refused, loaded by other code, or loaded and well."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from flows.steps import intake, ledger, warehouse
from flows.steps.inbox import Inbox, InboxFile
from flows.steps.reader import MEGABYTE, Reader, refused_unread
from flows.steps.reading_worker import Job
from flows.steps.runs import CODE_VERSION
from flows.steps.settings import Settings
from schemas.codes import CODE_LIST_VERSION, NOT_LOADED, Reprocess, StandingState
from schemas.terms import Count
from transforms.named_counts import named_counts
from transforms.parsed import Parsed


class Cell(NamedTuple):
    """A source of a municipality in a count; None where it is not known, or where it is the country's."""

    count_id: str | None
    municipality_code: str | None
    source: str | None


@dataclass(frozen=True)
class Scope:
    """The counts, oldest first, and the municipalities that are looked at; no municipality means all."""

    counts: tuple[str, ...]
    municipalities: tuple[str, ...] = ()

    def covers(self, cell: Cell) -> bool:
        """Tell whether a cell is looked at; what nobody knows may be, and national figures are everybody's."""
        is_of_count = cell.count_id is None or cell.count_id in self.counts
        is_of_municipality = not (self.municipalities and cell.municipality_code)
        return is_of_count and (is_of_municipality or cell.municipality_code in self.municipalities)

    def covers_one_of(self, cells: tuple[Cell, ...]) -> bool:
        """Tell whether one of a delivery's cells is looked at; a delivery without cells may be of any."""
        return not cells or any(map(self.covers, cells))


@dataclass(frozen=True)
class Standing:
    """A delivery of the scope: of the ledger (`delivery_id`), or a new file of the inbox (`file`).

    `count_id` is the oldest count of the scope that it is of, None where that is not known.
    """

    state: StandingState
    reason: str
    file_name: str
    count_id: str | None
    cells: tuple[Cell, ...]
    delivery_id: int | None = None
    file: InboxFile | None = None

    def is_taken_by(self, mode: Reprocess) -> bool:
        """Tell whether a backfill of this mode takes it up; each mode takes what the one before takes, and more."""
        return list(StandingState).index(self.state) <= list(Reprocess).index(mode)


def survey(
    connection: sa.Connection, settings: Settings, scope: Scope, reader: Reader, deliveries: Inbox
) -> list[Standing]:
    """Return how each delivery of the scope stands: by count, oldest first; within one, those of the ledger first.

    A new file is put in its place by the one count that its bytes name, and read where they name none or several.
    A delivery of which nobody can say what count it is of comes last.
    """
    loaded = list(_loaded(connection, settings, scope))
    known = {each.delivery_id for each in loaded}
    found = [*loaded, *_not_loaded(connection, scope, known), *_new(connection, settings, scope, reader, deliveries)]
    place = {count_id: number for number, count_id in enumerate(scope.counts)}
    return sorted(found, key=lambda each: place.get(each.count_id or "", len(place)))


def cells_of(settings: Settings, parsed: Parsed) -> tuple[Cell, ...]:
    """Return what a delivery states; nothing when it is not readable."""
    rows = parsed.partitions.select("count_id", "municipality_code", "as_of_date").unique(maintain_order=True)
    return tuple(_cell(settings, row, parsed.source) for row in rows.iter_rows(named=True))


def _cell(settings: Settings, row: dict, source: str | None) -> Cell:
    count_id = row["count_id"] or _count_of_day(settings.calendar, row["as_of_date"])
    return Cell(count_id, row["municipality_code"], str(source) if source else None)


def _count_of_day(calendar: dict[str, Count], day: dt.date | None) -> str | None:
    """Return the count whose page is the first to show an extract of a day: the newest begun, else the oldest."""
    if day is None or not calendar:
        return None
    begun = [count for count in calendar.values() if count.first_day <= day]
    oldest = min(calendar.values(), key=lambda count: count.first_day)
    return max(begun, key=lambda count: count.first_day, default=oldest).count_id


def _standing(
    scope: Scope,
    state: StandingState,
    reason: str,
    file_name: str,
    cells: tuple[Cell, ...],
    *,
    delivery_id: int | None = None,
    file: InboxFile | None = None,
) -> Standing:
    counts = {cell.count_id for cell in cells if scope.covers(cell)}
    count_id = next((each for each in scope.counts if each in counts), None)
    return Standing(state, reason, file_name, count_id, cells, delivery_id, file)


def _loaded(connection: sa.Connection, settings: Settings, scope: Scope) -> Iterator[Standing]:
    """Give the deliveries in force, in the order in which they were loaded."""
    cells: dict[int, dict[Cell, None]] = {}
    for row in warehouse.view(connection, "current_partition", "load_id", "partition_name"):
        cells.setdefault(row["load_id"], {})[_cell(settings, row, row["source"])] = None
    names = {row["delivery_id"]: row["file_name"] for row in warehouse.view(connection, "arrival")}
    for load in warehouse.view(connection, "load", "load_id"):
        own = tuple(cells.get(load["load_id"], ()))
        if own and scope.covers_one_of(own):
            state, reason = _state_of(load)
            delivery_id = load["delivery_id"]
            yield _standing(scope, state, reason, names[delivery_id], own, delivery_id=delivery_id)


def _state_of(load: dict) -> tuple[StandingState, str]:
    changed = []
    if load["code_version"] != CODE_VERSION:
        changed.append(f"loaded by version {load['code_version']}, now {CODE_VERSION}")
    if load["code_list_version"] != CODE_LIST_VERSION:
        changed.append(f"loaded with code lists {load['code_list_version']}, now {CODE_LIST_VERSION}")
    if changed:
        return StandingState.STALE, "; ".join(changed)
    return StandingState.LOADED, f"delivery {load['delivery_id']} is in force"


def _not_loaded(connection: sa.Connection, scope: Scope, known: set[int | None]) -> Iterator[Standing]:
    """Give the deliveries whose newest verdict holds or refuses them, but for those in force by an older one."""
    names = {row["delivery_id"]: row["file_name"] for row in warehouse.view(connection, "arrival")}
    for status in NOT_LOADED:
        for verdict in warehouse.view(connection, "newest_verdict", "delivery_id", status=status):
            delivery_id = verdict["delivery_id"]
            cells = (Cell(verdict["count_id"], verdict["municipality_code"], verdict["source"]),)
            if delivery_id not in known and scope.covers_one_of(cells):
                reason = f"{status}: {verdict['reason']}"
                name = names[delivery_id]
                yield _standing(scope, StandingState.FAILED, reason, name, cells, delivery_id=delivery_id)


def _new(
    connection: sa.Connection, settings: Settings, scope: Scope, reader: Reader, deliveries: Inbox
) -> Iterator[Standing]:
    """Give the files of the inbox whose content is not the one last seen under their name, in the inbox's order."""
    for file in intake.new_files(connection, settings):
        content = deliveries.read(file, settings.limits.file_mb * MEGABYTE)
        if content is None or not ledger.is_new(connection, file, content):
            continue
        named = named_counts(content.data) & settings.calendar.keys()
        cells: tuple[Cell, ...]
        if len(named) == 1:
            cells = (Cell(next(iter(named)), None, None),)
        else:
            parsed = refused_unread(file, content, settings.limits) or reader.read(Job(file.name), content.data)
            cells = cells_of(settings, parsed)
        if scope.covers_one_of(cells):
            state, reason = _state_of_new(connection, file)
            yield _standing(scope, state, reason, file.name, cells, file=file)


def _state_of_new(connection: sa.Connection, file: InboxFile) -> tuple[StandingState, str]:
    earlier = ledger.last_accepted(connection, file.name)
    if earlier is None:
        return StandingState.MISSING, "in the inbox, not loaded"
    return StandingState.STALE, f"the inbox has other content than delivery {earlier} under this name"
