"""The terms that a delivery is judged on: the calendar of counts, the task packages, the limits."""

import datetime as dt
from dataclasses import dataclass, field

from schemas.sources import Source


def parse_week(text: str) -> dt.date:
    """Return the Monday of an ISO week written like 2014-W43; ValueError when there is no such week."""
    return dt.date.fromisoformat(f"{text}-1")


def week_name(day: dt.date) -> str:
    """Return the ISO week of a day, written like 2014-W43."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


@dataclass(frozen=True)
class Count:
    """One count in the calendar: KL announces them one by one, so the calendar is data."""

    count_id: str
    first_week: str
    last_week: str
    task_package: str
    expected_sources: tuple[Source, ...]

    @property
    def first_day(self) -> dt.date:
        """Monday of the first week."""
        return parse_week(self.first_week)

    @property
    def last_day(self) -> dt.date:
        """Sunday of the last week."""
        return parse_week(self.last_week) + dt.timedelta(days=6)

    @property
    def weeks(self) -> tuple[str, ...]:
        """Its ISO weeks, as 2014-W43."""
        days = (self.last_day - self.first_day).days
        return tuple(week_name(self.first_day + dt.timedelta(days=step)) for step in range(0, days, 7))

    @property
    def previous_count_id(self) -> str:
        """The count of the same season a year earlier, whether the calendar has it or not."""
        return f"{int(self.count_id[:-1]) - 1}{self.count_id[-1]}"


@dataclass(frozen=True)
class Terms:
    """What the verdict on a delivery depends on beside its bytes and the warehouse."""

    counts: dict[str, Count]
    task_packages: dict[str, frozenset[str]]
    max_reject_share: float = 0.01
    newline_optional: frozenset[Source] = field(default_factory=frozenset)
