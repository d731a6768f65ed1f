"""When must the targets be met? In the heading of their column when all agree, else beside each."""

import dataclasses
import datetime as dt

from schemas.codes import DIRECTION_LABELS, Direction
from transforms.danish import date_text
from transforms.status_lines import Line
from transforms.status_words import measure_label, target_text


def deadline_text(day: dt.date) -> str:
    """Return 'ultimo 2015' for the last day of a year, else 'pr. 30. juni 2015'."""
    return f"ultimo {day.year}" if (day.month, day.day) == (12, 31) else f"pr. {date_text(day)}"


def with_deadlines(rows: list[dict], lines: list[Line]) -> tuple[list[Line], str]:
    """Return the rows of the table and the heading of their targets; rows are those of target_status."""
    deadlines = {line_of(row): deadline_text(row["deadline"]) for row in rows if row["target_kind"]}
    named = set(deadlines.values())
    if len(named) <= 1:
        return lines, " ".join(["Mål", *named])
    found = []
    for line in lines:
        deadline = deadlines.get((line.group, line.label, line.target))
        found.append(dataclasses.replace(line, target=f"{line.target} {deadline}") if deadline else line)
    return found, "Mål"


def line_of(row: dict) -> tuple[str, str, str]:
    """Return group, label and target of the printed row of a row of target_status that has a target."""
    group = f"{DIRECTION_LABELS[Direction(row['direction'])]} henvendelser"
    return group, measure_label(row), target_text(row["target_kind"], row["target_value"])
