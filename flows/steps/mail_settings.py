"""How mail leaves: the server that an smtp_url names, and addresses that cannot forge a header."""

import re
import unicodedata
from dataclasses import dataclass, field
from email.errors import MessageError, NonASCIILocalPartDefect
from email.headerregistry import Address, HeaderRegistry
from typing import Annotated, Any, Self
from urllib.parse import unquote_to_bytes

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from flows.steps.urls import is_host, is_loopback, split_url

SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """The server that mail leaves by; its text is without user and password."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def _mail_server(url: str) -> MailServer:
    """Return the server an smtp_url names; a ValueError never prints the URL, for it may hold a password."""
    parts = split_url(url) if url.isascii() and url.isprintable() and " " not in url else None
    if parts is None or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("not scheme://user:password@host:port; percent-encode signs in user and password: / is %2F")
    if parts.scheme not in SMTP_PORTS:
        raise ValueError("begins with none of smtp://, smtp+starttls://, smtps://")
    host, port = parts.hostname or "", parts.port
    if not is_host(host) or port == 0:
        raise ValueError("names no host, or a port that is not 1 to 65535")
    secrets = (unquote_to_bytes(parts.username or ""), unquote_to_bytes(parts.password or ""))
    if "@" in parts.netloc and not all(secrets):
        raise ValueError("has a user without a password, or a password without a user")
    if not all(re.fullmatch(rb"[\x20-\x7e]*", each) for each in secrets):
        raise ValueError("user and password can hold only printable ASCII")
    if all(secrets) and parts.scheme == "smtp" and not is_loopback(host):
        raise ValueError("smtp:// would send the password readable; use smtp+starttls:// or smtps://")
    user, password = (each.decode("ascii") for each in secrets)
    return MailServer(parts.scheme, host, port or SMTP_PORTS[parts.scheme], user, password)


def _smtp_url(text: str) -> str:
    if text:
        _mail_server(text)
    return text


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in text)


def mailbox(text: str) -> Address:
    """Return the one address of `name@host` or `Name <name@host>`.

    Raises:
        ValueError: none, several, a group, or one with signs that could forge a header; the text is not printed.
    """
    is_list = "," in (text.strip()[:1], text.strip()[-1:])  # the library reads "a@b.dk," as one
    found = () if is_list or _has_controls(text) else _addresses(text)
    if len(found) != 1 or _has_controls(str(found[0])) or not found[0].username or not is_host(found[0].domain):
        raise ValueError(
            'not one mail address, as name@host or Name <name@host>; a name with . or , stands in quotes "…"'
        )
    return found[0]


def _addresses(text: str) -> tuple[Address, ...]:
    """Return what the library reads without fault; on much that is none it falls over: "a@", "a@[", ":;", "  .x"."""
    try:
        header: Any = HeaderRegistry()("reply-to", text)
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, NameError, RecursionError):
        return ()
    is_faulty = any(not isinstance(each, NonASCIILocalPartDefect) for each in header.defects)  # søren@… is none
    has_group = any(each.display_name is not None for each in header.groups)
    return () if is_faulty or has_group else header.addresses


def _address(text: str) -> str:
    mailbox(text)
    return text


def _own_address(text: str) -> str:
    if text and not mailbox(text).username.isascii():
        raise ValueError("before the @ only ASCII: the address stands in the message's header")
    return text


MailAddress = Annotated[str, AfterValidator(_address)]
OwnAddress = Annotated[str, AfterValidator(_own_address)]


class Mail(BaseModel):
    """How mail leaves; without smtp_url nothing is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    smtp_url: Annotated[str, AfterValidator(_smtp_url)] = Field(default="", repr=False)
    sender: OwnAddress = ""
    reply_to: OwnAddress = ""
    alert_recipients: tuple[MailAddress, ...] = ()

    @model_validator(mode="after")
    def _has_a_sender(self) -> Self:
        if self.smtp_url and not self.sender:
            raise ValueError("smtp_url is set and sender is empty; name the address that mail comes from")
        return self

    @property
    def server(self) -> MailServer:
        """The server of smtp_url, which must not be empty."""
        return _mail_server(self.smtp_url)
