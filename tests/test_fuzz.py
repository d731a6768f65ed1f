"""Does every run end lawfully, whatever was done to the good deliveries in it?

The law: the run ends without an exception; every file has one row of the ledger; rows read are rows accepted and
rows rejected; and no total is in force that differs from what an independent reader of the same bytes sees.
"""

import csv
import io
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import make
from tests.faults import CELL, SECRET, TALLY, Place, Town

settings.register_profile(
    "fuzz", deadline=None, derandomize="CI" in os.environ, suppress_health_check=list(HealthCheck), print_blob=True
)
FUZZ = settings.get_profile("fuzz")
TOWNS = list(Town.all())
NUMBER = re.compile("[0-9]{1,7}")
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16")
BYTES = (
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b";",
    b'"',
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x81",
    b"\xc3",
    b"9",
    b"I alt;48\r\n",
)
TEXTS = (
    "", " ", "-", "<5", "..", "#", "0", "3", "1.234", "2,5", "-3", "+3", "1e3", "NaN", "½", "２", "9" * 24, "9999999",
    "I alt", "Kilde: KL", "183", "0999", "2014e", "2013E", "2041E", "31-02-2014", "27-10-2014", "43", "Telefon", "SMS",
    "Udgående", "Andet", "Kanal", "Antal", "\u00a0", "\u200b", "a;b", 'a"b', "a\nb", "=1+1", "0101801234", "x" * 300,
)  # fmt: skip
VALUES = (None, 0, 3, CELL, 2 * CELL, -1, 10.5, 10.0, 1e20, True, "10", *TEXTS)


