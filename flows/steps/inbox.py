"""The inbox: which files are there, and their bytes. It is only ever read.

A folder is read here. What lies on another machine is read by inbox_remote.py, over inbox_sftp.py or inbox_http.py,
which are imported only then.
"""

import datetime as dt
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flows.steps.settings import ConfigurationError, Settings
from transforms.personal_data import mask

IGNORED_BEGINNINGS = (".", "~$")
IGNORED_ENDINGS = (".part", ".tmp")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]")


class InboxUnreachable(OSError):
    """The network or the server fails for now: it may be tried again."""


class InboxClosed(ConfigurationError):
    """The server does not let us in, or is not the one that was meant; the message says what a person must mend."""


@dataclass(frozen=True)
class InboxFile:
    """A file below the inbox.

    `path` is where its inbox finds it. `name` is its path below the inbox with unprintable signs as \\x0a and
    CPR-shaped numbers masked, so that two files may share a masked one. A link leads elsewhere, or is no file. What
    `is_closed`, a folder perhaps, cannot be looked into.
    """

    path: str
    name: str
    is_name_masked: bool
    byte_count: int
    modified_at: dt.datetime
    is_link: bool = False
    is_closed: bool = False


@dataclass(frozen=True)
class Content:
    """The bytes of a file and their hash; no bytes when it is a link, over the limit, or cannot be read."""

    data: bytes
    sha256: str
    is_readable: bool = True


class Inbox(Protocol):
    """What every kind of inbox promises."""

    def list_files(self) -> list[InboxFile]:
        """Return the files of the inbox and its subfolders in order of (time, name).

        Raises:
            OSError: the inbox cannot be read, for now perhaps.
            InboxClosed: a person must mend something first.
        """

    def read(self, file: InboxFile, byte_limit: int) -> Content | None:
        """Return the content of a file; None when it changed since it was listed, and is still arriving.

        A link, a file over `byte_limit` and one that may not be read stand by their name, size and time.
        """


@contextmanager
def opened(settings: Settings, *, is_patient: bool = True) -> Iterator[Inbox]:
    """Give the inbox of the settings; a server is asked again for a while when it fails, unless told otherwise."""
    place = settings.remote_inbox
    if place is None:
        yield Folder(settings.path(settings.inbox))
        return
    from flows.steps import inbox_remote  # noqa: PLC0415 - a folder is read without the libraries of the network

    with inbox_remote.opened(place, settings, is_patient=is_patient) as remote:
        yield remote


@dataclass(frozen=True)
class Folder:
    """An inbox on this machine."""

    folder: Path

    def list_files(self) -> list[InboxFile]:
        """Return the files of the folder and its subfolders in order of (time, name).

        Raises:
            OSError: the folder cannot be read.
        """
        found: list[InboxFile] = []
        closed: list[OSError] = []
        for folder, folders, names in os.walk(self.folder, onerror=closed.append):
            folders[:] = [name for name in folders if not name.startswith(IGNORED_BEGINNINGS)]
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            found += self._described([Path(folder) / name for name in (*names, *links) if not is_ignored(name)])
        for error in closed:
            if Path(error.filename) == self.folder:
                raise error
        found += self._described([Path(error.filename) for error in closed])
        return in_order(found)

    def _described(self, paths: list[Path]) -> Iterator[InboxFile]:
        """Give what is known of files; one that has just left is left out."""
        for path in paths:
            with suppress(FileNotFoundError):
                yield self.describe(path)

    def describe(self, path: Path) -> InboxFile:
        """Return what the file system says of a file in the folder, without reading it."""
        status = path.lstat()
        is_folder = stat.S_ISDIR(status.st_mode)
        return described(
            str(path),
            path.relative_to(self.folder).as_posix(),
            status.st_size,
            dt.datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1e6, dt.UTC),
            is_link=not (stat.S_ISREG(status.st_mode) or is_folder),
            is_closed=is_folder,
        )

    def read(self, file: InboxFile, byte_limit: int) -> Content | None:
        """Return the content of a file, as every inbox does."""
        if must_not_be_read(file, byte_limit):
            return unread(file)
        path = Path(file.path)
        try:
            data = path.read_bytes()
            status = path.lstat()
        except FileNotFoundError:
            return None
        except OSError:
            return unread(file, is_readable=False)
        if len(data) != file.byte_count or status.st_size != file.byte_count:
            return None
        return Content(data, hashlib.sha256(data).hexdigest())


def described(
    path: str, below: str, byte_count: int, modified_at: dt.datetime, *, is_link: bool = False, is_closed: bool = False
) -> InboxFile:
    """Return a file whose path `below` the inbox becomes a name that may be told and kept."""
    name = os.fsencode(below).decode(errors="backslashreplace")
    plain = _UNPRINTABLE.sub(lambda sign: f"\\x{ord(sign[0]):02x}", name)
    masked = mask(plain)
    return InboxFile(path, masked, masked != plain, byte_count, modified_at, is_link, is_closed)


def is_ignored(name: str) -> bool:
    """Tell whether a name says that its file is hidden, locked, or still being written."""
    return name.startswith(IGNORED_BEGINNINGS) or name.lower().endswith(IGNORED_ENDINGS)


def in_order(files: list[InboxFile]) -> list[InboxFile]:
    """Return files as they arrived: by (time, name)."""
    return sorted(files, key=lambda file: (file.modified_at, file.name))


def must_not_be_read(file: InboxFile, byte_limit: int) -> bool:
    """Tell whether a file stands by its name, size and time alone."""
    return file.is_link or file.is_closed or file.byte_count > byte_limit


def unread(file: InboxFile, *, is_readable: bool = True) -> Content:
    """Return the content of a file that is not read."""
    facts = f"{file.name} {file.byte_count} {file.modified_at.isoformat()}"
    return Content(b"", hashlib.sha256(facts.encode()).hexdigest(), is_readable and not file.is_closed)
