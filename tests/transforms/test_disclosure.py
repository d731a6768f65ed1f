"""What is shown of the persons of an extract: small tables in and out, and what holds of every table.

A table is status -> the persons of the five age groups from the youngest; None: the extract has no such row.
"""

import itertools
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codes import AgeGroup, EnrolmentStatus
from transforms import disclosure
from transforms.disclosure import Disclosure, decide

MIN_CELL = 3
GROUPINGS = ("15-24 25-44 45-64 65-74 75+", "15-44 45-64 65-74 75+", "15-44 45-64 65+", "15-64 65+", "all", "covered")
LARGE = [100, 200, 300, 200, 100]
FINE = [10, 20, 30, 40, 50]


def cells(**statuses: list[int | None]) -> list[dict]:
    return [
        {"age_group": str(age_group), "status": status, "person_count": count}
        for status, counts in statuses.items()
        for age_group, count in zip(AgeGroup, counts, strict=True)
        if count is not None
    ]


def shown(decision: Disclosure) -> dict[str, dict[str, int]]:
    """Return age groups -> status -> persons."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in decision.figures:
        assert row["status"] not in found[row["age_groups"]]
        found[row["age_groups"]][row["status"]] = row["person_count"]
    return dict(found)


def grouping(*, exempt: list[int | None], self_enrolled: list[int | None] = LARGE, min_cell: int = MIN_CELL) -> str:
    return decide(cells(self_enrolled=self_enrolled, exempt=exempt), min_cell).grouping


# --- Tables ----------------------------------------------------------------------------------------


def test_what_is_large_enough_is_shown_by_age_by_status_and_in_all():
    decision = decide(cells(self_enrolled=LARGE, exempt=FINE), MIN_CELL)
    assert shown(decision) == {
        "all": {"covered": 1050, "self_enrolled": 900, "exempt": 150},
        "15-24": {"self_enrolled": 100, "exempt": 10},
        "25-44": {"self_enrolled": 200, "exempt": 20},
        "45-64": {"self_enrolled": 300, "exempt": 30},
        "65-74": {"self_enrolled": 200, "exempt": 40},
        "75+": {"self_enrolled": 100, "exempt": 50},
    }


def test_a_small_cell_is_merged_with_its_neighbours_in_every_status():
    decision = decide(cells(self_enrolled=LARGE, exempt=[2, 20, 30, 40, 50]), MIN_CELL)
    assert shown(decision) == {
        "all": {"covered": 1042, "self_enrolled": 900, "exempt": 142},
        "15-44": {"self_enrolled": 300, "exempt": 22},
        "45-64": {"self_enrolled": 300, "exempt": 30},
        "65-74": {"self_enrolled": 200, "exempt": 40},
        "75+": {"self_enrolled": 100, "exempt": 50},
    }


def test_where_merging_all_ages_alone_helps_there_is_the_split_by_status():
    decision = decide(cells(self_enrolled=LARGE, exempt=[1, 0, 0, 0, 2]), MIN_CELL)
    assert shown(decision) == {"all": {"covered": 903, "self_enrolled": 900, "exempt": 3}}


def test_where_a_status_is_small_in_all_there_is_the_total_alone():
    decision = decide(cells(self_enrolled=LARGE, exempt=FINE, not_enrolled=[0, 0, 1, 0, 1]), MIN_CELL)
    assert decision == Disclosure("covered", [{"age_groups": "all", "status": "covered", "person_count": 1052}])


@pytest.mark.parametrize(
    ("exempt", "expected"),
    [
        (FINE, GROUPINGS[0]),
        ([3, 3, 3, 3, 3], GROUPINGS[0]),
        ([0, 0, 30, 40, 50], GROUPINGS[0]),
        ([2, 20, 30, 40, 50], GROUPINGS[1]),
        ([10, 2, 30, 40, 50], GROUPINGS[1]),
        ([10, 20, 30, 40, 2], GROUPINGS[2]),
        ([10, 20, 30, 1, 50], GROUPINGS[2]),
        ([10, 20, 2, 40, 50], GROUPINGS[3]),
        ([1, 1, 1, 40, 50], GROUPINGS[3]),
        ([10, 20, 30, 1, 1], GROUPINGS[4]),
        ([1, 0, 0, 0, 0], GROUPINGS[5]),
    ],
)
def test_groups_are_merged_in_a_fixed_order_until_no_cell_is_small(exempt, expected):
    assert grouping(exempt=exempt) == expected


@pytest.mark.parametrize(
    ("youngest", "expected"),
    [(0, GROUPINGS[0]), (29, GROUPINGS[1]), (30, GROUPINGS[0])],
    ids=["nobody", "small", "large"],
)
def test_no_small_group_is_all_of_one_status(youngest, expected):
    assert grouping(self_enrolled=[youngest, 200, 300, 200, 100], exempt=[0, 20, 30, 40, 50]) == expected


@pytest.mark.parametrize(("persons", "expected"), [(29, "covered"), (30, "all")])
def test_a_small_municipality_of_one_status_has_the_total_alone(persons, expected):
    assert grouping(self_enrolled=[1, 1, 1, 1, persons - 4], exempt=[0] * 5) == expected


def test_without_a_smallest_cell_single_persons_are_still_not_alone():
    assert grouping(min_cell=1, exempt=[1] * 5) == GROUPINGS[0]
    assert grouping(min_cell=1, self_enrolled=[9, 200, 300, 200, 100], exempt=[0, *FINE[1:]]) == GROUPINGS[1]


def test_a_cell_without_a_row_holds_nobody_and_a_group_or_status_without_rows_has_no_figure():
    decision = decide(cells(self_enrolled=[None, 200, 300, 200, None], exempt=[None, 20, 30, None, None]), MIN_CELL)
    assert shown(decision) == {
        "all": {"covered": 750, "self_enrolled": 700, "exempt": 50},
        "25-44": {"self_enrolled": 200, "exempt": 20},
        "45-64": {"self_enrolled": 300, "exempt": 30},
        "65-74": {"self_enrolled": 200, "exempt": 0},
    }


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [*((each, each) for each in GROUPINGS), ("15-24 25-64 65+", "15-24 25-64 65+"), ("0-14 15-24 25+", "15-24 25+")],
)
def test_a_correction_is_shown_no_finer_than_what_it_corrects(earlier, expected):
    decision = decide(cells(self_enrolled=LARGE, exempt=FINE), MIN_CELL, earlier)
    assert decision.grouping == expected


def test_a_correction_is_shown_no_finer_than_both_allow():
    table = cells(self_enrolled=LARGE, exempt=[2, 20, 30, 40, 50])
    assert decide(table, MIN_CELL, "15-24 25-44 45-64 65+").grouping == "15-44 45-64 65+"
    assert decide(table, MIN_CELL, GROUPINGS[0]).grouping == "15-44 45-64 65-74 75+"


def test_the_last_grouping_is_all_ages_together():
    assert disclosure.GROUPINGS[-1] == frozenset()
    assert all(coarser < finer for finer, coarser in itertools.pairwise(disclosure.GROUPINGS))


# --- What holds of every table ---------------------------------------------------------------------

COUNTS = st.one_of(st.integers(0, 6), st.integers(0, 60), st.integers(0, 5000))
ROWS = [{"age_group": str(age), "status": str(status)} for age, status in itertools.product(AgeGroup, EnrolmentStatus)]


@st.composite
def tables(draw: st.DrawFn) -> list[dict]:
    rows = draw(st.lists(st.sampled_from(ROWS), unique_by=lambda row: (row["age_group"], row["status"])))
    return [row | {"person_count": draw(COUNTS)} for row in rows]


TABLES = tables()
MIN_CELLS = st.integers(1, 10)
EARLIER = st.sampled_from([None, *GROUPINGS, "15-24 25-64 65+", "15-24 25-44 45+"])
MANY = settings(max_examples=300, deadline=None)


def members(label: str) -> list[AgeGroup]:
    """Return the age groups of a label by the ages in it, not as the module does."""
    first, _, last = label.removesuffix("+").partition("-")
    within = range(0 if label == "all" else int(first), int(last or 999) + 1 if "-" in label else 999)
    return [group for group in AgeGroup if int(group[:2]) in within]


@MANY
@given(TABLES, MIN_CELLS, EARLIER)
def test_no_shown_cell_is_small_and_no_small_group_is_alike(table, min_cell, earlier):
    for statuses in shown(decide(table, min_cell, earlier)).values():
        counts = [count for status, count in statuses.items() if status != "covered" and count]
        assert all(count >= min_cell for count in counts)
        assert len(counts) != 1 or counts[0] >= 10 * min_cell


@MANY
@given(TABLES, MIN_CELLS, EARLIER)
def test_shown_figures_are_sums_of_the_table_and_of_each_other(table, min_cell, earlier):
    figures = shown(decide(table, min_cell, earlier))
    of_all = figures.pop("all")
    assert of_all.pop("covered") == sum(row["person_count"] for row in table)
    for label, statuses in ({"all": of_all} | figures).items():
        for status, count in statuses.items():
            rows = [row for row in table if row["age_group"] in members(label) and row["status"] == status]
            assert count == sum(row["person_count"] for row in rows)
    if figures:
        assert of_all == {status: sum(each[status] for each in figures.values()) for status in of_all}
    if of_all:
        assert sum(of_all.values()) == sum(row["person_count"] for row in table)


@MANY
@given(TABLES, MIN_CELLS, EARLIER)
def test_a_correction_is_made_of_whole_groups_of_what_was_shown_and_of_its_own(table, min_cell, earlier):
    alone, both = decide(table, min_cell), decide(table, min_cell, earlier)
    for other in (alone.grouping, earlier or alone.grouping):
        assert (both.grouping == "covered") >= (other == "covered")
        if both.grouping != "covered":
            for label in other.split():
                assert any(set(members(label)) <= set(members(each)) for each in both.grouping.split())


@MANY
@given(TABLES, MIN_CELLS, EARLIER, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(table, min_cell, earlier, order):
    shuffled = order.sample(table, len(table))
    assert decide(shuffled, min_cell, earlier) == decide(table, min_cell, earlier)


@MANY
@given(TABLES, MIN_CELLS)
def test_what_may_be_shown_by_finer_groups_may_be_shown_by_coarser_ones(table, min_cell):
    """The reason why a grouping tells only that the one before it would not do."""
    allowed = [disclosure._may_be_shown(disclosure._summed(table, starts), min_cell) for starts in disclosure.GROUPINGS]
    assert allowed == sorted(allowed)
