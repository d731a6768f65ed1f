"""Reading deliveries in a child process with bounded memory and time; many files share one child."""

import os
import subprocess
import sys
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


class ReaderNotStarted(Exception):
    """The machine cannot start a reading process; no file is to blame."""


class Reader:
    """One child process at a time; a new one is started where a file was the end of the last one."""

    def __init__(self, limits: Limits, terms: Terms) -> None:
        self._limits = limits
        self._terms = terms
        self._child: subprocess.Popen | None = None
        self._pipe: Connection | None = None

    def start(self, job: Job) -> None:
        """Hand a delivery to the child, which reads it while the caller does something else."""
        pipe = self._connected()
        try:
            pipe.send(job)
        except OSError:
            self.close()

    def finish(self) -> Parsed:
        """Return what the delivery handed in last holds; a child that dies or takes too long refuses it."""
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

    def read(self, job: Job) -> Parsed:
        """Return what a delivery holds."""
        self.start(job)
        return self.finish()

    def _connected(self) -> Connection:
        if self._pipe is None:
            self._pipe, far_end = Pipe()
            limits = (str(self._limits.memory_mb * MEGABYTE), str(self._limits.cpu_seconds))
            command = [sys.executable, "-P", "-m", "flows.steps.reading_worker", str(far_end.fileno()), *limits]
            self._child = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
                command,
                pass_fds=[far_end.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"POLARS_MAX_THREADS": "1"},
            )
            far_end.close()
            self._pipe.send(self._terms)
            self._wait_until_ready(self._pipe)
        return self._pipe

    def _wait_until_ready(self, pipe: Connection) -> None:
        try:
            is_ready = pipe.poll(START_SECONDS) and pipe.recv() == READY
        except (EOFError, OSError):
            is_ready = False
        if not is_ready:
            self.close()
            raise ReaderNotStarted(f"the reading process did not start within {START_SECONDS} s")

    def close(self) -> None:
        """End the child, whatever it is doing."""
        if self._pipe:
            self._pipe.close()
        if self._child:
            self._child.kill()
            self._child.wait()
        self._pipe = self._child = None


@contextmanager
def open_reader(limits: Limits, terms: Terms) -> Iterator[Reader]:
    """Give a reader, and end its child at the end."""
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


def job_of(file: InboxFile, content: Content) -> Job:
    """Return a file of the inbox as a job."""
    return Job(file.name, content.data)
