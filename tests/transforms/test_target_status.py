"""Nothing that rests on a half count is printed."""

import datetime as dt

import pytest

from schemas.codes import TargetStatus
from transforms.target_status import of_whole_counts

LAST_DAYS = {"2012E": dt.date(2012, 11, 11), "2013E": dt.date(2013, 11, 10), "2014E": dt.date(2014, 11, 9)}


def row(**changes: object) -> dict:
    return {
        "count_id": "2014E", "target_kind": "at_most", "deadline": dt.date(2015, 12, 31), "value": 0.186,
        "previous_value": 0.388, "change_pp": -20.2, "baseline_count_id": "2012E", "baseline_value": 0.412,
        "line_value": 0.239, "first_reached_count_id": None, "status": TargetStatus.ON_TRACK, "reason": None,
    } | changes  # fmt: skip


def shown(before: dict, *incomplete: str) -> dict:
    (after,) = of_whole_counts([before], set(incomplete), "2013E", LAST_DAYS)
    return {name: value for name, value in after.items() if value != before[name]}


def test_whole_counts_are_left_alone():
    assert shown(row()) == {}


def test_a_half_count_a_year_earlier_is_no_previous_figure():
    assert shown(row(), "2013E") == {"previous_value": None, "change_pp": None}


def test_a_target_was_not_reached_first_in_a_half_count():
    reached = row(status=TargetStatus.REACHED, first_reached_count_id="2012E")
    assert shown(reached, "2012E")["first_reached_count_id"] is None


@pytest.mark.parametrize("status", [TargetStatus.ON_TRACK, TargetStatus.BEHIND])
def test_a_line_from_a_half_baseline_gives_no_verdict(status):
    changed = shown(row(status=status), "2012E")
    assert (changed["status"], changed["reason"]) == (TargetStatus.NOT_ASSESSED, "baseline_incomplete")
    assert changed["line_value"] is None


def test_close_to_the_deadline_no_baseline_is_needed_to_be_behind():
    late = row(status=TargetStatus.BEHIND, deadline=dt.date(2015, 1, 1))
    assert "status" not in shown(late, "2012E")


def test_a_reached_target_needs_no_baseline():
    assert "status" not in shown(row(status=TargetStatus.REACHED), "2012E")


def test_a_half_count_gets_no_verdict_itself():
    changed = shown(row(), "2014E")
    assert (changed["status"], changed["reason"]) == (TargetStatus.NOT_ASSESSED, "count_incomplete")
    assert changed["change_pp"] is None


def test_what_has_no_target_gets_none_by_being_half():
    assert "status" not in shown(row(target_kind=None, status=TargetStatus.NO_TARGET, baseline_count_id=None), "2014E")
