"""An inbox over HTTP(S): the files that a folder's index page links to, as file servers make it."""

import datetime as dt
import email.utils
import json
import logging
import ssl
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

import httpx
from fsspec import AbstractFileSystem

from flows.steps.inbox import InboxClosed, InboxUnreachable
from flows.steps.inbox_remote import ENTRY_LIMIT, LIST_SECONDS, Server
from flows.steps.inbox_settings import PASSWORD_VARIABLE, PORTS, InboxAccess, RemotePlace

SILENCE_SECONDS = 30.0
READ_SECONDS = 900.0
PAGE_BYTES = 10_000_000
BUSY = {408, 425, 429}


def server(place: RemotePlace, access: InboxAccess) -> Server:
    """Return how the server at a place is spoken to."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # below that they write the names of files
    return Server(
        connect=lambda: _connect(place, access),
        hang_up=lambda files: files.client.close(),
        errors=(httpx.HTTPError, httpx.InvalidURL, OSError),
        explain=lambda error: _explain(error, place),
    )


def _connect(place: RemotePlace, access: InboxAccess) -> "IndexPages":
    password = access.password.get_secret_value()
    if bool(place.user) != bool(password):
        raise InboxClosed(
            f"{place}: a user without a password, or a password without a user; "
            f"name the user in `inbox` and set {PASSWORD_VARIABLE}, or neither"
        )
    client = httpx.Client(
        auth=(place.user, password) if password else None,
        headers={"Accept-Encoding": "identity"},  # a size that is told is the size that comes
        timeout=SILENCE_SECONDS,
        follow_redirects=False,
        verify=ssl.create_default_context(),
        trust_env=place.scheme == "https",  # what is not encrypted passes no proxy
    )
    return IndexPages(client, f"{place.scheme}://{place.url_host}:{place.port}")


class IndexPages(AbstractFileSystem):
    """Folders that are pages with links, and files of which the server tells size and time.

    fsspec's own finds names by regular expressions, which take `../` and `&amp;` as they stand, asks for no times, and
    reads as much as it is sent.
    """

    cachable = False  # fsspec would keep the client, and the password with it

    def __init__(self, client: httpx.Client, origin: str) -> None:
        super().__init__()
        self.client = client
        self._origin = origin

    def ls(self, path: str, detail: bool = True, **_: Any) -> list:  # noqa: FBT001, FBT002 - fsspec's
        """Return what a folder's page links to that stands in this folder."""
        folder = path.rstrip("/") + "/"
        page, kind = self._get(folder, PAGE_BYTES + 1)
        if len(page) > PAGE_BYTES or kind not in ("text/html", "application/xhtml+xml", "application/json"):
            raise InboxClosed(f"{self._origin}: answers with no index page of a folder; mend `inbox` or the server")
        found = _listed(page) if kind == "application/json" else _linked(page, self._url(folder), folder)
        names = sorted({name for name in found if name.rstrip("/") not in ("", ".", "..") and "/" not in name[:-1]})
        if len(names) > ENTRY_LIMIT:
            raise InboxClosed(f"{self._origin}: an index page links to over {ENTRY_LIMIT} files; mend `inbox`")
        until = time.monotonic() + LIST_SECONDS
        entries: list[dict] = []
        for name in names:
            entries += self._entry(folder + name)
            if time.monotonic() > until:
                raise TimeoutError
        return entries if detail else [entry["name"] for entry in entries]

    def _entry(self, path: str) -> Iterator[dict]:
        """Give what is known of a linked path; nothing when it leads nowhere, no size when it is closed to us."""
        if path.endswith("/"):
            yield {"name": path.rstrip("/"), "type": "directory", "size": 0, "mtime": None}
            return
        try:
            yield self.info(path)
        except httpx.HTTPStatusError as error:
            if error.response.status_code in (401, *BUSY) or error.response.is_server_error:
                raise
            if error.response.status_code not in (404, 410):
                yield {"name": path, "type": "file", "size": None, "mtime": None}

    def info(self, path: str, **_: Any) -> dict:
        """Return size and time of a file as the server tells them, None what it does not tell."""
        response = self.client.head(self._url(path)).raise_for_status()
        size = response.headers.get("Content-Length", "")
        is_plain = response.headers.get("Content-Encoding", "identity") == "identity"
        return {
            "name": path,
            "type": "file",
            "size": int(size) if size.isascii() and size.isdigit() and is_plain else None,
            "mtime": _moment(response.headers.get("Last-Modified", "")),
        }

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """Return the bytes of a file from `start` to `end`; no more than that is fetched."""
        return self._get(path, end)[0][start:end]

    def _get(self, path: str, limit: int | None) -> tuple[bytes, str]:
        """Return the first bytes that stand at a path, and their media type."""
        until = time.monotonic() + READ_SECONDS
        data = bytearray()
        with self.client.stream("GET", self._url(path)) as response:
            response.raise_for_status()
            for piece in response.iter_raw():
                data += piece
                if limit is not None and len(data) >= limit:
                    break
                if time.monotonic() > until:
                    raise TimeoutError
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return bytes(data[:limit]), kind

    def _url(self, path: str) -> str:
        return self._origin + quote(path, errors="surrogateescape")


