"""The flow for the monthly Digital Post extracts: the same steps on its own schedule."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows import tasks
from flows.count_week import take_in_and_publish
from flows.run_names import day_of_run


@flow(
    name="digital-post",
    flow_run_name=day_of_run,
    persist_result=False,
    on_failure=[tasks.tell_failure],
    on_crashed=[tasks.tell_failure],
)
def digital_post() -> State:
    """Take in new extracts, and update the pages that show them."""
    return take_in_and_publish("digital-post")
