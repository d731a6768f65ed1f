"""Extracts of persons: age and century from the number, under-15s left out, doubles, and the sample's known answers."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from tests import make
from transforms import delivery, digital_post

SAMPLE = Path(__file__).parent.parent / "files" / "digitalpost_personer_183_2014-12-01.xlsx"
HEADER = ["CPR-nr", "Kommunekode", "Digital Post", "Tilmelding"]


def read(*rows: tuple[object, ...], name: str = "udtraek_2014-12-01.xlsx", **options):
    content = make.workbook_bytes({"Udtræk": [HEADER, *map(list, rows)]})
    return delivery.parse(name, content, make.TERMS, **options)


def groups(parsed) -> dict[tuple[str, str], int]:
    facts = parsed.facts["enrolment"]
    return {(row["age_group"], row["status"]): row["person_count"] for row in facts.iter_rows(named=True)}


def test_the_sample_has_its_known_answers():
    parsed = delivery.parse(SAMPLE.name, SAMPLE.read_bytes(), make.TERMS)
    by_status = parsed.facts["enrolment"].group_by("status").agg(pl.col("person_count").sum())
    assert dict(by_status.iter_rows()) == {"self_enrolled": 198, "automatically_enrolled": 92, "exempt": 42}
    assert (parsed.rows_read, parsed.rejected.height, parsed.findings) == (400, 0, ())


@pytest.mark.parametrize(
    ("number", "age_group"),
    [
        ("011299-1111", "15-24"),  # 15 on the day
        ("010254-1111", "45-64"),  # 60
        ("021239-1111", "65-74"),  # one day before 75
        ("011239-1111", "75+"),
        ("611239-1111", "75+"),  # day + 60: a replacement number
        ("0112394111", "75+"),  # seventh digit 4, year 39: 1939
        ("011299-9111", "15-24"),  # seventh digit 9, year 99: 1999
        ("010158-5111", "75+"),  # seventh digit 5, year 58: 1858
        ("112391111", "75+"),  # nine digits: the leading zero lost
        (112391111.0, "75+"),  # a float
    ],
)
def test_age_comes_from_the_number(number, age_group):
    assert groups(read((number, "183", "Fritaget", ""))) == {(age_group, "exempt"): 1}


@pytest.mark.parametrize("number", ["021299-1111", "010101-5111", "010110-4111"])
def test_under_15s_are_left_out_and_not_rejected(number):
    parsed = read((number, "183", "Tilmeldt", "Selv"), ("010170-1111", "183", "Tilmeldt", "Selv"))
    assert groups(parsed) == {("25-44", "self_enrolled"): 1}
    assert (parsed.rows_read, parsed.rejected.height) == (2, 0)


def test_a_number_without_modulus_11_is_as_good_as_any():
    assert groups(read(("010170-0001", "183", "Tilmeldt", "Selv"))) == {("25-44", "self_enrolled"): 1}


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (("310270-1111", "183", "Fritaget", ""), "person_number_invalid"),
        (("1234", "183", "Fritaget", ""), "person_number_invalid"),
        (("010130-4111", "183", "Fritaget", ""), "person_number_invalid"),  # born in 2030
        (("010170-1111", "411", "Fritaget", ""), "municipality_unknown"),
        (("010170-1111", "183", "Måske", ""), "enrolment_status_unknown"),
        (("010170-1111", "183", "Tilmeldt", ""), "enrolment_kind_unknown"),
        (("010170-1111", "183", "Tilmeldt", "Andet"), "enrolment_kind_unknown"),
    ],
)
def test_a_row_that_breaks_a_rule_is_set_aside(row, rule):
    parsed = read(row, ("020270-1111", "183", "Fritaget", ""))
    assert parsed.rejected["rule"].to_list() == [rule]
    assert groups(parsed) == {("25-44", "exempt"): 1}


def test_a_person_twice_with_one_status_counts_once_and_with_two_not_at_all():
    parsed = read(
        ("010170-1111", "183", "Fritaget", ""),
        ("0101701111", "183", "Fritaget", ""),
        ("020270-1111", "183", "Fritaget", ""),
        ("020270-1111", "183", "Tilmeldt", "Selv"),
    )
    assert groups(parsed) == {("25-44", "exempt"): 1}
    assert parsed.rejected["rule"].to_list() == ["person_twice", "person_twice"]


def test_without_a_date_it_is_held_and_a_date_given_counts():
    row = ("010170-1111", "183", "Fritaget", "")
    assert make.findings(read(row, name="udtraek.xlsx")) == ["extract_date_unknown"]
    given = read(row, name="udtraek.xlsx", as_of_date=dt.date(2014, 12, 1))
    assert given.findings == ()
    assert groups(given) == {("25-44", "exempt"): 1}


def test_what_is_archived_is_a_delivery_that_gives_the_same_rows():
    facts = delivery.parse(SAMPLE.name, SAMPLE.read_bytes(), make.TERMS).facts["enrolment"]
    again = delivery.parse("aggregate.csv", digital_post.as_delivery(facts), make.TERMS)
    assert again.facts["enrolment"].equals(facts)
    assert again.findings == ()
