"""Runs in warm processes that are stopped at a step point: killed, or by an exception.

A process that has used Polars must not fork; so a server that has only imported things forks them.
"""

import itertools
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests import warm_readers

Mode = Literal["kill", "raise", "note"]
Mutant = Callable[[], None]
SECONDS = 120
PRELOADED = ["flows.cli", "flows.steps.publications", "transforms.edition", "flows.steps.postgresql", "psycopg",
             "great_tables", "tests.stopping", "holidays.countries.denmark"]  # fmt: skip
"""The last one by itself takes a fifth of a second."""


class Stopped(Exception):
    """The fault that a test puts in."""


@dataclass(frozen=True)
class Job:
    """A run in a folder, and where it is stopped: at the `nth` time that it reaches `point`."""

    folder: Path
    database_url: str
    smtp_url: str
    point: str = ""
    nth: int = 1
    mode: Mode = "note"
    mutant: Mutant | None = None
    arguments: tuple[str, ...] = ("run",)


def run(job: Job) -> tuple[int, list[str]]:
    """Run a command in a process of its own; return its exit code (minus the signal) and the points it reached.

    What it says goes into said.txt beside its folder.
    """
    warm = multiprocessing.get_context("forkserver")
    warm.set_forkserver_preload(PRELOADED)
    reached = job.folder.with_name("reached.txt")
    reached.unlink(missing_ok=True)
    process = warm.Process(target=_work, args=(job, reached, warm_readers.address()))
    process.start()
    process.join(SECONDS)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"still running after {SECONDS} s")
    return process.exitcode, reached.read_text(encoding="utf-8").splitlines() if reached.exists() else []


def _work(job: Job, reached: Path, readers: bytes) -> None:
    from flows import cli
    from flows.steps import step_points

    os.environ |= {
        "KANALSTATUS_CONFIG": str(job.folder / "kanalstatus.toml"),
        "KANALSTATUS_DATABASE_URL": job.database_url,
        "KANALSTATUS_MAIL__SMTP_URL": job.smtp_url,
    }
    output = os.open(job.folder.with_name("said.txt"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    times = itertools.count(1)

    def stop(point: str) -> None:
        with reached.open("a", encoding="utf-8") as file:
            file.write(f"{point}\n")
        if point != job.point or next(times) != job.nth:
            return
        if job.mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise Stopped(point)

    warm_readers.use(readers)
    step_points.watch(stop)
    if job.mutant:
        job.mutant()
    sys.exit(cli.main(list(job.arguments)))
