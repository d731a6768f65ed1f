"""Where is the table in a delivered grid? Finds the header by its names, and parts rows from totals."""

import datetime as dt
import re
from dataclasses import dataclass

import polars as pl

from schemas.codes import CHANNEL_WORDS, fold
from schemas.rules import Refused
from schemas.sources import LAYOUTS, Layout, Source

HEADER_SEARCH_ROWS = 50
TOTAL = re.compile(r"i alt\b")
"""How the label of a control total begins; the line holds little else."""
FIELDS_AGREE = "fields_agree"
SOURCE_ROW = "source_row"


@dataclass(frozen=True)
class Grid:
    """A file or sheet as text: `records[i]` stands in the physical line or sheet row `row_numbers[i]`."""

    name: str
    records: list[list[str]]
    row_numbers: list[int]
    ends_with_newline: bool = True


@dataclass(frozen=True)
class Table:
    """A recognised table.

    `as_of_date` is the date of a person extract, which its file name or a person states.
    `frame` has one text column a named column (trimmed, NFC, empty = null), `source_row` and
    `fields_agree`; `totals` has the same columns for the lines that say `I alt`.
    """

    source: Source
    name: str
    titles: tuple[str, ...]
    frame: pl.DataFrame
    totals: pl.DataFrame
    ends_with_newline: bool
    as_of_date: dt.date | None = None


def header_score(names: list[str], sources: tuple[Source, ...]) -> tuple[float, int, Source]:
    """Return (share, number) of a layout's required columns among `names`, for the best-fitting source."""
    folded = {fold(name) for name in names}
    scores = []
    for source in sources:
        required = [fold(name) for name in LAYOUTS[source].required]
        found = sum(name in folded for name in required)
        scores.append((found / len(required), found, source))
    return max(scores, key=lambda score: score[:2])


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
    body = grid.records[start + 1 :]
    columns = _columns(grid.records[start], body, layout)
    width = max(columns.values()) + 1

    first_name = fold(next(filter(str.strip, grid.records[start])))
    rows: list[int] = []
    totals: list[int] = []
    for index, record in enumerate(body, start + 1):
        cells = [cell.strip() for cell in record if cell.strip()]
        if not cells:
            continue
        words = [fold(cell).rstrip(" :") for cell in cells[:3]]
        if words[0] == "i alt" or (len(cells) <= 3 and any(map(TOTAL.match, words))):
            totals.append(index)
        elif (len(cells) == 1 and words[0].startswith("kilde")) or (
            len(cells) == 2 and fold(cells[0]).startswith("kilde:")
        ):
            continue
        elif fold(cells[0]) == first_name and is_header(header_score(record, (source,))):
            raise Refused("second_header", row=grid.row_numbers[index])
        else:
            rows.append(index)

    def frame(indices: list[int]) -> pl.DataFrame:
        records = [grid.records[index] for index in indices]
        cells = {
            name: [record[place] if place < len(record) else None for record in records]
            for name, place in columns.items()
        }
        agree = [len(record) >= width and not any(map(str.strip, record[width:])) for record in records]
        plain = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String))
        text = pl.all().str.normalize("NFC").str.strip_chars()
        return plain.select(pl.when(text != "").then(text)).with_columns(
            pl.Series(SOURCE_ROW, [grid.row_numbers[index] for index in indices], dtype=pl.Int64),
            pl.Series(FIELDS_AGREE, agree, dtype=pl.Boolean),
        )

    titles = tuple(filter(None, (" ".join(" ".join(record).split()) for record in grid.records[:start])))
    return Table(source, grid.name, titles, frame(rows), frame(totals), grid.ends_with_newline)


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


def _columns(header: list[str], body: list[list[str]], layout: Layout) -> dict[str, int]:
    """Return name -> place of the header's columns; required and optional ones under the layout's spelling."""
    spelling = {fold(name): name for name in (*layout.required, *layout.optional)}
    columns: dict[str, int] = {}
    unknown: list[str] = []
    for place, cell in enumerate(header):
        word = fold(cell)
        name = spelling.get(word)
        if name is None and layout.channel_columns and word in CHANNEL_WORDS:
            name = " ".join(cell.split())
        if name is None:
            if word or any(place < len(record) and record[place].strip() for record in body):
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
