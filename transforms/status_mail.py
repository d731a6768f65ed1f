"""A status report -> the mail that staff read: subject, HTML with one chart, and the same as plain text."""

import dataclasses
import datetime as dt
import re
from itertools import groupby

import polars as pl
from htmltools import TagChild, TagList, tags

from schemas.codes import Direction, Measure, PublicationKind, TargetStatus
from transforms import mail_html, mime, status_charts, status_deadlines, status_letter
from transforms.charts import Chart
from transforms.danish import NBSP, percent, permille
from transforms.mail_text import heading, item, wrapped
from transforms.mime import Head, Picture
from transforms.status_data import StatusData
from transforms.status_letter import Letter
from transforms.status_report import Line, Report

CHART_WIDTH = 456
CHANGES_HEADING = "Disse tal er rettet:"
LINK_TEXT = "Se hele status, graferne og tallene"
SOFT_HYPHEN = "\u00ad"
LONG_WORDS = ("Selv|betjening", "betjenings|grad", "basis|tælling", "hen|vendelser")
"""Too wide for a full table on a telephone; a bar where they may be parted."""
_WEB_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_MAIL_ADDRESS = re.compile(r"([a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)")


def compose(
    data: StatusData,
    report: Report,
    *,
    kind: str,
    changes: list[tuple[str, str, str]],
    published_at: dt.datetime,
    sender: str,
    reply_to: str,
    message_id: str,
    page_url: str,
    chart: Chart | None,
    chart_png: bytes | None,
) -> bytes:
    """Return the mail of a publication as bytes ready to send; the same for the same arguments.

    Args:
        data: what the report was made from.
        report: what the page prints.
        kind: a PublicationKind.
        changes: (figure, from, to) of a correction.
        published_at: the Date of the mail.
        sender: a mail address as in the settings, '' for a stand-in; recipients stand in the envelope alone.
        reply_to: likewise, '' for none.
        message_id: with its angle brackets.
        page_url: where the page is, '' for a mail without a link.
        chart: what `chart_of` returned.
        chart_png: its PNG.

    Raises:
        ValueError: sender or reply_to is no address, or page_url is none of the web.
    """
    if page_url and not (_WEB_ADDRESS.fullmatch(page_url) and mime.one_line(page_url) == page_url):
        raise ValueError("page_url is no address of the web")
    letter = status_letter.write(
        data, report, PublicationKind(kind), changes, published_at, page_url, can_be_answered=bool(sender or reply_to)
    )
    head = Head(
        subject=subject(data, kind),
        sent_at=published_at,
        sender=sender,
        reply_to=reply_to,
        message_id=message_id,
        recipients="Modtagere af kanalstatus",
        list_name=f"kanalstatus-{data.municipality_code}",
    )
    shown = Picture(mime.content_id(message_id), chart_png, f"{chart.name}.png") if chart and chart_png else None
    image = _image(chart, shown) if chart and shown else None
    return mime.message(head, _text(letter), _html(letter, image), shown)


def chart_of(data: StatusData, report: Report) -> Chart | None:
    """Return the mail's chart: every target in the table's order; None without targets that are assessed."""
    places = {(line.group, line.label, line.target): place for place, line in enumerate(report.lines)}
    targets = [row for row in data.target_status if row["target_kind"]]
    in_order = sorted(targets, key=lambda row: places.get(status_deadlines.line_of(row), len(places)))
    return status_charts.of_mail(dataclasses.replace(data, target_status=in_order))


def subject(data: StatusData, kind: str) -> str:
    """Return the subject: which count, and how many targets are reached; at most 45 characters."""
    openings = {PublicationKind.CORRECTION: "Rettelse: ", PublicationKind.DRAFT: "Kladde: "}
    opening = openings.get(PublicationKind(kind))
    said = _said(data)
    return mime.short_subject(
        f"{opening}{data.count.label}, {said}" if opening else f"Kanalstatus {data.count.label}: {said}"
    )


def _said(data: StatusData) -> str:
    """Return how the targets stand in a few words; without targets how much is digital."""
    if not data.is_complete:
        return "foreløbige tal"
    targets = [row["status"] for row in data.target_status if row["target_kind"]]
    if not targets:
        wanted = {"measure": Measure.DIGITAL_SHARE, "direction": Direction.INBOUND}
        shares = [row["value"] for row in data.target_status if wanted.items() <= row.items()]
        known = [percent(permille(share)).replace(NBSP, " ") for share in shares if share is not None]
        return f"{known[0]} digitalt" if known else "nye tal"
    if all(status == TargetStatus.NOT_ASSESSED for status in targets):
        return "mål ikke vurderet"
    if len(targets) == 1:
        words = {TargetStatus.REACHED: "målet er nået", TargetStatus.ON_TRACK: "målet er på vej"}
        return words.get(TargetStatus(targets[0]), "målet er ikke nået")
    return f"{targets.count(TargetStatus.REACHED)} af {len(targets)} mål nået"


