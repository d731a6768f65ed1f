"""Which figure is meant? The id of a printed figure: made where it is printed, read where it is traced.

An id is `municipality.period.measure`, then what the measure needs, each after a dot, then perhaps `:aspect`.
The period is a count, or the date of a Digital Post extract:

    183.2014E.channel_share.inbound.phone               a channel's share
    183.2014E.channel_share.inbound.phone:national      the country's figure beside it
    183.2014E.digital_share.inbound:change              the change since a year earlier, in percentage points
    183.2014E.self_service_rate:numerator               the transactions by self-service
    183.2014E.comparable_channel_share.inbound.phone    on the tasks that a year earlier has too
    183.2014E.task_channel_count.inbound.phone+in_person.32.03.12
    183.2013E.digital_count.inbound.2014E               on the tasks common to 2014E and the year before it
    183.2014-12-01.digital_post_share.exempt.15-44      an age group's share of an extract
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from schemas.codes import MUNICIPALITIES, Channel, Direction, EnrolmentStatus
from schemas.sources import COUNT_ID, KLE


class Kind(StrEnum):
    """What a figure measures; the names of the views where a view states it."""

    CHANNEL_SHARE = "channel_share"
    DIGITAL_SHARE = "digital_share"
    SELF_SERVICE_RATE = "self_service_rate"
    COMPARABLE_CHANNEL_SHARE = "comparable_channel_share"
    TASK_CHANNEL_COUNT = "task_channel_count"
    DIGITAL_COUNT = "digital_count"
    OTHER_COUNT = "other_count"
    ENQUIRY_COUNT = "enquiry_count"
    DIGITAL_POST_SHARE = "digital_post_share"


SHARES = (Kind.CHANNEL_SHARE, Kind.DIGITAL_SHARE, Kind.SELF_SERVICE_RATE, Kind.COMPARABLE_CHANNEL_SHARE)
VOLUMES = (Kind.DIGITAL_COUNT, Kind.OTHER_COUNT, Kind.ENQUIRY_COUNT)
STATUSES = (*EnrolmentStatus, "enrolled", "covered", "automatic")
"""`automatic` is the automatically enrolled as a share of the enrolled; `covered` is a number of persons."""
_DATE = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_AGES = re.compile(r"^[0-9]{2}(-[0-9]{2}|\+)$")
_MISSING = re.compile(r"^(daily_)?missing_(at_least|at_most)_([01](?:\.[0-9]{1,6})?)$")
_PARTS = {
    Kind.CHANNEL_SHARE: ("direction", "channel"),
    Kind.DIGITAL_SHARE: ("direction",),
    Kind.SELF_SERVICE_RATE: (),
    Kind.COMPARABLE_CHANNEL_SHARE: ("direction", "channel"),
    Kind.TASK_CHANNEL_COUNT: ("direction", "channel", "kle"),
    **dict.fromkeys(VOLUMES, ("direction", "common_to")),
    Kind.DIGITAL_POST_SHARE: ("status", "ages"),
}
_OPTIONAL = ("common_to", "ages")
_ASPECTS = {
    **dict.fromkeys(SHARES, ("numerator", "total", "previous", "change")),
    Kind.TASK_CHANNEL_COUNT: ("previous", "change"),
    **dict.fromkeys(VOLUMES, ("daily",)),
    Kind.DIGITAL_POST_SHARE: ("change",),
}
_WITH_COUNTRY = (Kind.CHANNEL_SHARE, Kind.DIGITAL_SHARE, Kind.SELF_SERVICE_RATE, Kind.DIGITAL_POST_SHARE)


class NoFigure(Exception):
    """A text is no id of a figure; the message says why."""


@dataclass(frozen=True)
class Figure:
    """A printed figure.

    `channel` may be several with `+` between; `common_to` is the count whose page shows the number on the tasks that it
    has in common with the year before; an empty text where a measure has no such part.
    """

    municipality_code: str
    period: str
    kind: Kind
    direction: str = ""
    channel: str = ""
    kle: str = ""
    common_to: str = ""
    status: str = ""
    ages: str = ""
    aspect: str = ""

    def __str__(self) -> str:
        parts = [self.municipality_code, self.period, str(self.kind)]
        parts += [part for name in _PARTS[self.kind] if (part := getattr(self, name))]
        return ".".join(parts) + (f":{self.aspect}" if self.aspect else "")

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels one by one."""
        return tuple(self.channel.split("+")) if self.channel else ()

    @property
    def is_of_a_date(self) -> bool:
        """Tell whether the period is the date of an extract."""
        return bool(_DATE.match(self.period))

    @property
    def missing(self) -> tuple[bool, str] | None:
        """(per working day, target share) of a figure that says how many enquiries a target lacks."""
        match = _MISSING.match(self.aspect)
        return (bool(match[1]), match[3]) if match else None

    def of(self, aspect: str) -> "Figure":
        """Return what is printed beside the figure."""
        return replace(self, aspect=aspect)


