"""Which rows do the tables of shares have: the status of each channel, and the development on common tasks?"""

from dataclasses import dataclass, replace

from schemas.codes import CHANNELS, DIRECTION_LABELS, Channel, Direction, Measure, TargetStatus
from transforms import status_enrolment
from transforms.danish import percent, permille
from transforms.danish import percentage_points as points
from transforms.figure import Figure, Kind, of_row
from transforms.printed import Printed
from transforms.status_data import CountFacts, StatusData
from transforms.status_words import (
    NOT_COMPLETE,
    NOT_COUNTED,
    NOT_STATED,
    STATUS_WORDS,
    measure_label,
    points_text,
    share_text,
    status_text,
    target_text,
)

TABLE_COUNTS = 3
"""Earlier counts that the status table shows."""
TREND_COUNTS = 8
"""Counts that the charts and the trends show, this one among them."""
NO_CHANGE = "kan ikke beregnes"


@dataclass(frozen=True)
class Line:
    """One printed row of the status table.

    earlier: the counts before, oldest first; trend: thousandths, this count last, and the same in words.
    """

    group: str
    label: str
    status: TargetStatus
    status_text: str
    value: str
    change: str
    target: str
    national: str
    earlier: tuple[str, ...] = ()
    trend: tuple[int | None, ...] = ()
    trend_text: str = ""


@dataclass(frozen=True)
class CommonLine:
    """One printed row of the comparison on common tasks."""

    group: str
    label: str
    previous: str
    value: str
    change: str


def order(row: dict) -> tuple:
    """Return where a row of target_status stands in the table."""
    measures = list(Measure)
    place = list(Channel).index(Channel(row["channel"])) if row["channel"] else 0
    return (list(Direction).index(Direction(row["direction"])), measures.index(Measure(row["measure"])), place,
            row["target_kind"] or "")  # fmt: skip


def earlier_counts(data: StatusData) -> list[CountFacts]:
    """Return the counts before this one that the table shows; the same season's even when it is only half there."""
    half = [data.previous] if data.previous and not data.previous_is_whole else []
    return sorted([*data.history, *half], key=lambda each: each.first_day)[-TABLE_COUNTS:]


def trend_counts(data: StatusData) -> list[CountFacts]:
    """Return the counts of the charts and trends, oldest first; a half count is in none."""
    return [*data.history[1 - TREND_COUNTS :], *([data.count] if data.is_complete else [])]


def lines(data: StatusData) -> list[Line]:
    """Return the rows of the status table, enrolment last."""
    rows = sorted(data.target_status, key=order)
    shown = [row for row in rows if row["measure"] != Measure.SELF_SERVICE_RATE or row["target_kind"]]
    return [_line(row, data) for row in shown] + _enrolment_lines(data)


def _line(row: dict, data: StatusData) -> Line:
    shares = {each.count_id: _share(row, each, data) for each in trend_counts(data)}
    figure = of_row(row)
    return Line(
        group=f"{DIRECTION_LABELS[Direction(row['direction'])]} henvendelser",
        label=measure_label(row),
        status=TargetStatus(row["status"]),
        status_text=status_text(row, data.count.last_day),
        value=_printed(share_text(row["value"], NOT_COUNTED), figure, row["value"]),
        change=_printed(points_text(row["change_pp"]), figure.of("change"), row["change_pp"]),
        target=target_text(row["target_kind"], row["target_value"]) if row["target_kind"] else "intet mål",
        national=_printed(share_text(row["national_value"], NOT_STATED), figure.of("national"), row["national_value"]),
        earlier=tuple(_earlier_text(row, each, data) for each in earlier_counts(data)),
        trend=tuple(shares.values()),
        trend_text=_trend_text(data, list(shares.values()), NOT_COUNTED),
    )


def _printed(text: str, figure: Figure, value: float | None) -> str:
    """Return a text with its figure; a word for a missing one has none."""
    return text if value is None else Printed(text, figure)


def _trend_text(data: StatusData, shares: list[int | None], missing: str) -> str:
    named = zip(trend_counts(data), shares, strict=True)
    return ", ".join(f"{count.label} {missing if share is None else percent(share)}" for count, share in named)


def _share(row: dict, count: CountFacts, data: StatusData) -> int | None:
    """Return the same measure in a count in thousandths; None when it was not counted."""
    if count == data.count:
        return None if row["value"] is None else permille(row["value"])
    key = {name: row[name] for name in ("measure", "direction", "channel")} | {"count_id": count.count_id}
    values = [each["value"] for each in data.earlier_status if key.items() <= each.items()]
    return permille(values[0]) if values and values[0] is not None else None


def _earlier_text(row: dict, count: CountFacts, data: StatusData) -> str:
    """Return it as printed: the count may be half, the channel not counted, or nothing of its direction stated."""
    if count not in data.history:
        return NOT_COMPLETE
    share = _share(row, count, data)
    if share is not None:
        return Printed(percent(share), replace(of_row(row), period=count.count_id))
    of_direction = {"count_id": count.count_id, "direction": row["direction"]}
    return NOT_COUNTED if any(of_direction.items() <= each.items() for each in data.earlier_status) else NOT_STATED


def _enrolment_lines(data: StatusData) -> list[Line]:
    """Return the rows on enrolment, each count with the extract of its page."""
    found = []
    for status, label in status_enrolment.STATUS_LABELS.items():
        now = status_enrolment.of_count(data, data.count, status)
        if now is None:
            continue
        then = status_enrolment.of_count(data, data.previous, status) if data.previous_is_whole else None
        earlier = [(each, status_enrolment.of_count(data, each, status)) for each in earlier_counts(data)]
        figure = Figure(data.municipality_code, data.count.count_id, Kind.DIGITAL_POST_SHARE, status=status)
        trend = [status_enrolment.of_count(data, each, status) for each in trend_counts(data)]
        found.append(
            Line(
                "Borgernes tilslutning til Digital Post",
                label,
                TargetStatus.NO_TARGET,
                STATUS_WORDS[TargetStatus.NO_TARGET],
                Printed(percent(now), figure),
                NO_CHANGE if then is None else Printed(points(now - then), figure.of("change")),
                "intet mål",
                status_enrolment.national_text(data, status),
                tuple(
                    NOT_STATED if share is None else Printed(percent(share), replace(figure, period=each.count_id))
                    for each, share in earlier
                ),
                tuple(trend),
                _trend_text(data, trend, NOT_STATED),
            )
        )
    return found


def common_lines(data: StatusData) -> list[CommonLine]:
    """Return the rows on the tasks that this count and the same one a year earlier share."""
    found = []
    for row in sorted(data.comparable, key=lambda each: order(each | {"measure": "channel_share", "target_kind": ""})):
        now = permille(row["share"]) if row["share"] is not None else None
        before = permille(row["previous_share"]) if row["previous_share"] is not None else None
        kind = Kind.COMPARABLE_CHANNEL_SHARE
        figure = Figure(data.municipality_code, data.count.count_id, kind, row["direction"], row["channel"])
        found.append(
            CommonLine(
                f"{DIRECTION_LABELS[Direction(row['direction'])]} henvendelser",
                CHANNELS[Channel(row["channel"])].label,
                NOT_COUNTED if before is None else Printed(percent(before), figure.of("previous")),
                NOT_COUNTED if now is None else Printed(percent(now), figure),
                NO_CHANGE if now is None or before is None else Printed(points(now - before), figure.of("change")),
            )
        )
    return found
