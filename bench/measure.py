"""What does a command cost? Wall time, processor time and peak memory of it and all its children."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.025


class Failed(Exception):
    """A measured command did not end well; the message holds the end of what it said."""


@dataclass(frozen=True)
class Cost:
    """What one run cost, with the services that it needed beside it.

    `peak_bytes` is the largest sum of resident memory over the process and its children that was seen, at some forty
    looks a second, fewer with services, for each one's family is looked up by itself. The system's own peak of a child
    is of no use: it begins with that of the process that started it.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def cost_of(
    command: list[str], environment: dict[str, str], folder: Path, *, log: Path, services: tuple[int, ...] = ()
) -> Cost:
    """Run a command in a process of its own, and return what it cost.

    Args:
        services: processes that work for it; what they and their children spend meanwhile is part of the cost.

    Raises:
        Failed: it ended with another code than 0.
    """
    spent_before = _spent(services)
    with log.open("wb") as said:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=said, stderr=said)  # noqa: S603 - ours
        peak = _Peak(process.pid, *services)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        peak.stop()
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{_end_of(log)}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime + _spent(services) - spent_before, peak.bytes)


def resident(*process_ids: int) -> int:
    """Return the bytes of resident memory of processes and their children."""
    return sum(map(_resident, _families(process_ids)))


class _Peak:
    """Watches the resident memory of processes and their children until it is stopped."""

    def __init__(self, *process_ids: int) -> None:
        self.bytes = 0
        self._process_ids = process_ids
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(SAMPLE_SECONDS * len(self._process_ids)):
            self.bytes = max(self.bytes, resident(*self._process_ids))


def _families(process_ids: tuple[int, ...]) -> Iterator[psutil.Process]:
    for process_id in process_ids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(process_id)
            yield from (process, *process.children(recursive=True))


def _spent(process_ids: tuple[int, ...]) -> float:
    """Return the processor seconds of processes and their children so far, those that have ended included."""
    return sum(map(_processor_seconds, _families(process_ids)))


def _processor_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0
    return times.user + times.system + times.children_user + times.children_system


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
