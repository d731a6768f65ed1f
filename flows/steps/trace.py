"""Where does a printed figure come from: its loads, their files and hashes, and the source rows that sum to it."""

import datetime as dt
import json
from dataclasses import replace

import polars as pl
import sqlalchemy as sa

from flows.steps import archive, origins, warehouse
from flows.steps.origins import NotKept, Readings
from flows.steps.runs import CODE_VERSION
from flows.steps.settings import Settings
from flows.steps.status_facts import working_days
from schemas.codes import CODE_LIST_VERSION, DIRECTION_LABELS, Direction, Measure, PublicationKind
from schemas.sources import Source
from schemas.terms import Count
from transforms import traced_persons, traced_sums
from transforms.danish import percent, permille
from transforms.figure import Figure, Kind
from transforms.traced import Part, Trace, TracedSum
from transforms.traced_sums import NUMERATOR, TOTAL, Calendar, Sum

ONE_CHANNEL = (Kind.CHANNEL_SHARE, Kind.COMPARABLE_CHANNEL_SHARE, Kind.SELF_SERVICE_RATE)
"""Figures of one channel, which have no value where nobody counted it; in others it adds nothing."""
NOT_PRINTED = "nothing is printed there"


class NotTraced(Exception):
    """There is no such figure; the message says why."""


def trace(
    engine: sa.Engine, settings: Settings, readings: Readings, figure: Figure, moment: dt.datetime | None = None
) -> Trace:
    """Walk from a figure to the source rows that it is the sum of, as it is now or was at a moment.

    The bytes of each delivery are taken from the archive and parsed again by the reading process of `readings`, which
    must give the rows that facts are summed from.

    Raises:
        NotTraced: there is no such figure.
        origins.NotKept: the archive has not what a load was read from.
    """
    with warehouse.as_of(engine, moment) if moment else warehouse.reading(engine) as connection:
        if figure.aspect == "national":
            found = _national(connection, readings, figure)
        elif figure.kind == Kind.DIGITAL_POST_SHARE:
            found = _of_persons(connection, readings, figure)
        else:
            found = _of_enquiries(connection, readings, figure)
        loads = origins.of_loads(connection, {part.load_id for each in found.sums for part in each.parts})
        loads = [load | {"changed_since": _changed_since(load)} for load in loads]
        printed = _printed(connection, settings, figure, moment)
    return Trace(figure, found.text, found.sums, loads, printed)


def _changed_since(load: dict) -> list[str]:
    """Return what has changed since a delivery was loaded, by which it might be read otherwise now."""
    versions = (("code", "code_version", CODE_VERSION), ("code lists", "code_list_version", CODE_LIST_VERSION))
    return [f"{name} {load[column]}, now {now}" for name, column, now in versions if load[column] != now]


def _calendar(connection: sa.Connection) -> Calendar:
    """Return the calendar in force, as the warehouse has it."""
    counts = warehouse.view(connection, "calendar_in_force")
    (in_force,) = warehouse.view(connection, "settings_in_force") or [{"settings_id": None}]
    tasks: dict[str, set[str]] = {}
    for row in warehouse.view(connection, "package_task", settings_id=in_force["settings_id"]):
        tasks.setdefault(row["task_package"], set()).add(row["kle"])
    return Calendar(
        {row["count_id"]: frozenset(tasks.get(row["task_package"], ())) for row in counts},
        {row["count_id"]: row["previous_count_id"] for row in counts},
        {row["count_id"]: working_days(_count(row)) for row in counts},
    )


def _count(row: dict) -> Count:
    return Count(row["count_id"], row["first_week"], row["last_week"], row["task_package"], ())


def _of_enquiries(connection: sa.Connection, readings: Readings, figure: Figure) -> Trace:
    calendar = _calendar(connection)
    if figure.period not in calendar.tasks:
        raise NotTraced(f"{figure.period} is not in the calendar")
    wanted = traced_sums.sums(figure, calendar)
    own = {"count_id": figure.period, "municipality_code": figure.municipality_code}
    traced = _traced(connection, readings, wanted, (figure.municipality_code,))
    traced = [_stated(connection, figure, own, each) for each in traced]
    numbers = {each.name: int(each.stated) for each in traced}
    is_counted = all(any(part.rows for part in each.parts) for each in traced) or figure.kind not in ONE_CHANNEL
    text = traced_sums.text(figure, numbers, calendar) if is_counted else None
    if text is None:
        raise NotTraced(f"{figure}: {NOT_PRINTED}; nobody counted it")
    return Trace(figure, text, traced)


def _stated(connection: sa.Connection, figure: Figure, own: dict, traced: TracedSum) -> TracedSum:
    """Return a sum with the number that the figure's own view states, where there is a view of such figures."""
    column = {NUMERATOR: "numerator", TOTAL: "total_count"}.get(traced.name)
    if figure.kind not in set(Measure) or column is None:
        return traced
    this = own | {"measure": str(figure.kind), "direction": figure.direction or "inbound"}
    rows = warehouse.view(connection, "measure_value", **this, channel=figure.channel or None)
    return replace(traced, stated=rows[0][column] if rows else 0)


