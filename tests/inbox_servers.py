"""Real SFTP and HTTP servers on loopback that show a folder, or fail as told."""

import asyncio
import base64
import contextlib
import http.server
import os
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import asyncssh
from trustme import LeafCert

USER, PASSWORD = "levering", "hemmelig-Kodeord/7"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class SftpServer:
    """An SFTP server on a port of 127.0.0.1; start() and stop() keep the port."""

    folder: Path
    key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    user_key: str = ""
    """The public key that may log in."""
    more_names: list[asyncssh.SFTPName] = field(default_factory=list)
    """What every listing shows besides."""
    on_read: Callable[[bytes], None] = lambda _: None
    """What happens before bytes of an opened file are read."""
    read_delay: float = 0
    offers_sftp: bool = True
    logins: list[str] = field(default_factory=list)
    """Users who tried, once a try."""
    sent: int = 0
    """Bytes of files."""
    changes: list[str] = field(default_factory=list)
    """Whatever would change the folder."""
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"sftp://{USER}@127.0.0.1:{self.port}/"

    def known_hosts(self, key: asyncssh.SSHKey | None = None) -> str:
        return f"[127.0.0.1]:{self.port} {(key or self.key).export_public_key().decode()}"

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._listen())

    def stop(self) -> None:
        """Hang up on everybody and be gone; once more does nothing."""
        if self._loop.is_closed():
            return
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def hang_up(self) -> None:
        """Break every connection that stands."""
        self._run(self._abort())

    def _run(self, what: Any) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    async def _listen(self) -> None:
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._listener = await asyncssh.listen(
            "127.0.0.1", self.port, server_host_keys=[self.key], server_factory=lambda: _Login(self),
            sftp_factory=(lambda channel: _Files(channel, self)) if self.offers_sftp else None,
        )  # fmt: skip

    async def _abort(self) -> None:
        for connection in self._connections:
            connection.abort()

    async def _end(self) -> None:
        self._listener.close()
        await self._abort()
        await self._listener.wait_closed()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Login(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server._connections.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._server.logins.append(username)
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key.export_public_key().decode().split()[:2] == self._server.user_key.split()[:2]


class _Files(asyncssh.SFTPServer):
    def __init__(self, channel: asyncssh.SSHServerChannel, server: SftpServer) -> None:
        super().__init__(channel, chroot=os.fsencode(server.folder))
        self._server = server

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        async for each in super().scandir(path):
            yield each
        if path == b"/":
            for each in self._server.more_names:
                yield each

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags != asyncssh.FXF_READ:
            self._server.changes.append("open")
        self._opened = path
        return super().open(path, pflags, attrs)

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if self._server.read_delay:
            await asyncio.sleep(self._server.read_delay)
        self._server.on_read(self._opened)
        data = super().read(file_obj, offset, size)
        self._server.sent += len(data)
        return data

    def _changed(self, *_: object) -> None:
        self._server.changes.append("change")
        raise asyncssh.SFTPPermissionDenied("read only")

    write = setstat = lsetstat = fsetstat = mkdir = rmdir = remove = rename = posix_rename = symlink = link = _changed


@dataclass
class HttpServer:
    """An HTTP(S) server on a port of 127.0.0.1, with the index pages of Python's http.server."""

    folder: Path
    certificate: LeafCert | None = None
    login: tuple[str, str] | None = None
    answers: list[int] = field(default_factory=list)
    """What the next requests are answered instead."""
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Path -> media type and body of a page of ours."""
    statuses: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """Headers that files get besides; an empty one is left out."""
    on_get: Callable[[str], None] = lambda _: None
    """What happens between the head of an answer and its body."""
    delay: float = 0
    requests: list[str] = field(default_factory=list)
    """Method and path of each."""
    sent: int = 0
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        user = f"{self.login[0]}@" if self.login else ""
        return f"{'https' if self.certificate else 'http'}://{user}localhost:{self.port}/"

    def start(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.certificate.configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> Callable[..., http.server.BaseHTTPRequestHandler]:
        return lambda *arguments: _Pages(*arguments, of=self)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Pages(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, of: HttpServer) -> None:
        self.of = of
        super().__init__(*arguments, directory=str(of.folder))

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def send_head(self) -> Any:
        self.of.requests.append(f"{self.command} {self.path}")
        if self.of.delay:
            time.sleep(self.of.delay)
        status = self.of.answers.pop(0) if self.of.answers else self.of.statuses.get(self.path, 0)
        user = ":".join(self.of.login) if self.of.login else ""
        wanted = f"Basic {base64.b64encode(user.encode()).decode()}" if user else None
        if wanted != self.headers.get("Authorization"):
            status = 401
        if status:
            self.send_error(status)
            return None
        if self.path in self.of.pages:
            kind, body = self.of.pages[self.path]
            self.send_response(200)
            super().send_header("Content-Type", kind)
            super().send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)
            return None
        return super().send_head()

    def send_header(self, keyword: str, value: str) -> None:
        changed = self.of.headers.get(keyword, value)
        if changed:
            super().send_header(keyword, changed)

    def copyfile(self, source: Any, outputfile: Any) -> None:
        self.of.on_get(self.path)
        while piece := source.read(65536):
            outputfile.write(piece)
            self.of.sent += len(piece)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
