"""Status rows -> what may be printed of them: nothing from counts that are only half there."""

import datetime as dt

from schemas.codes import TargetStatus

ON_TRACK_DAYS = 183


def of_whole_counts(
    rows: list[dict], incomplete: set[str], previous_count_id: str, last_days: dict[str, dt.date]
) -> list[dict]:
    """Return rows of target_status without what rests on an incomplete count.

    Args:
        rows: of one count and municipality.
        incomplete: the municipality's counts that wait for something.
        previous_count_id: the same season a year earlier.
        last_days: each count's last day.
    """
    return [_of_whole_counts(row, incomplete, previous_count_id, last_days) for row in rows]


def _of_whole_counts(row: dict, incomplete: set[str], previous_count_id: str, last_days: dict[str, dt.date]) -> dict:
    kept = dict(row)
    if previous_count_id in incomplete:
        kept |= {"previous_value": None, "change_pp": None}
    if row["count_id"] in incomplete:
        kept |= {"change_pp": None}
    if row["first_reached_count_id"] in incomplete:
        kept |= {"first_reached_count_id": None}
    if row["count_id"] in incomplete and row["target_kind"]:
        return kept | {"status": TargetStatus.NOT_ASSESSED, "reason": "count_incomplete", "line_value": None,
                       "first_reached_count_id": None}  # fmt: skip
    if row["baseline_count_id"] in incomplete:
        kept |= {"baseline_value": None, "line_value": None}
        rests_on_line = row["status"] in (TargetStatus.ON_TRACK, TargetStatus.BEHIND)
        if rests_on_line and (row["deadline"] - last_days[row["count_id"]]).days >= ON_TRACK_DAYS:
            kept |= {"status": TargetStatus.NOT_ASSESSED, "reason": "baseline_incomplete"}
    return kept
