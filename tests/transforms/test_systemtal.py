"""Wide workbooks: a cell a task, type and channel in; enquiries over the weeks of the title out."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import (
    TITLES,
    WIDE,
    broken_rules,
    enquiry_total,
    findings,
    read,
    read_wide,
    rejected,
    wide,
    workbook_bytes,
)


def titled(kommune: str = "Ishøj (183)", count: str = "2014E", weeks: str = "Uger: 43-45 2014") -> list[str]:
    titles = [["Systemtal"], [f"Kommune: {kommune}"], [f"Tælling: {count}"], [weeks], []]
    return findings(read_wide(titles=titles))


def test_each_counted_cell_is_a_fact_and_a_dash_or_an_empty_cell_is_none():
    parsed = read_wide((1, 4, None), (1, 5, 70), (3, 4, None), (3, 5, 90))
    facts = parsed.facts["enquiry"].select("weeks", "kle", "channel", "direction", "enquiry_count")
    assert (findings(parsed), facts.rows()) == (
        [],
        [
            ("2014-W43/2014-W45", "09.15.04", "self_service", "inbound", 20),
            ("2014-W43/2014-W45", "32.03.12", "self_service", "inbound", 70),
        ],
    )


def test_a_counted_nought_is_a_fact():
    parsed = read_wide((2, 4, 0))
    assert (findings(parsed), parsed.rows_read) == ([], 4)


def test_the_weeks_of_the_title_are_the_partition():
    (row,) = read_wide().partitions.rows(named=True)
    assert (row["count_id"], row["municipality_code"], row["weeks"]) == ("2014E", "183", "2014-W43/2014-W45")
    assert (row["first_week"], row["last_week"]) == ("2014-W43", "2014-W45")


def test_a_sheet_is_a_direction():
    table = [[*WIDE[0][:3], "Fjernprint", "Telefon", "I alt"], *WIDE[1:]]
    assert findings(read_wide(name="Udgående", table=table)) == []
    assert read_wide(name="UDGÅENDE", table=table).facts["enquiry"]["direction"].unique().to_list() == ["outbound"]


def test_both_sheets_are_read_together():
    outbound = wide(table=[[*WIDE[0][:3], "Brev", "Telefon", "I alt"], *WIDE[1:]])
    parsed = read(workbook_bytes({"Indgående": wide(), "Udgående": outbound}), "systemtal.xlsx")
    assert (findings(parsed), enquiry_total(parsed), parsed.rows_read) == ([], 190, 6)


def test_a_sheet_of_another_name_with_a_table_refuses():
    assert findings(read_wide(name="Ark1")) == ["sheet_not_a_direction"]


def test_a_visible_sheet_with_a_note_is_no_table():
    content = workbook_bytes({"Læs mig": [["Hej"]], "Indgående": wide()})
    assert findings(read(content, "systemtal.xlsx")) == []


def test_a_hidden_first_sheet_is_never_read_as_data():
    content = workbook_bytes({"Kladde": wide((1, 3, 9)), "Indgående": wide()}, hidden=["Kladde"])
    parsed = read(content, "systemtal.xlsx")
    assert (findings(parsed), enquiry_total(parsed)) == ([], 95)


def test_a_direction_without_a_table_refuses():
    content = workbook_bytes({"Indgående": wide(), "Udgående": [["intet"]]})
    assert findings(read(content, "systemtal.xlsx")) == ["header_not_found"]


def test_only_hidden_sheets_are_no_table():
    content = workbook_bytes({"Noter": [["intet"]], "Indgående": wide()}, hidden=["Indgående"])
    assert findings(read(content, "systemtal.xlsx")) == ["header_not_found"]


def test_rows_are_the_sheets_own_also_below_empty_ones():
    above = [[], [], *TITLES]
    assert rejected(read_wide((2, 0, "09-15-1904"), titles=above)) == [(10, "KLE-nr", "kle_invalid")]


def test_a_table_may_begin_right_of_empty_columns():
    rows = [[None, None, *row] for row in wide()]
    assert findings(read(workbook_bytes({"Indgående": rows}), "systemtal.xlsx")) == []


def test_titles_may_stand_in_two_cells():
    titles = [["Kommune:", "Ishøj (183)"], ["Tælling:", "2014E"], ["Uger:", "43-45 2014"]]
    assert findings(read_wide(titles=titles)) == []


def test_titles_may_stand_in_another_order_and_spelling():
    titles = [["UGER:  43 - 45 2014"], ["tælling : 2014e"], ["KOMMUNE: ISHØJ KOMMUNE (0183)"]]
    assert findings(read_wide(titles=titles)) == []


def test_one_week_is_a_partition_of_its_own():
    titles = [["Kommune: Ishøj (183)"], ["Tælling: 2014E"], ["Uge: 43 2014"]]
    assert read_wide(titles=titles).only("weeks") == "2014-W43"


@pytest.mark.parametrize("left_out", ["Kommune", "Tælling", "Uger"])
def test_a_missing_title_refuses(left_out):
    titles = [line for line in TITLES if not (line and line[0].startswith(f"{left_out}:"))]
    assert findings(read_wide(titles=titles)) == ["title_unreadable"]


@pytest.mark.parametrize(
    "weeks", ["Uger: 43-54 2014", "Uger: 45-43 2014", "Uger: 43-45", "Uger: fra 43 2014", "Uger: 53 2014"]
)
def test_weeks_that_cannot_be_read_refuse(weeks):
    assert titled(weeks=weeks) == ["title_unreadable"]


def test_weeks_outside_the_count_hold():
    assert titled(weeks="Uger: 42-45 2014") == ["weeks_outside_count"]
    assert titled(weeks="Uger: 43-45 2013") == ["weeks_outside_count"]


def test_an_unknown_count_holds():
    assert titled(count="2037E") == ["count_not_in_calendar"]


def test_a_name_that_is_not_the_codes_holds():
    assert titled(kommune="Greve (183)") == ["name_disagrees"]
    assert titled(kommune="Atlantis (183)") == ["name_disagrees"]


def test_christiansoe_is_no_known_municipality():
    assert titled(kommune="Christiansø (411)") == ["no_known_municipality"]


def test_sheets_of_two_known_counts_refuse():
    older = wide(titles=[["Kommune: Ishøj (183)"], ["Tælling: 2013E"], ["Uger: 43-45 2013"]])
    parsed = read(workbook_bytes({"Indgående": wide(), "Udgående": older}), "systemtal.xlsx")
    assert findings(parsed) == ["several_counts"]


def test_sheets_of_two_municipalities_refuse():
    other = wide(titles=[["Kommune: Greve (253)"], ["Tælling: 2014E"], ["Uger: 43-45 2014"]])
    parsed = read(workbook_bytes({"Indgående": wide(), "Udgående": other}), "systemtal.xlsx")
    assert parsed.level == "refused"


def test_a_kle_number_that_is_a_real_date_sets_its_cells_aside():
    def change(book):
        date = book.add_format({"num_format": "dd-mm-yyyy"})
        book.worksheets()[0].write_datetime(6, 0, dt.date(2012, 3, 31), date)

    parsed = read(workbook_bytes({"Indgående": wide()}, change=change), "systemtal.xlsx")
    assert rejected(parsed) == [(7, "KLE-nr", "kle_invalid")] * 2


def test_a_kle_number_that_became_a_date_sets_its_cells_aside():
    assert broken_rules(read_wide((1, 0, "32-03-2012"))) == ["kle_invalid", "kle_invalid"]


@pytest.mark.parametrize("number", ["½", "1e3", "1.234", "+5", "-1", "１２", "ca. 5"])
def test_a_cell_that_is_no_number_is_set_aside(number):
    parsed = read_wide((1, 4, number), (1, 5, 70), (3, 4, 0), (3, 5, 90))
    assert (findings(parsed), broken_rules(parsed)) == ([], ["number_invalid"])


def test_a_bad_cell_whose_total_says_more_holds():
    assert set(findings(read_wide((1, 4, "½")))) == {"control_total_differs"}


def test_a_fraction_of_an_enquiry_is_set_aside():
    assert broken_rules(read_wide((1, 4, 5.5))) == ["number_invalid"]


def test_a_channel_that_is_not_in_the_sheets_direction_is_set_aside():
    table = [[*WIDE[0][:3], "Skranke", "Telefon", "I alt"], *WIDE[1:]]
    assert broken_rules(read_wide(name="Udgående", table=table)) == ["channel_not_in_direction"] * 2


def test_a_channel_before_its_time_is_set_aside():
    table = [[*WIDE[0][:3], "Systemer", "Telefon", "I alt"], *WIDE[1:]]
    titles = [["Kommune: Ishøj (183)"], ["Tælling: 2012F"], ["Uger: 17-19 2012"]]
    assert broken_rules(read_wide(titles=titles, table=table)) == ["channel_before_its_time"] * 2


def test_two_columns_of_one_channel_are_summed():
    table = [[*WIDE[0][:3], "Selvbetjening", "NemRefusion", "I alt"], *WIDE[1:]]
    assert read_wide(table=table).facts["enquiry"]["enquiry_count"].to_list() == [20, 75]


def test_a_sheet_without_a_counted_cell_has_no_valid_row():
    table = [WIDE[0], ["32.03.12", "x", "Transaktion", "-", None, "-"], ["I alt", None, None, "-", None, 0]]
    assert findings(read_wide(table=table)) == ["no_valid_row"]


def test_a_source_line_below_the_total_is_no_row():
    assert findings(read_wide(table=[*WIDE, ["Kilde: kommunens systemer, '-' er ikke talt"]])) == []


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(*[st.one_of(st.integers(0, 999), st.sampled_from(["-", None]))] * 2), min_size=1, max_size=5))
def test_cells_read_are_the_cells_counted_and_their_sum_is_kept(cells):
    def total(values):
        return sum(value for value in values if isinstance(value, int))

    rows = [["32.03.12", "x", "Transaktion", *pair, total(pair)] for pair in [*cells, (1, 1)]]
    columns = [total(row[3] for row in rows), total(row[4] for row in rows)]
    parsed = read_wide(table=[WIDE[0], *rows, ["I alt", None, None, *columns, sum(columns)]])
    counted = [value for row in rows for value in row[3:5] if isinstance(value, int)]
    assert (findings(parsed), parsed.rows_read, enquiry_total(parsed)) == ([], len(counted), sum(counted))
