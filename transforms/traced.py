"""A traced figure: its sums, what the source rows of each load give to them, and how it is told."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from transforms.danish import danish_time
from transforms.figure import Figure

Number = int | float


@dataclass(frozen=True)
class Part:
    """What one load gives to a sum.

    rows: (source_row, column_name, value); None where the rows of a delivery may not be shown.
    """

    load_id: int
    loaded: Number
    counted: Number
    rows: list[dict] | None


@dataclass(frozen=True)
class TracedSum:
    """A sum as the warehouse states it, and the parts of it that the loads' source rows give."""

    name: str
    count_id: str
    stated: Number
    parts: list[Part]

    @property
    def counted(self) -> Number:
        """The sum of the source rows."""
        return sum(part.counted for part in self.parts)

    @property
    def is_proved(self) -> bool:
        """Tell whether the source rows of each load sum to what it brought, and all of them to what is stated."""
        return self.counted == self.stated and all(part.counted == part.loaded for part in self.parts)


@dataclass(frozen=True)
class Trace:
    """A figure with what it is the sum of.

    text: the figure as the warehouse makes it now; loads: rows of load_origin with `changed_since`, in words;
    printed_in: the newest publication that prints it, and its text.
    """

    figure: Figure
    text: str
    sums: list[TracedSum]
    loads: list[dict] = field(default_factory=list)
    printed_in: tuple[int, str] | None = None

    @property
    def faults(self) -> list[str]:
        """What does not agree; empty when all does."""
        found = [
            f"{each.name} of {each.count_id}: the source rows sum to {each.counted}, the warehouse says {each.stated}"
            for each in self.sums
            if not each.is_proved
        ]
        if self.printed_in and self.printed_in[1] != self.text:
            number, text = self.printed_in
            found.append(f"publication {number} prints {text}: it was made from other loads or settings")
        return found


def as_rows(found: Trace) -> dict[str, Any]:
    """Return a trace as values for JSON: the figure, its sums, and the deliveries with their source rows."""
    loads = {load["load_id"]: load for load in found.loads}
    printed = dict(zip(("publication_id", "text"), found.printed_in, strict=True)) if found.printed_in else None
    return {
        "figure": str(found.figure),
        "text": found.text,
        "printed_in": printed,
        "is_proved": not found.faults,
        "faults": found.faults,
        "sums": [
            {
                "name": each.name, "count_id": each.count_id, "sum": each.counted, "stated": each.stated,
                "deliveries": [_delivery(part, loads[part.load_id]) for part in each.parts],
            }
            for each in found.sums
        ],
    }  # fmt: skip


def _delivery(part: Part, load: dict) -> dict[str, Any]:
    names = ("delivery_id", "source", "file_name", "sha256", "received_at", "decided_at", "decided_by", "load_id",
             "loaded_at", "code_version", "code_list_version")  # fmt: skip
    return {name: load[name] for name in names} | {
        "changed_since": load["changed_since"], "sum": part.counted, "loaded": part.loaded, "rows": part.rows,
    }  # fmt: skip


def as_lines(found: Trace, *, with_totals: bool = False) -> list[str]:
    """Return a trace for people to read; the rows of totals only when asked for."""
    loads = {load["load_id"]: load for load in found.loads}
    lines = [f"{found.figure}: {found.text}"]
    if found.printed_in:
        lines.append(f"publication {found.printed_in[0]} prints: {found.printed_in[1]}")
    for each in found.sums:
        lines.append(f"{each.name}, {each.count_id}: {each.counted} (the warehouse says {each.stated})")
        for part in each.parts:
            lines += _part_lines(part, loads[part.load_id], with_rows=with_totals or "total" not in each.name)
    return lines


def _part_lines(part: Part, load: dict, *, with_rows: bool) -> list[str]:
    released = f", released by {load['decided_by']}" if load["decided_by"] else ""
    lines = [
        f"  delivery {load['delivery_id']} ({load['source']}) {load['file_name']}",
        f"    sha256 {load['sha256']}",
        f"    received {_time(load['received_at'])}, accepted {_time(load['decided_at'])}{released}, "
        f"load {load['load_id']} by code {load['code_version']}, code lists {load['code_list_version']}",
        *(f"    CHANGED SINCE: {each}" for each in load["changed_since"]),
    ]
    if part.rows is None:
        return [*lines, f"    sum {part.counted}; the rows of persons are not shown"]
    lines += [
        f"    række {row['source_row']:>6}, {row['column_name']}: {row['value']}" for row in part.rows if with_rows
    ]
    return [*lines, f"    sum {part.counted} of {len(part.rows)} rows"]


def _time(moment: dt.datetime) -> str:
    return f"{danish_time(moment):%Y-%m-%d %H:%M}"
