"""Does a readable delivery fit what is in force? What fell, what vanished, what is counted twice."""

import datetime as dt

import polars as pl
import pytest

from schemas.sources import Source
from tests.make import enquiries
from transforms.guards import enquiry_findings, enrolment_findings

PHONE = ("183", "2014-W43", "32.03.12", "phone")
LETTER = ("183", "2014-W43", "32.03.12", "letter")


def rules(new: pl.DataFrame, current: pl.DataFrame, source: Source = Source.TRACETOOL) -> list[str]:
    return [each.rule for each in enquiry_findings(source, new, current)]


def before(*rows: tuple, source: Source = Source.TRACETOOL, **constants: str) -> pl.DataFrame:
    return enquiries(*rows, source=source, **constants)


def test_the_first_delivery_has_nothing_to_fall_from():
    assert rules(enquiries((*PHONE, 1)), before()) == []


@pytest.mark.parametrize(("after", "held"), [(100, False), (80, False), (79, True), (0, True), (500, False)])
def test_a_fall_of_more_than_a_fifth_holds(after, held):
    assert ("total_fell" in rules(enquiries((*PHONE, after)), before((*PHONE, 100)))) is held


@pytest.mark.parametrize(("letters", "held"), [(1, False), (2, True)])
def test_a_channel_with_more_than_one_per_cent_may_not_vanish(letters, held):
    current = before((*PHONE, 100 - letters), (*LETTER, letters))
    assert rules(enquiries((*PHONE, 100)), current) == ["part_vanished"] * held


def test_a_channel_counted_as_nought_has_vanished():
    current = before((*PHONE, 90), (*LETTER, 10))
    assert rules(enquiries((*PHONE, 100), (*LETTER, 0)), current) == ["part_vanished"]


def test_a_task_with_more_than_one_per_cent_may_not_vanish():
    current = before((*PHONE, 90), ("183", "2014-W43", "09.15.04", "phone", 10))
    (finding,) = enquiry_findings(Source.TRACETOOL, enquiries((*PHONE, 100)), current)
    assert finding.rule == "part_vanished"
    assert finding.text.startswith("Opgave 09.15.04 havde 10 af 100 for kommune 183")


def test_a_channel_of_one_direction_is_not_replaced_by_the_other():
    current = before((*PHONE, 100))
    assert rules(enquiries((*PHONE, 100), direction="outbound"), current) == ["part_vanished"]


def test_only_the_weeks_that_the_delivery_holds_are_compared():
    current = before((*PHONE, 100), ("183", "2014-W44", "32.03.12", "phone", 100))
    assert rules(enquiries((*PHONE, 100)), current) == []


def test_each_municipality_is_compared_alone():
    greve = ("253", "2014-W43", "32.03.12", "phone")
    current = before((*PHONE, 100), (*greve, 1000))
    assert rules(enquiries((*PHONE, 10), (*greve, 1000)), current) == ["total_fell"]


def test_weeks_in_one_text_replace_the_weeks_inside_them():
    wide = ("183", "2014-W43/2014-W45", "32.03.12", "phone")
    current = before((*PHONE, 100), source=Source.SYSTEMTAL)
    assert rules(enquiries((*wide, 100)), current, Source.SYSTEMTAL) == []
    assert rules(enquiries((*wide, 10)), current, Source.SYSTEMTAL) == ["total_fell"]


def test_weeks_that_overlap_without_covering_hold():
    wide = ("183", "2014-W43/2014-W45", "32.03.12", "phone")
    current = before((*wide, 100), source=Source.SYSTEMTAL)
    assert rules(enquiries((*PHONE, 100)), current, Source.SYSTEMTAL) == ["weeks_overlap"]


def test_what_another_source_already_counts_holds():
    current = before((*PHONE, 100), source=Source.SYSTEMTAL)
    assert rules(enquiries((*PHONE, 5)), current) == ["sources_overlap"]


def test_another_source_may_count_other_channels_or_nought():
    current = before((*LETTER, 100), (*PHONE, 0), source=Source.SYSTEMTAL)
    assert rules(enquiries((*PHONE, 5), (*LETTER, 0)), current) == []


def test_the_sources_overlap_also_over_other_weeks():
    wide = ("183", "2014-W43/2014-W45", "32.03.12", "phone")
    assert rules(enquiries((*PHONE, 5)), before((*wide, 9), source=Source.SYSTEMTAL)) == ["sources_overlap"]


def test_another_count_is_no_overlap():
    current = before((*PHONE, 100), source=Source.SYSTEMTAL, count_id="2013E")
    assert rules(enquiries((*PHONE, 5)), current) == []


def persons(*rows: tuple[str, dt.date, int]) -> pl.DataFrame:
    schema = {"municipality_code": pl.String, "as_of_date": pl.Date, "person_count": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


DAY = dt.date(2014, 12, 1)


@pytest.mark.parametrize(("after", "held"), [(80, False), (79, True)])
def test_a_fall_of_persons_on_one_date_holds(after, held):
    found = enrolment_findings(persons(("183", DAY, after)), persons(("183", DAY, 100)))
    assert [each.rule for each in found] == ["total_fell"] * held


def test_each_municipality_and_the_first_extract_of_a_date_are_judged_alone():
    new = persons(("183", DAY, 10), ("253", DAY, 1000))
    assert enrolment_findings(new, persons()) == []
    found = enrolment_findings(new, persons(("183", DAY, 100), ("253", DAY, 1000)))
    assert [dict(each.facts)["municipality"] for each in found] == ["183"]
