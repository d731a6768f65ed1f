"""Any bytes under any name -> what is in them: no fault raises, every delivery gets one reading."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.rules import RULES, Level
from schemas.sources import Source
from tests.make import (
    TERMS,
    csv_bytes,
    enrolment,
    findings,
    read,
    read_tallies,
    share,
    tallies,
    tally,
    wide,
    workbook_bytes,
)
from transforms import delivery

GOOD_WORKBOOK = workbook_bytes({"Indgående": wide()})
GOOD_CSV = csv_bytes(tallies(3))


@pytest.mark.parametrize(
    ("name", "content", "source"),
    [
        ("a.csv", GOOD_CSV, Source.TRACETOOL),
        ("a.csv", csv_bytes([share()]), Source.LANDSTAL),
        ("a.csv", csv_bytes([enrolment()]), Source.DIGITAL_POST),
        ("a.xlsx", GOOD_WORKBOOK, Source.SYSTEMTAL),
    ],
)
def test_each_layout_is_known_by_its_header(name, content, source):
    parsed = read(content, name)
    assert (parsed.source, findings(parsed), parsed.level) == (source, [], None)
    assert parsed.partitions.height == 1


def test_every_source_has_a_parser():
    assert all(callable(delivery.parser(source)) for source in Source)


def test_a_refused_delivery_has_no_facts_and_no_partitions():
    parsed = read(b"", "a.csv")
    assert (parsed.level, parsed.source, parsed.facts, parsed.partitions.height) == (Level.REFUSED, None, {}, 0)


def test_refused_is_graver_than_held():
    parsed = read_tallies([tally(Kommune="Greve"), tally(Tælling="2013E", Dato="21-10-2013")])
    assert {RULES[rule].level for rule in findings(parsed)} == {Level.HELD, Level.REFUSED}
    assert parsed.level == Level.REFUSED


def test_what_a_person_has_checked_may_look_like_cpr_numbers():
    content = csv_bytes([tally(Enhed="0101011234")])
    assert findings(delivery.parse("0101011234.csv", content, TERMS)) == ["cpr_in_name"]
    assert findings(delivery.parse("0101011234.csv", content, TERMS, may_hold_cpr=True)) == []


def test_markup_in_a_free_text_is_data():
    assert findings(read_tallies([tally(Enhed="<script>alert(1)</script>")])) == []


def test_the_same_bytes_give_the_same_reading():
    first, second = read(GOOD_CSV), read(GOOD_CSV)
    assert first.findings == second.findings
    assert first.facts["enquiry"].equals(second.facts["enquiry"])


def readable(parsed) -> bool:
    return all(RULES[each.rule] and "{" not in each.text for each in parsed.findings)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b'"')
@example(b"PK\x03\x04")
def test_no_bytes_raise(content):
    assert readable(read(content, "a.csv"))
    assert readable(read(content, "a.xlsx"))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(GOOD_CSV) - 1), st.binary(max_size=4))
def test_a_damaged_csv_never_raises_and_loses_no_row(place, junk):
    parsed = read(GOOD_CSV[:place] + junk + GOOD_CSV[place:], "a.csv")
    assert readable(parsed)
    if parsed.level is None:
        assert parsed.rows_read >= parsed.rejected.height


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(GOOD_WORKBOOK) - 1), st.integers(1, 255))
def test_a_damaged_workbook_never_raises(place, change):
    content = bytearray(GOOD_WORKBOOK)
    content[place] ^= change
    assert readable(read(bytes(content), "a.xlsx"))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, len(GOOD_CSV) - 1))
def test_a_csv_cut_anywhere_is_never_accepted_unless_a_whole_row_is_left(length):
    parsed = read(GOOD_CSV[:-length], "a.csv")
    assert parsed.level is not None or GOOD_CSV[:-length].endswith((b"\r\n", b"\r"))
