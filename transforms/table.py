"""Where is the table in a delivered grid? Finds the header by its names, and parts rows from totals."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache, cached_property

import polars as pl

from schemas.codes import CHANNEL_WORDS, fold
from schemas.rules import Refused
from schemas.sources import LAYOUTS, Layout, Source
from transforms import distinct

HEADER_SEARCH_ROWS = 50
TOTAL = re.compile(r"i alt\b")
"""How the label of a control total begins; the line holds little else."""
FIELDS_AGREE = "fields_agree"
SOURCE_ROW = "source_row"
Line = tuple[int, list[str]]
"""A row number and the cells that stand there."""


@dataclass(frozen=True)
class Grid:
    """A file or sheet as text: `records[i]` stands in the physical line or sheet row `row_numbers[i]`.

    `even` holds the other lines of a long and plain text, all of as many fields: a column of coded text a field, named
    by its place from "0" (empty = null), and `source_row`. The first HEADER_SEARCH_ROWS lines are always `records`.
    """

    name: str
    records: list[list[str]]
    row_numbers: list[int]
    ends_with_newline: bool = True
    even: pl.DataFrame | None = None

    @cached_property
    def even_values(self) -> dict[str, pl.Series]:
        """The distinct values of each column of `even`."""
        if self.even is None:
            return {}
        return distinct.values(self.even, [name for name in self.even.columns if name != SOURCE_ROW])

    @cached_property
    def even_texts(self) -> set[str]:
        """The distinct cells of `even`."""
        return {cell for column in self.even_values.values() for cell in column.to_list() if cell is not None}

    @cached_property
    def values(self) -> set[str]:
        """The distinct cells."""
        return self.even_texts.union(cell for record in self.records for cell in record)

    def by_record(self) -> "Grid":
        """Return the same with every line in `records`, in the order of the file."""
        if self.even is None:
            return self
        lines = sorted(zip(self.row_numbers, self.records, strict=True), key=lambda line: line[0])
        merged = sorted([*lines, *_as_lines(self.even)], key=lambda line: line[0])
        return replace(self, records=[line[1] for line in merged], row_numbers=[line[0] for line in merged], even=None)


@dataclass(frozen=True)
class Table:
    """A recognised table.

    `as_of_date` is the date of a person extract, which its file name or a person states.
    `frame` has one text column a named column (trimmed, NFC, empty = null), `source_row` and
    `fields_agree`; `totals` has the same columns for the lines that say `I alt`. The text of a long file is coded
    (transforms/distinct.py); `text` is the frame with plain text.
    """

    source: Source
    name: str
    titles: tuple[str, ...]
    frame: pl.DataFrame
    totals: pl.DataFrame
    ends_with_newline: bool
    as_of_date: dt.date | None = None

    @property
    def text(self) -> pl.DataFrame:
        """The frame with plain text."""
        return distinct.as_text(self.frame)


def header_score(names: list[str], sources: tuple[Source, ...]) -> tuple[float, int, Source]:
    """Return (share, number) of a layout's required columns among `names`, for the best-fitting source."""
    folded = set(map(fold, names))
    scores = []
    for source in sources:
        required = _required(source)
        found = len(required & folded)
        scores.append((found / len(required), found, source))
    return max(scores, key=lambda score: score[:2])


@cache
def _required(source: Source) -> frozenset[str]:
    return frozenset(fold(name) for name in LAYOUTS[source].required)


def is_header(score: tuple[float, int, Source]) -> bool:
    """Tell whether a line with this score is meant as a header, perhaps with a column missing."""
    return score[0] >= 0.5 and score[1] >= 3


def recognise(grid: Grid, sources: tuple[Source, ...]) -> Table:
    """Return the table that stands in `grid`.

    Raises:
        Refused: no header, a column missing, doubled or unknown, or a second header below the first.
    """
    best = _best_header(grid, sources)
    if best is None:
        raise Refused("header_not_found")
    start, source = best
    layout = LAYOUTS[source]
    columns = _columns(grid, start, layout)
    width = max(columns.values()) + 1

    first_name = fold(next(filter(str.strip, grid.records[start])))
    even, notable = _parted(grid, first_name)
    body = [*zip(grid.row_numbers[start + 1 :], grid.records[start + 1 :], strict=True), *notable]
    rows: list[Line] = []
    totals: list[Line] = []
    for number, record in sorted(body, key=lambda line: line[0]):
        cells = [cell.strip() for cell in record if cell.strip()]
        if not cells:
            continue
        words = [fold(cell).rstrip(" :") for cell in cells[:3]]
        if words[0] == "i alt" or (len(cells) <= 3 and any(map(TOTAL.match, words))):
            totals.append((number, record))
        elif (len(cells) == 1 and words[0].startswith("kilde")) or (
            len(cells) == 2 and fold(cells[0]).startswith("kilde:")
        ):
            continue
        elif fold(cells[0]) == first_name and is_header(header_score(record, (source,))):
            raise Refused("second_header", row=number)
        else:
            rows.append((number, record))

    schema = dict.fromkeys(columns, pl.String)

    def frame(lines: list[Line]) -> pl.DataFrame:
        if not lines:
            return pl.DataFrame(schema=schema | {SOURCE_ROW: pl.Int64, FIELDS_AGREE: pl.Boolean})
        cells = {
            name: [record[place] if place < len(record) else None for _, record in lines]
            for name, place in columns.items()
        }
        agree = [len(record) >= width and not any(map(str.strip, record[width:])) for _, record in lines]
        plain = pl.DataFrame(cells, schema=schema)
        return plain.select(_clean(pl.all())).with_columns(
            pl.Series(SOURCE_ROW, [number for number, _ in lines], dtype=pl.Int64),
            pl.Series(FIELDS_AGREE, agree, dtype=pl.Boolean),
        )

    titles = tuple(filter(None, (" ".join(" ".join(record).split()) for record in grid.records[:start])))
    whole = frame(rows) if even is None else _in_order(frame(rows), _named(even, columns))
    return Table(source, grid.name, titles, whole, frame(totals), grid.ends_with_newline)


