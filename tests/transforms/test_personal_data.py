"""The CPR rule: which shapes refuse a delivery, which do not, and that no message repeats them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rules import Refused
from tests.make import csv_bytes, findings, read, read_tallies, tallies, tally
from transforms import personal_data
from transforms.personal_data import holds_cpr, mask
from transforms.table import Grid


def scan(*records: list[str]) -> None:
    personal_data.scan(Grid("", list(records), list(range(1, len(records) + 1))))


@pytest.mark.parametrize(
    "text",
    [
        "2010141234",
        "201014-1234",
        "201014\u20131234",
        "8010141234",  # a replacement number: 60 added to the day
        "910114-1234",
        "se sag 201014-1234 i dag",
        "2010141234.0",
        "sag_201014-1234_b",
        "2902121234",
    ],
)
def test_cpr_shapes_are_seen(text):
    assert holds_cpr(text)


@pytest.mark.parametrize(
    "text",
    [
        "3213141234",  # no month 13
        "3113141234",
        "3204141234",  # no 32 April
        "3104141234",  # no 31 April
        "0010141234",
        "6010141234",  # no day 60
        "9210141234",  # no day 92
        "3002141234",
        "20101412345",  # eleven digits
        "120101412",
        "5790001234567",
        "20-10-2014",
        "201014 123",
    ],
)
def test_ten_digits_that_begin_with_no_date_are_not_seen(text):
    assert not holds_cpr(text)


@given(st.dates(), st.integers(0, 9999), st.booleans(), st.sampled_from(["", "-"]))
def test_every_date_makes_a_cpr_shape(day, serial, replaced, hyphen):
    number = f"{day.day + 60 * replaced:02d}{day:%m}{day.year % 100:02d}{hyphen}{serial:04d}"
    assert holds_cpr(f"før {number} efter")
    assert mask(f"før {number} efter") == "før xxxxxx-xxxx efter"


def test_a_mask_hides_every_number_and_leaves_the_rest():
    assert mask("a_201014-1234_801014-1234_2014-12-01.csv") == "a_xxxxxx-xxxx_xxxxxx-xxxx_2014-12-01.csv"
    assert mask("tracetool_183_2014E.csv") == "tracetool_183_2014E.csv"


@given(st.text())
def test_a_masked_text_holds_no_number(text):
    assert not holds_cpr(mask(text))


def test_a_refusal_says_where_and_never_what():
    with pytest.raises(Refused, match=r"Kolonne nr\. 2 i række 2") as caught:
        scan(["a", "b"], ["1", "201014-1234"])
    assert "201014" not in str(caught.value)


def test_nine_digits_refuse_when_most_of_the_column_is_so():
    with pytest.raises(Refused, match=r"Kolonne nr\. 1"):
        scan(["Nr"], ["101014123"], ["101014124"], ["101014125"], ["x"])


def test_the_header_and_title_lines_do_not_count_against_nine_digits():
    with pytest.raises(Refused):
        scan(["Udtræk"], ["Nr"], ["101014123"], ["101014124"])


def test_nine_digits_with_hyphen_or_as_a_float_are_seen_too():
    with pytest.raises(Refused):
        scan(["Nr"], ["10101-4123"], ["101014124.0"], ["101014125"])


def test_nine_digits_refuse_in_a_column_of_one_row():
    with pytest.raises(Refused):
        scan(["Nr"], ["101014123"])


def test_nine_digits_among_other_values_harm_nothing():
    scan(["Nr"], ["101014123"], ["x"], ["y"], [""])


def test_nine_digits_that_begin_with_no_date_harm_nothing():
    scan(["Nr"], ["999914123"], ["999914124"])


@pytest.mark.parametrize("column", ["Enhed", "Opgave", "Antal", "Kanal"])
def test_a_number_in_any_cell_refuses(column):
    assert findings(read_tallies([*tallies(5), tally(**{column: "201014-1234"})])) == ["cpr_number"]


@pytest.mark.parametrize("place", ["above", "below"])
def test_a_number_around_the_table_refuses(place):
    assert findings(read_tallies(tallies(5), **{place: ["Trukket af 201014-1234"]})) == ["cpr_number"]


def test_a_number_in_a_row_with_too_many_fields_refuses():
    assert findings(read_tallies([*tallies(5), tally(Antal="2;;;2010141234")])) == ["cpr_number"]


def test_a_number_in_the_file_name_refuses():
    assert findings(read(csv_bytes(tallies(2)), "svar_201014-1234.csv")) == ["cpr_in_name"]


def test_the_refusal_says_that_it_may_be_a_p_number():
    parsed = read_tallies([tally(Enhed="0101011234")])
    assert "P-numre" in parsed.findings[0].text


def test_a_refused_delivery_leaves_no_rows():
    parsed = read_tallies([*tallies(5), tally(Enhed="2010141234")])
    assert (parsed.facts, parsed.rejected.height, parsed.rows_read) == ({}, 0, 0)