def _traced(
    connection: sa.Connection, readings: Readings, wanted: list[Sum], codes: tuple[str, ...]
) -> list[TracedSum]:
    """Return sums over the enquiries of municipalities: what the warehouse states, and what the source rows give."""
    counts = {each.count_id for each in wanted}
    places = [(count_id, code) for count_id in sorted(counts) for code in codes]

    def rows_of(view: str) -> pl.DataFrame:
        found = [
            row
            for count_id, code in places
            for row in warehouse.view(connection, view, count_id=count_id, municipality_code=code)
        ]
        return pl.DataFrame(found, infer_schema_length=None)

    facts, parts = rows_of("mandatory_enquiry"), rows_of("current_partition")
    if facts.is_empty():
        return [TracedSum(each.name, each.count_id, 0, []) for each in wanted]
    in_force = parts.select("load_id", "count_id", "municipality_code", "weeks")
    loads = origins.of_loads(connection, set(facts["load_id"]))
    sources = [
        _numbered(parsed.origins["enquiry"], origin["load_id"]).join(
            in_force, on=["load_id", "count_id", "municipality_code", "weeks"], how="semi"
        )
        for origin in loads
        if "enquiry" in (parsed := readings.of(origin)).origins
    ]
    source = pl.concat(sources) if sources else _numbered(facts.with_columns(source_row=0).clear(), 0)
    return [_traced_sum(each, facts, source) for each in wanted]


def _numbered(rows: pl.DataFrame, load_id: int) -> pl.DataFrame:
    """Return source rows of enquiries with their load, and the place of the number: a column, perhaps of a sheet."""
    if "header" in rows.columns:
        sheet = pl.col("direction").replace_strict({str(each): DIRECTION_LABELS[each] for each in Direction})
        place = pl.format("{}, {}", sheet, pl.col("header"))
    else:
        place = pl.lit("Antal")
    columns = ("count_id", "municipality_code", "weeks", "kle", "channel", "direction", "enquiry_type")
    return rows.select(
        pl.lit(load_id, pl.Int64).alias("load_id"), "source_row", place.alias("column_name"), *columns, "enquiry_count"
    )


def _traced_sum(wanted: Sum, facts: pl.DataFrame, source: pl.DataFrame) -> TracedSum:
    loaded = traced_sums.taken(facts, wanted)
    rows = traced_sums.taken(source, wanted).sort("load_id", "source_row", "column_name")
    parts = []
    for load_id in sorted({*loaded["load_id"], *rows["load_id"]}):
        own = rows.filter(pl.col("load_id") == load_id)
        listed = own.select("source_row", "column_name", pl.col("enquiry_count").alias("value")).to_dicts()
        brought = loaded.filter(pl.col("load_id") == load_id)["enquiry_count"].sum()
        parts.append(Part(load_id, int(brought), int(own["enquiry_count"].sum()), listed))
    return TracedSum(wanted.name, wanted.count_id, int(loaded["enquiry_count"].sum()), parts)


def _of_persons(connection: sa.Connection, readings: Readings, figure: Figure) -> Trace:
    """Trace a figure on persons: nothing finer than what is disclosed leaves the reading."""
    dates = [_extract_date(connection, figure.municipality_code, figure.period)]
    if figure.aspect == "change":
        calendar = _calendar(connection)
        dates.append(_extract_date(connection, figure.municipality_code, calendar.previous.get(figure.period, "")))
    found = [_of_extract(connection, readings, figure, date) for date in dates]
    text = traced_persons.text(figure, [numbers for numbers, _ in found])
    if text is None:
        raise NotTraced(f"{figure}: {NOT_PRINTED}")
    return Trace(figure, text, [each for _, sums in found for each in sums])


def _of_extract(
    connection: sa.Connection, readings: Readings, figure: Figure, date: dt.date
) -> tuple[dict[str, int], list[TracedSum]]:
    """Return the disclosed numbers of a figure on a date, and the same as sums of what the extract was reduced to."""
    own = {"municipality_code": figure.municipality_code, "as_of_date": date}
    numbers = traced_persons.disclosed(warehouse.view(connection, "disclosed_enrolment", **own), figure)
    if numbers is None:
        raise NotTraced(f"{figure}: {NOT_PRINTED}; disclosure control does not let it out, or nobody has it")
    (part,) = warehouse.view(connection, "current_partition", **own)
    (load,) = origins.of_loads(connection, {part["load_id"]})
    place = (pl.col("municipality_code") == figure.municipality_code) & (pl.col("as_of_date") == date)
    counted = traced_persons.counted(readings.of(load).facts["enrolment"].filter(place), figure)
    return numbers, [
        TracedSum(name, f"{date}", number, [Part(part["load_id"], number, counted[name], None)])
        for name, number in numbers.items()
    ]


