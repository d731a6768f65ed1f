"""Can what is hidden be computed from what is shown? Attacks by linear programming, and by trying all tables.

An attacker knows every figure shown, that the statuses are disjoint, and how many age groups and statuses there are.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from scipy.optimize import linprog

from schemas.codes import AgeGroup, EnrolmentStatus
from tests.transforms.test_disclosure import cells, members
from transforms.disclosure import decide

AGES, STATUSES = tuple(AgeGroup), tuple(EnrolmentStatus)
CELLS = tuple(itertools.product(AGES, STATUSES))
Table = dict[tuple[str, str], int]
Figures = list[dict]


def rows(table: Table) -> list[dict]:
    return [{"age_group": age, "status": status, "person_count": count} for (age, status), count in table.items()]


def random_table(dice: random.Random, min_cell: int) -> Table:
    """Return a table with cells around the smallest, empty ones, groups all of one status; or with one small cell."""
    edge = (0, 0, 1, min_cell - 1, min_cell, min_cell + 1, 10 * min_cell - 1, 10 * min_cell)
    kinds = {
        "edge": lambda: dice.choice(edge),
        "small": lambda: dice.randint(0, 2 * min_cell),
        "town": lambda: dice.randint(0, 400),
        "city": lambda: dice.randint(10 * min_cell, 5000),
    }
    kind = dice.choice([*kinds, "city"])
    statuses = dice.sample(STATUSES, dice.choice((2, 3, 3, 4)))
    table = {(age, status): kinds[kind]() for age, status in itertools.product(AGES, statuses)}
    if kind == "city":
        return table | {dice.choice([*table]): dice.choice((1, min_cell - 1, min_cell - 1))}
    for age in AGES:
        alone = dice.choice(statuses)
        if dice.random() < 0.15:
            table |= {(age, status): 0 for status in statuses if status != alone}
    return table


# --- Linear programming ----------------------------------------------------------------------------


def equations(figures: Figures) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix and right side that say what the figures say of the cells."""
    summed = [
        [age in members(row["age_groups"]) and row["status"] in ("covered", status) for age, status in CELLS]
        for row in figures
    ]
    return np.array(summed, dtype=float), np.array([row["person_count"] for row in figures], dtype=float)


def interval(cell: int, **known: np.ndarray) -> tuple[float, float]:
    """Return the least and the most that an unknown may be; unknowns are not negative."""
    aim = np.zeros(known["A_eq"].shape[1])
    aim[cell] = 1
    ends = [linprog(sign * aim, bounds=(0, None), method="highs", **known) for sign in (1, -1)]
    assert [end.status for end in ends] == [0, 0]
    return ends[0].fun, -ends[1].fun


def hidden(table: Table, figures: Figures) -> Iterator[int]:
    """Give the places of the cells that are neither empty nor shown for themselves."""
    shown = {(row["age_groups"], row["status"]) for row in figures}
    for place, cell in enumerate(CELLS):
        if table.get(cell) and cell not in shown:
            yield place


def narrowest(table: Table, figures: Figures) -> float:
    """Return the width of the narrowest interval of a hidden cell; infinite when nothing is hidden."""
    matrix, right = equations(figures)
    widths = []
    for place in hidden(table, figures):
        low, high = interval(place, A_eq=matrix, b_eq=right)
        assert low - 1e-6 <= table[CELLS[place]] <= high + 1e-6
        widths.append(high - low)
    return min(widths, default=float("inf"))


def wanted(table: Table, min_cell: int) -> float:
    """Return the width that is wanted; the number of covered persons is always shown, be it as small as it may."""
    return min(min_cell, sum(table.values())) - 1e-6


@pytest.mark.parametrize("min_cell", [2, 3, 5, 10])
def test_the_interval_of_every_hidden_cell_is_at_least_min_cell_wide(min_cell):
    dice = random.Random(min_cell)
    groupings = defaultdict(int)
    for _ in range(60):
        table = random_table(dice, min_cell)
        decision = decide(rows(table), min_cell)
        groupings[decision.grouping] += 1
        assert narrowest(table, decision.figures) >= wanted(table, min_cell), (table, decision)
    assert len(groupings) >= 5


def changed(dice: random.Random, table: Table, min_cell: int) -> Table:
    """Return the table with one cell changed by one person; mostly one that is just too small grows."""
    nearly = [cell for cell, count in table.items() if count == min_cell - 1]
    if nearly and dice.random() < 0.8:
        return table | {nearly[0]: min_cell}
    cell = dice.choice([*table])
    return table | {cell: max(0, table[cell] + dice.choice((-1, 1)))}


