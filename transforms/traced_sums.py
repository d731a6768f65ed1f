"""Which rows is a figure the sum of? What it adds up, the rows that fall into each sum, and the figure made of them."""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

import polars as pl

from schemas.codes import CHANNELS, SELF_SERVICE_RATE_CHANNELS, Direction, EnquiryType
from transforms.danish import count_text, percent, percentage_points, permille
from transforms.figure import VOLUMES, Figure, Kind

IN_SHARE = frozenset(str(channel) for channel, facts in CHANNELS.items() if facts.is_in_share)
DIGITAL = frozenset(str(channel) for channel, facts in CHANNELS.items() if facts.is_in_share and facts.is_digital)
NUMERATOR, TOTAL, BEFORE, BEFORE_TOTAL = "numerator", "total", "previous_numerator", "previous_total"


@dataclass(frozen=True)
class Sum:
    """A sum of enquiries: those of a count's tasks by some channels, perhaps of one type alone."""

    name: str
    count_id: str
    direction: str
    channels: frozenset[str]
    tasks: frozenset[str]
    enquiry_type: str | None = None


@dataclass(frozen=True)
class Calendar:
    """What a figure depends on beside rows: each count's tasks, the count a year earlier, and its working days."""

    tasks: dict[str, frozenset[str]]
    previous: dict[str, str]
    working_days: dict[str, int]

    def common(self, count_id: str) -> frozenset[str]:
        """Return the tasks that a count shares with the one a year earlier."""
        return self.tasks[count_id] & self.tasks.get(self.previous[count_id], frozenset())


def sums(figure: Figure, calendar: Calendar) -> list[Sum]:
    """Return what a figure on enquiries adds up: a numerator, and as needed a total, and the year before's."""
    wants_before = figure.aspect in ("change", "previous")
    wants_now = figure.aspect != "previous"
    found = _of_count(figure, figure.period, calendar, NUMERATOR, TOTAL) if wants_now else []
    if wants_before:
        found += _of_count(figure, calendar.previous[figure.period], calendar, BEFORE, BEFORE_TOTAL)
    return found


def _of_count(figure: Figure, count_id: str, calendar: Calendar, numerator: str, total: str) -> list[Sum]:
    tasks = calendar.tasks.get(count_id, frozenset())
    direction, channels, all_channels, enquiry_type = figure.direction, frozenset(figure.channels), IN_SHARE, None
    match figure.kind:
        case Kind.DIGITAL_SHARE | Kind.DIGITAL_COUNT:
            channels = DIGITAL
        case Kind.OTHER_COUNT:
            channels = IN_SHARE - DIGITAL
        case Kind.ENQUIRY_COUNT:
            channels = IN_SHARE
        case Kind.SELF_SERVICE_RATE:
            direction, channels = str(Direction.INBOUND), frozenset({"self_service"})
            all_channels = frozenset(map(str, SELF_SERVICE_RATE_CHANNELS))
            enquiry_type = str(EnquiryType.TRANSACTION)
        case Kind.COMPARABLE_CHANNEL_SHARE:
            tasks = calendar.common(figure.period)
        case Kind.TASK_CHANNEL_COUNT:
            tasks = tasks & {figure.kle}
    if figure.common_to:
        tasks = calendar.common(figure.common_to)
    found = [Sum(numerator, count_id, direction, channels, tasks, enquiry_type)]
    if figure.kind in VOLUMES or figure.kind == Kind.TASK_CHANNEL_COUNT:
        return found
    return [*found, Sum(total, count_id, direction, all_channels, tasks, enquiry_type)]


def taken(rows: pl.DataFrame, wanted: Sum) -> pl.DataFrame:
    """Return the rows of enquiries that fall into a sum."""
    conditions = [
        pl.col("count_id") == wanted.count_id,
        pl.col("direction") == wanted.direction,
        pl.col("channel").is_in(wanted.channels),
        pl.col("kle").is_in(wanted.tasks),
    ]
    if wanted.enquiry_type:
        conditions.append(pl.col("enquiry_type") == wanted.enquiry_type)
    return rows.filter(*conditions)


def text(figure: Figure, numbers: dict[str, int], calendar: Calendar) -> str | None:
    """Return the figure as it is printed; None where there is nothing to divide by."""
    days = calendar.working_days[figure.period]
    if figure.missing:
        return _missing(figure, numbers[NUMERATOR], numbers[TOTAL], days)
    if figure.aspect == "daily":
        return count_text(permille(numbers[NUMERATOR], 1000 * days)) if days else None
    if figure.aspect in (NUMERATOR, TOTAL):
        return count_text(numbers[figure.aspect])
    is_share = TOTAL in numbers or BEFORE_TOTAL in numbers
    return _share_text(figure, numbers) if is_share else _count_text(figure, numbers)


def _count_text(figure: Figure, numbers: dict[str, int]) -> str:
    if figure.aspect != "change":
        return count_text(numbers[BEFORE if figure.aspect == "previous" else NUMERATOR])
    change = numbers[NUMERATOR] - numbers[BEFORE]
    return f"{'+' if change > 0 else ''}{count_text(change)}"


def _share_text(figure: Figure, numbers: dict[str, int]) -> str | None:
    now, before = (
        permille(numbers[part], numbers[whole]) if numbers.get(whole) else None
        for part, whole in ((NUMERATOR, TOTAL), (BEFORE, BEFORE_TOTAL))
    )
    if figure.aspect == "change":
        return None if now is None or before is None else percentage_points(now - before)
    shown = before if figure.aspect == "previous" else now
    return None if shown is None else percent(shown)


def _missing(figure: Figure, number: int, total: int, days: int) -> str:
    """Return how many enquiries a target lacks; the same rule as status_sentences.gap."""
    assert figure.missing is not None
    is_daily, target = figure.missing
    lacking = abs(Decimal(number) - Decimal(target) * total)
    return count_text(permille(lacking / 1000 / days) if is_daily and days else ceil(lacking))
