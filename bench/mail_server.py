"""A real mail server on loopback, in the process of the bench: what it costs is not the measured command's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Counter:
    """Takes every message, and keeps the Message-ID of each."""

    url: str = ""
    message_ids: set[str] = field(default_factory=set)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep a message's name and accept it."""
        head = bytes(envelope.content or b"").partition(b"\r\n\r\n")[0].decode("ascii")
        self.message_ids |= {line for line in head.splitlines() if line.startswith("Message-ID:")}
        return "250 OK"


@contextmanager
def open_server() -> Iterator[Counter]:
    """Give a server that takes mail on a free port of 127.0.0.1 until the block ends."""
    counter = Counter()
    controller = Controller(counter, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        host, port = controller.server.sockets[0].getsockname()
        counter.url = f"smtp://{host}:{port}"
        yield counter
    finally:
        controller.stop()