def _extract_date(connection: sa.Connection, code: str, period: str) -> dt.date:
    """Return the date of the extract that a count's page shows, or the date itself."""
    if "-" in period:
        try:
            return dt.date.fromisoformat(period)
        except ValueError:
            raise NotTraced(f"{period} is no date") from None
    rows = warehouse.view(connection, "count_digital_post", municipality_code=code, count_id=period)
    if not rows:
        raise NotTraced(f"no Digital Post extract belongs to {period}")
    return rows[0]["as_of_date"]


def _national(connection: sa.Connection, readings: Readings, figure: Figure) -> Trace:
    """Trace the country's figure beside a municipality's: the published one, or the other municipalities' pooled."""
    if figure.kind == Kind.DIGITAL_POST_SHARE:
        statuses = traced_persons.PARTS.get(figure.status, (figure.status,))
        return _published(connection, readings, figure, "national_enrolment", {"status": statuses})
    this = {"count_id": figure.period, "municipality_code": figure.municipality_code, "measure": str(figure.kind)}
    compared = warehouse.view(
        connection, "national_comparison", **this, direction=figure.direction or "inbound", channel=figure.channel
    )
    if not compared:
        raise NotTraced(f"{figure}: {NOT_PRINTED}; the country's figure is not known")
    if compared[0]["method"] == "published":
        cell = {"direction": (figure.direction,), "channel": figure.channels}
        return _published(connection, readings, figure, "national_share", cell)
    whole = warehouse.view(connection, "complete_count", "municipality_code", count_id=figure.period)
    valued = warehouse.view(connection, "measure_value", count_id=figure.period, measure=str(figure.kind),
                            direction=figure.direction or "inbound", channel=figure.channel or None)  # fmt: skip
    others = {row["municipality_code"] for row in whole} & {row["municipality_code"] for row in valued}
    others -= {figure.municipality_code}
    calendar = _calendar(connection)
    traced = _traced(connection, readings, traced_sums.sums(figure, calendar), tuple(sorted(others)))
    text = traced_sums.text(figure.of(""), {each.name: int(each.stated) for each in traced}, calendar)
    return Trace(figure, text or NOT_PRINTED, traced)


def _published(
    connection: sa.Connection, readings: Readings, figure: Figure, table: str, cells: dict[str, tuple[str, ...]]
) -> Trace:
    """Trace a published figure of the country to the rows of the deliveries that state it."""
    facts = [
        row
        for part in warehouse.view(connection, "current_partition", source=Source.LANDSTAL, count_id=figure.period)
        for row in warehouse.view(connection, table, load_id=part["load_id"], count_id=figure.period)
        if all(row[name] in values for name, values in cells.items())
    ]
    if not facts:
        raise NotTraced(f"{figure}: {NOT_PRINTED}; the country's figure is not known")
    stated = sum(row["share"] for row in facts)
    loads = origins.of_loads(connection, {row["load_id"] for row in facts})
    parts = []
    for origin in loads:
        parsed = readings.of(origin)
        wanted = [pl.col("count_id") == figure.period, *(pl.col(name).is_in(each) for name, each in cells.items())]
        source = parsed.origins[table].filter(*wanted) if table in parsed.origins else pl.DataFrame()
        rows = [
            {"source_row": row["source_row"], "column_name": "Andel", "value": row["share"]}
            for row in source.iter_rows(named=True)
        ]
        loaded = sum(row["share"] for row in facts if row["load_id"] == origin["load_id"])
        parts.append(Part(origin["load_id"], loaded, sum(row["value"] for row in rows), rows))
    return Trace(figure, percent(permille(stated)), [TracedSum("share", figure.period, stated, parts)])


def _printed(
    connection: sa.Connection, settings: Settings, figure: Figure, moment: dt.datetime | None
) -> tuple[int, str] | None:
    """Return the newest publication that prints a figure, that of its own count if it does, and what it prints."""
    rows = warehouse.view(connection, "publication_log", "publication_id", municipality_code=figure.municipality_code)
    newest = {
        row["count_id"]: row["publication_id"]
        for row in rows
        if row["kind"] != PublicationKind.DRAFT and (moment is None or row["published_at"] <= moment)
    }
    for _, number in sorted(newest.items(), key=lambda each: (each[0] != figure.period, -each[1])):
        for file in warehouse.view(connection, "publication_file", publication_id=number, file_name="status.json"):
            content = json.loads(_archived(settings, number, file["sha256"]))
            if str(figure) in content.get("figures_by_id", {}):
                return number, content["figures_by_id"][str(figure)]
    return None


def _archived(settings: Settings, publication_id: int, sha256: str) -> bytes:
    try:
        return archive.fetch(settings.path(settings.archive_dir), sha256)
    except archive.LOST:
        raise NotKept(f"the archive has lost what publication {publication_id} prints") from None
