"""The inbox: which files are there, and their bytes. It is only ever read."""

import datetime as dt
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from transforms.personal_data import mask

IGNORED_BEGINNINGS = (".", "~$")
IGNORED_ENDINGS = (".part", ".tmp")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]")


@dataclass(frozen=True)
class InboxFile:
    """A file below the inbox.

    `name` is its path with unprintable signs as \\x0a and CPR-shaped numbers masked, so that two files may share a
    masked one. A folder stands here when it cannot be looked into.
    """

    path: Path
    name: str
    is_name_masked: bool
    byte_count: int
    modified_at: dt.datetime
    is_link: bool = False
    is_folder: bool = False


@dataclass(frozen=True)
class Content:
    """The bytes of a file and their hash; no bytes when it is a link, over the limit, or cannot be read."""

    data: bytes
    sha256: str
    is_readable: bool = True


def list_files(inbox: Path) -> list[InboxFile]:
    """Return the files of the inbox and its subfolders in order of (time, name).

    Raises:
        OSError: the inbox cannot be read.
    """
    found: list[InboxFile] = []
    closed: list[OSError] = []
    for folder, folders, names in os.walk(inbox, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(IGNORED_BEGINNINGS)]
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        found += _described(inbox, [Path(folder) / name for name in (*names, *links) if not _is_ignored(name)])
    for error in closed:
        if Path(error.filename) == inbox:
            raise error
    found += _described(inbox, [Path(error.filename) for error in closed])
    return sorted(found, key=lambda file: (file.modified_at, file.name))


def _described(inbox: Path, paths: list[Path]) -> Iterator[InboxFile]:
    """Give what is known of files; one that has just left is left out."""
    for path in paths:
        with suppress(FileNotFoundError):
            yield describe(path, inbox)


def _is_ignored(name: str) -> bool:
    return name.startswith(IGNORED_BEGINNINGS) or name.lower().endswith(IGNORED_ENDINGS)


def describe(path: Path, inbox: Path) -> InboxFile:
    """Return what the file system says of a file, without reading it."""
    status = path.lstat()
    name = os.fsencode(path.relative_to(inbox).as_posix()).decode(errors="backslashreplace")
    plain = _UNPRINTABLE.sub(lambda sign: f"\\x{ord(sign[0]):02x}", name)
    masked = mask(plain)
    return InboxFile(
        path,
        masked,
        is_name_masked=masked != plain,
        byte_count=status.st_size,
        modified_at=dt.datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1e6, dt.UTC),
        is_link=not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)),
        is_folder=stat.S_ISDIR(status.st_mode),
    )


def read(file: InboxFile, byte_limit: int) -> Content | None:
    """Return the content of a file; None when it changed while it was read, and is still arriving.

    A link, a file over `byte_limit` and one that may not be read stand by their name, size and time.
    """
    if file.is_link or file.is_folder or file.byte_count > byte_limit:
        return Content(b"", _hash_of_facts(file), is_readable=not file.is_folder)
    try:
        data = file.path.read_bytes()
        status = file.path.lstat()
    except FileNotFoundError:
        return None
    except OSError:
        return Content(b"", _hash_of_facts(file), is_readable=False)
    if len(data) != file.byte_count or status.st_size != file.byte_count:
        return None
    return Content(data, hashlib.sha256(data).hexdigest())


def _hash_of_facts(file: InboxFile) -> str:
    facts = f"{file.name} {file.byte_count} {file.modified_at.isoformat()}"
    return hashlib.sha256(facts.encode()).hexdigest()