def narrowest_of_two(tables: tuple[Table, Table], figures: tuple[Figures, Figures], *, also_new: bool) -> float:
    """Return the narrowest interval when it is also known that at most one person is between the two tables.

    Unknowns are the cells of the old table, those of the new one, and how far each cell is from what it was. Asked
    are the cells hidden at first, and of the new table those that are hidden in both when `also_new`.
    """
    (old, old_right), (new, new_right) = (equations(each) for each in figures)
    one, none = np.eye(len(CELLS)), np.zeros((len(CELLS), len(CELLS)))
    known = {
        "A_eq": np.block([[old, 0 * old, 0 * old], [0 * new, new, 0 * new]]),
        "b_eq": np.concatenate([old_right, new_right]),
        "A_ub": np.block([[one, -one, -one], [-one, one, -one], [none[:1], none[:1], np.ones((1, len(CELLS)))]]),
        "b_ub": np.array([0.0] * 2 * len(CELLS) + [1.0]),
    }
    first, second = (set(hidden(*each)) for each in zip(tables, figures, strict=True))
    asked = [*first, *(len(CELLS) + place for place in first & second if also_new)]
    ends = [interval(place, **known) for place in asked]
    return min((high - low for low, high in ends), default=float("inf"))


@pytest.mark.parametrize("min_cell", [2, 3, 5])
def test_a_correction_by_one_person_gives_nothing_away_that_was_hidden(min_cell):
    dice = random.Random(100 + min_cell)
    would_be_finer = 0
    for _ in range(60):
        old = random_table(dice, min_cell)
        new = changed(dice, old, min_cell)
        first = decide(rows(old), min_cell)
        second = decide(rows(new), min_cell, first.grouping)
        would_be_finer += decide(rows(new), min_cell).grouping != second.grouping
        least = min(wanted(old, min_cell), wanted(new, min_cell))
        assert narrowest(new, second.figures) >= least
        keeps = first.grouping == second.grouping
        found = narrowest_of_two((old, new), (first.figures, second.figures), also_new=keeps)
        assert found >= least, (old, new, first, second)
    assert would_be_finer >= 5


# --- The attack itself works -----------------------------------------------------------------------

LARGE = [100, 200, 300, 200, 100]


def as_table(found: list[dict]) -> Table:
    return {(row["age_group"], row["status"]): row["person_count"] for row in found}


def test_the_attack_computes_a_small_cell_that_is_merely_left_out():
    found = cells(self_enrolled=LARGE, exempt=[2, 20, 30, 40, 50])
    all_shown = [*decide(found, 1).figures]
    left_out = [row for row in all_shown if (row["age_groups"], row["status"]) != ("15-24", "exempt")]
    assert len(left_out) == len(all_shown) - 1
    assert narrowest(as_table(found), left_out) < 1


@pytest.mark.parametrize("side", ["15-24", "25-44"])
def test_the_attack_computes_what_is_merged_on_one_side_only(side):
    found = cells(self_enrolled=LARGE, exempt=[2, 20, 30, 40, 50])
    shown_alone = [row for row in decide(found, 1).figures if row["age_groups"] == side and row["status"] == "exempt"]
    assert narrowest(as_table(found), [*decide(found, 3).figures, *shown_alone]) < 1


def test_the_attack_computes_what_a_finer_correction_gives_away():
    old, new = (cells(self_enrolled=LARGE, exempt=[few, 20, 30, 40, 50]) for few in (2, 3))
    first, finer = decide(old, 3), decide(new, 3)
    tables = (as_table(old), as_table(new))
    assert finer.grouping != first.grouping
    assert narrowest_of_two(tables, (first.figures, finer.figures), also_new=True) < 3
    coarser = decide(new, 3, first.grouping)
    assert narrowest_of_two(tables, (first.figures, coarser.figures), also_new=True) >= 3


# --- Knowing how it was decided --------------------------------------------------------------------


def tables_of(ages: Iterable[str], statuses: Iterable[str], most: int) -> Iterator[Table]:
    """Give every table of these age groups and statuses with cells up to `most`."""
    places = list(itertools.product(ages, statuses))
    for counts in itertools.product(range(most + 1), repeat=len(places)):
        yield dict(zip(places, counts, strict=True))


@pytest.mark.parametrize("min_cell", [2, 3])
@pytest.mark.parametrize("ages", [("15-24", "25-44", "45-64"), ("15-24", "65-74", "75+")])
def test_knowing_how_it_is_decided_still_leaves_hidden_cells_min_cell_wide(ages, min_cell):
    """Try all tables: the strongest attacker knows which of them would be shown by the same figures."""
    most = 4
    alike: dict[tuple, list[Table]] = defaultdict(list)
    for table in tables_of(ages, STATUSES[:2], most):
        figures = decide(rows(table), min_cell).figures
        alike[tuple(tuple(row.values()) for row in figures)].append(table)
    tried = 0
    for shown, tables in alike.items():
        parts = [count for label, _, count in shown if label != "all"] or [count for *_, count in shown]
        if max(parts) > most:
            continue  # tables with larger cells, which were not tried, are shown by the same figures
        merged = {(label, status): [age for age in members(label) if age in ages] for label, status, _ in shown}
        names = {(of[0], status) for (_, status), of in merged.items() if len(of) == 1}
        for cell in tables[0].keys() - names:
            counts = {table[cell] for table in tables}
            if any(counts):
                tried += 1
                assert max(counts) - min(counts) >= min(min_cell, sum(tables[0].values())), (shown, cell)
    assert tried > 10
