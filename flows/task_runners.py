"""The task runner that spreads a backfill: threads by default, Dask where the environment says so."""

from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.steps.settings import ConfigurationError
from flows.steps.workers import chosen_workers


def task_runner() -> TaskRunner[Any]:
    """Return the task runner that the environment chooses.

    Raises:
        ConfigurationError: it names none that there is.
    """
    workers = chosen_workers()
    if workers.dask_address is None:
        return ThreadPoolTaskRunner(max_workers=workers.number)
    try:
        from prefect_dask import DaskTaskRunner  # noqa: PLC0415 - only those who spread over machines install it
    except ImportError:
        raise ConfigurationError("Dask is not installed here: install kanalstatus with its extra dask") from None
    return DaskTaskRunner(address=workers.dask_address)
