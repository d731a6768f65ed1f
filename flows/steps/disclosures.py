"""What may be shown of the extracts in the warehouse? Decisions are kept with their figures, and never changed."""

import datetime as dt

import sqlalchemy as sa

from flows.steps import warehouse
from flows.steps.runs import Run
from schemas.sources import Source
from transforms import disclosure

EXTRACTS = (Source.DIGITAL_POST, Source.DIGITAL_POST_PERSONS)


def decide(connection: sa.Connection, run: Run, load_id: int) -> None:
    """Decide on each extract of a load, in the load's transaction."""
    for part in warehouse.view(connection, "load_partition", "partition_name", load_id=load_id):
        _decide(connection, run, load_id, part["municipality_code"], part["as_of_date"])


def renew(connection: sa.Connection, run: Run) -> None:
    """Decide anew on the extracts in force whose newest decision has another min_cell, or that have none."""
    decided = {_key(row): row["min_cell"] for row in warehouse.view(connection, "disclosure", "disclosure_id")}
    for source in EXTRACTS:
        for part in warehouse.view(connection, "current_partition", "load_id", "partition_name", source=source):
            if decided.get(_key(part)) != run.min_cell:
                _decide(connection, run, *_key(part))


def _key(row: dict) -> tuple[int, str, dt.date]:
    return row["load_id"], row["municipality_code"], row["as_of_date"]


def _decide(connection: sa.Connection, run: Run, load_id: int, municipality_code: str, as_of_date: dt.date) -> None:
    place = {"municipality_code": municipality_code, "as_of_date": as_of_date}
    cells = warehouse.view(connection, "enrolment", load_id=load_id, **place)
    before = [row["grouping"] for row in warehouse.view(connection, "disclosure", "disclosure_id", **place)
              if row["load_id"] < load_id]  # fmt: skip
    decision = disclosure.decide(cells, run.min_cell, before[-1] if before else None)
    disclosure_id = warehouse.next_id(connection, "disclosure", "disclosure_id")
    warehouse.insert(connection, "disclosure", [
        place | {"disclosure_id": disclosure_id, "load_id": load_id, "min_cell": run.min_cell,
                 "grouping": decision.grouping, "run_id": run.run_id}
    ])  # fmt: skip
    figures = [figure | {"disclosure_id": disclosure_id} for figure in decision.figures]
    warehouse.insert(connection, "disclosed_cell", figures)