def of_row(row: dict) -> Figure:
    """Return the figure that the value of a row of target_status is."""
    kind = Kind(row["measure"])
    direction = "" if kind == Kind.SELF_SERVICE_RATE else row["direction"]
    return Figure(row["municipality_code"], row["count_id"], kind, direction, row["channel"] or "")


def missing_aspect(kind: str, value: float, *, daily: bool = False) -> str:
    """Return the aspect of what a target lacks, as `missing_at_most_0.14`."""
    return f"{'daily_' if daily else ''}missing_{kind}_{Decimal(str(value)):f}"


def parse(text: str) -> Figure:
    """Return the figure that an id names.

    Raises:
        NoFigure: it is none.
    """
    name, _, aspect = text.partition(":")
    code, period, measure, *rest = [*name.split("."), "", ""][: max(3, name.count(".") + 1)]
    if measure not in set(Kind):
        raise NoFigure(f"{measure or text!r} is no measure; one of {', '.join(Kind)}")
    kind = Kind(measure)
    if kind == Kind.TASK_CHANNEL_COUNT:
        rest = [*rest[:2], ".".join(rest[2:])]
    names = _PARTS[kind]
    needed = [each for each in names if each not in _OPTIONAL]
    if not len(needed) <= len(rest) <= len(names):
        raise NoFigure(f"{kind} needs {', '.join(needed) or 'nothing'} after it, each after a dot")
    figure = Figure(code, period, kind, aspect=aspect, **dict(zip(names, rest, strict=False)))
    check(figure)
    return figure


def check(figure: Figure) -> None:
    """Raise NoFigure when a part of a figure is none of its code list."""
    may_be_date = figure.kind == Kind.DIGITAL_POST_SHARE
    country = figure.aspect == "national" and figure.kind in _WITH_COUNTRY
    wrong = {
        "municipality": figure.municipality_code not in MUNICIPALITIES,
        "count": not (re.match(COUNT_ID, figure.period) or (may_be_date and figure.is_of_a_date)),
        "direction": "direction" in _PARTS[figure.kind] and figure.direction not in set(Direction),
        "channel": "channel" in _PARTS[figure.kind] and not (figure.channel and set(figure.channels) <= set(Channel)),
        "task": "kle" in _PARTS[figure.kind] and not re.match(KLE, figure.kle),
        "common_to": bool(figure.common_to) and not re.match(COUNT_ID, figure.common_to),
        "status": "status" in _PARTS[figure.kind] and figure.status not in STATUSES,
        "ages": bool(figure.ages) and not _AGES.match(figure.ages),
        "aspect": bool(figure.aspect) and not (
            figure.aspect in _ASPECTS[figure.kind] or country
            or (figure.missing is not None and figure.kind in SHARES)
        ),
    }  # fmt: skip
    faults = [name for name, is_wrong in wrong.items() if is_wrong]
    if faults:
        raise NoFigure(f"the figure's {faults[0]} is missing or unknown")
