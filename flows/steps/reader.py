"""Reading deliveries in child processes with bounded memory and time; many files share a few children."""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from flows.steps.inbox import Content, InboxFile
from flows.steps.reading_worker import READY, Job
from flows.steps.settings import Limits
from schemas.rules import Refused, finding
from schemas.terms import Terms
from transforms.parsed import Parsed

MEGABYTE = 1_000_000
START_SECONDS = 60
MOST_CHILDREN = 4
"""More read faster than one process loads."""
BYTES_A_CHILD, FILES_A_CHILD = 20_000_000, 40
"""So much is read in the time that one more child takes to start."""

CHILD_ENVIRONMENT = {
    "POLARS_MAX_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 * MEGABYTE),
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:100,muzzy_decay_ms:0",
}
"""A child uses one core, and both its allocators, Python's and Polars', soon give back what a large delivery took."""


class ReaderNotStarted(Exception):
    """The machine cannot start a reading process; no file is to blame."""


def arguments(limits: Limits) -> list[str]:
    """Return the bounds that a reading process sets itself: bytes of memory, and seconds of the processor a file."""
    return [str(limits.memory_mb * MEGABYTE), str(limits.cpu_seconds)]


def start_process(descriptor: int, limits: Limits) -> subprocess.Popen:
    """Start a process that reads deliveries from a pipe, within limits; it gets ready while the caller goes on."""
    command = [sys.executable, "-P", "-m", "flows.steps.reading_worker", str(descriptor), *arguments(limits)]
    return subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
        command,
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | CHILD_ENVIRONMENT,
    )


class Reader:
    """Some child processes, each at one delivery; what they find comes out in the order in which it went in."""

    def __init__(self, limits: Limits, terms: Terms) -> None:
        self.width = min(len(os.sched_getaffinity(0)), MOST_CHILDREN)
        self._idle = deque(_Child(limits, terms) for _ in range(self.width))
        self._busy: deque[_Child] = deque()

    def prepare(self, files: list[InboxFile]) -> None:
        """Start as many children as are worth their start for these files."""
        byte_count = sum(file.byte_count for file in files)
        worth = max(byte_count // BYTES_A_CHILD, len(files) // FILES_A_CHILD)
        for child in list(self._idle)[:worth]:
            child.open()

    def start(self, job: Job, data: bytes) -> None:
        """Hand a delivery to an idle child, which reads it while the caller does something else; at most `width`."""
        child = self._idle.popleft()
        self._busy.append(child)
        child.start(job, data)

    def finish(self) -> Parsed:
        """Return what the delivery that was handed in first of all holds; a child that dies or is slow refuses it."""
        child = self._busy.popleft()
        self._idle.appendleft(child)
        return child.finish()

    def read(self, job: Job, data: bytes) -> Parsed:
        """Return what a delivery holds; nothing else is being read."""
        self.start(job, data)
        return self.finish()

    @property
    def processes(self) -> list[subprocess.Popen]:
        """The children that live, the next one to be handed a delivery first."""
        return [child.process for child in (*self._idle, *self._busy) if child.process]

    def close(self) -> None:
        """End the children, whatever they are doing."""
        for child in (*self._idle, *self._busy):
            child.close()


class _Child:
    """One child process at a time; a new one is started where a file was the end of the last one."""

    def __init__(self, limits: Limits, terms: Terms) -> None:
        self._limits = limits
        self._terms = terms
        self._pipe: Connection | None = None
        self._is_ready = False
        self.process: subprocess.Popen | None = None

    def open(self) -> Connection:
        """Start the process where there is none; it gets ready while the caller does something else."""
        if self._pipe is None:
            self._pipe, far_end = Pipe()
            self.process = start_process(far_end.fileno(), self._limits)
            far_end.close()
        return self._pipe

    def start(self, job: Job, data: bytes) -> None:
        """Hand the process a delivery."""
        pipe = self.open()
        if not self._is_ready:
            self._wait_until_ready(pipe)
        try:
            pipe.send(job)
            pipe.send_bytes(data)
        except OSError:
            self.close()

    def finish(self) -> Parsed:
        """Return what the delivery holds."""
        try:
            if self._pipe is None:
                raise EOFError
            if not self._pipe.poll(self._limits.wall_seconds):
                self.close()
                return Parsed(None, (finding("reader_too_slow", seconds=self._limits.wall_seconds),))
            return self._pipe.recv()
        except (EOFError, OSError):
            self.close()
            return Parsed(None, (finding("reader_died"),))

    def _wait_until_ready(self, pipe: Connection) -> None:
        try:
            pipe.send(self._terms)
            self._is_ready = pipe.poll(START_SECONDS) and pipe.recv() == READY
        except (EOFError, OSError):
            self._is_ready = False
        if not self._is_ready:
            self.close()
            raise ReaderNotStarted(f"the reading process did not start within {START_SECONDS} s")

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._pipe:
            self._pipe.close()
        if self.process:
            self.process.kill()
            self.process.wait()
        self._pipe = self.process = None
        self._is_ready = False


@contextmanager
def open_reader(limits: Limits, terms: Terms) -> Iterator[Reader]:
    """Give a reader, and end its children at the end."""
    reader = Reader(limits, terms)
    try:
        yield reader
    finally:
        reader.close()


def refused_unread(file: InboxFile, content: Content, limits: Limits) -> Parsed | None:
    """Return the refusal of a file that is not read: a link, too large, locked, or a person's number as name."""
    if file.is_link:
        refusal = Refused("not_a_file")
    elif not content.is_readable or file.is_closed:
        refusal = Refused("not_readable")
    elif file.byte_count > limits.file_mb * MEGABYTE:
        refusal = Refused("too_large", limit=limits.file_mb * MEGABYTE)
    elif file.is_name_masked:
        refusal = Refused("cpr_in_name")
    else:
        return None
    return Parsed(None, (refusal.finding,))
