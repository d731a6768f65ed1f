"""Thin tasks over the steps, shared by the flows; only what touches the world is tried again.

Tasks pass numbers and names of deliveries, never rows: parameters, logs and results reach Prefect's database.
"""

from prefect import Flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.settings import PREFECT_TASKS_DEFAULT_RETRIES, PREFECT_TASKS_DEFAULT_RETRY_DELAY_SECONDS
from prefect.tasks import Task
from sqlalchemy.exc import DBAPIError

from flows import artifacts
from flows.steps import alerts, pipeline
from flows.steps.inbox import InboxFile
from flows.steps.ledger import Outcome
from flows.steps.pipeline import Session
from flows.steps.runs import Run
from transforms.run_page import RunReport

RETRIES = PREFECT_TASKS_DEFAULT_RETRIES.value() or 3
RETRY_SECONDS = PREFECT_TASKS_DEFAULT_RETRY_DELAY_SECONDS.value() or [10, 60, 300]
"""How long to wait before each new try, where Prefect's own settings do not say otherwise: a server that restarts is
back by then, and one that greylists takes the mail."""


def _is_of_the_world(_task: Task, _run: TaskRun, state: State) -> bool:
    """Try again what the disk, the network or the database caused; never what the data or the code did."""
    try:
        state.result(raise_on_failure=True)
    except (OSError, DBAPIError):
        return True
    except Exception:  # noqa: BLE001 - everything else is final
        return False
    return False


def _world_task(name: str, description: str) -> dict:
    return {
        "name": name,
        "description": description,
        "cache_policy": NO_CACHE,
        "persist_result": False,
        "retries": RETRIES,
        "retry_delay_seconds": RETRY_SECONDS,
        "retry_condition_fn": _is_of_the_world,
    }


@task(**_world_task("open the warehouse", "Read the settings, and make or upgrade the warehouse."))
def open_session() -> Session:
    """Return the session."""
    return pipeline.open_session()


@task(**_world_task("begin the run", "Write the run that all rows stand under."))
def begin_run(session: Session, command: str, *, has_work: bool) -> Run:
    """Write the run."""
    return pipeline.begin_run(session, command, has_work=has_work)


@task(**_world_task("look into the inbox", "Which files of the inbox are new."))
def new_files(session: Session) -> list[InboxFile]:
    """Return the files of the inbox that are not known."""
    return pipeline.new_files(session)


@task(**_world_task("take in deliveries", "Read, judge and load new deliveries, one transaction each."))
def take_in(session: Session, run: Run, files: list[InboxFile]) -> list[Outcome]:
    """Judge and load deliveries; one line in the log for each, with counts and rules and no values."""
    outcomes = []
    for outcome in pipeline.take_in(session, run, files):
        get_run_logger().info(
            "delivery=%d source=%s status=%s rows_read=%d rows_rejected=%d reason=%s",
            outcome.delivery_id, outcome.source, outcome.status, outcome.rows_read, outcome.rows_rejected,
            outcome.reason or "-",
        )  # fmt: skip
        outcomes.append(outcome)
    return outcomes


@task(**_world_task("publish what is due", "Render and record the pages that are due."))
def publish_due(session: Session, run: Run, counts: tuple[str, ...] = ()) -> None:
    """Publish what is due, each in its own transaction."""
    for row in pipeline.publish_due(session, run, counts):
        get_run_logger().info(
            "publication=%(publication_id)d count=%(count_id)s municipality=%(municipality_code)s kind=%(kind)s", row
        )


@task(**_world_task("put pages in place", "Put every page in its place, and write the run page."))
def finish(session: Session, run: Run) -> RunReport:
    """Put files in their places, write the run page, and leave in Prefect what it says."""
    report = pipeline.finish(session, run)
    artifacts.leave(session, report)
    return report


class MailWaits(OSError):
    """Some mail was not sent, for a trouble that may pass by itself; it stays in the outbox."""


class MailStuck(Exception):
    """Some mail was not sent, and to try at once would not help: a login that is tried again and again is locked."""


@task(**_world_task("send mail", "Send what waits in the outbox, and tell the engineers what needs a look."))
def send_mail(session: Session, run: Run, report: RunReport) -> None:
    """Send mail.

    Raises:
        MailWaits: some of it was not sent, and may be in a minute.
        MailStuck: some of it was not sent, and a person, or the next run, must see to it.
    """
    troubles = pipeline.send_mail(session, run, report)
    if troubles:
        is_passing = any(each.is_passing for each in troubles)
        raise (MailWaits if is_passing else MailStuck)("; ".join(each.text for each in troubles))


def tell_failure(flow: Flow, flow_run: FlowRun, state: State) -> None:
    """Mail the engineers that a run broke off; how one ended that ran to its end, its own alert has told."""
    if state.name in ("Failed", "Crashed"):
        alerts.tell_failure(f"{flow.name}: the run broke off ({state.name}); its log in the Prefect UI says where")
