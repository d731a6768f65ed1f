"""Enrolment in Digital Post, aggregated: persons by municipality, date, age group and status."""

import datetime as dt

import pytest

from tests.make import broken_rules, csv_bytes, enrolment, findings, read, rejected

GOOD = [enrolment(Aldersgruppe=f"{group} år") for group in ("15-24", "25-44", "45-64", "65-74", "75+")]


def digital_post(*rows: dict[str, str], **options):
    return read(csv_bytes(rows, **options), "digitalpost.csv")


def test_a_row_is_an_age_group_with_a_status():
    facts = digital_post(enrolment(), enrolment(Status="Fritaget", Antal="7")).facts["enrolment"]
    assert facts.rows() == [
        ("183", dt.date(2014, 12, 1), "15-24", "exempt", 7),
        ("183", dt.date(2014, 12, 1), "15-24", "self_enrolled", 1283),
    ]


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("Tilmeldt", "self_enrolled"),
        ("AUTOMATISK tilmeldt", "automatically_enrolled"),
        ("Fritaget", "exempt"),
        ("Ikke tilmeldt", "not_enrolled"),
    ],
)
def test_statuses_are_disjoint_codes(label, code):
    assert digital_post(enrolment(Status=label)).facts["enrolment"]["status"].to_list() == [code]


def test_each_date_of_each_municipality_is_a_partition():
    rows = [enrolment(), enrolment(Opgørelsesdato="01-10-2014"), enrolment(Kommunekode="253", Kommune="Greve")]
    assert sorted(digital_post(*rows).partitions.select("municipality_code", "as_of_date").rows()) == [
        ("183", dt.date(2014, 10, 1)),
        ("183", dt.date(2014, 12, 1)),
        ("253", dt.date(2014, 12, 1)),
    ]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"Opgørelsesdato": "31-02-2014"}, "date_invalid"),
        ({"Opgørelsesdato": "2014-12-01"}, "date_invalid"),
        ({"Kommunekode": "0411"}, "municipality_unknown"),
        ({"Kommune": ""}, "municipality_name_missing"),
        ({"Aldersgruppe": "0-14 år"}, "age_group_unknown"),
        ({"Aldersgruppe": ""}, "age_group_unknown"),
        ({"Status": "Ukendt"}, "enrolment_status_unknown"),
    ],
)
def test_a_row_that_breaks_a_rule_is_set_aside(changes, rule):
    parsed = digital_post(*GOOD, enrolment(**{"Status": "Fritaget"} | changes))
    assert (broken_rules(parsed), findings(parsed)) == ([rule], [])


@pytest.mark.parametrize("number", ["1.283", "1e3", "-1", "½", ""])
def test_a_bad_number_is_set_aside_and_holds(number):
    parsed = digital_post(*GOOD, enrolment(Status="Fritaget", Antal=number))
    assert (broken_rules(parsed), findings(parsed)) == (["number_invalid"], ["number_unbounded"])


def test_a_key_that_stands_twice_is_set_aside_both_times():
    parsed = digital_post(*GOOD, enrolment(Antal="5"))
    assert rejected(parsed) == [(2, "Status", "key_twice"), (7, "Status", "key_twice")]
    assert parsed.facts["enrolment"].height == parsed.rows_read - 2 == 4


def test_a_name_that_is_not_the_codes_holds():
    assert findings(digital_post(*GOOD, enrolment(Kommune="Greve", Status="Fritaget"))) == ["name_disagrees"]


def test_a_control_total_is_kept():
    assert findings(digital_post(*GOOD, below=["I alt;6.415"])) == []
    assert findings(digital_post(*GOOD, below=["I alt;6.414"])) == ["control_total_differs"]


def test_a_cut_file_holds():
    assert findings(digital_post(*GOOD, final_newline=False)) == ["no_final_newline"]


def test_a_column_of_persons_numbers_refuses():
    rows = [row | {"CPR-nr": "201014-1234"} for row in GOOD]
    assert findings(digital_post(*rows)) == ["cpr_number"]
