"""Do the totals that a delivery states fit the rows it holds, and is its end whole?"""

import polars as pl

from schemas.codes import fold
from schemas.rules import Finding, finding
from schemas.sources import NUMBER
from transforms.danish import parse_total
from transforms.distinct import as_text, reckoned
from transforms.table import FIELDS_AGREE, SOURCE_ROW, TOTAL, Table

NOT_COUNTED = ("-", "\u2013", "\u2212")
"""How a wide sheet writes that a channel was not counted; word processors make other dashes of a hyphen."""


def is_number(column: str) -> pl.Expr:
    """Tell which cells of a text column are numbers by the rule; null counts as not."""
    return pl.col(column).str.contains(NUMBER).fill_null(value=False)


def sum_of_numbers(frame: pl.DataFrame, column: str) -> int:
    """Return the sum over all cells that are numbers, whatever else is wrong with their rows."""
    values = as_text(frame[column].value_counts(name="rows")).filter(is_number(column))
    return int(values.select((pl.col(column).cast(pl.Int64) * pl.col("rows")).sum()).item())


def text_findings(table: Table, column: str, *, newline_optional: bool) -> list[Finding]:
    """Return what the `I alt` lines and the end of a text file say about its rows."""
    total = sum_of_numbers(table.frame, column)
    found = []
    for row in table.totals.iter_rows(named=True):
        place = f"i linje {row[SOURCE_ROW]}"
        stated = _stated_total(row, column)
        if stated is None:
            found.append(finding("control_total_unreadable", place=place))
        elif stated != total:
            found.append(finding("control_total_differs", place=place, total=stated, sum=total))
    if not table.totals.height:
        (is_whole,) = reckoned(table.frame, is_number(column))
        unbounded = table.frame.filter(pl.col(FIELDS_AGREE) & ~is_whole).height
        if unbounded:
            found.append(finding("number_unbounded", rows=unbounded))
        if not (table.ends_with_newline or newline_optional):
            found.append(finding("no_final_newline"))
    return found


def _stated_total(row: dict, column: str) -> int | None:
    """Return the number of an `I alt` line: in the number's column, or the line's only other number."""
    cells = {name: value for name, value in row.items() if name not in (SOURCE_ROW, FIELDS_AGREE) and value}
    own = cells.get(column)
    if own and not TOTAL.match(fold(own)):
        return parse_total(own)
    texts = (TOTAL.sub("", fold(value)).strip(" :=") for value in cells.values())
    numbers = [number for text in texts if (number := parse_total(text)) is not None]
    return numbers[0] if len(numbers) == 1 else None


def wide_findings(table: Table, channels: list[str]) -> list[Finding]:
    """Return where the row and column totals of a wide sheet differ from its cells.

    Args:
        table: `frame` with one text column a channel and the column `I alt`.
        channels: the names of the channel columns.
    """
    found = []
    numbers = table.frame.select(
        SOURCE_ROW,
        pl.col("I alt"),
        pl.sum_horizontal(
            pl.when(is_number(name)).then(pl.col(name)).cast(pl.Int64, strict=False) for name in channels
        ).alias("sum"),
        pl.any_horizontal(pl.col(name).is_not_null() & ~_is_blank(name) for name in channels).alias("counted"),
    )
    for row, text, total, counted in numbers.iter_rows():
        stated = parse_total(text) if text else None
        if not counted and (text is None or text in (*NOT_COUNTED, "0")):
            continue
        if stated is None:
            found.append(finding("control_total_unreadable", place=f"i række {row}"))
        elif stated != total:
            found.append(finding("control_total_differs", place=f"i række {row}", total=stated, sum=total))
    if not table.totals.height:
        found.append(finding("control_total_missing", sheet=table.name))
    for line in table.totals.iter_rows(named=True):
        sums = {name: sum_of_numbers(table.frame, name) for name in channels}
        sums["I alt"] = sum(sums.values())
        for name, total in sums.items():
            text = line[name]
            stated = 0 if text in (None, *NOT_COUNTED) and total == 0 else parse_total(text or "")
            place = f"for {name} i række {line[SOURCE_ROW]}"
            if stated is None:
                found.append(finding("control_total_unreadable", place=place))
            elif stated != total:
                found.append(finding("control_total_differs", place=place, total=stated, sum=total))
    return found


def _is_blank(column: str) -> pl.Expr:
    return pl.col(column).is_null() | pl.col(column).is_in(NOT_COUNTED)
