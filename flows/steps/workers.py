"""Who does the tasks of a backfill: threads of this process, or the workers of a Dask scheduler."""

import os
from dataclasses import dataclass

from flows.steps.settings import ConfigurationError

RUNNER_VARIABLE = "KANALSTATUS_TASK_RUNNER"
ADDRESS_VARIABLE = "KANALSTATUS_DASK_ADDRESS"


@dataclass(frozen=True)
class Workers:
    """Threads of this process (`dask_address` None), or those of a Dask scheduler."""

    number: int
    dask_address: str | None = None


def chosen_workers() -> Workers:
    """Return the workers that the environment names; else as many threads as there are cores.

    Raises:
        ConfigurationError: an unknown kind, or Dask without the address of its scheduler.
    """
    kind, address = os.environ.get(RUNNER_VARIABLE) or "threads", os.environ.get(ADDRESS_VARIABLE)
    if kind not in ("threads", "dask"):
        raise ConfigurationError(f"{RUNNER_VARIABLE} is {kind}; it can be threads or dask")
    if kind == "dask" and not address:
        raise ConfigurationError(f"{RUNNER_VARIABLE} is dask: set {ADDRESS_VARIABLE} to its scheduler, tcp://host:8786")
    return Workers(len(os.sched_getaffinity(0)), address if kind == "dask" else None)
