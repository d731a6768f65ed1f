"""Which persons is a figure on enrolment the sum of? Nothing finer than what disclosure control lets out is told."""

import polars as pl

from schemas.codes import AgeGroup
from transforms.danish import count_text, percent, percentage_points, permille
from transforms.figure import Figure
from transforms.traced_sums import NUMERATOR, TOTAL

PARTS = {
    "enrolled": ("self_enrolled", "automatically_enrolled"),
    "automatic": ("automatically_enrolled",),
    "covered": ("self_enrolled", "automatically_enrolled", "exempt", "not_enrolled"),
}
"""What a derived status is the sum of."""


def disclosed(rows: list[dict], figure: Figure) -> dict[str, int] | None:
    """Return the sums of a figure by rows of disclosed_enrolment of one date; None when it may not be shown."""
    group = [row for row in rows if row["age_groups"] == (figure.ages or "all")]
    known = {row["status"]: row["person_count"] for row in group}
    if not group:
        return None
    if figure.status == "covered":
        return {NUMERATOR: group[0]["covered_count"]}
    parts = [known[status] for status in _parts(figure.status) if status in known]
    if not parts:
        return None
    if figure.status == "automatic":
        return {NUMERATOR: parts[0], TOTAL: sum(known[each] for each in PARTS["enrolled"] if each in known)}
    return {NUMERATOR: sum(parts), TOTAL: group[0]["covered_count"]}


def counted(enrolment: pl.DataFrame, figure: Figure) -> dict[str, int]:
    """Return the same sums by the rows that the extract was reduced to."""
    ages = [str(group) for group in AgeGroup if not figure.ages or _lies_in(str(group), figure.ages)]
    rows = enrolment.filter(pl.col("age_group").is_in(ages))

    def of(status: str) -> int:
        return int(rows.filter(pl.col("status").is_in(_parts(status)))["person_count"].sum())

    return {NUMERATOR: of(figure.status), TOTAL: of("enrolled" if figure.status == "automatic" else "covered")}


def _parts(status: str) -> tuple[str, ...]:
    return PARTS.get(status, (status,))


def _lies_in(group: str, merged: str) -> bool:
    (low, high), (first, last) = (_bounds(each) for each in (group, merged))
    return first <= low and high <= last


def _bounds(ages: str) -> tuple[int, int]:
    low, _, high = ages.rstrip("+").partition("-")
    return int(low), int(high) if high else 999


def text(figure: Figure, dates: list[dict[str, int]]) -> str | None:
    """Return a figure as it is printed, by the sums of each date, the page's first; None where it cannot be."""
    if any(not numbers.get(TOTAL, 1) for numbers in dates):
        return None
    if TOTAL not in dates[0]:
        return count_text(dates[0][NUMERATOR]) if len(dates) == 1 else None
    now, *before = (permille(numbers[NUMERATOR], numbers[TOTAL]) for numbers in dates)
    return percentage_points(now - before[0]) if before else percent(now)