def _in_order(rows: pl.DataFrame, even: pl.DataFrame) -> pl.DataFrame:
    whole = pl.concat([rows.cast(even.schema), even], rechunk=True)
    return whole if whole[SOURCE_ROW].is_sorted() else whole.sort(SOURCE_ROW)


def _clean(text: pl.Expr) -> pl.Expr:
    """Return text as a table holds it: NFC, trimmed, empty = null."""
    plain = text.str.normalize("NFC").str.strip_chars()
    return pl.when(plain != "").then(plain)


def _cleaned(text: str) -> str | None:
    """Return one cell's text as `_clean` does."""
    return unicodedata.normalize("NFC", text).strip() or None


def _parted(grid: Grid, first_name: str) -> tuple[pl.DataFrame | None, list[Line]]:
    """Return the even lines that are rows, with clean cells, and those that may be totals, sources or headers."""
    if grid.even is None:
        return None, []
    names, even = list(grid.even_values), grid.even
    if any(_cleaned(value) != value for value in grid.even_texts):
        even = even.with_columns(distinct.reckoned(even, *map(_clean, map(pl.col, names))))
    filled = [name for name in names if not even[name].null_count()]
    first = even.select((pl.col(names[0]) if names[0] in filled else pl.coalesce(names)).alias("first"))
    words = distinct.values(first, ["first"])["first"].drop_nulls()
    named = [word for word in words if fold(word).rstrip(" :") in ("i alt", first_name)]
    if not named and len(filled) > 3:
        return even, []
    is_notable = first.to_series().is_in(named)
    if len(filled) <= 3:
        is_notable |= even.select(pl.sum_horizontal(pl.col(names).is_not_null()) <= 3).to_series()
    return even.filter(~is_notable), _as_lines(even.filter(is_notable))


def _as_lines(even: pl.DataFrame) -> list[Line]:
    cells = distinct.as_text(even.drop(SOURCE_ROW)).fill_null("").rows()
    return list(zip(even[SOURCE_ROW].to_list(), map(list, cells), strict=True))


def _named(even: pl.DataFrame, columns: dict[str, int]) -> pl.DataFrame:
    """Return clean lines as a table's frame holds them."""
    fields, width = even.width - 1, max(columns.values()) + 1
    beyond = [pl.col(str(place)).is_not_null() for place in range(width, fields)]
    agree = ~pl.any_horizontal(beyond) if beyond else pl.lit(value=fields >= width)
    return even.select(
        *(
            (pl.col(str(place)) if place < fields else pl.lit(None, pl.String)).alias(name)
            for name, place in columns.items()
        ),
        pl.col(SOURCE_ROW),
        agree.alias(FIELDS_AGREE),
    )


def _best_header(grid: Grid, sources: tuple[Source, ...]) -> tuple[int, Source] | None:
    """Return the place of the first line that shows the most of a layout's header, and the layout's source."""
    lines = enumerate(grid.records[:HEADER_SEARCH_ROWS])
    candidates = [(header_score(record, sources), -index) for index, record in lines]
    score, place = max(candidates, key=lambda each: (each[0][:2], each[1]), default=((0.0, 0, sources[0]), 0))
    return (-place, score[2]) if is_header(score) else None


def holds_persons(grid: Grid, sources: tuple[Source, ...]) -> bool:
    """Tell whether a grid is meant as an extract of persons, in which CPR numbers belong."""
    best = _best_header(grid, sources)
    return best is not None and LAYOUTS[best[1]].holds_persons


def _columns(grid: Grid, start: int, layout: Layout) -> dict[str, int]:
    """Return name -> place of the header's columns; required and optional ones under the layout's spelling."""
    header, body = grid.records[start], grid.records[start + 1 :]
    spelling = {fold(name): name for name in (*layout.required, *layout.optional)}
    columns: dict[str, int] = {}
    unknown: list[str] = []
    for place, cell in enumerate(header):
        word = fold(cell)
        name = spelling.get(word)
        if name is None and layout.channel_columns and word in CHANNEL_WORDS:
            name = " ".join(cell.split())
        if name is None:
            if word or _is_filled(grid, body, place):
                unknown.append(str(place + 1))
        elif fold(name) in map(fold, columns):
            raise Refused("column_twice", columns=name)
        else:
            columns[name] = place
    missing = [name for name in layout.required if name not in columns]
    if missing:
        raise Refused("column_missing", columns=", ".join(missing))
    if unknown:
        raise Refused("column_unknown", columns=", ".join(unknown[:10]))
    return columns


def _is_filled(grid: Grid, body: list[list[str]], place: int) -> bool:
    """Tell whether a column has a value."""
    values = grid.even_values.get(str(place), pl.Series(dtype=pl.String)).drop_nulls()
    return any(map(str.strip, values)) or any(place < len(record) and record[place].strip() for record in body)
