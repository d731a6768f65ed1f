"""The flow that the schedule runs every weekday morning: pull, check, load, publish what is due."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows import tasks
from flows.run_names import day_of_run
from flows.steps import pipeline
from flows.steps.pipeline import Session
from flows.steps.runs import Run
from schemas.codes import NOT_LOADED
from transforms.run_page import RunReport


@flow(
    name="count-week",
    flow_run_name=day_of_run,
    persist_result=False,
    on_failure=[tasks.tell_failure],
    on_crashed=[tasks.tell_failure],
)
def count_week() -> State:
    """Take in what has come since the last run, and publish every count that has become complete.

    Ends as Skipped when there was nothing to do, NeedsALook when a delivery was newly held or refused,
    Overdue when a closed count has waited for longer than the settings allow, FilesLost when the archive has lost files
    of publications, MailWaits when mail could not be sent, and Failed when it broke off.
    """
    return take_in_and_publish("count-week")


def take_in_and_publish(command: str) -> State:
    """Take the steps of a whole run, under the flow that calls."""
    session = tasks.open_session()
    files = tasks.new_files(session)
    run = tasks.begin_run(session, command, has_work=bool(files))
    tasks.take_in(session, run, files)
    tasks.publish_due(session, run)
    report = tasks.finish(session, run)
    return final_state(session, run, report, tasks.send_mail(session, run, report, return_state=True))


def final_state(session: Session, run: Run, report: RunReport, mail: State) -> State:
    """Return the state that tells a person in the Prefect UI how the run ended."""
    late = pipeline.overdue(session, run, report)
    did = f"{len(report.deliveries)} deliveries, {len(report.published)} pages published"
    if late:
        waiting = ", ".join(f"{count_id} {code}" for count_id, code, _ in late)
        return Failed(name="Overdue", message=f"{did}; overdue: {waiting}; the run page says what is missing")
    if report.lost:
        return Failed(name="FilesLost", message=f"{did}; the archive has lost files of publications: see run.html")
    if mail.is_failed():
        return Failed(
            name="MailWaits", message=f"{did}; not all mail was sent, what waits the next run tries again: see the log"
        )
    if any(row["status"] in NOT_LOADED for row in report.deliveries):
        return Completed(name="NeedsALook", message=f"{did}; see run.html for what was held or refused")
    is_idle = not (report.deliveries or report.published)
    return Completed(name="Skipped", message="nothing new or due") if is_idle else Completed(message=did)
