"""What a way to grow needs beside its command, on loopback: a Prefect server, and a Dask scheduler with its workers."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import measure
from bench.project import PROJECT

START_SECONDS = 180
PREFECT = str(Path(sys.executable).with_name("prefect"))
DASK_WORKERS = 2


@dataclass(frozen=True)
class Service:
    """Processes that work for a command, the variables by which it finds them, and what they cost before they did.

    `byte_count`: their resident memory when all of them were ready.
    """

    process_ids: tuple[int, ...]
    variables: dict[str, str]
    start_seconds: float
    byte_count: int


@contextmanager
def open_prefect(folder: Path) -> Iterator[Service]:
    """Give a Prefect server with a database of its own in a folder.

    Raises:
        measure.Failed: it does not answer.
    """
    url = f"http://127.0.0.1:{_free_port()}/api"
    variables = {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "60",
        "DO_NOT_TRACK": "1",
    }
    port = url.removesuffix("/api").rpartition(":")[2]
    command = [PREFECT, "--no-prompt", "server", "start", "--host", "127.0.0.1", "--port", port]
    started = time.perf_counter()
    with _background(command, os.environ | variables, folder / "server.log") as process_id:
        _wait_for_answer(f"{url}/health", folder / "server.log")
        seconds = time.perf_counter() - started
        yield Service((process_id,), variables, seconds, measure.resident(process_id))


@contextmanager
def open_dask(environment: dict[str, str], folder: Path) -> Iterator[Service]:
    """Give a Dask scheduler and its workers, one thread each, all with the environment of the runs that they serve."""
    from distributed import Client  # noqa: PLC0415 - slow to import, and only this way needs it

    address = f"tcp://127.0.0.1:{_free_port()}"
    own = environment | {"POLARS_MAX_THREADS": str(max(1, len(os.sched_getaffinity(0)) // DASK_WORKERS))}
    module = [sys.executable, "-m"]
    scheduler = [*module, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port",
                 address.rpartition(":")[2], "--no-dashboard"]  # fmt: skip
    worker = [*module, "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    started = time.perf_counter()
    with ExitStack() as stack:
        commands = {"scheduler": scheduler} | {f"worker-{number}": worker for number in range(DASK_WORKERS)}
        process_ids = tuple(
            stack.enter_context(_background(command, own, folder / f"{name}.log")) for name, command in commands.items()
        )
        with Client(address, timeout=START_SECONDS) as client:
            client.wait_for_workers(DASK_WORKERS, timeout=START_SECONDS)
        variables = {"KANALSTATUS_TASK_RUNNER": "dask", "KANALSTATUS_DASK_ADDRESS": address}
        yield Service(process_ids, variables, time.perf_counter() - started, measure.resident(*process_ids))


@contextmanager
def _background(command: list[str], environment: dict[str, str], log: Path) -> Iterator[int]:
    """Give the id of a process in a group of its own, which is killed in the end: nothing that it keeps is wanted."""
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - ours
            command, env=environment, cwd=PROJECT, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for_answer(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise measure.Failed(f"the Prefect server does not answer:\n{log.read_text(encoding='utf-8', errors='replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