class _Links(HTMLParser):
    """The links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where a link leads."""
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _linked(page: bytes, url: str, folder: str) -> Iterator[str]:
    """Give the names below a folder that its page links to; links to elsewhere are for people."""
    links = _Links()
    links.feed(page.decode(errors="surrogateescape"))
    own = urlsplit(url)
    for link in links.found:
        try:
            target = urlsplit(urljoin(url, link.strip()))
            port = target.port or PORTS.get(target.scheme)
        except ValueError:
            continue
        path = unquote(target.path, errors="surrogateescape")
        is_here = (target.scheme, target.hostname, port) == (own.scheme, own.hostname, own.port)
        if is_here and path.startswith(folder) and not (target.query or target.fragment):
            yield path.removeprefix(folder)


def _listed(page: bytes) -> Iterator[str]:
    """Give the names of a listing in JSON, as nginx and Caddy make it: a list of objects with a name."""
    try:
        entries = json.loads(page)
    except ValueError:
        entries = None
    for entry in entries if isinstance(entries, list) else ():
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str):
            is_folder = entry.get("type") == "directory" or entry.get("is_dir") is True
            yield f"{name.rstrip('/')}/" if is_folder else name


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _explain(error: Exception, place: RemotePlace) -> Exception:
    """Return what an error of the library means, and what to do."""
    if isinstance(error, httpx.HTTPStatusError):
        return _by_status(error.response.status_code, place)
    certificate = _distrust(error)
    if certificate:
        why = f"its certificate is not trusted ({certificate.verify_message})"
        todo = "name the host as the certificate does, have it renewed, or name its CA's file in SSL_CERT_FILE"
        return InboxClosed(f"{place}: {why}; {todo}")
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return InboxClosed(f"{place}: not a URL that can be asked for; mend `inbox`")
    is_late = isinstance(error, TimeoutError | httpx.TimeoutException)
    why = "no answer in time" if is_late else f"the connection failed or broke, {type(error).__name__}"
    return _unreachable(why, place)


def _by_status(code: int, place: RemotePlace) -> Exception:
    """Return what a status of HTTP means that is no success."""
    match code:
        case 404 | 410:
            return FileNotFoundError(str(place))
        case 403:
            return PermissionError(str(place))
        case 401 | 407:
            text = f"the login was refused; mend the user in `inbox`, or {PASSWORD_VARIABLE}"
            return InboxClosed(f"{place}: {text}")
        case _ if 300 <= code < 400:
            return InboxClosed(f"{place}: the server points elsewhere ({code}); name the place itself in `inbox`")
        case _ if code in BUSY or code >= 500:
            return _unreachable(f"the server answers {code}", place)
    return InboxClosed(f"{place}: the server answers {code}; ask who runs it")


def _unreachable(why: str, place: RemotePlace) -> InboxUnreachable:
    return InboxUnreachable(None, f"cannot be reached ({why}); see that it runs and that `inbox` is right", str(place))


def _distrust(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Return what was wrong with the certificate, when that led to an error."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error
