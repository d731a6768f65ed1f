"""Reading processes that fork from a warm one, for a new Python imports its libraries for half a second.

They do what reader.start_process starts, under the same limits; test_reader.py starts them as production does.
"""

import atexit
import contextlib
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from flows.steps import reader
from flows.steps.settings import Limits
from schemas.sources import LAYOUTS

LAZILY_IMPORTED = ("pandera.backends.polars.builtin_checks", "pandera.backends.polars.container",
                   *(f"transforms.{layout.module}" for layout in LAYOUTS.values()))  # fmt: skip
PROJECT = Path(__file__).parent.parent
start_cold = reader.start_process
"""Start one as production does."""


class Forked:
    """A process that another one forked: what the reader needs of subprocess.Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def wait(self) -> None:
        select.select([self._handle], [], [])
        os.close(self._handle)


@cache
def address() -> bytes:
    """Start the server, which ends with this process, and return where it is asked."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"\0kanalstatus-warm-readers-{os.getpid()}")
    listener.listen()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm_readers", str(listener.fileno())],
        pass_fds=[listener.fileno()],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"POLARS_MAX_THREADS": "1"},
    )
    atexit.register(server.wait)
    atexit.register(server.stdin.close)
    return listener.getsockname()


def fork(server: bytes, descriptor: int, limits: Limits) -> Forked:
    """Let the server at an address fork a process that reads from a pipe."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(reader.START_SECONDS)
        line.connect(server)
        socket.send_fds(line, [" ".join(reader.arguments(limits)).encode()], [descriptor])
        return Forked(int(line.recv(20)))


def start_warm(descriptor: int, limits: Limits) -> Any:
    """Start a reading process for this one."""
    return fork(address(), descriptor, limits)


def use(server: bytes) -> None:
    """Let this process read by what the server of another one forks."""
    reader.start_process = lambda descriptor, limits: fork(server, descriptor, limits)


def serve(listener: socket.socket) -> None:
    """Fork a reading process for each that asks, until standard input ends."""
    from flows.steps import reading_worker

    for each in LAZILY_IMPORTED:
        importlib.import_module(each)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        line, _ = listener.accept()
        arguments, (descriptor, *_), *_ = socket.recv_fds(line, 100, 1)
        if not os.fork():
            try:
                line.send(str(os.getpid()).encode())
                nowhere = os.open(os.devnull, os.O_RDWR)
                for each in (0, 1, 2):
                    os.dup2(nowhere, each)
                line.close()
                listener.close()
                reading_worker.main(descriptor, *map(int, arguments.split()))
            finally:
                os._exit(0)
        line.close()
        os.close(descriptor)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
