"""Where deliveries arrive: a folder, or a place on another machine, and how that machine is entered."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, unquote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from flows.steps.urls import is_host, is_loopback, split_url

PORTS = {"sftp": 22, "https": 443, "http": 80}
PASSWORD_VARIABLE = "KANALSTATUS_INBOX_ACCESS__PASSWORD"  # noqa: S105 - its name


@dataclass(frozen=True)
class RemotePlace:
    """A folder on another machine; its text is without the user."""

    scheme: str
    host: str
    port: int
    path: str
    """From the root on, decoded, with no slash at its end but the root's own."""
    user: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return the URL without the user; the port when it is not the usual one."""
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.url_host}{port}{quote(self.path, errors='surrogateescape')}"

    @property
    def url_host(self) -> str:
        """The host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host


def is_remote(inbox: str) -> bool:
    """Tell whether the setting is a URL; anything else is a folder."""
    return "://" in inbox


def remote_place(url: str) -> RemotePlace:
    """Return the place that a URL names; a ValueError never prints the URL, for it may hold a password."""
    parts = split_url(url) if url.isprintable() else None
    if parts is None or parts.query or parts.fragment:
        raise ValueError("not scheme://user@host:port/path; percent-encode other signs: ? is %3F, # is %23")
    if parts.scheme not in PORTS:
        raise ValueError("neither a folder nor sftp://…, https://…")
    if parts.password is not None:
        raise ValueError(f"a password does not belong in the URL; take it out and set {PASSWORD_VARIABLE}")
    host, user = parts.hostname or "", unquote(parts.username or "")
    if not is_host(host) or parts.port == 0:
        raise ValueError("names no host, or a port that is not 1 to 65535")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("http:// lets anybody on the way read and change deliveries; use https://")
    if not user.isprintable():
        raise ValueError("the user holds a control character")
    if parts.scheme == "sftp" and not user:
        raise ValueError("names no user: sftp://user@host/path")
    path = unquote(parts.path, errors="surrogateescape").rstrip("/") or "/"
    if {".", ".."} & set(path.split("/")) or "\0" in path:
        raise ValueError("the path must name the folder without . or ..")
    return RemotePlace(parts.scheme, host, parts.port or PORTS[parts.scheme], path, user)


def _inbox(text: str) -> str:
    if is_remote(text):
        remote_place(text)
    return text


InboxName = Annotated[str, AfterValidator(_inbox)]


class InboxAccess(BaseModel):
    """How an inbox on another machine is entered; a folder needs none of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    password: SecretStr = SecretStr("")
    """The user's; with a private key, the key's."""
    private_key: SecretStr = SecretStr("")
    """The file of an OpenSSH key, or the key itself."""
    known_hosts: Path = Path("known_hosts")
    settle_seconds: int = Field(default=60, ge=1, le=86_400)
