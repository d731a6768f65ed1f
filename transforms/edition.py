"""An edition: everything that a publication is made from, kept as JSON, and the files that follow from it alone."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from transforms import charts, mime, status_files, status_mail, status_page, status_report
from transforms.status_data import CountFacts, StatusData
from transforms.status_page import Earlier
from transforms.status_report import Report

PAGE, MAIL = "index.html", "mail.eml"


@dataclass(frozen=True)
class Edition:
    """What one publication says and of what it is made.

    changes: (figure, from, to) of a correction; earlier: the publications of the same count before this one, newest
    first; sender and reply_to: of its mail, as in the settings.
    """

    data: StatusData
    kind: str
    published_at: dt.datetime
    changes: list[tuple[str, str, str]]
    earlier: list[Earlier]
    public_url: str
    sender: str
    reply_to: str

    @cached_property
    def content(self) -> bytes:
        """What `dump` returns; its hash names the edition, and nothing in an edition changes."""
        text = json.dumps(_tagged(self), ensure_ascii=False, allow_nan=False, indent=1)
        return text.encode() + b"\n"


_KEPT = {each.__name__: each for each in (Edition, StatusData, CountFacts, Earlier)}
_TYPE, _MOMENT, _DATE, _TUPLE, _MAPPING = "$type", "$moment", "$date", "$tuple", "$mapping"


def files(edition: Edition, report: Report) -> dict[str, bytes]:
    """Return name -> bytes of a publication's files; the same for equal editions under one RENDERING_VERSION.

    Args:
        report: what `status_report.build` makes of the edition's data.
    """
    data, kind = edition.data, edition.kind
    base = edition.public_url.rstrip("/")
    newest = f"{base}/{data.municipality_code}/{data.count.count_id}/index.html" if base else ""
    page = status_page.render(
        data,
        report,
        kind=kind,
        published_at=edition.published_at,
        changes=edition.changes,
        newest_url=newest or "../index.html",
        earlier=edition.earlier,
    )
    chart = status_mail.chart_of(data, report)
    mail = status_mail.compose(
        data,
        report,
        kind=kind,
        changes=edition.changes,
        published_at=edition.published_at,
        sender=edition.sender,
        reply_to=edition.reply_to,
        message_id=message_id(edition),
        page_url=newest,
        chart=chart,
        chart_png=charts.png(chart) if chart else None,
    )
    return {
        PAGE: page.encode(),
        "status.csv": status_files.as_csv(data),
        "status.json": status_files.as_json(data, report, kind, edition.published_at),
        MAIL: mail,
    }


def render(edition: Edition) -> dict[str, bytes]:
    """Return a publication's files from its edition alone."""
    return files(edition, status_report.build(edition.data))


def message_id(edition: Edition) -> str:
    """Return the Message-ID of an edition's mail: the same whenever the mail is made."""
    return mime.message_id(sha256(edition), edition.sender)


def sha256(edition: Edition) -> str:
    """Return the hash of an edition's bytes."""
    return hashlib.sha256(edition.content).hexdigest()


def dump(edition: Edition) -> bytes:
    """Return an edition as JSON; dates and times keep their types, and columns their order.

    Raises:
        TypeError: a value is of a type that JSON and this module do not know.
    """
    return edition.content


def load(content: bytes) -> Edition:
    """Return the edition that was dumped.

    Raises:
        ValueError: it is no such JSON.
    """
    try:
        found = json.loads(content, object_hook=_untagged)
    except (TypeError, KeyError) as error:
        raise ValueError("not an edition") from error
    if not isinstance(found, Edition):
        raise ValueError("not an edition")
    return found


def _tagged(value: Any) -> Any:
    """Return a value as JSON knows it; what would be lost is named, and so is a mapping that looks like a name."""
    match value:
        case Edition() | StatusData() | CountFacts() | Earlier():
            content = {each.name: _tagged(getattr(value, each.name)) for each in fields(value)}
            return {_TYPE: type(value).__name__} | content
        case dt.datetime() | dt.date():
            return {_MOMENT if isinstance(value, dt.datetime) else _DATE: value.isoformat()}
        case dict() if all(isinstance(key, str) for key in value):
            content = {key: _tagged(each) for key, each in value.items()}
            return {_MAPPING: sorted(content.items())} if any(key.startswith("$") for key in value) else content
        case tuple():
            return {_TUPLE: [_tagged(each) for each in value]}
        case list():
            return [_tagged(each) for each in value]
        case None | str() | bool() | int() | float():
            return value
    raise TypeError(f"cannot dump a {type(value).__name__}")


def _untagged(found: dict[str, Any]) -> Any:
    """Return what an object of the JSON stands for; the objects in it are there already."""
    match found:
        case {"$moment": str(text), **rest} if not rest:
            return dt.datetime.fromisoformat(text)
        case {"$date": str(text), **rest} if not rest:
            return dt.date.fromisoformat(text)
        case {"$tuple": list(parts), **rest} if not rest:
            return tuple(parts)
        case {"$mapping": list(pairs), **rest} if not rest:
            return dict(pairs)
        case {"$type": str(name), **rest}:
            return _KEPT[name](**rest)
    return found
