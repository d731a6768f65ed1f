"""Manual tallies: one row a registration in, enquiries by week, task, channel, direction and type out."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import (
    COUNTS,
    TASKS,
    broken_rules,
    enquiry_total,
    findings,
    read_tallies,
    rejected,
    tallies,
    tally,
    terms,
)

GOOD = tallies(5)


def rules_of(**changes: str) -> list[str]:
    """The rules that one changed row among five good ones breaks."""
    return broken_rules(read_tallies([*GOOD, tally(**changes)], below=[]))


def test_rows_of_one_grain_are_summed():
    rows = [tally(Antal="2"), tally(Antal="3", Enhed="Jobcenter"), tally(Kanal="Skranke", Antal="4")]
    facts = read_tallies(rows).facts["enquiry"]
    assert facts.select("municipality_code", "count_id", "weeks", "kle", "channel", "enquiry_count").rows() == [
        ("183", "2014E", "2014-W43", "32.03.12", "in_person", 4),
        ("183", "2014E", "2014-W43", "32.03.12", "phone", 5),
    ]


def test_neither_unit_nor_task_text_is_kept():
    columns = read_tallies(GOOD).facts["enquiry"].columns
    assert set(columns) == {
        "count_id", "municipality_code", "weeks", "kle", "channel", "direction", "enquiry_type", "enquiry_count",
    }  # fmt: skip


def test_each_week_of_each_municipality_is_a_partition():
    rows = [
        tally(),
        tally(Uge="44", Dato="27-10-2014"),
        tally(Kommunenr="253", Kommune="Greve"),
    ]
    partitions = read_tallies(rows).partitions
    assert partitions.select("count_id", "municipality_code", "weeks").rows() == [
        ("2014E", "183", "2014-W43"),
        ("2014E", "183", "2014-W44"),
        ("2014E", "253", "2014-W43"),
    ]
    assert partitions["partition_name"].n_unique() == 3


@pytest.mark.parametrize("code", ["183", "0183", " 183 "])
def test_a_municipality_number_may_have_four_digits(code):
    parsed = read_tallies([tally(Kommunenr=code)])
    assert (findings(parsed), parsed.only("municipality_code")) == ([], "183")


@pytest.mark.parametrize("code", ["411", "0411", "999", "83", "18 3", "1830", "00183", "", "Ishøj", "183.0"])
def test_a_number_that_is_no_municipalitys_sets_the_row_aside(code):
    assert rules_of(Kommunenr=code) == ["municipality_unknown"]


def test_christiansoe_alone_is_no_known_municipality():
    assert findings(read_tallies(tallies(3, Kommunenr="411", Kommune="Christiansø"))) == ["no_known_municipality"]


@pytest.mark.parametrize("name", ["Ishøj Kommune", "ISHØJ", " ishøj  kommune "])
def test_a_municipalitys_name_may_be_written_in_other_ways(name):
    assert findings(read_tallies([tally(Kommune=name)])) == []


@pytest.mark.parametrize("name", ["Greve", "Ishøjby"])
def test_a_name_that_is_not_the_codes_holds(name):
    assert findings(read_tallies([*GOOD, tally(Kommune=name)])) == ["name_disagrees"]


def test_a_missing_name_sets_the_row_aside():
    assert rules_of(Kommune="") == ["municipality_name_missing"]


def test_two_known_counts_refuse():
    other = tally(Tælling="2013E", Dato="21-10-2013")
    parsed = read_tallies([*GOOD, other])
    assert parsed.level == "refused"
    assert "several_counts" in findings(parsed)


def test_an_unknown_count_holds():
    parsed = read_tallies(tallies(3, Tælling="2037E", Dato="19-10-2037"))
    assert (parsed.level, findings(parsed)) == ("held", ["count_not_in_calendar"])


def test_a_row_of_an_unknown_count_beside_a_known_one_is_set_aside():
    assert rules_of(Tælling="2037E") == ["count_unknown"]


@pytest.mark.parametrize("count", ["2014", "2014e", "E2014", "2014X", "", "efterår 2014"])
def test_a_count_is_written_as_2014e(count):
    assert rules_of(Tælling=count) == ["count_id_invalid"]


def test_week_and_date_must_agree():
    assert rules_of(Uge="44") == ["week_date_disagree"]
    assert rules_of(Uge="44", Dato="27-10-2014") == []


def test_a_week_may_have_a_leading_zero_and_must_be_a_number():
    assert rules_of(Uge="uge 43") == ["week_invalid"]
    assert rules_of(Uge="") == ["week_invalid"]


@pytest.mark.parametrize(
    "day", ["31-02-2014", "20-10-14", "2014-10-20", "20/10/2014", "20.10.2014", "1-11-2014", "", "41932"]
)
def test_a_date_that_does_not_exist_or_is_written_otherwise_is_set_aside(day):
    assert rules_of(Dato=day) == ["date_invalid"]


@pytest.mark.parametrize(("week", "day"), [("42", "19-10-2014"), ("46", "10-11-2014"), ("43", "21-10-2013")])
def test_a_date_outside_the_counts_weeks_is_set_aside(week, day):
    assert rules_of(Uge=week, Dato=day) == ["date_outside_count"]


def test_the_first_and_the_last_day_of_the_count_are_inside():
    assert rules_of(Dato="20-10-2014", Uge="43") == rules_of(Dato="09-11-2014", Uge="45") == []


@pytest.mark.parametrize("kle", ["12-03-1932", "32.03", "32.3.12", "32.03.12.", "320312", "", "32,03,12"])
def test_a_task_number_is_text_with_dots(kle):
    assert rules_of(KLE=kle) == ["kle_invalid"]


@pytest.mark.parametrize("channel", ["Røgsignal", "", "Теlefon", "Andet", "=cmd|' /C calc'!A0"])
def test_an_unknown_channel_is_never_other(channel):
    assert rules_of(Kanal=channel) == ["channel_unknown"]


@pytest.mark.parametrize("channel", ["Skranke", "Selvbetjening", "Systemer", "Besøg på hjemmeside"])
def test_some_channels_are_inbound_only(channel):
    assert rules_of(Kanal=channel, Retning="Udgående") == ["channel_not_in_direction"]
    assert rules_of(Kanal=channel) == []


def test_remote_print_is_outbound_only():
    assert rules_of(Kanal="Fjernprint") == ["channel_not_in_direction"]
    assert rules_of(Kanal="Fjernprint", Retning="Udgående") == []


@pytest.mark.parametrize("channel", ["Sociale medier", "Systemer"])
def test_a_channel_before_its_time_is_set_aside(channel):
    spring = {"Tælling": "2012F", "Uge": "17", "Dato": "23-04-2012"}
    autumn = {"Tælling": "2012E", "Uge": "43", "Dato": "22-10-2012"}
    assert broken_rules(read_tallies([tally(**spring), tally(**spring, Kanal=channel)])) == ["channel_before_its_time"]
    assert broken_rules(read_tallies([tally(**autumn), tally(**autumn, Kanal=channel)])) == []


@pytest.mark.parametrize(
    ("column", "rule"), [("Retning", "direction_unknown"), ("Henvendelsestype", "enquiry_type_unknown")]
)
@pytest.mark.parametrize("label", ["Indad", "", "x"])
def test_other_labels_are_set_aside(column, rule, label):
    assert rules_of(**{column: label}) == [rule]


BAD_NUMBERS = [
    "1e3",
    "1.234",
    "1,5",
    "+5",
    "-1",
    "½",
    "NaN",
    "",
    "１２",
    "٣",
    "12 000",
    "9" * 24,
    "10000000",
    "0x10",
    "1_0",
]


@pytest.mark.parametrize("number", BAD_NUMBERS)
def test_a_number_is_ascii_digits_alone(number):
    assert rules_of(Antal=number) == ["number_invalid"]


@pytest.mark.parametrize(("number", "value"), [(" 12", 12), ("0", 0), ("007", 7), ("9999999", 9_999_999)])
def test_a_number_may_stand_with_blanks_around_it(number, value):
    assert enquiry_total(read_tallies([tally(Antal=number)])) == value


@pytest.mark.parametrize("number", BAD_NUMBERS)
def test_a_number_that_nothing_bounds_holds(number):
    assert findings(read_tallies([*GOOD, tally(Antal=number)])) == ["number_unbounded"]


def test_a_bad_number_that_a_control_total_bounds_is_set_aside():
    parsed = read_tallies([*GOOD, tally(Antal="½")], below=["I alt;10"])
    assert (findings(parsed), rejected(parsed)) == ([], [(7, "Antal", "number_invalid")])


def test_more_than_a_tenth_outside_the_package_holds():
    assert findings(read_tallies([*tallies(9), tally(KLE="01.01.01")])) == []
    assert findings(read_tallies([*tallies(8), tally(KLE="01.01.01")])) == ["outside_package"]


def test_how_much_may_be_set_aside_is_a_setting():
    rows = [*tallies(6), *tallies(4, Kanal="Røgsignal")]
    assert findings(read_tallies(rows, terms(max_reject_share=0.5))) == []


CHANGES = st.sampled_from(
    [
        {},
        {"Antal": "½"},
        {"Antal": ""},
        {"Kanal": "Røgsignal"},
        {"Kanal": "Fjernprint"},
        {"Kommunenr": "411"},
        {"Kommunenr": "253", "Kommune": "Greve"},
        {"Dato": "31-02-2014"},
        {"Uge": "45"},
        {"Tælling": "2037E"},
        {"Retning": "Indad", "Kanal": "", "KLE-nr": "x"},
        {"Enhed": "a;b"},
        {"Enhed": '"a;\r\nb"'},
    ]
)
ROWS = st.lists(st.tuples(CHANGES, st.integers(0, 999)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_every_row_is_accepted_or_set_aside_once(changes):
    rows = [tally(Antal="1") | change for change, _ in changes]
    parsed = read_tallies([*rows, tally(Antal="1")])
    assert parsed.rows_read == len(rows) + 1
    assert parsed.rejected["source_row"].is_unique().all()
    assert enquiry_total(parsed) + parsed.rejected.height == parsed.rows_read


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_accepted_and_set_aside_numbers_add_up_to_what_was_written(changes):
    rows = [tally(Antal=str(number)) | change for change, number in [*changes, ({}, 1)]]
    whole = [row for row in rows if row["Enhed"] != "a;b"]  # a row with a shifted number has no number
    written = sum(int(row["Antal"]) for row in whole if row["Antal"].isdecimal())
    parsed = read_tallies(rows, below=[f"I alt;{written}"])
    assert not {"control_total_differs", "control_total_unreadable", "no_final_newline"} & set(findings(parsed))

    bad_rows = set(parsed.rejected["source_row"])
    line, set_aside = 2, 0
    for row in rows:
        if line in bad_rows and row["Antal"].isdecimal() and row in whole:
            set_aside += int(row["Antal"])
        line += 1 + row["Enhed"].count("\r\n")
    assert enquiry_total(parsed) + set_aside == written


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(4)), st.permutations(list(tally())))
def test_the_order_of_rows_and_columns_changes_no_fact(order, header):
    rows = [tally(), tally(Kanal="Brev"), tally(Uge="44", Dato="27-10-2014"), tally(Kommunenr="253", Kommune="Greve")]
    moved = read_tallies([rows[place] for place in order], header=header)
    assert moved.facts["enquiry"].equals(read_tallies(rows).facts["enquiry"])
    assert moved.partitions.equals(read_tallies(rows).partitions)


def test_the_calendar_of_these_tests_has_its_tasks():
    assert {tally()["KLE-nr"]} < TASKS
    assert {count.count_id for count in COUNTS} >= {"2012F", "2014E"}


def test_facts_are_whole_numbers():
    assert read_tallies(GOOD).facts["enquiry"].schema["enquiry_count"] == pl.Int64
