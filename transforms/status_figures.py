"""Which figures does a page print? The list of corrections is made from them."""

from schemas.codes import DIRECTION_LABELS, Direction, Measure, TargetStatus
from transforms import status_enrolment, status_tasks, status_volumes
from transforms.danish import count_text, percent
from transforms.status_data import StatusData
from transforms.status_lines import CommonLine, Line, earlier_counts, trend_counts
from transforms.status_sentences import gap, self_service_counts
from transforms.status_words import measure_label, target_text

NATIONAL = ", hele landet"
"""How the names of the country's figures end."""


def is_national(name: str) -> bool:
    """Tell whether a figure is the country's: a change of it alone is no correction."""
    return name.endswith(NATIONAL)


def by_name(data: StatusData, lines: list[Line], common: list[CommonLine], rate: str | None) -> dict[str, str]:
    """Return name -> text of every figure that is printed."""
    figures: dict[str, str] = {}
    for line in lines:
        figures |= _of_line(data, line)
    before = data.previous.label if data.previous else ""
    for each in common:
        name = f"{each.group}: {each.label}, fælles opgaver"
        figures[f"{name}, {before}"] = each.previous
        figures[f"{name}, {data.count.label}"] = each.value
        figures[f"{name}, ændring i procentpoint"] = each.change
    for row in data.target_status if data.is_complete else []:
        figures |= _gap(data, row)
    if rate:
        figures |= {"Selvbetjeningsgrad": rate} | self_service_counts(data.target_status)
    return figures | status_volumes.figures(data) | status_tasks.figures(data) | status_enrolment.figures(data)


def _of_line(data: StatusData, line: Line) -> dict[str, str]:
    name = f"{line.group}: {line.label}"
    figures = {f"{name}, {data.count.label}": line.value}
    counted = zip(trend_counts(data), line.trend, strict=True)
    figures |= {f"{name}, {count.label}": percent(share) for count, share in counted if share is not None}
    shown = zip(earlier_counts(data), line.earlier, strict=True)
    figures |= {f"{name}, {count.label}": text for count, text in shown}
    figures[f"{name}, ændring i procentpoint"] = line.change
    figures[f"{name}{NATIONAL}"] = line.national
    if line.status != TargetStatus.NO_TARGET:
        figures[f"{name}, status ({line.target})"] = line.status_text.lstrip("✓→✗– ")
    return figures


def _gap(data: StatusData, row: dict) -> dict[str, str]:
    if row["status"] not in (TargetStatus.ON_TRACK, TargetStatus.BEHIND) or row["value"] is None:
        return {}
    missing, daily = gap(row, data.count)
    direction = DIRECTION_LABELS[Direction(row["direction"])]
    name = f"{direction} henvendelser: {measure_label(row)}, mangler til {_target(row)}"
    figures = {name: count_text(missing)}
    return figures | ({f"{name}, pr. arbejdsdag": count_text(daily)} if daily else {})


def _target(row: dict) -> str:
    unit = " (transaktioner)" if row["measure"] == Measure.SELF_SERVICE_RATE else ""
    return f"{target_text(row['target_kind'], row['target_value'])}{unit}"
