"""Deliveries on another machine: what an inbox promises, over any file system of fsspec.

Names come from strangers: an entry that does not stand in the folder that was listed is never asked for. Nothing is
taken before it has been left alone for a while, nor when its size or time has changed while it was read.
"""

import datetime as dt
import hashlib
import posixpath
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import methodcaller
from typing import Any, TypeVar

from fsspec import AbstractFileSystem

from flows.steps.inbox import (
    IGNORED_BEGINNINGS,
    Content,
    InboxClosed,
    InboxFile,
    InboxUnreachable,
    described,
    in_order,
    is_ignored,
    must_not_be_read,
    unread,
)
from flows.steps.inbox_settings import RemotePlace
from flows.steps.settings import Settings

BACK_OFF_SECONDS = (1.0, 5.0, 20.0)
"""How long to wait before each new try."""
ENTRY_LIMIT = 100_000
"""Files and folders; a server that shows more, or folders without end, is no inbox."""
LIST_SECONDS = 900.0
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Answer = TypeVar("Answer")
Entry = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """How one kind of server is spoken to."""

    connect: Callable[[], AbstractFileSystem]
    hang_up: Callable[[AbstractFileSystem], None]
    errors: tuple[type[Exception], ...]
    """What the library raises for what the world does."""
    explain: Callable[[Exception], Exception]
    """Returns what such an error means: InboxUnreachable, InboxClosed, or of one path FileNotFoundError or
    PermissionError. Its text names the place, and holds no secret and no words of the server."""


@contextmanager
def opened(place: RemotePlace, settings: Settings, *, is_patient: bool) -> Iterator["RemoteInbox"]:
    """Give the inbox at a place; the connection is made when it is first needed."""
    access = settings.inbox_access
    if place.scheme == "sftp":
        from flows.steps import inbox_sftp  # noqa: PLC0415 - each kind has a library of its own

        server = inbox_sftp.server(place, access, settings.path)
    else:
        from flows.steps import inbox_http  # noqa: PLC0415

        server = inbox_http.server(place, access)
    back_off = BACK_OFF_SECONDS if is_patient else ()
    remote = RemoteInbox(server, str(place), place.path, dt.timedelta(seconds=access.settle_seconds), back_off)
    try:
        yield remote
    finally:
        remote.close()


class RemoteInbox:
    """An inbox on another machine, listed once."""

    def __init__(
        self, server: Server, place: str, root: str, settle_time: dt.timedelta, back_off: tuple[float, ...]
    ) -> None:
        self._server = server
        self._place = place
        self._root = root
        self._settle_time = settle_time
        self._back_off = back_off
        self._connected: AbstractFileSystem | None = None
        self._listed: list[InboxFile] | None = None

    def close(self) -> None:
        """Hang up."""
        if self._connected is not None:
            self._server.hang_up(self._connected)
            self._connected = None

    def list_files(self) -> list[InboxFile]:
        """Return the files that have been left alone for the time to settle, in order of (time, name).

        Raises:
            InboxUnreachable, InboxClosed: as their names say.
        """
        if self._listed is None:
            now = dt.datetime.now(dt.UTC)
            # A time to come says nothing of when a file was written: somebody's clock is wrong.
            self._listed = in_order([each for each in self._walk() if abs(now - each.modified_at) >= self._settle_time])
        return self._listed

    def _walk(self) -> Iterator[InboxFile]:
        folders = [self._root]
        seen, until = 0, time.monotonic() + LIST_SECONDS
        while folders:
            if time.monotonic() > until:
                raise InboxUnreachable(None, f"was not listed within {LIST_SECONDS:.0f} s; try again", self._place)
            folder = folders.pop()
            try:
                entries = self._ask(methodcaller("ls", folder, detail=True))
            except (FileNotFoundError, PermissionError) as error:
                if folder == self._root:
                    raise self._closed(error) from None
                if isinstance(error, PermissionError):
                    yield described(folder, self._below(folder), 0, NEVER, is_closed=True)
                continue
            seen += 1 + len(entries)
            if seen > ENTRY_LIMIT:
                raise InboxClosed(f"{self._place}: shows over {ENTRY_LIMIT} files and folders; mend `inbox`")
            for entry in entries:
                path = entry["name"].rstrip("/")
                is_inside = posixpath.dirname(path) == folder and posixpath.basename(path) not in ("", ".", "..")
                if entry["type"] == "directory" and is_inside:
                    folders += [] if posixpath.basename(path).startswith(IGNORED_BEGINNINGS) else [path]
                elif not is_ignored(posixpath.basename(path)):
                    yield self._described(path, entry, is_inside=is_inside)

    def _closed(self, error: OSError) -> InboxClosed:
        why = "may not be read by this user" if isinstance(error, PermissionError) else "is not there"
        return InboxClosed(f"{self._place}: the folder {why}; make it so on the server, or mend `inbox`")

    def _below(self, path: str) -> str:
        return path.removeprefix(self._root.rstrip("/") + "/")

    def _described(self, path: str, entry: Entry, *, is_inside: bool) -> InboxFile:
        """Return a listed file; without a size and a time nobody could tell it from the next one of its name."""
        moment, size = self._moment(path, entry) if is_inside else None, entry["size"]
        is_known = moment is not None and size is not None
        return described(
            path,
            self._below(path),
            size if is_known else 0,
            moment if moment is not None and is_known else NEVER,
            is_link=entry["type"] != "file" or not is_inside,
            is_closed=is_inside and not is_known,
        )

    def _moment(self, path: str, entry: Entry) -> dt.datetime | None:
        if "mtime" in entry:
            return entry["mtime"]
        return self._ask(methodcaller("modified", path))

    def read(self, file: InboxFile, byte_limit: int) -> Content | None:
        """Return the content of a file, as every inbox does; never more is fetched than was listed, and one byte.

        Raises:
            InboxUnreachable, InboxClosed: as their names say.
        """
        if must_not_be_read(file, byte_limit):
            return unread(file)
        try:
            data = self._ask(methodcaller("cat_file", file.path, end=file.byte_count + 1))
            entry = self._ask(methodcaller("info", file.path))
        except FileNotFoundError:
            return None
        except PermissionError:
            return unread(file, is_readable=False)
        if len(data) != file.byte_count or entry["size"] != file.byte_count:
            return None
        if self._moment(file.path, entry) != file.modified_at:
            return None
        return Content(data, hashlib.sha256(data).hexdigest())

    def _ask(self, ask: Callable[[AbstractFileSystem], Answer]) -> Answer:
        """Return the server's answer; when the world fails, connect and ask again after a while."""
        for seconds in (*self._back_off, None):
            try:
                if self._connected is None:
                    self._connected = self._server.connect()
                return ask(self._connected)
            except self._server.errors as error:
                meant = self._server.explain(error)
            if seconds is None or not isinstance(meant, InboxUnreachable):
                raise meant from None
            self.close()
            time.sleep(seconds)
        raise AssertionError("the last try returns or raises")
