"""What does a command cost? Wall time, processor time and peak memory of it and all its children."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.025


class Failed(Exception):
    """A measured command did not end well; the message holds the end of what it said."""


@dataclass(frozen=True)
class Cost:
    """What one run cost.

    `peak_bytes` is the largest sum of resident memory over the process and its children that was seen, at some forty
    looks a second. The system's own peak of a child is of no use: it begins with that of the process that started it.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def cost_of(command: list[str], environment: dict[str, str], folder: Path, *, log: Path) -> Cost:
    """Run a command in a process of its own, and return what it cost.

    Raises:
        Failed: it ended with another code than 0.
    """
    with log.open("wb") as said:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=said, stderr=said)  # noqa: S603 - ours
        peak = _Peak(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        peak.stop()
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{_end_of(log)}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak.bytes)


class _Peak:
    """Watches the resident memory of a process and its children until it is stopped."""

    def __init__(self, process_id: int) -> None:
        self.bytes = 0
        self._process = psutil.Process(process_id)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, self._resident())

    def _resident(self) -> int:
        try:
            family = [self._process, *self._process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return 0
        return sum(map(_resident, family))


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
