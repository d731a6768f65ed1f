"""The inbox: which files are there, and their bytes. It is only ever read."""

import datetime as dt
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from transforms.personal_data import mask

IGNORED_BEGINNINGS = (".", "~$")
IGNORED_ENDINGS = (".part", ".tmp")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")


@dataclass(frozen=True)
class InboxFile:
    """A file below the inbox; `name` is its path with CPR-shaped numbers masked."""

    path: Path
    name: str
    is_name_masked: bool
    byte_count: int
    modified_at: dt.datetime
    is_link: bool = False


@dataclass(frozen=True)
class Content:
    """The bytes of a file and their hash; no bytes when it is a link or over the limit."""

    data: bytes
    sha256: str


def list_files(inbox: Path) -> list[InboxFile]:
    """Return the files of the inbox and its subfolders in order of (time, name).

    Raises:
        OSError: the inbox cannot be read.
    """
    found: list[InboxFile] = []
    for folder, folders, names in os.walk(inbox, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(IGNORED_BEGINNINGS)]
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        found += [describe(Path(folder) / name, inbox) for name in (*names, *links) if not _is_ignored(name)]
    return sorted(found, key=lambda file: (file.modified_at, file.name))


def _is_ignored(name: str) -> bool:
    return name.startswith(IGNORED_BEGINNINGS) or name.lower().endswith(IGNORED_ENDINGS)


def describe(path: Path, inbox: Path) -> InboxFile:
    """Return what the file system says of a file, without reading it."""
    status = path.lstat()
    name = os.fsencode(path.relative_to(inbox).as_posix()).decode(errors="replace")
    plain = _CONTROL.sub("_", name)
    modified_at = dt.datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1e6, dt.UTC)
    masked = mask(plain)
    return InboxFile(path, masked, masked != plain, status.st_size, modified_at, not stat.S_ISREG(status.st_mode))


def read(file: InboxFile, byte_limit: int) -> Content | None:
    """Return the content of a file; None when it changed while it was read, and is still arriving.

    A link or a file over `byte_limit` is not read: its name, size and time stand for its content.
    """
    if file.is_link or file.byte_count > byte_limit:
        facts = f"{file.name} {file.byte_count} {file.modified_at.isoformat()}"
        return Content(b"", hashlib.sha256(facts.encode()).hexdigest())
    data = file.path.read_bytes()
    status = file.path.lstat()
    if len(data) != file.byte_count or status.st_size != file.byte_count:
        return None
    return Content(data, hashlib.sha256(data).hexdigest())


def _raise(error: OSError) -> None:
    raise error
