"""A network between kanalstatus and a PostgreSQL that breaks when told to."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import sqlalchemy as sa


class Proxy:
    """Passes bytes on, and cuts the line at a COMMIT: `before` it reaches the server, or `after`, unanswered."""

    def __init__(self, upstream: sa.URL) -> None:
        self.upstream = upstream
        self.cuts: list[str] = []
        """What becomes of each of the next COMMITs: pass, before or after."""
        self.is_closed = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The URL of the database behind the proxy."""
        plain = self.upstream.difference_update_query(["host", "port"]).update_query_dict({"sslmode": "disable"})
        return plain.set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    def _server(self) -> socket.socket:
        host = self.upstream.query.get("host") or self.upstream.host or "localhost"
        port = self.upstream.port or int(self.upstream.query.get("port", 5432))
        if not str(host).startswith("/"):
            return socket.create_connection((str(host), port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.is_closed:
                    client.close()
                    continue
                server = self._server()
                for source, target, is_asking in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass_on, args=(source, target, is_asking), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_asking: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                cut = self.cuts.pop(0) if is_asking and b"COMMIT\0" in data and self.cuts else "pass"
                if cut == "after":
                    # The reply dies with the line: nobody reads it.
                    _close(source)
                    target.sendall(data)
                    target.settimeout(5)
                    with contextlib.suppress(OSError):
                        target.recv(1)
                    break
                if cut == "before":
                    break
                target.sendall(data)
        _close(source)
        _close(target)

    def close(self) -> None:
        """Stop for good."""
        self.listener.close()


def _close(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()


@contextlib.contextmanager
def proxy(url: str) -> Iterator[Proxy]:
    """Give a proxy before the database of a URL."""
    passing = Proxy(sa.make_url(url))
    try:
        yield passing
    finally:
        passing.close()
