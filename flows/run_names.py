"""Names of flow runs in the Prefect UI: the flow and the day, so that no name can hold data."""

from prefect.runtime import flow_run

from flows.steps.runs import DENMARK


def day_of_run() -> str:
    """Return the name of the run that begins: its flow and the Danish day it was planned for."""
    return f"{flow_run.flow_name} {flow_run.scheduled_start_time.astimezone(DENMARK).date()}"
