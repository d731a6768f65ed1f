"""Approvals: a person lets a draft go to staff, for municipalities that approve their figures first."""

import sqlalchemy as sa

from flows.steps import due, warehouse
from flows.steps.release import NotPossible
from flows.steps.runs import Run
from flows.steps.settings import Settings


def approve(engine: sa.Engine, settings: Settings, run: Run, count_id: str, code: str, by: tuple[str, str]) -> int:
    """Approve the newest draft of a count and return its number; it must show what is in force.

    Args:
        by: (who, why), kept with the approval.

    Raises:
        NotPossible: no draft, an outdated one, or one that is approved.
    """
    with warehouse.writing(engine) as connection:
        draft = due.newest_draft(connection, count_id, code)
        if draft is None:
            raise NotPossible(f"there is no draft of {count_id} {code}; see kanalstatus plan")
        if due.is_approved(connection, draft):
            raise NotPossible(f"draft {draft['publication_id']} of {count_id} {code} is approved already")
        if not due.shows_what_is_in_force(connection, settings, draft):
            raise NotPossible(f"the draft of {count_id} {code} is outdated: run again, and look at the new one")
        row = {"approval_id": warehouse.next_id(connection, "approval", "approval_id"),
               "publication_id": draft["publication_id"], "run_id": run.run_id, "approved_by": by[0],
               "reason": by[1], "approved_at": run.now}  # fmt: skip
        warehouse.insert(connection, "approval", [row])
        return int(draft["publication_id"])
