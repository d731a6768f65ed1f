"""What may be shown of the persons of one extract, by age group and enrolment status?

Neighbouring age groups are merged in a fixed order, the same for every municipality and extract, until no cell is
between 1 and min_cell - 1 and no small group is all of one status; failing that only the number of covered persons is
shown. Why nothing hidden can be computed from what is shown: docs/decisions/007-disclosure-control.md.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass

from schemas.codes import AgeGroup, EnrolmentStatus

ALL = "all"
COVERED = "covered"

SMALL_GROUP_CELLS = 10
"""A group of fewer than 10 x min_cell persons is small.

When all of a group have one status, whoever knows that a person belongs to it knows that person's status. Of a large
group this says what everybody could guess: nearly no young person is exempt. Of a small one it tells of persons.
"""

Starts = frozenset[AgeGroup]
"""A grouping of ages: the age groups at which a new shown group starts; the youngest starts one in any case."""

MERGED_IN_TURN = (AgeGroup.AGE_25_44, AgeGroup.AGE_75_PLUS, AgeGroup.AGE_45_64, AgeGroup.AGE_65_74)
"""The age groups in the order in which they stop starting a group of their own: 15-44, 65+, 15-64, all.

Few of the young are exempt, and few of the oldest enrol by themselves, so the ends are merged first.
"""

GROUPINGS: tuple[Starts, ...] = tuple(
    frozenset(AgeGroup) - {next(iter(AgeGroup)), *MERGED_IN_TURN[:merged]} for merged in range(len(MERGED_IN_TURN) + 1)
)
"""From the finest to all ages together; each is made of whole groups of the one before it."""

Figures = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Disclosure:
    """What may be shown: the grouping as text, and rows of age_groups, status and person_count.

    The grouping names the groups of ages with a blank between, "all" for the split by status alone, "covered" for the
    number of covered persons alone.
    """

    grouping: str
    figures: list[dict]


def decide(cells: list[dict], min_cell: int, earlier: str | None = None) -> Disclosure:
    """Return what may be shown of one municipality's extract of one date.

    Args:
        cells: rows with age_group, status and person_count; a cell without a row holds nobody.
        min_cell: persons; a smaller cell that is not empty is never shown.
        earlier: the grouping shown of an earlier extract of the same municipality and date, which this one corrects.
            Only what is coarser than both is shown: the difference of two tables tells of the persons between them.
    """
    total = sum(row["person_count"] for row in cells)
    figures: Figures = {(ALL, COVERED): total}
    starts = next((each for each in GROUPINGS if _may_be_shown(_summed(cells, each), min_cell)), None)
    if starts is None or earlier == COVERED:
        return Disclosure(COVERED, _rows(figures))
    if earlier is not None:
        starts &= _starts(earlier)
    figures |= _summed(cells, frozenset()) | _summed(cells, starts)
    return Disclosure(" ".join(dict.fromkeys(_labels(starts).values())), _rows(figures))


def _may_be_shown(figures: Figures, min_cell: int) -> bool:
    groups: dict[str, list[int]] = defaultdict(list)
    for (ages, _), count in figures.items():
        if count:
            groups[ages].append(count)
    return not any(_tells_of_persons(counts, min_cell) for counts in groups.values())


def _tells_of_persons(counts: list[int], min_cell: int) -> bool:
    """Tell whether a group with these persons by status, none of them 0, has a small cell or is small and alike."""
    is_alike = len(counts) == 1 and sum(counts) < SMALL_GROUP_CELLS * min_cell
    return min(counts) < min_cell or is_alike


def _summed(cells: list[dict], starts: Starts) -> Figures:
    """Return the persons by groups of ages and status, with 0 where a group and a status occur but not together."""
    labels = _labels(starts)
    ages = {labels[AgeGroup(row["age_group"])] for row in cells}
    statuses = {row["status"] for row in cells}
    shown_ages = (label for label in dict.fromkeys(labels.values()) if label in ages)
    shown_statuses = (str(status) for status in EnrolmentStatus if status in statuses)
    figures: Figures = dict.fromkeys(itertools.product(shown_ages, shown_statuses), 0)
    for row in cells:
        figures[labels[AgeGroup(row["age_group"])], row["status"]] += row["person_count"]
    return figures


def _labels(starts: Starts) -> dict[AgeGroup, str]:
    """Return age group -> the name of the shown group that it is part of."""
    groups: list[list[AgeGroup]] = []
    for age_group in AgeGroup:
        if not groups or age_group in starts:
            groups.append([])
        groups[-1].append(age_group)
    return {age_group: _label(group) for group in groups for age_group in group}


def _label(group: list[AgeGroup]) -> str:
    if len(group) == len(AgeGroup):
        return ALL
    last = group[-1]
    if len(group) == 1:
        return str(last)
    return f"{_first_age(group[0])}+" if last.endswith("+") else f"{_first_age(group[0])}-{last.partition('-')[2]}"


def _starts(grouping: str) -> Starts:
    """Return a grouping from its text; groups that are not known any more are merged."""
    first_ages = {_first_age(label) for label in grouping.split()}
    return frozenset(each for each in GROUPINGS[0] if _first_age(each) in first_ages)


def _first_age(label: str) -> str:
    return label.partition("-")[0].removesuffix("+")


def _rows(figures: Figures) -> list[dict]:
    return [{"age_groups": ages, "status": status, "person_count": count} for (ages, status), count in figures.items()]
