"""The ways to grow: the same history of counts, loaded by one process, by threads, by several runs and over Dask.

Each way loads into a new warehouse, then runs once more with nothing left to do, which is what the way itself costs.
Nothing is published. All must arrive at the same figures, on both databases.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench import measure, project, services
from bench.answer import Answer
from bench.measure import Cost
from bench.national import National
from bench.services import Service
from bench.ways import OWN_PYTHON
from tests import databases

COUNTS = 4
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
COMMAND, ONE_THREAD, THREADS, DASK, RUNS = "command", "one-thread", "threads", "dask", "runs"
NOTHING_TO_DO = "/nothing-to-do"
"""Ends the key of a run of a way after the one that loaded everything."""
_FLOW = [OWN_PYTHON, "-m", "bench.backfill_flow"]
_FIGURES = """
    select count_id, municipality_code, direction, channel, enquiry_count, total_count, share
    from channel_share
"""


@dataclass(frozen=True)
class Way:
    """A way to grow: its name in tables, what it is, and what must be there for it."""

    label: str
    text: str
    needs: str


WAYS = {
    COMMAND: Way(
        "the command",
        "`kanalstatus backfill`, one process that loads and a child of its own that reads the next delivery",
        "nothing but kanalstatus",
    ),
    ONE_THREAD: Way(
        "the flow, one thread",
        "the flow `backfill` with one count at a time: what Prefect itself costs",
        "a Prefect server",
    ),
    THREADS: Way(
        "the flow, a thread a core",
        "the flow as it is deployed: a count to each thread, each with a child of its own that reads",
        "a Prefect server",
    ),
    RUNS: Way(
        "two runs of the flow",
        "the counts in two halves, a run each, at once, as process workers start them",
        "a Prefect server, and on several machines a database and folders that all of them reach",
    ),
    DASK: Way(
        "the flow over Dask",
        f"a scheduler and {services.DASK_WORKERS} workers of one thread, a count to each; started anew each time, so"
        " they import what they need in the first run",
        "a Prefect server, the extra `dask` on every machine, a scheduler and workers that are kept running, and the"
        " same settings, folders and database for all of them",
    ),
}
PLACES = {SQLITE: (COMMAND, ONE_THREAD, THREADS, RUNS, DASK), POSTGRESQL: (COMMAND, THREADS, RUNS, DASK)}
"""Database -> the ways that are taken into it."""


@dataclass(frozen=True)
class Taken:
    """What a way cost on a history that was not loaded, and on one that was; and the figures that it arrived at.

    `dask`: the scheduler and workers that it had.
    """

    loading: Cost
    nothing_to_do: Cost
    answer: Answer
    dask: Service | None


def take(way: str, made: National, folder: Path, prefect: Service, database_url: str) -> Taken:
    """Load a history by a way, in a folder of its own, into an empty warehouse.

    Raises:
        measure.Failed: a run did not end well.
        ValueError: a delivery was not accepted.
    """
    project.set_up(folder, made)
    environment = project.environment(folder) | {"KANALSTATUS_DATABASE_URL": database_url}
    if way != COMMAND:
        environment |= prefect.variables
    with services.open_dask(environment, folder) if way == DASK else nullcontext() as dask:
        beside = () if way == COMMAND else prefect.process_ids
        if dask:
            environment, beside = environment | dask.variables, (*beside, *dask.process_ids)
        loading, nothing_to_do = (
            measure.cost_of(
                _command(way, made.counts), environment, project.PROJECT, log=folder / f"{log}.txt", services=beside
            )
            for log in ("loading", "nothing-to-do")
        )
    return Taken(loading, nothing_to_do, ask(database_url), dask)


def _command(way: str, counts: tuple[str, ...]) -> list[str]:
    """Return the command of a way that loads some counts, oldest first."""
    whole, half = f"{counts[0]}:{counts[-1]}", len(counts) // 2
    if way == COMMAND:
        return [project.COMMAND, "backfill", "--from", counts[0], "--to", counts[-1], "--reason", "bench"]
    if way == RUNS:
        return [*_FLOW, f"{counts[0]}:{counts[half - 1]}", f"{counts[half]}:{counts[-1]}"]
    return [*_FLOW, *(("--threads", "1") if way == ONE_THREAD else ()), whole]


@contextmanager
def new_warehouse(database: str, folder: Path, postgresql_url: str) -> Iterator[str]:
    """Give the URL of an empty warehouse: a file in a folder, or a schema of its own on a server."""
    with ExitStack() as stack:
        if database == SQLITE:
            yield f"sqlite:///{folder / project.DATABASE}"
        else:
            yield stack.enter_context(databases.new_schema(postgresql_url))


def ask(database_url: str) -> Answer:
    """Return the figures of a warehouse on either database, each row with its share as the database divides it.

    Raises:
        ValueError: a delivery was not accepted.
    """
    engine = sa.create_engine(database_url)
    try:
        with engine.connect() as connection:
            others = connection.exec_driver_sql(project.NOT_ACCEPTED).scalar_one()
            if others:
                raise ValueError(f"{others} deliveries were not accepted")
            rows_read, rows_rejected = connection.exec_driver_sql(project.READ).one()
            shares = sorted(list(row) for row in connection.exec_driver_sql(_FIGURES))
    finally:
        engine.dispose()
    return Answer(int(rows_read), int(rows_rejected), shares)
