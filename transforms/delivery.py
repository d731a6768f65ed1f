"""Name and bytes of one delivery -> what is in it, whatever its layout; the one way in for bytes."""

import datetime as dt
import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from schemas.codes import DIRECTION_WORDS, fold
from schemas.rules import Refused
from schemas.sources import LAYOUTS, Source, sources_in
from schemas.terms import Terms
from transforms import distinct, personal_data, text_file, workbook
from transforms.parsed import Parsed
from transforms.table import Grid, Table, holds_persons, recognise
from transforms.workbook import Workbook


def _read_text(content: bytes) -> Workbook:
    return Workbook((text_file.read(content),), (), ())


_DATE_AT_END = re.compile(r"_([0-9]{4}-[0-9]{2}-[0-9]{2})\.\w+$")
READERS: dict[str, Callable[[bytes], Workbook]] = {".csv": _read_text, ".xlsx": workbook.read}
"""Extension -> bytes to grids."""


def parser(source: Source) -> Callable[[list[Table], Terms], Parsed]:
    """Return the function that reads a source's tables."""
    return importlib.import_module(f"transforms.{LAYOUTS[source].module}").parse


def parse(
    file_name: str,
    content: bytes,
    terms: Terms,
    *,
    may_hold_cpr: bool = False,
    as_of_date: dt.date | None = None,
    with_origins: bool = False,
) -> Parsed:
    """Read a delivery; nothing wrong with it raises, every fault is a finding.

    Args:
        file_name: only its extension counts, the date of a person extract, and whether it holds a CPR number.
        may_hold_cpr: a person has checked that what looks like CPR numbers is something else.
        as_of_date: the date of a person extract whose name does not say it.
        with_origins: give the rows that the facts are summed from, too; never of an extract of persons.
    """
    try:
        if not may_hold_cpr and personal_data.holds_cpr(file_name):
            raise Refused("cpr_in_name")
        date = as_of_date or date_in(file_name)
        extension = PurePosixPath(file_name).suffix.lower()
        if extension not in READERS:
            raise Refused("extension_unknown")
        book = READERS[extension](content)
        del content  # a large delivery's bytes stood in memory long enough
        tables = _tables(book, sources_in(extension), date, may_hold_cpr=may_hold_cpr)
        del book
        source = tables[0].source
        if len(tables) > 1 and not (LAYOUTS[source].channel_columns and {each.source for each in tables} == {source}):
            raise Refused("several_sheets")
        parsed = parser(source)(tables, terms)
        origins = {table: distinct.as_text(frame) for table, frame in parsed.origins.items()} if with_origins else {}
        return replace(parsed, origins=origins)
    except Refused as refusal:
        return Parsed(None, (refusal.finding,))


def date_in(file_name: str) -> dt.date | None:
    """Return the date that a file name ends on, as …_2014-12-01.xlsx."""
    match = _DATE_AT_END.search(file_name)
    try:
        return dt.date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _tables(
    book: Workbook, sources: tuple[Source, ...], as_of_date: dt.date | None, *, may_hold_cpr: bool
) -> list[Table]:
    grids = book.visible
    if not may_hold_cpr and not any(holds_persons(grid, sources) for grid in grids):
        for grid in (*grids, *book.hidden):
            personal_data.scan(grid)
        if any(map(personal_data.holds_cpr, book.texts)):
            raise Refused("cpr_number", where="En kommentar, egenskab, sidehoved eller et arknavn")
    read = recognise if len(grids) == 1 else _table
    tables = [table for grid in grids if (table := read(grid, sources))]
    if not tables:
        raise Refused("header_not_found")
    return [replace(table, as_of_date=as_of_date) for table in tables]


def _table(grid: Grid, sources: tuple[Source, ...]) -> Table | None:
    """Return a sheet's table; a sheet that is no direction and holds no table is a note."""
    try:
        return recognise(grid, sources)
    except Refused as refusal:
        is_note = refusal.finding.rule == "header_not_found" and fold(grid.name) not in DIRECTION_WORDS
        if is_note:
            return None
        raise
