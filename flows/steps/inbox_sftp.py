"""An inbox over SFTP: the server is known by its key, and every question has an end."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import asyncssh
from sshfs import SSHFileSystem

from flows.steps.inbox import InboxClosed, InboxUnreachable
from flows.steps.inbox_remote import Server
from flows.steps.inbox_settings import PASSWORD_VARIABLE, InboxAccess, RemotePlace

CONNECT_SECONDS = 30.0
LOGIN_SECONDS = 30.0
SILENCE_SECONDS = 15.0
"""After so long without a word the server is asked whether it is still there, three times at most."""
QUESTION_SECONDS = 60.0
READ_SECONDS = 900.0

Answer = TypeVar("Answer")


def server(place: RemotePlace, access: InboxAccess, in_settings: Callable[[str | Path], Path]) -> Server:
    """Return how the server at a place is spoken to; `in_settings` gives the paths that the settings name."""
    logging.getLogger("asyncssh").setLevel(logging.WARNING)  # below that it writes the names of files
    return Server(
        connect=lambda: _connect(place, access, in_settings),
        hang_up=_hang_up,
        errors=(OSError, ValueError, asyncssh.Error),
        explain=lambda error: _explain(error, place, access),
    )


class _Sftp(SSHFileSystem):
    """Files over SFTP that are read up to a limit and within a time."""

    cachable = False  # fsspec would keep the connection, and the password with it

    async def _ls(self, path: str, detail: bool = True, **options: Any) -> list:  # noqa: FBT001, FBT002 - fsspec's
        return await self._within(QUESTION_SECONDS, super()._ls(path, detail=detail, **options))

    async def _info(self, path: str, **options: Any) -> dict:
        return await self._within(QUESTION_SECONDS, super()._info(path, **options))

    async def _cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """Read from `start` to `end`; sshfs itself reads every file to its end, however far that is."""
        return await self._within(READ_SECONDS, self._read(path, start or 0, end))

    async def _read(self, path: str, start: int, end: int | None) -> bytes:
        async with self._pool.get() as channel, channel.open(path, "rb") as file:
            return await file.read(-1 if end is None else end - start, start)

    async def _within(self, seconds: float, question: Coroutine[Any, Any, Answer]) -> Answer:
        """Return the answer, or break the connection: to cancel would be to ask the silent server to close the file."""
        task = asyncio.ensure_future(question)
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            self.client.abort()
            raise TimeoutError
        return task.result()


def _connect(place: RemotePlace, access: InboxAccess, in_settings: Callable[[str | Path], Path]) -> _Sftp:
    """Return a connection to a server whose key is known; nothing in anybody's own .ssh is asked."""
    password, key = access.password.get_secret_value(), access.private_key.get_secret_value()
    if not (password or key):
        raise InboxClosed(f"{place}: no login; set {PASSWORD_VARIABLE} or inbox_access.private_key")
    return _Sftp(
        place.host,
        port=place.port,
        username=place.user,
        password=None if key else password,
        client_keys=[_private_key(place, key, password, in_settings)] if key else None,
        known_hosts=_known_hosts(place, access, in_settings(access.known_hosts)),
        x509_trusted_certs=None,
        config=None,
        agent_path=None,
        gss_host=None,
        connect_timeout=CONNECT_SECONDS,
        login_timeout=LOGIN_SECONDS,
        keepalive_interval=SILENCE_SECONDS,
        sftp_client_kwargs={"path_errors": "surrogateescape"},
    )


def _known_hosts(place: RemotePlace, access: InboxAccess, path: Path) -> asyncssh.SSHKnownHosts:
    """Return the keys of known servers. As an object: an empty text would make asyncssh ask the user's own file."""
    try:
        return asyncssh.read_known_hosts(str(path))
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except ValueError:
        why = "is no file of known hosts"
    raise InboxClosed(f"{place}: {access.known_hosts} {why}; {_how_to_know(place, access)}")


def _private_key(
    place: RemotePlace, key: str, password: str, in_settings: Callable[[str | Path], Path]
) -> asyncssh.SSHKey:
    try:
        if key.lstrip().startswith("-----BEGIN"):
            return asyncssh.import_private_key(key, password or None)
        return asyncssh.read_private_key(in_settings(key), password or None)
    except (OSError, ValueError):
        text = f"{place}: the private key cannot be read; mend inbox_access.private_key, or set {PASSWORD_VARIABLE}"
        raise InboxClosed(text) from None


def _hang_up(files: SSHFileSystem) -> None:
    files.loop.call_soon_threadsafe(files.client.abort)


def _explain(error: Exception, place: RemotePlace, access: InboxAccess) -> Exception:
    """Return what an error of the library means, and what to do."""
    match error:
        case FileNotFoundError() | asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath() | asyncssh.SFTPNotADirectory():
            return FileNotFoundError(str(place))
        case asyncssh.SFTPPermissionDenied():
            return PermissionError(str(place))
    closed = _closed(error, place, access)
    if closed:
        return InboxClosed(f"{place}: {closed}")
    match error:
        case socket.gaierror():
            why = "its name is not known"
        case TimeoutError():
            why = "no answer in time"
        case OSError():
            why = error.strerror or type(error).__name__
        case _:
            why = f"the connection broke or the server failed, {type(error).__name__}"
    return InboxUnreachable(None, f"cannot be reached ({why}); see that it runs and that `inbox` is right", str(place))


def _closed(error: Exception, place: RemotePlace, access: InboxAccess) -> str:
    """Return what a person must mend; nothing when the error may pass."""
    match error:
        case asyncssh.HostKeyNotVerifiable():
            return f"the server's key is not in {access.known_hosts}; {_how_to_know(place, access)}"
        case asyncssh.KeyExchangeFailed():
            why = f"the server has no key of the kind in {access.known_hosts}, or speaks an SSH that is too old"
            return f"{why}; {_how_to_know(place, access)}"
        case PermissionError() if error.errno is None:  # sshfs makes it of a refused login
            return "the login was refused; mend the user in `inbox`, the password or the private key"
        case asyncssh.ProtocolNotSupported() | asyncssh.ServiceNotAvailable() | asyncssh.ProtocolError():
            return "what answers there speaks no SSH that we know; mind host and port"
        case ValueError():  # sshfs makes it of a refused channel
            return "the server offers this user no SFTP; ask who runs it"
    return ""


def _how_to_know(place: RemotePlace, access: InboxAccess) -> str:
    """Return how the server's key is written down, once it was compared with what its keeper says."""
    scan = f"`ssh-keyscan -p {place.port} {place.host} > {access.known_hosts}`"
    compare = f"`ssh-keygen -lf {access.known_hosts}`"
    return f"nothing was sent; {scan}, then compare {compare} with the fingerprint that the server's keeper tells you"
