"""Real SMTP servers on loopback that take mail, or fail it as told."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiosmtpd import smtp
from trustme import LeafCert


@dataclass(frozen=True)
class Received:
    """One message as the server got it: bytes without the dots that the protocol adds."""

    mail_from: str
    recipients: tuple[str, ...]
    content: bytes
    is_tls: bool
    user: str
    options: tuple[str, ...]


@dataclass
class SmtpServer:
    """A server on a free port of 127.0.0.1; `with` starts and stops it, as do start() and stop(), on the same port.

    What it answers can be changed between messages.
    """

    tls: Literal["", "starttls", "smtps"] = ""
    certificate: LeafCert | None = None
    login: tuple[str, str] | None = None
    """User and password it demands."""
    offers_login: bool = True
    utf8: bool = True
    greeting: str = ""
    """What it says instead of its 220, and hangs up."""
    mail_reply: str = ""
    recipient_replies: dict[str, str] = field(default_factory=dict)
    """Address -> reply to its RCPT."""
    data_reply: str = ""
    """The reply to DATA instead of 354."""
    message_reply: str = "250 2.0.0 OK"
    """The reply to a message; what is refused is not kept."""
    trouble: Literal["", "hang up", "silence"] = ""
    trouble_at: Literal["", "EHLO", "MAIL", "RCPT", "DATA", "content", "message", "QUIT"] = ""
    """When it hangs up or falls silent; `content`: after its 354, `message`: when it has read the whole message."""
    received: list[Received] = field(default_factory=list)
    read: int = 0
    """Messages read to their end, answered or not."""

    def __post_init__(self) -> None:
        # Never listens: keeps the port from everybody else while the server is down.
        self._holder = _bound(0)
        self.port: int = self._holder.getsockname()[1]

    def url(self, user: str = "", host: str = "127.0.0.1", scheme: str = "") -> str:
        """Return its smtp_url; user is `user:password`, percent-encoded."""
        scheme = scheme or {"": "smtp", "starttls": "smtp+starttls", "smtps": "smtps"}[self.tls]
        return f"{scheme}://{user}{'@' if user else ''}{host}:{self.port}"

    def start(self) -> None:
        """Listen in a thread of its own; on return it answers."""
        is_up: Future[None] = Future()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(is_up),), daemon=True)
        self._thread.start()
        is_up.result(30)

    def stop(self) -> None:
        """Cut every line and listen no more."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join(30)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._holder.close()

    async def _serve(self, is_up: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_over = asyncio.Event()
        self._lines: set[_Line] = set()
        listener = _bound(self.port)
        server = await self._loop.create_server(
            self._line, sock=listener, ssl=self._context() if self.tls == "smtps" else None, backlog=100
        )
        is_up.set_result(None)
        await self._is_over.wait()
        server.close()
        for line in list(self._lines):
            line.cut()
        await asyncio.sleep(0)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        assert self.certificate
        self.certificate.configure_cert(context)
        return context

    def _line(self) -> "_Line":
        return _Line(
            self,
            hostname="mail.test", enable_SMTPUTF8=self.utf8, loop=self._loop,
            tls_context=self._context() if self.tls == "starttls" else None,
            auth_required=bool(self.login), auth_require_tls=self.tls == "starttls", authenticator=self._authenticate,
            auth_exclude_mechanism=() if self.offers_login else ("LOGIN", "PLAIN"),
        )  # fmt: skip

    def _authenticate(self, _server: Any, session: Any, _envelope: Any, _how: str, data: Any) -> smtp.AuthResult:
        is_known = self.login == (data.login.decode(), data.password.decode())
        session.user = data.login.decode() if is_known else ""
        return smtp.AuthResult(success=is_known, handled=False)

    async def handle_MAIL(self, _: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.mail_from, envelope.mail_options = address, options
        return self.mail_reply or "250 2.1.0 OK"

    async def handle_RCPT(self, _: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        reply = self.recipient_replies.get(address, "250 2.1.5 OK")
        if reply.startswith("25"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, line: "_Line", session: Any, envelope: Any) -> str:  # noqa: N802
        self.read += 1
        await line.trouble("message")
        if self.message_reply.startswith("2"):
            self.received.append(
                Received(
                    envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content,
                    self.tls == "smtps" or bool(session.ssl), getattr(session, "user", ""),
                    tuple(envelope.mail_options),
                )
            )  # fmt: skip
        return self.message_reply


class _Line(smtp.SMTP):
    """One connection, which fails where its server was told to."""

    async def trouble(self, moment: str) -> None:
        if self.event_handler.trouble_at != moment:
            return
        if self.event_handler.trouble == "silence":
            await asyncio.sleep(3600)
        self.cut()
        await asyncio.sleep(3600)  # until the loss of the line cancels this

    def cut(self) -> None:
        if self.transport:
            self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        self.event_handler._lines.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler._lines.discard(self)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        greeting = self.event_handler.greeting
        if greeting and isinstance(status, str) and status.startswith("220 mail.test"):
            await super().push(greeting)
            self.transport.close()
            return
        await super().push(status)
        if isinstance(status, str) and status.startswith("354"):
            await self.trouble("content")

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        await self.trouble("EHLO")
        await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        await self.trouble("MAIL")
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await self.trouble("RCPT")
        await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        await self.trouble("DATA")
        if self.event_handler.data_reply:
            await self.push(self.event_handler.data_reply)
            return
        await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        await self.trouble("QUIT")
        await super().smtp_QUIT(arg)


def _bound(port: int) -> socket.socket:
    """Return a socket bound to a port that others of ours may be bound to as well; only who listens gets calls."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """Give a port that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
