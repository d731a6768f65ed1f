"""What the deliveries of the bench are judged on: the calendar of counts and the package of mandatory tasks.

Only the standard library and the code lists: whoever is measured pays for no library but its own.
"""

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.codes import CHANNELS, Direction

PACKAGE = "45"
MAX_REJECT_SHARE = 0.01
FREE_ROWS = 3
"""So many rows of a file may always be set aside."""
MAX_OUTSIDE_SHARE = 0.1
HEADER = ("Tælling", "Uge", "Dato", "Kommunenr", "Kommune", "Enhed", "KLE-nr", "Opgave", "Kanal", "Retning",
          "Henvendelsestype", "Straksafsluttet", "Antal")  # fmt: skip


@dataclass(frozen=True)
class CountWeeks:
    """A count of three ISO weeks of one year."""

    count_id: str
    year: int
    first_week: int

    @property
    def weeks(self) -> tuple[int, ...]:
        """Its ISO weeks' numbers."""
        return tuple(range(self.first_week, self.first_week + 3))

    @property
    def first_day(self) -> dt.date:
        """Monday of the first week."""
        return dt.date.fromisocalendar(self.year, self.weeks[0], 1)

    @property
    def last_day(self) -> dt.date:
        """Sunday of the last week."""
        return dt.date.fromisocalendar(self.year, self.weeks[-1], 7)


CALENDAR = tuple(
    CountWeeks(f"{year}{season}", year, first_week)
    for year in range(2012, 2017)
    for season, first_week in (("F", 17), ("E", 43))
)[1:9]
"""Eight counts, autumn 2012 to spring 2016: from the one in which the last channel was added."""
PAIRS = {(str(channel), str(way)) for channel, facts in CHANNELS.items() for way in facts.directions}
"""Each channel with the directions that it may have."""
SHARE_CHANNELS = tuple(str(channel) for channel, facts in CHANNELS.items() if facts.is_in_share)
WAYS = (Direction.INBOUND, Direction.OUTBOUND)


@cache
def tasks() -> dict[str, str]:
    """Return KLE number -> task in words, of the package of mandatory tasks."""
    path = Path(__file__).parent.parent / "examples" / "tasks.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["kle"]: row["opgave"] for row in csv.DictReader(file, delimiter=";") if row["pakke"] == PACKAGE}


def is_held(*, rows: int, rejected: int, misnamed: int, outside: int, total: int) -> bool:
    """Tell whether a person must look at a file before it may count.

    Args:
        rows: rows read.
        rejected: rows set aside.
        misnamed: good rows whose municipality's name is not that of its code.
        outside: enquiries on tasks outside the package, of `total`.
    """
    too_many = rejected > FREE_ROWS and rejected > MAX_REJECT_SHARE * rows
    return too_many or misnamed > 0 or outside > MAX_OUTSIDE_SHARE * total
