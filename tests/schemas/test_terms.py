"""The calendar of counts: weeks, first and last days, the count a year earlier."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.terms import Count, Terms, parse_week, week_name


def count(first: str, last: str, count_id: str = "2014E") -> Count:
    return Count(count_id, first, last, "2012", ())


def test_a_count_runs_from_monday_to_sunday():
    autumn = count("2014-W43", "2014-W45")
    assert (autumn.first_day, autumn.last_day) == (dt.date(2014, 10, 20), dt.date(2014, 11, 9))
    assert autumn.weeks == ("2014-W43", "2014-W44", "2014-W45")


def test_a_count_may_be_one_week():
    assert count("2014-W43", "2014-W43").weeks == ("2014-W43",)


def test_a_count_may_run_over_a_year_with_53_weeks():
    assert count("2026-W52", "2027-W01").weeks == ("2026-W52", "2026-W53", "2027-W01")


@pytest.mark.parametrize("week", ["2014-W53", "2014-W00", "2014-43", "uge 43", ""])
def test_a_week_that_does_not_exist_is_an_error(week):
    with pytest.raises(ValueError, match=r".*"):
        parse_week(week)


def test_the_previous_count_is_the_same_season_a_year_earlier():
    assert count("2014-W43", "2014-W45").previous_count_id == "2013E"
    assert count("2014-W17", "2014-W19", "2014F").previous_count_id == "2013F"


@given(st.dates(min_value=dt.date(2000, 1, 3), max_value=dt.date(2099, 12, 31)))
def test_every_day_lies_in_the_week_that_names_it(day):
    assert dt.timedelta(0) <= day - parse_week(week_name(day)) < dt.timedelta(days=7)


def test_at_most_one_per_cent_of_rows_may_be_set_aside_unless_a_setting_says_otherwise():
    terms = Terms({}, {})
    assert (terms.max_reject_share, terms.newline_optional) == (0.01, frozenset())
