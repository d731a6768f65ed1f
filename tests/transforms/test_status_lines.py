"""The rows of the table of shares: earlier counts, trends, deadlines; nothing of a half count, no nought for a gap."""

import dataclasses
import datetime as dt

import pytest

from tests.make import count_facts, status_data, status_row
from transforms import status_lines
from transforms.status_data import StatusData
from transforms.status_deadlines import deadline_text, with_deadlines

NBSP = "\u00a0"
YEARS = (2009, 2010, 2011, 2012, 2013)


def data_of(*earlier: tuple[int, float | None], **changes: object) -> StatusData:
    """Return a count with (year, share) of the same channel in counts before it."""
    rows = [status_row(count_id=f"{year}E", value=share) for year, share in earlier]
    return status_data(history=[count_facts(year) for year, _ in earlier], earlier_status=rows, **changes)


def only_line(data: StatusData) -> status_lines.Line:
    (line,) = status_lines.lines(data)
    return line


def test_the_three_newest_counts_before_stand_oldest_first():
    data = data_of(*((year, year / 10000) for year in YEARS))
    assert only_line(data).earlier == (f"20,1{NBSP}%",) * 3
    assert [each.label for each in status_lines.earlier_counts(data)] == [
        "efterår 2011",
        "efterår 2012",
        "efterår 2013",
    ]


def test_a_trend_is_of_all_counts_up_to_eight_and_tells_itself_in_words():
    line = only_line(data_of((2012, 0.412), (2013, 0.388)))
    assert line.trend == (412, 388, 186)
    assert line.trend_text.replace(NBSP, " ") == "efterår 2012 41,2 %, efterår 2013 38,8 %, efterår 2014 18,6 %"
    assert len(only_line(data_of(*((year, 0.1) for year in range(2000, 2014)))).trend) == 8


def test_what_was_not_counted_is_a_word_and_a_gap():
    data = data_of((2012, None), (2013, 0.388))
    assert only_line(data).earlier == ("ikke talt", f"38,8{NBSP}%")
    assert only_line(data).trend == (None, 388, 186)


def test_a_channel_without_a_row_in_a_count_was_not_counted_and_a_direction_without_one_is_not_stated():
    rows = [status_row(count_id="2013E", channel="phone")]
    data = status_data([status_row(), status_row(direction="outbound", channel="letter")],
                       history=[count_facts(2013)], earlier_status=rows)  # fmt: skip
    assert [line.earlier for line in status_lines.lines(data)] == [("ikke talt",), ("ikke oplyst",)]


def test_a_half_count_before_is_said_to_be_one_and_is_in_no_trend():
    data = data_of((2012, 0.412), previous_is_whole=False)
    assert only_line(data).earlier == (f"41,2{NBSP}%", "ikke komplet")
    assert only_line(data).trend == (412, 186)


def test_a_half_count_is_the_end_of_no_trend():
    data = data_of((2012, 0.412), (2013, 0.388), is_complete=False, missing=["Systemtal"])
    assert only_line(data).trend == (412, 388)


DAYS = {2012: dt.date(2012, 12, 1), 2013: dt.date(2013, 12, 1), 2014: dt.date(2014, 12, 1)}


def extract(year: int, **persons: int) -> list[dict]:
    """Return rows of disclosed_enrolment on all ages."""
    covered = sum(persons.values())
    return [
        {"as_of_date": DAYS[year], "municipality_code": "183", "age_groups": "all", "status": status,
         "person_count": count, "covered_count": covered}
        for status, count in persons.items()
    ]  # fmt: skip


def enrolment_data(*years: int, rows: list[dict], **changes: object) -> StatusData:
    dates = {f"{year}E": DAYS[year] for year in years}
    return data_of((2012, 0.4), (2013, 0.3), enrolment=rows, extract_dates=dates, **changes)


def test_enrolment_is_told_count_by_count_with_its_change():
    rows = extract(2013, self_enrolled=570, exempt=80, not_enrolled=350) + extract(
        2014, self_enrolled=629, automatically_enrolled=270, exempt=101
    )
    enrolled, exempt = status_lines.lines(enrolment_data(2013, 2014, rows=rows))[1:]
    assert (enrolled.label, enrolled.value, enrolled.change) == ("Tilmeldt", f"89,9{NBSP}%", "+32,9")
    assert enrolled.earlier == ("ikke oplyst", f"57,0{NBSP}%")
    assert (enrolled.trend, exempt.trend) == ((None, 570, 899), (None, 80, 101))


def test_enrolment_has_no_change_from_a_half_count():
    rows = extract(2013, self_enrolled=570, exempt=430) + extract(2014, self_enrolled=899, exempt=101)
    data = dataclasses.replace(
        enrolment_data(2013, 2014, rows=rows, previous_is_whole=False), history=[count_facts(2012)]
    )
    enrolled = status_lines.lines(data)[1]
    assert (enrolled.change, enrolled.trend) == ("kan ikke beregnes", (None, 899))


def test_enrolment_of_which_only_the_total_may_be_shown_has_no_row():
    assert len(status_lines.lines(enrolment_data(2014, rows=extract(2014, covered=40)))) == 1


@pytest.mark.parametrize(
    ("day", "text"), [(dt.date(2015, 12, 31), "ultimo 2015"), (dt.date(2015, 6, 30), f"pr. 30.{NBSP}juni 2015")]
)
def test_a_deadline_is_told_as_people_tell_it(day, text):
    assert deadline_text(day) == text


def test_one_deadline_stands_in_the_heading_and_several_in_their_cells():
    rows = [status_row(), status_row(channel="phone", deadline=dt.date(2016, 12, 31))]
    lines = status_lines.lines(status_data(rows))
    assert with_deadlines(rows[:1], lines[:1])[1] == "Mål ultimo 2015"
    told, heading = with_deadlines(rows, lines)
    assert heading == "Mål"
    assert [line.target for line in told] == [f"højst 14{NBSP}% ultimo 2015", f"højst 14{NBSP}% ultimo 2016"]
