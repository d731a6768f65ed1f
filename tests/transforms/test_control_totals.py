"""Do the totals that a delivery states fit its rows, and is its end whole?"""

import pytest

from schemas.sources import Source
from tests.make import WIDE, findings, read_tallies, read_wide, tallies, tally, terms

EMPTY = ";" * 11
ROWS = tallies(600)  # 1 200 enquiries


def held(*below: str, **options) -> list[str]:
    return findings(read_tallies(ROWS, below=below, **options))


@pytest.mark.parametrize(
    "line",
    [
        f"I alt;{EMPTY}1200",
        f"I alt;{EMPTY}1.200",
        "I alt;1.200",
        "I alt: ;1200",
        f"{EMPTY}I alt;1200",
        f"i ALT;600 rækker;{EMPTY[1:]}1200",
    ],
)
def test_a_total_stands_in_the_numbers_column_or_alone(line):
    assert held(line) == []


@pytest.mark.parametrize("line", [f"I alt;{EMPTY}1201", "I alt;1.199", "I alt;0", "I alt;600"])
def test_a_total_that_differs_holds(line):
    assert held(line) == ["control_total_differs"]


@pytest.mark.parametrize(
    "line", ["I alt", f"I alt;{EMPTY}", "I alt;1.200 stk", "I alt;1,2e3", "I alt;1200;600", "I alt;1.20.0"]
)
def test_a_total_that_cannot_be_read_holds(line):
    assert held(line) == ["control_total_unreadable"]


def test_each_total_line_is_checked():
    assert held("I alt;1200", "I alt;1201") == ["control_total_differs"]


def test_a_total_counts_rows_that_were_set_aside_for_something_else():
    rows = [*tallies(5), tally(Kanal="Røgsignal")]
    assert findings(read_tallies(rows, below=["I alt;12"])) == []
    assert findings(read_tallies(rows, below=["I alt;10"])) == ["control_total_differs"]


def test_no_line_end_and_no_total_holds():
    assert held(final_newline=False) == ["no_final_newline"]


def test_no_line_end_is_proved_whole_by_a_total():
    assert held("I alt;1.200", final_newline=False) == []


def test_a_cut_total_holds():
    assert held("I alt;1.20", final_newline=False) == ["control_total_unreadable"]
    assert held("I alt;120", final_newline=False) == ["control_total_differs"]


def test_a_source_may_be_known_to_write_no_line_end():
    lenient = terms(newline_optional=frozenset({Source.TRACETOOL}))
    assert held(final_newline=False, terms=lenient) == []
    other = terms(newline_optional=frozenset({Source.LANDSTAL}))
    assert held(final_newline=False, terms=other) == ["no_final_newline"]


def test_a_message_gives_the_place_and_both_sums():
    (finding,) = read_tallies(tallies(2), below=["I alt;5"]).findings
    assert finding.text.startswith("Kontrolsummen i linje 4 siger 5, rækkerne siger 4.")


def test_a_wide_sheet_whose_totals_fit_is_accepted():
    assert findings(read_wide()) == []


def test_a_wrong_row_total_holds():
    assert findings(read_wide((1, 5, 76))) == ["control_total_differs"]


def test_a_wrong_column_total_holds():
    assert findings(read_wide((3, 3, 91))) == ["control_total_differs"]


def test_a_wrong_grand_total_holds():
    assert findings(read_wide((3, 5, 96))) == ["control_total_differs"]


@pytest.mark.parametrize("place", [(1, 5), (3, 3), (3, 5)])
def test_a_missing_total_of_counted_cells_holds(place):
    assert findings(read_wide((*place, None))) == ["control_total_unreadable"]


def test_a_missing_total_line_holds():
    assert findings(read_wide(table=read_rows()[:-1])) == ["control_total_missing"]


def test_a_changed_cell_breaks_its_row_its_column_and_the_whole():
    assert findings(read_wide((1, 4, 6))) == ["control_total_differs"] * 3


def read_rows() -> list[list]:
    return [list(row) for row in WIDE]


def test_a_column_that_nobody_counted_may_have_a_total_of_nothing():
    rows = read_rows()
    for row, value in zip(rows[1:], ["-", None, "-"], strict=True):
        row[4] = value
    rows[1][5], rows[3][5] = 70, 90
    assert findings(read_wide(table=rows)) == []


@pytest.mark.parametrize("total", [None, "-", 0])
def test_a_row_that_nobody_counted_may_have_a_total_of_nothing(total):
    rows = read_rows()
    rows.insert(3, ["32.30.04", "Sygedagpenge", "Transaktion", "-", None, total])
    assert findings(read_wide(table=rows)) == []
