"""The flow that an engineer starts to publish now what is due; its parameters make the form in the Prefect UI."""

from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from flows import tasks
from flows.count_week import final_state
from flows.run_names import day_of_run
from schemas.sources import COUNT_ID

CountId = Annotated[str, Field(pattern=COUNT_ID)]


@flow(
    name="publish",
    flow_run_name=day_of_run,
    persist_result=False,
    on_failure=[tasks.tell_failure],
    on_crashed=[tasks.tell_failure],
)
def publish(
    counts: list[CountId] = [],  # noqa: B006 - Prefect reads the default for its form; it is never changed
) -> State:
    """Publish the pages that are due, without looking into the inbox.

    Args:
        counts: Publish these counts only, written as 2014E; none means all that are due.
    """
    session = tasks.open_session()
    run = tasks.begin_run(session, "publish", has_work=False)
    tasks.publish_due(session, run, tuple(counts))
    report = tasks.finish(session, run)
    return final_state(session, run, report, tasks.send_mail(session, run, report, return_state=True))