@dataclass(frozen=True)
class Mutated:
    """A delivery's bytes and how they were written."""

    content: bytes
    extension: str
    separator: str = ";"
    sheet: tuple[tuple, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What an independent reader sees: source row -> its number (0 when it is none), and the totals that it states."""

    numbers: dict[int, int]
    stated: tuple[int | None, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.numbers.values())


# --- Mutations -------------------------------------------------------------------------------------

Table = list[list]
KINDS = ("cell", "cell", "cell", "delete", "double", "columns", "swap", "shorter", "longer", "blank")
places = st.integers(0, 10_000)


def _set(table: Table, row: int, column: int, value: object) -> None:
    table[row % len(table)][column % len(table[row % len(table)])] = value


def _swap_columns(table: Table, column: int, other: int) -> None:
    width = min(map(len, table))
    for row in table:
        row[column % width], row[other % width] = row[other % width], row[column % width]


def _mutate(table: Table, steps: list[tuple]) -> Table:
    """Return a table after steps of (kind, place, place, value); one row is always left, and a cell in each."""
    table = [list(row) or [None] for row in table]
    for kind, row, column, value in steps:
        here = row % len(table)
        if kind == "cell":
            _set(table, row, column, value)
        elif kind == "delete" and len(table) > 1:
            del table[here]
        elif kind == "double":
            table.insert(column % (len(table) + 1), list(table[here]))
        elif kind == "columns":
            _swap_columns(table, row, column)
        elif kind == "swap":
            line = table[here]
            line[column % len(line)], line[-1] = line[-1], line[column % len(line)]
        elif kind == "shorter" and len(table[here]) > 1:
            del table[here][column % len(table[here])]
        elif kind == "longer":
            table[here].insert(column % len(table[here]), value)
        elif kind == "blank":
            table.insert(here, [""])
    return table


def steps(values: tuple) -> st.SearchStrategy[list[tuple]]:
    kinds = st.sampled_from(
        ("cell", "cell", "cell", "delete", "double", "columns", "swap", "shorter", "longer", "blank")
    )
    return st.lists(st.tuples(kinds, places, places, st.sampled_from(values)), max_size=4)


def _damage(content: bytes, kind: str, place: int, length: int, junk: bytes) -> bytes:
    at = place % (len(content) + 1)
    end = at + 1 + length % 80
    return {
        "nothing": content,
        "cut": content[:at],
        "lost": content[:at] + content[end:],
        "doubled": content[:end] + content[at:],
        "junk": content[:at] + junk + content[at:],
        "over": content[:at] + junk + content[at + len(junk) :],
    }[kind]


damages = st.one_of(
    st.just(("nothing", 0, 0, b"")),
    st.tuples(st.sampled_from(("cut", "lost", "doubled", "junk", "over")), places, places, st.sampled_from(BYTES)),
)


@st.composite
def texts(draw: Callable) -> Callable[[Town], Mutated]:
    """Draw a way to write and spoil a municipality's TraceTool file."""
    number, has_total = draw(st.integers(1, 24)), draw(st.booleans())
    changes, damage = draw(steps(TEXTS)), draw(damages)
    separator, newline = draw(st.sampled_from((";", ",", "\t"))), draw(st.sampled_from(("\r\n", "\n", "\r")))
    encoding, quoting = draw(st.sampled_from(ENCODINGS)), draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    ends = draw(st.sampled_from((True, True, True, False)))

    def written(town: Town) -> Mutated:
        rows = town.rows(number)
        table = _mutate([list(rows[0]), *(list(row.values()) for row in rows)], changes)
        output = io.StringIO()
        writer = csv.writer(output, delimiter=separator, lineterminator=newline, quoting=quoting)
        writer.writerows([*table, *([["I alt", str(number * TALLY)]] if has_total else [])])
        text = output.getvalue() if ends else output.getvalue().removesuffix(newline)
        content = _damage(text.encode(encoding, errors="replace"), *damage)
        return Mutated(content, ".csv", separator)

    return written


@st.composite
def workbooks(draw: Callable) -> Callable[[Town], Mutated]:
    """Draw a way to spoil a municipality's workbook: its cells, and seldom its bytes."""
    changes, above = draw(steps(VALUES)), draw(steps(VALUES)) if draw(st.integers(0, 4)) == 0 else []
    damage = draw(damages) if draw(st.integers(0, 4)) == 0 else ("nothing", 0, 0, b"")

    def written(town: Town) -> Mutated:
        sheet = [*_mutate(town.titles, above), *_mutate(town.table, changes)]
        content = make.workbook_bytes({"Indgående": sheet})
        return Mutated(_damage(content, *damage), ".xlsx", sheet=tuple(map(tuple, sheet)))

    return written


# --- An independent reader -------------------------------------------------------------------------


def _number(cell: object) -> int:
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    return int(text) if NUMBER.fullmatch(text) and not isinstance(cell, bool) else 0


def _fold(cell: object) -> str:
    return " ".join(str("" if cell is None else cell).split()).lower().rstrip(" :")


def seen_in_text(file: Mutated) -> Seen | None:
    """Read a TraceTool file by hand; None when there is no header with a column Antal."""
    content = file.content
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encodings = [name for mark, name in marks.items() if content.startswith(mark)] or ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=file.separator)
    column, numbers, stated, line = None, {}, [], 1
    for record in reader:
        cells = [_fold(cell) for cell in record]
        filled = [cell for cell in cells if cell]
        if column is None:
            column = cells.index("antal") if {"antal", "kommunenr"} <= set(cells) else None
        elif filled and (filled[0] == "i alt" or (len(filled) <= 2 and filled[-1] == "i alt")):
            stated += [int(cell) for cell in filled if NUMBER.fullmatch(cell)]
        elif filled and not (len(filled) <= 2 and filled[0].startswith("kilde")):
            numbers[line] = _number(record[column]) if column < len(record) else 0
        line = reader.line_num + 1
    return None if column is None else Seen(numbers, tuple(stated))


def seen_in_sheet(file: Mutated) -> Seen | None:
    """Read a sheet's cells by hand; None when there is no header."""
    head = next((index for index, row in enumerate(file.sheet) if "kle-nr" in map(_fold, row)), None)
    if head is None:
        return None
    fixed = {"kle-nr", "opgave", "henvendelsestype", "i alt", ""}
    columns = [place for place, name in enumerate(file.sheet[head]) if _fold(name) not in fixed]
    numbers, stated = {}, []
    for index, row in enumerate(file.sheet[head + 1 :], head + 2):
        filled = [_fold(cell) for cell in row if _fold(cell)]
        cells = [_number(row[place]) for place in columns if place < len(row)]
        if filled and (filled[0] == "i alt" or (len(filled) <= 2 and filled[-1] == "i alt")):
            stated.append(sum(cells))
        elif filled:
            numbers[index] = sum(cells)
    return Seen(numbers, tuple(stated))


# --- The law ---------------------------------------------------------------------------------------


