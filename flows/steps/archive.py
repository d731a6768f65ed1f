"""The archive: bytes by their hash, written once and never changed."""

import errno
import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from flows.steps.step_points import StepPoint, reach

SHA256_LENGTH = 64


class Damaged(OSError):
    """Other bytes stand in the archive than those with this hash."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EIO, "damaged: put it back from a backup", str(path))


LOST = (FileNotFoundError, Damaged)
"""What `fetch` raises where a file must be put back from a backup."""


def path_of(archive: Path, sha256: str) -> Path:
    """Return where the bytes with this hash stand."""
    return archive / sha256[:2] / sha256


def store(archive: Path, sha256: str, data: bytes) -> None:
    """Keep `data`; it is there whole or not at all, also when the machine fails."""
    path = path_of(archive, sha256)
    if not path.exists():
        write_whole(path, data)


def fetch(archive: Path, sha256: str) -> bytes:
    """Return the bytes with this hash; of persons, what stands under a longer name that begins with theirs.

    Raises:
        FileNotFoundError: they are not kept.
        Damaged: others stand in their place.
    """
    path = path_of(archive, sha256)
    data = path.read_bytes()
    if not is_whole(path, data):
        raise Damaged(path)
    return data


def is_whole(path: Path, data: bytes) -> bool:
    """Tell whether bytes are those of their name; an aggregate of persons is named after what is not kept."""
    return len(path.name) != SHA256_LENGTH or hashlib.sha256(data).hexdigest() == path.name


def write_changed(path: Path, data: bytes) -> None:
    """Write a file whole, unless it stands there already."""
    if not path.exists() or path.read_bytes() != data:
        write_whole(path, data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, never half of them."""
    _write(path, data, Path.replace)


def write_new(path: Path, data: bytes) -> bool:
    """Write a file whole where none stands; False when another process was here first."""
    try:
        _write(path, data, lambda scratch, place: place.hardlink_to(scratch))
    except FileExistsError:
        return False
    return True


def _write(path: Path, data: bytes, put: Callable[[Path, Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with scratch.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        reach(StepPoint.FILE_WRITTEN)
        put(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
