"""Does a delivery hold CPR-shaped numbers where none belong? (CPR-loven § 54)

A token of ten digits whose first six are a calendar date ddmmyy, or one with 60 added to the day
(replacement numbers), with or without hyphen; or nine digits (a lost leading zero) where most of a
column is so. Modulus 11 proves nothing since 2007 and is not used.
"""

import itertools
import re

from schemas.rules import Refused
from transforms.table import Grid

_TEN = re.compile(r"(?<![0-9])([0-9]{6})[-\u2010\u2011\u2012\u2013\u2212]?([0-9]{4})(?![0-9])")
_NINE = re.compile(r"^([0-9]{5})-?([0-9]{4})(\.0+)?$")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _is_date(ddmmyy: str) -> bool:
    day, month = int(ddmmyy[:2]), int(ddmmyy[2:4])
    day -= 60 if day > 60 else 0
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def holds_cpr(text: str) -> bool:
    """Tell whether `text` holds a CPR-shaped token."""
    return any(_is_date(match[1]) for match in _TEN.finditer(text))


def mask(text: str) -> str:
    """Return `text` with every CPR-shaped token's digits hidden, for names in the ledger."""
    return _TEN.sub(lambda match: "xxxxxx-xxxx" if _is_date(match[1]) else match[0], text)


def scan(grid: Grid) -> None:
    """Refuse a grid that holds CPR-shaped numbers in any cell.

    Raises:
        Refused: with where it is (a column's number and a row), never with what it is.
    """
    unique = grid.values
    suspects = {cell for cell in unique if len(cell) >= 10 and holds_cpr(cell)}
    short = {cell for cell in unique if (match := _NINE.match(cell.strip())) and _is_date(f"0{match[1]}")}
    if not suspects and not short:
        return
    grid = grid.by_record()
    if suspects:
        for row, record in zip(grid.row_numbers, grid.records, strict=True):
            for place, cell in enumerate(record, 1):
                if cell in suspects:
                    raise Refused("cpr_number", where=f"Kolonne nr. {place} i række {row}")
    for place in range(max(map(len, grid.records), default=0)):
        column = [record[place] for record in grid.records if place < len(record) and record[place].strip()]
        # Titles and the header above the first one say nothing about the column's values.
        filled = list(itertools.dropwhile(lambda cell: cell not in short, column))
        if 2 * sum(cell in short for cell in filled) > len(filled):
            raise Refused("cpr_number", where=f"Kolonne nr. {place + 1}")