def deliver(folder: Path, made: list[Callable[[Town], Mutated]]) -> tuple[Place, dict[str, Mutated]]:
    """Run over mutated files of as many municipalities; the parts of the law that hold for a whole run."""
    place = Place(folder)
    files = {}
    for number, (write, town) in enumerate(zip(made, TOWNS, strict=False)):
        file = write(town)
        files[f"{number}{file.extension}"] = file
        place.put(f"{number}{file.extension}", file.content)
    finished = place.run()
    assert finished.code in (0, 3), finished.printed
    assert SECRET not in finished.printed
    assert "Traceback" not in finished.printed
    rows = place.deliveries()
    assert sorted(row["file_name"] for row in rows) == sorted(files)
    assert (finished.code == 3) == any(row["status"] in ("held", "refused") for row in rows)
    rejected = {row["delivery_id"]: 0 for row in rows}
    for row in place.query("select delivery_id from rejected_row"):
        rejected[row["delivery_id"]] += 1
    for row in rows:
        assert row["rows_read"] == row["rows_accepted"] + row["rows_rejected"]
        assert row["rows_rejected"] == rejected[row["delivery_id"]]
        assert bool(row["reason"]) == (row["status"] != "accepted")
        if row["status"] != "accepted":
            assert place.loaded(row["delivery_id"]) == 0
    return place, files


def accepted(place: Place, files: dict[str, Mutated]) -> list[tuple[dict, Mutated, int, set[int]]]:
    """Return (row of the ledger, file, what it put in force, source rows set aside) of each accepted file."""
    found = []
    for row in place.deliveries():
        if row["status"] == "accepted":
            broken = place.query("select source_row from rejected_row where delivery_id = ?", row["delivery_id"])
            lines = {each["source_row"] for each in broken}
            found.append((row, files[row["file_name"]], place.loaded(row["delivery_id"]), lines))
    return found


@pytest.mark.slow
@settings(FUZZ, max_examples=25)
@given(made=st.lists(texts(), min_size=1, max_size=10))
def test_mutated_text_files_keep_the_law(made):
    with tempfile.TemporaryDirectory() as folder:
        place, files = deliver(Path(folder), made)
        for row, file, total, lines in accepted(place, files):
            seen = seen_in_text(file)
            assert seen is not None
            assert row["rows_read"] == len(seen.numbers)
            assert lines <= set(seen.numbers)
            assert total + sum(seen.numbers[line] for line in lines) == seen.total
            assert set(seen.stated) <= {seen.total}


@pytest.mark.slow
@settings(FUZZ, max_examples=20)
@given(made=st.lists(workbooks(), min_size=1, max_size=10))
def test_mutated_workbooks_keep_the_law(made):
    with tempfile.TemporaryDirectory() as folder:
        place, files = deliver(Path(folder), made)
        for _, file, total, lines in accepted(place, files):
            seen = seen_in_sheet(file)
            assert seen is not None
            assert lines <= set(seen.numbers)
            aside = seen.total - total
            assert 0 <= aside <= sum(seen.numbers[line] for line in lines)
            assert seen.stated
            assert set(seen.stated) == {seen.total}


@pytest.mark.slow
@settings(FUZZ, max_examples=5)
@given(order=st.permutations(range(8)), kinds=st.lists(texts(), min_size=3, max_size=3))
def test_one_municipalitys_versions_in_any_order_leave_whole_deliveries_in_force(order, kinds):
    """Each week in force is wholly of one delivery, and every row of the ledger is of one file."""
    town = TOWNS[0]
    whole = [Mutated(town.csv([row | {"Antal": str(10 + n)} for row in town.rows()]), ".csv") for n in range(5)]
    versions = [*whole, *(write(town) for write in kinds)]
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        for number, version in enumerate(order):
            place.put(f"{number}.csv", versions[version].content)
        assert place.run().code in (0, 3)
        assert len(place.deliveries()) == len(order)
        by_week = place.query("select weeks, count(distinct delivery_id) as n from current_enquiry group by weeks")
        assert all(week["n"] == 1 for week in by_week)
        in_force = place.query("select sum(enquiry_count) as n from current_enquiry")[0]["n"] or 0
        assert in_force == sum(place.loaded(row["delivery_id"]) for row in place.deliveries())


# --- The independent reader is itself tested -------------------------------------------------------


def test_the_independent_reader_sees_what_was_written():
    town = TOWNS[0]
    file = Mutated(town.csv(above=["Uge 43"], below=["I alt;48", "Kilde: KL"]), ".csv")
    seen = seen_in_text(file)
    assert seen is not None
    assert (seen.total, seen.stated, min(seen.numbers), len(seen.numbers)) == (48, (48,), 3, 24)
    sheet = seen_in_sheet(Mutated(b"", ".xlsx", sheet=tuple(map(tuple, town.sheet()))))
    assert sheet is not None
    assert (sheet.total, sheet.stated) == (7 * CELL, (7 * CELL,))


@pytest.mark.parametrize("cell", [True, "２", "1.234", "-1", 10.5, None, "12345678"])
def test_the_independent_reader_takes_no_number_for_granted(cell):
    assert _number(cell) == 0
