"""Reading deliveries in child processes with bounded memory and time; many files share a few children."""

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait

from flows.steps import memory
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
        env=os.environ | memory.POLARS | {"POLARS_MAX_THREADS": "1"},
    )


class Reader:
    """Some child processes, each at one delivery; what they find comes out in the order in which it went in."""

    def __init__(self, limits: Limits, terms: Terms) -> None:
        self.width = min(len(os.sched_getaffinity(0)), MOST_CHILDREN)
        self._idle = deque(_Child(limits, terms) for _ in range(self.width))
        self._started: deque[_Child | Parsed] = deque()
        """In the order in which deliveries went in: who is at one, or what it held."""
        memory.give_back_large_blocks()

    def prepare(self, files: list[InboxFile]) -> None:
        """Start as many children as are worth their start for these files."""
        byte_count = sum(file.byte_count for file in files)
        worth = max(byte_count // BYTES_A_CHILD, len(files) // FILES_A_CHILD)
        for child in list(self._idle)[:worth]:
            child.open()

    def start(self, job: Job, data: bytes) -> None:
        """Hand a delivery to a child, which reads it while the caller does something else; waits for an idle one."""
        if not self._idle:
            self._wait_for_one()
        child = self._idle.popleft()
        self._started.append(child)
        child.start(job, data)

    @property
    def is_next_read(self) -> bool:
        """Whether it is known what the delivery that was handed in first of all holds; `finish` need not wait then."""
        return isinstance(self._started[0], Parsed)

    def finish(self) -> Parsed:
        """Return what the delivery that was handed in first of all holds; a child that dies or is slow refuses it."""
        first = self._started.popleft()
        if isinstance(first, Parsed):
            return first
        self._idle.appendleft(first)
        return first.finish()

    def _wait_for_one(self) -> None:
        """Wait until a child has read its delivery, and keep what that holds."""
        found = first_done(self._busy)
        self._started[self._started.index(found)] = found.finish()
        self._idle.appendleft(found)

    @property
    def _busy(self) -> list["_Child"]:
        return [each for each in self._started if isinstance(each, _Child)]

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
        self._deadline = 0.0
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
        self._deadline = time.monotonic() + self._limits.wall_seconds
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
            if not self._pipe.poll(self.seconds_left):
                self.close()
                return Parsed(None, (finding("reader_too_slow", seconds=self._limits.wall_seconds),))
            return self._pipe.recv()
        except (EOFError, OSError):
            self.close()
            return Parsed(None, (finding("reader_died"),))

    @property
    def answers_on(self) -> Connection | None:
        """Where the answer will come; None when the process has ended."""
        return self._pipe

    @property
    def seconds_left(self) -> float:
        """The time in which the answer must come."""
        return max(0.0, self._deadline - time.monotonic())

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


def first_done(busy: list[_Child]) -> _Child:
    """Wait for children, and return one that has an answer, has ended, or had its time."""
    ended = [child for child in busy if child.answers_on is None]
    if ended:
        return ended[0]
    answers = [child.answers_on for child in busy if child.answers_on]
    done = wait(answers, min(child.seconds_left for child in busy))
    return next((child for child in busy if child.answers_on in done), min(busy, key=lambda child: child.seconds_left))


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
