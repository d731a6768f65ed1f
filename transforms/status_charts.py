"""Which figures do the charts of a status show?"""

import datetime as dt

from schemas.codes import CHANNELS, Channel, Direction, Measure, TargetKind, TargetStatus
from transforms import charts, status_enrolment
from transforms.chart_figures import Bullet, Event, Extract, Panel, Point, Target
from transforms.charts import Chart
from transforms.danish import permille
from transforms.figure import of_row
from transforms.status_data import StatusData
from transforms.status_words import measure_label, municipality_name, status_text

MOST_COUNTS = 8


def of_page(data: StatusData) -> list[tuple[Chart, list[str]]]:
    """Return the page's charts, those that have figures, each with the ids of its figures."""
    about = municipality_name(data.municipality_code)
    inbound = [channel for channel in Channel if _rows_now(data, Direction.INBOUND, channel)]
    found = (
        (charts.inbound_channels(_panels(data), about), _ids(data, Direction.INBOUND, *inbound)),
        (charts.outbound_digital_post(_outbound(data), about), _ids(data, Direction.OUTBOUND, Channel.DIGITAL_POST)),
    )
    return [(chart, ids) for chart, ids in found if chart]


def _rows_now(data: StatusData, direction: Direction, channel: Channel) -> list[dict]:
    wanted = {"measure": Measure.CHANNEL_SHARE, "direction": direction, "channel": channel}
    return [row for row in data.target_status if wanted.items() <= row.items()]


def _ids(data: StatusData, direction: Direction, *channels: Channel) -> list[str]:
    return [
        str(of_row(rows[0]))
        for channel in channels
        for rows in _rows(data, measure=Measure.CHANNEL_SHARE, direction=direction, channel=channel).values()
        if rows and rows[0]["value"] is not None
    ]


def of_enrolment(data: StatusData) -> Chart | None:
    """Return the chart of enrolment over time; None for a single extract."""
    dates = sorted({row["as_of_date"] for row in data.enrolment})[-status_enrolment.MOST_EXTRACTS :]
    share = status_enrolment.permille_at
    extracts = [Extract(date, share(data, date, "enrolled"), share(data, date, "exempt")) for date in dates]
    events = [Event(dt.date.fromisoformat(each["date"]), each["text"]) for each in data.settings["event"]]
    about = municipality_name(data.municipality_code)
    return charts.enrolment_over_time(extracts, about, events) if len(extracts) > 1 else None


def of_mail(data: StatusData) -> Chart | None:
    """Return the targets in one chart; None when there are none, or the count is not assessed."""
    rows = [row for row in data.target_status if row["target_kind"]] if data.is_complete else []
    bullets = [Bullet(_name(row), _thousandths(row["value"]), _target(row, data), _thousandths(row["national_value"]))
               for row in rows]  # fmt: skip
    return charts.bullets(bullets, f"{municipality_name(data.municipality_code)}, {data.count.label}")


def _name(row: dict) -> str:
    label = measure_label(row)
    return f"{label} (udgående)" if row["direction"] == Direction.OUTBOUND else label


def _thousandths(share: float | None) -> int | None:
    return None if share is None else permille(share)


def _target(row: dict, data: StatusData) -> Target:
    kind, status = TargetKind(row["target_kind"]), TargetStatus(row["status"])
    return Target(kind, permille(row["target_value"]), status, status_text(row, data.count.last_day))


def _rows(data: StatusData, **wanted: object) -> dict[str, list[dict]]:
    """Return count -> rows of a measure, this count's last."""
    found: dict[str, list[dict]] = {each.count_id: [] for each in (*data.history[1 - MOST_COUNTS :], data.count)}
    for row in (*data.earlier_status, *data.target_status):
        if row["count_id"] in found and wanted.items() <= row.items():
            found[row["count_id"]].append(row)
    return found


def _points(data: StatusData, **wanted: object) -> tuple[Point, ...]:
    labels = {each.count_id: each.label for each in (*data.history, data.count)}
    return tuple(
        Point(labels[count_id], _thousandths(rows[0]["value"]), _thousandths(rows[0]["national_value"]))
        if rows else Point(labels[count_id], None)
        for count_id, rows in _rows(data, **wanted).items()
    )  # fmt: skip


def _panels(data: StatusData) -> list[Panel]:
    """Return a panel for each inbound channel that was counted now or has a target."""
    found = []
    for channel in Channel:
        wanted = {"measure": Measure.CHANNEL_SHARE, "direction": Direction.INBOUND, "channel": channel}
        now = _rows_now(data, Direction.INBOUND, channel)
        if now:
            targets = tuple(_target(row, data) for row in now if row["target_kind"])
            national = _thousandths(now[0]["national_value"])
            found.append(Panel(CHANNELS[channel].label, _points(data, **wanted), targets, national))
    return found


def _outbound(data: StatusData) -> list[Point]:
    wanted = {"measure": Measure.CHANNEL_SHARE, "direction": Direction.OUTBOUND, "channel": Channel.DIGITAL_POST}
    return list(_points(data, **wanted))
