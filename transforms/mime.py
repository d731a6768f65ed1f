"""How is a mail put together, so that every mail program reads it and the same content gives the same bytes?"""

import datetime as dt
import hashlib
import unicodedata
from dataclasses import dataclass
from email.errors import NonASCIILocalPartDefect
from email.headerregistry import Address, AddressHeader, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from typing import Any

from transforms.danish import danish_time

# At the default length the standard library folds Danish subjects wrongly: "4 mål" arrives as "4mål".
MESSAGE = SMTP.clone(max_line_length=200)
BODY = SMTP.clone(max_line_length=76)
NOBODY = Address("Kanalstatus", "kanalstatus", "localhost")
LONGEST_SUBJECT = 45


@dataclass(frozen=True)
class Head:
    """What stands in a message's header; sender and reply_to are settings, and may be empty."""

    subject: str
    sent_at: dt.datetime
    sender: str
    reply_to: str
    message_id: str
    recipients: str
    """What the group of recipients is called; their addresses are in the envelope alone."""
    list_name: str
    """The first label of the List-Id."""


@dataclass(frozen=True)
class Picture:
    """A PNG that the HTML part shows as cid:<cid>."""

    cid: str
    png: bytes
    file_name: str


def message(head: Head, text: str, html: str | None = None, picture: Picture | None = None) -> bytes:
    """Return a message as RFC 5322 wants it on the wire: 7 bit, CRLF, alternative(text, related(html, picture)).

    Raises:
        ValueError: the sender or reply_to is no address.
    """
    root: Any = EmailMessage(policy=MESSAGE)
    _write_head(root, head)
    if html is None:
        _write_text(root, text, "plain")
    else:
        root.make_alternative(boundary=_boundary(head, "alternative"))
        root.attach(_text_part(text, "plain"))
        page = _text_part(html, "html")
        root.attach(_related(page, picture, _boundary(head, "related")) if picture else page)
    root["Content-Language"] = "da"  # last: the library moves what begins with Content- into a part
    return root.as_bytes(policy=MESSAGE)


def message_id(text: str, sender: str) -> str:
    """Return a Message-ID that is the same for the same text, at the sender's host."""
    return f"<{hashlib.sha256(text.encode()).hexdigest()[:32]}@{address(sender).domain}>"


def content_id(message_id: str) -> str:
    """Return the name under which a message's HTML part shows its picture."""
    return f"{hashlib.sha256(message_id.encode()).hexdigest()[:16]}@kanalstatus"


def address(text: str) -> Address:
    """Return `name@host` or `Name <name@host>` with its host in ASCII; a stand-in for nobody when it is empty.

    Raises:
        ValueError: not one address; the text is not printed.
    """
    if not text:
        return NOBODY
    header: Any = HeaderRegistry()("from", one_line(text))
    found = header.addresses if isinstance(header, AddressHeader) else ()
    is_faulty = any(not isinstance(each, NonASCIILocalPartDefect) for each in header.defects)
    is_group = isinstance(header, AddressHeader) and any(each.display_name is not None for each in header.groups)
    if len(found) != 1 or is_faulty or is_group or not found[0].username or not found[0].domain:
        raise ValueError("not one mail address")
    return Address(found[0].display_name, found[0].username, found[0].domain.encode("idna").decode("ascii"))


def one_line(text: str) -> str:
    """Return a text on one line without signs that forge headers or turn the direction of reading."""
    spaced = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp") else each for each in text)
    return "".join(each for each in spaced if unicodedata.category(each) not in ("Cf", "Cs", "Co", "Cn")).strip()


def short_subject(text: str) -> str:
    """Return a subject that every list of mails shows whole."""
    line = " ".join(one_line(text).split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1].rstrip(' ,:')}…"


def _write_head(root: EmailMessage, head: Head) -> None:
    sender = address(head.sender)
    root["From"] = sender
    root["To"] = f"{head.recipients}:;"
    if head.reply_to:
        root["Reply-To"] = address(head.reply_to)
    root["Subject"] = short_subject(head.subject)
    root["Date"] = danish_time(head.sent_at)
    root["Message-ID"] = head.message_id
    root["List-Id"] = f"<{head.list_name}.{sender.domain}>"
    root["Auto-Submitted"] = "auto-generated"
    root["MIME-Version"] = "1.0"


def _related(page: MIMEPart, picture: Picture, boundary: str) -> MIMEPart:
    part = MIMEPart(policy=BODY)
    part.make_related(boundary=boundary)
    part.set_param("type", "text/html")
    part.attach(page)
    image = MIMEPart(policy=BODY)
    image.set_content(
        picture.png, "image", "png", disposition="inline", filename=picture.file_name, cid=f"<{picture.cid}>"
    )
    part.attach(image)
    return part


def _text_part(text: str, subtype: str) -> MIMEPart:
    part = MIMEPart(policy=BODY)
    _write_text(part, text, subtype)
    return part


def _write_text(part: MIMEPart, text: str, subtype: str) -> None:
    policy, part.policy = part.policy, BODY
    part.set_content(text, subtype, charset="utf-8", cte="quoted-printable")
    part.policy = policy


def _boundary(head: Head, name: str) -> str:
    # "=_" stands in no quoted-printable and no base64, so no content can hold a boundary.
    return f"=_{name}_{hashlib.sha256(head.message_id.encode()).hexdigest()[:16]}"
