"""What the warehouse says of one municipality on one count: what a status report is made from."""

import datetime as dt
from dataclasses import dataclass, field

from schemas.codes import (
    count_label,
    count_time,
)


@dataclass(frozen=True)
class CountFacts:
    """A count as the page names it."""

    count_id: str
    first_day: dt.date
    last_day: dt.date
    task_package: str
    task_count: int
    working_days: int

    @property
    def label(self) -> str:
        """'efterår 2014'."""
        return count_label(self.count_id)

    @property
    def time(self) -> str:
        """'efteråret 2014'."""
        return count_time(self.count_id)

    @property
    def weeks_text(self) -> str:
        """'uge 43-45 2014'."""
        first, last = self.first_day.isocalendar(), self.last_day.isocalendar()
        if first.year != last.year:
            return f"uge {first.week} {first.year} til uge {last.week} {last.year}"
        weeks = str(first.week) if first.week == last.week else f"{first.week}-{last.week}"
        return f"uge {weeks} {last.year}"


@dataclass(frozen=True)
class StatusData:
    """What the warehouse says; rows as the views of sql/views give them."""

    municipality_code: str
    count: CountFacts
    previous: CountFacts | None
    common_task_count: int
    target_status: list[dict]
    comparable: list[dict]
    digital_post: list[dict]
    national_digital_post: list[dict]
    deliveries: list[dict]
    not_loaded: list[dict]
    settings: dict
    is_complete: bool = True
    previous_is_whole: bool = True
    missing: list[str] = field(default_factory=list)
