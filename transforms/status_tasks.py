"""Where do people still call and come: the tasks with most enquiries by phone and in person, and the biggest movers."""

from dataclasses import dataclass

from schemas.codes import Channel, Direction
from transforms.danish import count_text
from transforms.figure import Figure, Kind
from transforms.printed import Printed
from transforms.status_data import StatusData
from transforms.status_lines import NO_CHANGE
from transforms.status_words import NOT_COUNTED

MOST = 5
FEWER, MORE = "Færre henvendelser", "Flere henvendelser"


@dataclass(frozen=True)
class TaskLine:
    """One printed row: a task's inbound enquiries by phone and in person."""

    label: str
    phone: str
    in_person: str
    both: str
    change: str


@dataclass(frozen=True)
class MoverLine:
    """One printed row: how a task's enquiries by phone and in person have changed since a year earlier."""

    group: str
    label: str
    previous: str
    both: str
    change: str


def most(data: StatusData) -> list[TaskLine]:
    """Return the five tasks with most enquiries by phone and in person, largest first."""
    counted = [row for row in data.tasks if _both(row)]
    return [
        TaskLine(_label(row), _text(data, row, Channel.PHONE), _text(data, row, Channel.IN_PERSON),
                 _both_text(data, row), NO_CHANGE if row["previous_count"] is None else _change_text(data, row))
        for row in sorted(counted, key=lambda row: (-_both(row), row["kle"]))[:MOST]
    ]  # fmt: skip


def movers(data: StatusData) -> list[MoverLine]:
    """Return the five tasks whose number changed most since the same count a year earlier, fewer enquiries first."""
    changed = [row for row in data.tasks if row["previous_count"] is not None and _change(row)]
    chosen = sorted(changed, key=lambda row: (-abs(_change(row)), row["kle"]))[:MOST]
    return [
        MoverLine(MORE if _change(row) > 0 else FEWER, _label(row),
                  Printed(count_text(int(row["previous_count"])), _figure(data, row).of("previous")),
                  _both_text(data, row), _change_text(data, row))
        for row in sorted(chosen, key=lambda row: _change(row) > 0)
    ]  # fmt: skip


def _both(row: dict) -> int:
    return (row["phone_count"] or 0) + (row["in_person_count"] or 0)


def _change(row: dict) -> int:
    return _both(row) - int(row["previous_count"])


def _figure(data: StatusData, row: dict, *channels: Channel) -> Figure:
    """Return the figure of a task's inbound enquiries by channels; by phone and in person, where none is named."""
    named = "+".join(channels or (Channel.PHONE, Channel.IN_PERSON))
    kind = Kind.TASK_CHANNEL_COUNT
    return Figure(data.municipality_code, data.count.count_id, kind, Direction.INBOUND, named, row["kle"])


def _both_text(data: StatusData, row: dict) -> str:
    return Printed(count_text(_both(row)), _figure(data, row))


def _change_text(data: StatusData, row: dict) -> str:
    text = f"{'+' if _change(row) > 0 else ''}{count_text(_change(row))}"
    return Printed(text, _figure(data, row).of("change"))


def _text(data: StatusData, row: dict, channel: Channel) -> str:
    number = row[f"{channel}_count"]
    return NOT_COUNTED if number is None else Printed(count_text(number), _figure(data, row, channel))


def _label(row: dict) -> str:
    return f"{row['task_name']} ({row['kle']})"


def figures(data: StatusData) -> dict[str, str]:
    """Return name -> text of each printed number."""
    found = {}
    for task in most(data):
        found[f"Opgave {task.label}: telefon"] = task.phone
        found[f"Opgave {task.label}: personligt fremmøde"] = task.in_person
    lines: list[TaskLine | MoverLine] = [*most(data), *movers(data)]
    for line in lines:
        found[f"Opgave {line.label}: telefon og personligt fremmøde i alt"] = line.both
        found[f"Opgave {line.label}: ændring i antal"] = line.change
    for mover in movers(data):
        found[f"Opgave {mover.label}: telefon og personligt fremmøde i alt, året før"] = mover.previous
    return found