def _html(letter: Letter, image: TagChild) -> str:
    link = tags.p(tags.a(LINK_TEXT, href=letter.page_url)) if letter.page_url else None
    return mail_html.document(
        letter.title,
        letter.outcome,
        tags.h1(letter.title),
        tags.p(letter.edition, class_="small"),
        _banner(tags.p(tags.strong("Foreløbige tal. "), f"Der mangler: {letter.missing}.")) if letter.missing else None,
        tags.p(letter.outcome, class_="outcome"),
        _banner(tags.p(tags.strong(CHANGES_HEADING)), _list(letter.changes)) if letter.changes else None,
        _named_list([_parted(bullet) for bullet in letter.bullets]) if letter.bullets else None,
        link,
        tags.h2("Status pr. kanal"),
        _table(letter),
        image,
        TagList(tags.h2("Bemærkninger"), _named_list(letter.notes)) if letter.notes else None,
        tags.div(
            tags.p("Kontakt: ", *_linked(letter.contact), class_="small") if letter.contact else None,
            tags.p(letter.reason, class_="small"),
            class_="foot",
        ),
    )


def _banner(*content: TagChild) -> TagChild:
    return tags.div(*content, class_="banner")


def _list(texts: list[str]) -> TagChild:
    return tags.ul(*(tags.li(text) for text in texts))


def _named_list(pairs: list[tuple[str, str]]) -> TagChild:
    return tags.ul(*(tags.li(tags.strong(f"{about}:"), f" {text}") for about, text in pairs))


def _parted(bullet: str) -> tuple[str, str]:
    about, _, text = bullet.partition(": ")
    return about, text


def _linked(text: str) -> list[TagChild]:
    """Return a text whose mail addresses can be clicked."""
    parts = _MAIL_ADDRESS.split(text)
    return [tags.a(part, href=f"mailto:{part}") if place % 2 else part for place, part in enumerate(parts)]


def _table(letter: Letter) -> TagChild:
    statuses = [line.status for line in letter.lines]
    dates_in_cells = " " not in letter.target_label and any(each != TargetStatus.NO_TARGET for each in statuses)
    parted = _parted_words if dates_in_cells or TargetStatus.NOT_ASSESSED in statuses else str
    columns = {
        "label": [parted(line.label) for line in letter.lines],
        "status": [parted(line.status_text.replace(" ", NBSP, 1)) for line in letter.lines],
        "value": [line.value for line in letter.lines],
        "target": [parted(line.target) for line in letter.lines],
        "national": [line.national for line in letter.lines],
        "group": [line.group for line in letter.lines],
    }
    return mail_html.table(
        pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)),
        {"label": "Kanal", "status": "Status", "value": letter.count_label, "target": letter.target_label,
         "national": "Hele landet"},
        group="group",
        numbers=["value", "target", "national"],
        statuses=statuses,
        note=letter.below,
    )  # fmt: skip


def _parted_words(text: str) -> str:
    """Return a cell's text that may break within long words and after a date's day."""
    for word in LONG_WORDS:
        text = text.replace(word.replace("|", ""), word.replace("|", SOFT_HYPHEN))
    return text.replace(f".{NBSP}", ". ")


def _image(chart: Chart, picture: Picture) -> TagChild:
    look = "max-width:100%;height:auto;display:block;border:0"
    return tags.p(
        tags.img(src=f"cid:{picture.cid}", width=str(CHART_WIDTH), alt=mime.one_line(chart.alt), style=look),
        class_="picture",
    )


def _text(letter: Letter) -> str:
    """Return the mail as plain text, no line wider than 78 columns but for the link."""
    blocks = [wrapped(letter.title), wrapped(letter.edition)]
    blocks += [wrapped(f"Foreløbige tal. Der mangler: {letter.missing}.")] if letter.missing else []
    blocks += [wrapped(letter.outcome)]
    blocks += ["\n".join([CHANGES_HEADING, *map(item, letter.changes)])] if letter.changes else []
    blocks += ["\n".join(map(item, letter.bullets))] if letter.bullets else []
    blocks += [f"{LINK_TEXT}:\n{letter.page_url}"] if letter.page_url else []
    one_deadline = f"; {letter.target_label.lower()}" if " " in letter.target_label else ""
    blocks += [heading(f"Status pr. kanal, {letter.count_label.lower()}{one_deadline}")]
    blocks += [_group_text(group, list(lines))
               for group, lines in groupby(letter.lines, key=lambda line: line.group)]  # fmt: skip
    blocks += [wrapped(letter.below)] if letter.below else []
    if letter.notes:
        blocks += [heading("Bemærkninger"), "\n".join(item(f"{about}: {text}") for about, text in letter.notes)]
    contact = [wrapped(f"Kontakt: {letter.contact}")] if letter.contact else []
    return "\n\n".join([*blocks, "-" * 40, *contact, wrapped(letter.reason)]) + "\n"


def _group_text(group: str, lines: list[Line]) -> str:
    found = [f"{group}:"]
    for line in lines:
        status, wanted = (text.replace(" ", NBSP, 1) for text in (line.status_text, line.target))
        target = "" if line.status == TargetStatus.NO_TARGET else f"mål: {wanted}; "
        national = f"hele landet: {line.national}".replace(" ", NBSP)
        found.append(item(f"{line.label}: {line.value} ({status}; {target}{national})"))
    return "\n".join(found)
