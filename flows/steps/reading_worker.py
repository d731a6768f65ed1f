"""The child process that deliveries are read in: bytes in, what they hold out, nothing else.

Started by flows/steps/reader.py, which bounds its memory and time. It writes nothing and prints nothing.
"""

import datetime as dt
import resource
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection

from pandera.config import CONFIG, ValidationDepth

from flows.steps import memory
from schemas.rules import finding
from schemas.terms import Terms
from transforms import delivery
from transforms.parsed import Parsed

READY = "ready"
"""What the child says once it has started: what goes wrong before is not a file's fault."""


@dataclass(frozen=True)
class Job:
    """How one delivery is to be read."""

    file_name: str
    may_hold_cpr: bool = False
    as_of_date: dt.date | None = None
    with_origins: bool = False


def read(job: Job, data: bytes, terms: Terms) -> Parsed:
    """Return what the bytes of a delivery hold.

    An exception from a reading library refuses the file by the exception's type alone: its text can
    hold values.
    """
    assert CONFIG.validation_enabled, "PANDERA_VALIDATION_ENABLED switches the checks off; unset it"
    depth = CONFIG.validation_depth
    assert depth in (None, ValidationDepth.SCHEMA_AND_DATA), "PANDERA_VALIDATION_DEPTH switches checks off; unset it"
    given = [data]
    del data  # only who reads a large delivery holds its bytes, and no longer than it must
    try:
        return delivery.parse(
            job.file_name, given.pop(), terms, may_hold_cpr=job.may_hold_cpr, as_of_date=job.as_of_date,
            with_origins=job.with_origins,
        )  # fmt: skip
    except MemoryError:
        return Parsed(None, (finding("reader_died"),))
    except Exception as error:  # noqa: BLE001 - whatever a reading library raises refuses the file
        return Parsed(None, (finding("reader_failed", kind=type(error).__name__),))


def main(descriptor: int, memory_bytes: int, cpu_seconds: int) -> None:
    """Read jobs from a pipe and answer each, until the pipe is closed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    memory.give_back_large_blocks()
    pipe = Connection(descriptor)
    terms: Terms = pipe.recv()
    pipe.send(READY)
    while True:
        try:
            job: Job = pipe.recv()
            used = resource.getrusage(resource.RUSAGE_SELF)
            until = int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds
            resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
            parsed = read(job, pipe.recv_bytes(), terms)
        except EOFError:
            return
        parsed.facts_sha256  # noqa: B018 - reckoned here, it goes along, and the one process that loads need not
        pipe.send(parsed)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
