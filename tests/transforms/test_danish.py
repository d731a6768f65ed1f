"""Danish text and numbers: one rule for rounding, one way of printing."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codes import fold
from transforms import danish
from transforms.danish import (
    count_text,
    date_text,
    decimal_text,
    listing,
    number_word,
    parse_total,
    percent,
    percentage_points,
    permille,
)

COUNTS = st.integers(min_value=0, max_value=10**12 - 1)
LETTERS = st.text(alphabet="abzæøåÆØÅéÉ-.()' \t\u00a0123", max_size=20)


def exact_half_up(numerator: int, denominator: int) -> int:
    """Thousandths, rounded half away from zero, in whole numbers alone."""
    doubled = 2 * abs(numerator) * 1000 + denominator
    return (-1 if numerator < 0 else 1) * (doubled // (2 * denominator))


@settings(deadline=None)
@given(COUNTS, st.integers(min_value=1, max_value=10**12))
def test_permille_is_exact_half_up(numerator, denominator):
    numerator = min(numerator, 1000 * denominator)
    assert permille(numerator, denominator) == exact_half_up(numerator, denominator)


@settings(deadline=None)
@given(st.integers(-1000, 1000), st.integers(1, 2000))
def test_permille_rounds_half_away_from_zero_on_both_sides(numerator, denominator):
    assert permille(numerator, denominator) == exact_half_up(numerator, denominator)
    assert permille(-numerator, denominator) == -permille(numerator, denominator)


@settings(deadline=None)
@given(st.integers(0, 1_000_000))
def test_a_published_share_rounds_as_its_shortest_decimal(millionths):
    assert permille(millionths / 10**6) == exact_half_up(millionths, 10**6)


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (5225, 10000, "52,3"),
        (5250, 10000, "52,5"),
        (1, 3, "33,3"),
        (2, 3, "66,7"),
        (0, 7, "0,0"),
        (1, 1, "100,0"),
        (1, 2000, "0,1"),
    ],
)
def test_shares_are_printed_as_per_cent_with_one_decimal(numerator, denominator, text):
    assert percent(permille(numerator, denominator)) == f"{text}\u00a0%"


@pytest.mark.parametrize(("thousandths", "text"), [(-202, "\u221220,2"), (3, "+0,3"), (0, "0,0"), (-1, "\u22120,1")])
def test_points_have_a_sign_and_a_true_minus(thousandths, text):
    assert percentage_points(thousandths) == text


@settings(deadline=None)
@given(COUNTS)
def test_parse_total_reads_what_count_text_prints(number):
    assert parse_total(count_text(number)) == number
    assert parse_total(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["1.23", "1.2345", "1,234", "1 234", "+5", "-1", "1e3", "½", "NaN", "", "１２", "12.", ".123", "1.234,0", "9" * 13],
)
def test_a_total_that_is_no_whole_number_is_not_guessed(text):
    assert parse_total(text) is None


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1000, "1.000"), (10_000_000, "10.000.000"), (-1000, "\u22121.000")]
)
def test_counts_have_thousands_dots(number, text):
    assert count_text(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [(Decimal("40.0"), "40"), (Decimal("12.50"), "12,5"), (0, "0"), (Decimal(100), "100")]
)
def test_decimals_have_a_comma_and_no_needless_zeros(number, text):
    assert decimal_text(number) == text


@settings(deadline=None)
@given(st.fractions(min_value=0, max_value=100, max_denominator=1000))
def test_one_decimal_is_one_decimal(value: Fraction):
    assert len(decimal_text(Decimal(value.numerator * 10 // value.denominator) / 10, 1).split(",")[1]) == 1


def test_small_numbers_are_words_and_large_ones_digits():
    words = [number_word(number) for number in range(14)]
    assert words == [
        "ingen",
        "ét",
        "to",
        "tre",
        "fire",
        "fem",
        "seks",
        "syv",
        "otte",
        "ni",
        "ti",
        "elleve",
        "tolv",
        "13",
    ]


def test_dates_are_written_out():
    assert date_text(dt.date(2014, 12, 1)) == "1.\u00a0december 2014"


@pytest.mark.parametrize(
    ("parts", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a og b"), (["a", "b", "c"], "a, b og c")]
)
def test_listing(parts, text):
    assert listing(parts) == text


@settings(deadline=None)
@given(LETTERS)
def test_a_column_folds_as_a_label_does(text):
    composed = pl.DataFrame({"x": [text]}).with_columns(pl.col("x").str.normalize("NFC"))
    assert composed.select(danish.folded("x")).item() == fold(text)


@settings(deadline=None)
@given(st.dates(min_value=dt.date(1000, 1, 1)))
def test_days_are_read_as_they_are_written(day):
    assert pl.DataFrame({"x": [f"{day:%d-%m-%Y}"]}).select(danish.day("x")).item() == day


@pytest.mark.parametrize("text", ["31-02-2014", "29-02-2013", "2014-10-20", "20/10/2014", "10-20-2014", "", None])
def test_days_that_do_not_exist_are_null(text):
    assert pl.DataFrame({"x": [text]}, schema={"x": pl.String}).select(danish.day("x")).item() is None


@settings(deadline=None)
@given(st.dates(min_value=dt.date(1000, 1, 5)))
def test_weeks_have_the_iso_year(day):
    year, week, _ = day.isocalendar()
    assert pl.DataFrame({"x": [day]}).select(danish.iso_week(pl.col("x"))).item() == f"{year}-W{week:02d}"
