"""What the warehouse says of each count in all municipalities: everything that the national overviews print."""

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa

from flows.steps import due, warehouse
from flows.steps.answers import Answers
from flows.steps.settings import Settings
from schemas.codes import MUNICIPALITIES, UNSETTLED
from transforms.national_figures import NationalData
from transforms.status_data import weeks_text

LEAST = 2
"""Municipalities; of one alone there is nothing to compare."""


def gather(connection: sa.Connection, settings: Settings, answers: Answers | None = None) -> list[NationalData]:
    """Return each count that at least two municipalities take part in, newest first.

    Each view is asked once for all counts: asked count by count, it would do all of its work again.

    Args:
        answers: kept from the pages that were made before.
    """
    answers = answers or Answers()
    answers.refresh(connection)
    answers.ask(connection, "complete_count", "measure_value")
    calendar = settings.calendar
    complete = _codes_by_count(answers.all(connection, "complete_count"))
    partitions = _by_count(answers.all(connection, "current_partition")) if complete else {}
    withheld = _unapproved(connection, settings, complete, partitions)
    counts = [
        count
        for count in sorted(calendar.values(), key=lambda count: count.first_day, reverse=True)
        if len(complete[count.count_id] - withheld[count.count_id]) >= LEAST
    ]
    if not counts:
        return []
    values = _by_count(answers.all(connection, "measure_value"))
    published = _by_count(warehouse.view(connection, "national_channel_share", method="published"))
    arrived = {row["delivery_id"]: row["received_at"] for row in warehouse.view(connection, "arrival")}
    found = []
    for count in counts:
        this = count.count_id
        shown = complete[this] - withheld[this]
        known = {row["municipality_code"] for row in partitions[this]} - {None} | set(settings.municipalities)
        printed_from = [row for row in partitions[this] if row["municipality_code"] in {None, *shown}]
        found.append(
            NationalData(
                count_id=this,
                weeks_text=weeks_text(count.first_day, count.last_day),
                names={code: MUNICIPALITIES[code] for code in known},
                complete=sorted(shown),
                unapproved=sorted(complete[this] & withheld[this]),
                waiting=sorted(known - complete[this]),
                values=[row for row in values[this] if row["municipality_code"] in shown],
                published=published[this],
                newest_delivery_at=max(arrived[row["delivery_id"]] for row in printed_from),
                min_municipalities=settings.national_min_municipalities,
            )
        )
    return found


def _by_count(rows: Iterable[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = defaultdict(list)
    for row in rows:
        found[row["count_id"]].append(row)
    return found


def _codes_by_count(rows: Iterable[dict]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[row["count_id"]].add(row["municipality_code"])
    return found


def _unapproved(
    connection: sa.Connection, settings: Settings, complete: dict[str, set[str]], partitions: dict[str, list[dict]]
) -> dict[str, set[str]]:
    """Return count -> the municipalities whose figures no person has approved, where that is required.

    Approved are those whose figures the count's newest publication that is neither a draft nor an incomplete one was
    made from: the same loads, weeks and tasks. A run that takes in a count without publishing it makes no draft.
    """
    if not settings.require_approval:
        return defaultdict(set)
    settled = {
        (row["count_id"], row["municipality_code"]): row
        for row in warehouse.view(connection, "publication_log", "publication_id")
        if row["kind"] not in UNSETTLED
    }
    printed: dict[int, set[due.Part]] = defaultdict(set)
    for row in warehouse.view(connection, "publication_load"):
        printed[row["publication_id"]].add((row["load_id"], row["partition_name"]))
    in_force: dict[tuple[str, str], set[due.Part]] = defaultdict(set)
    for row in (row for rows in partitions.values() for row in rows):
        in_force[row["count_id"], row["municipality_code"]].add((row["load_id"], row["partition_name"]))
    approved = _codes_by_count(
        row
        for key, row in settled.items()
        if in_force[key] <= printed[row["publication_id"]] and due.counts_as_settings_say(settings, row)
    )
    return defaultdict(set, {count_id: codes - approved[count_id] for count_id, codes in complete.items()})
