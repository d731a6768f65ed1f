"""A status report -> its tables as HTML."""

from collections.abc import Sequence

import polars as pl
from htmltools import TagList

from transforms.html import Trend, table
from transforms.printed import Printed
from transforms.status_data import StatusData
from transforms.status_deadlines import with_deadlines
from transforms.status_enrolment import Shares
from transforms.status_report import Report
from transforms.status_volumes import is_one_package
from transforms.status_words import common_tasks_text


def _frame(lines: Sequence[object], *names: str) -> pl.DataFrame:
    return pl.DataFrame({name: [getattr(line, name) for line in lines] for name in names})


def _figures(lines: Sequence[object], *names: str) -> dict[str, list[str | None]]:
    """Return column -> the id of the figure printed in each row, None for a word."""
    return {name: [_id(getattr(line, name)) for line in lines] for name in names}


def _id(text: str) -> str | None:
    return str(text.figure) if isinstance(text, Printed) else None


def status(data: StatusData, report: Report) -> TagList:
    """Return each channel's status, its shares over the counts, the target and the country's share."""
    lines, target_label = with_deadlines(data.target_status, report.lines)
    frame = _frame(lines, "group", "label", "status_text", "value", "change", "target", "national")
    earlier = {f"earlier_{place}": label for place, label in enumerate(report.earlier_labels)}
    frame = frame.with_columns(
        pl.Series(name, [line.earlier[place] for line in lines], dtype=pl.String) for place, name in enumerate(earlier)
    )
    before = f" siden {data.previous.label}" if data.previous else ""
    with_trend = any(len(line.trend) > 1 for line in lines)
    labels = {"status_text": "Status", **earlier, "value": data.count.label.capitalize(),
              "change": f"Ændring{before} i procentpoint",
              **({"trend": "Udvikling"} if with_trend else {}),
              "target": target_label, "national": "Hele landet"}  # fmt: skip
    return table(
        frame,
        "status",
        labels,
        stub="label",
        stub_label="Kanal",
        group="group",
        numbers=(*earlier, "value", "change", "target", "national"),
        statuses=[line.status for line in lines],
        footnote=("change", report.package_note) if report.package_note else None,
        trend=Trend([line.trend for line in lines], [line.trend_text for line in lines]) if with_trend else None,
        strong="value",
        figures=_figures(lines, "value", "change", "national")
        | {name: [_id(line.earlier[place]) for line in lines] for place, name in enumerate(earlier)},
    )


def common(data: StatusData, report: Report) -> TagList:
    """Return the shares on the tasks that this count and the same one a year earlier have in common."""
    previous = data.previous.label.capitalize() if data.previous else "Året før"
    labels = {"previous": previous, "value": data.count.label.capitalize(), "change": "Ændring i procentpoint"}
    frame = _frame(report.common_lines, "group", "label", *labels)
    return table(frame, "common", labels, stub="label", stub_label="Kanal", group="group", numbers=tuple(labels),
                 figures=_figures(report.common_lines, *labels))  # fmt: skip


def volumes(data: StatusData, report: Report) -> TagList:
    """Return how many enquiries each count has: on the common tasks, and on the whole package beside."""
    shared = {"common_digital": "Digitale", "common_not_digital": "Ikke-digitale",
              "common_per_day": "I alt pr. arbejdsdag"}  # fmt: skip
    whole = {"tasks": "Antal opgaver", "digital": "Digitale", "not_digital": "Ikke-digitale"}
    name = common_tasks_text(data.volume_task_count)
    spanners = {f"{name[:1].upper()}{name[1:]}": tuple(shared), "Hele opgavepakken": tuple(whole)}
    if is_one_package(data):
        whole, spanners = {}, {}
    labels = shared | whole
    return table(_frame(report.volumes, "group", "label", *labels), "volumes", labels, stub="label",
                 stub_label="Tælling", group="group", numbers=tuple(labels), spanners=spanners,
                 figures=_figures(report.volumes, *labels))  # fmt: skip


def tasks(data: StatusData, report: Report) -> TagList:
    """Return the tasks with most enquiries by phone and in person."""
    before = f" siden {data.previous.label}" if data.previous else ""
    labels = {"phone": "Telefon", "in_person": "Personligt fremmøde", "both": "I alt", "change": f"Ændring{before}"}
    return table(_frame(report.tasks, "label", *labels), "tasks", labels, stub="label", stub_label="Opgave",
                 numbers=tuple(labels), figures=_figures(report.tasks, *labels))  # fmt: skip


def movers(data: StatusData, report: Report) -> TagList:
    """Return the tasks whose enquiries by phone and in person have changed most."""
    previous = data.previous.label.capitalize() if data.previous else "Året før"
    labels = {"previous": previous, "both": data.count.label.capitalize(), "change": "Ændring"}
    return table(_frame(report.movers, "group", "label", *labels), "movers", labels, stub="label", stub_label="Opgave",
                 group="group", numbers=tuple(labels), figures=_figures(report.movers, *labels))  # fmt: skip


def enrolment(rows: list[Shares], table_id: str, stub_label: str) -> TagList:
    """Return shares of the covered persons by date, or by age group."""
    labels = {"covered": "Borgere", "enrolled": "Tilmeldt", "automatic": "Heraf automatisk", "exempt": "Fritaget"}
    if any(row.not_enrolled[:1].isdigit() for row in rows):
        labels["not_enrolled"] = "Ikke tilmeldt"
    return table(_frame(rows, "label", *labels), table_id, labels, stub="label", stub_label=stub_label,
                 numbers=tuple(labels), figures=_figures(rows, *labels))  # fmt: skip
