"""What the warehouse says of one municipality on one count: what a status report is made from."""

import datetime as dt
from dataclasses import dataclass, field

from schemas.codes import count_label, count_time


def weeks_text(first_day: dt.date, last_day: dt.date) -> str:
    """Return the weeks from one day to another: 'uge 43-45 2014'."""
    first, last = first_day.isocalendar(), last_day.isocalendar()
    if first.year != last.year:
        return f"uge {first.week} {first.year} til uge {last.week} {last.year}"
    weeks = str(first.week) if first.week == last.week else f"{first.week}-{last.week}"
    return f"uge {weeks} {last.year}"


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
        return weeks_text(self.first_day, self.last_day)


@dataclass(frozen=True)
class StatusData:
    """What the warehouse says; rows as the views of sql/views give them.

    history: the municipality's whole counts before this one, oldest first; earlier_status: their rows of
    target_status; volumes: (count_id, direction, digital_count, total_count, common_digital_count,
    common_total_count), common to the packages of every count in it; tasks: (kle, task_name, phone_count,
    in_person_count, previous_count) of inbound enquiries by phone and in person; enrolment: rows of
    disclosed_enrolment up to the page's extract, and nothing else on persons; extract_dates: count -> its extract.
    """

    municipality_code: str
    count: CountFacts
    previous: CountFacts | None
    common_task_count: int
    target_status: list[dict]
    comparable: list[dict]
    national_digital_post: list[dict]
    deliveries: list[dict]
    not_loaded: list[dict]
    settings: dict
    is_complete: bool = True
    previous_is_whole: bool = True
    missing: list[str] = field(default_factory=list)
    history: list[CountFacts] = field(default_factory=list)
    earlier_status: list[dict] = field(default_factory=list)
    volumes: list[dict] = field(default_factory=list)
    volume_task_count: int = 0
    tasks: list[dict] = field(default_factory=list)
    enrolment: list[dict] = field(default_factory=list)
    extract_dates: dict[str, dt.date] = field(default_factory=dict)
    national_municipality_count: int | None = None
