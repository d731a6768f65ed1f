"""Memory that a large delivery took goes back to the system, and is not kept for the next one."""

import ctypes
from contextlib import suppress

M_MMAP_THRESHOLD = -3
"""mallopt(3): blocks of more bytes come from the system one by one, and go back to it when they are freed."""
LARGE_BLOCK = 4_000_000
POLARS = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:100,muzzy_decay_ms:0"}
"""The same for Polars, which has an allocator of its own, in the environment of a process that is to be started."""


def give_back_large_blocks() -> None:
    """Let this process give large blocks back; glibc by itself comes to keep those of up to 32 MB.

    Where the C library has no such setting, all goes on as it is.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)
