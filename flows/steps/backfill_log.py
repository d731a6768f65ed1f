"""What is kept of backfills: who asked for one and why, and what came of each delivery, failed ones too."""

import sqlalchemy as sa

from flows.steps import warehouse
from flows.steps.runs import Run
from schemas.codes import Reprocess, StandingState, StepOutcome
from transforms import backfill_text


def write_request(
    connection: sa.Connection,
    run: Run,
    asked: tuple[str, str],
    reprocess: Reprocess,
    counts: tuple[str, ...],
    municipalities: tuple[str, ...],
) -> None:
    """Write who asked for a backfill and why (`asked`), and what it is to take up."""
    warehouse.insert(connection, "backfill", [{
        "run_id": run.run_id, "asked_by": asked[0], "reason": asked[1], "reprocess": reprocess,
        "counts": ",".join(counts), "municipalities": ",".join(municipalities),
    }])  # fmt: skip


def write_step(
    connection: sa.Connection,
    run: Run,
    count_id: str | None,
    delivery_id: int | None,
    file_name: str,
    state: StandingState,
    outcome: StepOutcome,
    message: str,
) -> None:
    """Write what came of a delivery."""
    warehouse.insert(connection, "backfill_step", [{
        "step_id": warehouse.next_id(connection, "backfill_step", "step_id"), "run_id": run.run_id,
        "count_id": count_id, "delivery_id": delivery_id, "file_name": file_name, "state": state, "outcome": outcome,
        "message": message, "done_at": warehouse.utc_now(),
    }])  # fmt: skip


def outcomes(connection: sa.Connection, run_id: int) -> list[StepOutcome]:
    """Return the last outcome of each delivery that a backfill took up: one that was tried again may have mended."""
    rows = warehouse.view(connection, "backfill_step", "step_id", run_id=run_id)
    last = {(row["delivery_id"] or row["file_name"], row["count_id"]): StepOutcome(row["outcome"]) for row in rows}
    return list(last.values())


def summary(connection: sa.Connection, run_id: int) -> str:
    """Return what a backfill did in a Danish sentence; empty when the run is none."""
    asked = warehouse.view(connection, "backfill", run_id=run_id)
    if not asked:
        return ""
    counts = tuple(asked[0]["counts"].split(","))
    return backfill_text.summary(counts, asked[0]["reason"], outcomes(connection, run_id))
