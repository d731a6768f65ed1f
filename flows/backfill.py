"""The flow that an engineer starts to load years of counts; its parameters make the form in the Prefect UI."""

from typing import Annotated

from prefect import flow, get_run_logger, runtime, task, unmapped
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows import tasks
from flows.steps import backfill as steps
from flows.steps import backfill_grid, pipeline
from flows.steps.backfill import Request
from flows.steps.pipeline import Session
from flows.steps.runs import Run
from flows.steps.standing import Standing
from flows.task_runners import task_runner
from flows.tasks import _world_task as world_task
from schemas.codes import Reprocess, StepOutcome
from schemas.sources import COUNT_ID
from transforms import backfill_text
from transforms.run_page import RunReport

CountId = Annotated[str, Field(pattern=COUNT_ID)]
MunicipalityCode = Annotated[str, Field(pattern="^[0-9]{3}$")]
NO_DELIVERY_OF_A_COUNT = "-"


class StepsFailed(Exception):
    """Some deliveries of a count failed; each has left a row, and running again takes up what is missing."""


@task(**world_task("begin the backfill", "Write the run, who asked for it and why."))
def begin(session: Session, asked: Request) -> Run:
    """Write the run."""
    return steps.begin(session, asked)


@task(**world_task("survey", "How the deliveries of these counts stand, and which are to be taken up."))
def survey(session: Session, asked: Request) -> list[Standing]:
    """Return the deliveries to take up, oldest count first."""
    return steps.survey(session, asked)


@task(**world_task("take up a count", "Read, judge and load the deliveries of one count, one transaction each."))
def take_up(run: Run, asked: Request, wanted: list[Standing]) -> list[StepOutcome]:
    """Take up one count's deliveries where the worker stands; once more does nothing twice.

    Raises:
        StepsFailed: some failed; the others are loaded.
    """
    outcomes = []
    for step in steps.take_up(pipeline.open_session(), run, asked.scope, wanted):
        each = step.standing
        get_run_logger().info(
            "count=%s delivery=%s state=%s outcome=%s reason=%s",
            each.count_id or NO_DELIVERY_OF_A_COUNT, step.delivery_id, each.state, step.outcome, step.message or "-",
        )  # fmt: skip
        is_news = step.is_new or step.outcome not in steps.NEEDS_A_LOOK
        outcomes.append(step.outcome if is_news else StepOutcome.UNCHANGED)
    failed = outcomes.count(StepOutcome.FAILED)
    if failed:
        raise StepsFailed(f"{failed} of {len(outcomes)} deliveries failed")
    return outcomes


@task(**world_task("publish what is due", "Render and record the pages that are due, oldest count first."))
def publish_due(session: Session, run: Run, asked: Request) -> None:
    """Publish what is due, each in its own transaction."""
    for row in steps.publish_due(session, run, asked):
        get_run_logger().info(
            "publication=%(publication_id)d count=%(count_id)s municipality=%(municipality_code)s kind=%(kind)s", row
        )


@task(**world_task("try out", "Do it all in a transaction that is undone: the grid, the figures that would change."))
def try_out(asked: Request) -> str:
    """Show what the backfill would do as tables of the run, and return it in a sentence."""
    trial = steps.try_out(pipeline.open_session(must_write=False), asked)
    rows = backfill_grid.rows(trial, asked.scope)
    changes = [
        {"count": page.count_id, "municipality": page.municipality_code, "kind": page.kind, "figure": name,
         "from": before, "to": after}
        for page in trial.pages for name, before, after in page.changes
    ]  # fmt: skip
    create_table_artifact(
        backfill_text.as_table(rows), "backfill-grid", "Each source of each municipality in each count"
    )
    create_table_artifact(changes, "backfill-figures", "The printed figures that would change")
    for line in backfill_text.grid_lines(rows):
        get_run_logger().info("%s", line)
    return f"{len(trial.steps)} deliveries would be taken up, {len(trial.pages)} pages published; nothing was changed"


@flow(
    name="backfill",
    persist_result=False,
    task_runner=task_runner(),
    on_failure=[tasks.tell_failure],
    on_crashed=[tasks.tell_failure],
)
def backfill(
    reason: str,
    first_count: CountId | None = None,
    last_count: CountId | None = None,
    counts: list[CountId] = [],  # noqa: B006 - Prefect reads the defaults for its form; they are never changed
    municipalities: list[MunicipalityCode] = [],  # noqa: B006
    reprocess: Reprocess = Reprocess.MISSING,
    dry_run: bool = False,  # noqa: FBT001, FBT002 - the form has no other way to ask
    sends_mail: bool = False,  # noqa: FBT001, FBT002
) -> State:
    """Load, or load again, the deliveries of years of counts, from the inbox and the archive, one task a count.

    Ends as NeedsALook when a delivery was newly held or refused, and Failed when one failed.

    Args:
        reason: Why; kept with the backfill.
        first_count: The first of a span of counts, written as 2012E.
        last_count: The last of the span.
        counts: These counts, instead of a span.
        municipalities: Only deliveries of these municipalities, three digits; none means all.
        reprocess: missing takes what is not loaded; failed also judges again what was held or refused; stale also
            loads again what other code, code lists or content loaded; all loads again everything in force.
        dry_run: Only show what would happen.
        sends_mail: Let staff have mail of the pages that are published.
    """
    session = tasks.open_session()
    asked = steps.request(
        session.settings,
        first=first_count,
        last=last_count,
        counts=tuple(counts),
        municipalities=tuple(municipalities),
        reprocess=reprocess,
        reason=reason,
        asked_by=f"Prefect: {runtime.flow_run.name}",
        sends_mail=sends_mail,
    )
    if dry_run:
        return Completed(message=try_out(asked))
    run = begin(session, asked)
    by_count = steps.by_count(survey(session, asked))
    futures = take_up.map(unmapped(run), unmapped(asked), by_count)
    futures.wait()
    publish_due(session, run, asked)
    report = tasks.finish(session, run)
    mail = tasks.send_mail(session, run, report, return_state=True)
    return _final_state([future.state for future in futures], mail, report)


def _final_state(ended: list[State], mail: State, report: RunReport) -> State:
    """Return the state that tells a person in the Prefect UI how the backfill ended."""
    summary = report.backfill
    failed = [state for state in ended if not state.is_completed()]
    if failed:
        return Failed(message=f"{summary} ({len(failed)} of {len(ended)} counts failed: see their tasks)")
    if report.lost:
        return Failed(name="FilesLost", message=f"{summary} The archive has lost files of publications: see run.html")
    if mail.is_failed():
        return Failed(
            name="MailWaits", message=f"{summary} Not all mail was sent, what waits the next run tries again."
        )
    outcomes = {outcome for state in ended for outcome in state.result()}
    if outcomes & set(steps.NEEDS_A_LOOK):
        return Completed(name="NeedsALook", message=summary)
    return Completed(message=summary)
