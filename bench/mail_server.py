"""A real mail server on loopback, in the process of the bench: what it costs is not the measured command's."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

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
    counter, loop = Counter(), asyncio.new_event_loop()
    # aiosmtpd's own controller finds no free port: it calls the port that it was given, 0 too, to see whether it works.
    listening = loop.create_server(lambda: SMTP(counter, loop=loop), "127.0.0.1", 0)
    server = loop.run_until_complete(listening)
    host, port = server.sockets[0].getsockname()
    counter.url = f"smtp://{host}:{port}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield counter
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
