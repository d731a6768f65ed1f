"""One run -> the page that engineers read: deliveries and verdicts, what is waited for, what was published."""

import datetime as dt
from dataclasses import dataclass, field

import polars as pl
from htmltools import TagChild, tags

from schemas.codes import CHANNELS, DIRECTION_LABELS, Channel, Direction, TargetStatus, Verdict, count_label
from schemas.sources import SOURCE_LABELS, Source
from transforms.danish import count_text, danish_time, date_text, listing
from transforms.html import page, table
from transforms.status_words import KIND_WORDS, municipality_name

VERDICT_WORDS = {
    Verdict.ACCEPTED: ("✓\u00a0Godkendt", TargetStatus.REACHED),
    Verdict.HELD: ("→\u00a0Tilbageholdt", TargetStatus.ON_TRACK),
    Verdict.REFUSED: ("✗\u00a0Afvist", TargetStatus.BEHIND),
    Verdict.DUPLICATE: ("–\u00a0Gentagelse", TargetStatus.NO_TARGET),
}


@dataclass(frozen=True)
class RunReport:
    """What one run did.

    deliveries: rows of the view delivery; waiting: (count_id, municipality_code, what is missing);
    published: rows of publication_log; next_count: (count_id, last day), null when none is ahead;
    drafts: (count_id, municipality_code, publication_id) that wait for approval; backfill: what a backfill did, in a
    sentence; unsent: (mail_id, count_id, municipality_code) of mail that nobody was left to get, null of an alert;
    lost: (publication_id, file_name) of what the archive has lost.
    """

    started_at: dt.datetime
    deliveries: list[dict]
    waiting: list[tuple[str, str, list[str]]]
    published: list[dict]
    next_count: tuple[str, dt.date] | None
    drafts: list[tuple[str, str, int]] = field(default_factory=list)
    backfill: str = ""
    unsent: list[tuple[int, str | None, str | None]] = field(default_factory=list)
    lost: list[tuple[int, str]] = field(default_factory=list)

    @property
    def lost_texts(self) -> list[str]:
        """What the archive has lost, in words: a text for each publication."""
        files: dict[int, list[str]] = {}
        for publication_id, file_name in self.lost:
            files.setdefault(publication_id, []).append(file_name)
        return [f"Udgivelse {number}: {listing(names)}" for number, names in files.items()]


def render(report: RunReport) -> str:
    """Return the run page as one HTML document."""
    local = danish_time(report.started_at)
    title = "Seneste kørsel"
    return page(
        f"Kanalstatus: {title.lower()}",
        tags.h1(title),
        tags.p(f"{date_text(local.date())} kl. {local:%H.%M}. {summary(report)}", class_="outcome"),
        tags.p(report.backfill) if report.backfill else None,
        *_deliveries(report.deliveries),
        *_waiting(report.waiting),
        *_drafts(report.drafts),
        *_published(report.published),
        *_unsent(report.unsent),
        *_lost(report.lost_texts),
        tags.h2("Næste tælling"),
        tags.p(_next(report.next_count)),
        tags.p(tags.a("Alle udgivelser", href="index.html"), class_="small"),
    )


def summary(report: RunReport) -> str:
    """Return the run in one sentence."""
    number = {verdict: sum(row["status"] == verdict for row in report.deliveries) for verdict in Verdict}
    words = {Verdict.ACCEPTED: "godkendt", Verdict.HELD: "tilbageholdt", Verdict.REFUSED: "afvist",
             Verdict.DUPLICATE: "gentaget"}  # fmt: skip
    parts = [f"{number[verdict]} {word}" for verdict, word in words.items() if number[verdict]]
    arrived = f"{len(report.deliveries)} nye leveringer ({', '.join(parts)})" if parts else "Ingen nye leveringer"
    if len(report.deliveries) == 1:
        arrived = f"1 ny levering ({parts[0][2:]})"
    pages = len(report.published)
    made = {0: "ingen sider udgivet", 1: "1 side udgivet"}.get(pages, f"{pages} sider udgivet")
    return f"{arrived}; {made}."


def _deliveries(rows: list[dict]) -> list[TagChild]:
    if not rows:
        return [tags.h2("Leveringer"), tags.p("Der var ingen nye leveringer.")]
    frame = pl.DataFrame(
        {
            "file_name": [row["file_name"] for row in rows],
            "status_text": [VERDICT_WORDS[Verdict(row["status"])][0] for row in rows],
            "number": [str(row["delivery_id"]) for row in rows],
            "source": [
                "ikke genkendt" if row["source"] == "unknown" else SOURCE_LABELS[Source(row["source"])] for row in rows
            ],
            "read": [count_text(row["rows_read"]) for row in rows],
            "rejected": [count_text(row["rows_rejected"]) for row in rows],
            "reason": [row["reason"] or _fine(row) for row in rows],
        }
    )
    shown = table(
        frame,
        "deliveries",
        {
            "status_text": "Afgørelse",
            "number": "Nr.",
            "source": "Kilde",
            "read": "Rækker læst",
            "rejected": "Frasorteret",
            "reason": "Besked",
        },
        stub="file_name",
        stub_label="Fil",
        numbers=("number", "read", "rejected"),
        statuses=[VERDICT_WORDS[Verdict(row["status"])][1] for row in rows],
    )
    return [tags.h2("Leveringer"), shown]


def _fine(row: dict) -> str:
    aside = f"Se de frasorterede rækker med: kanalstatus rejects {row['delivery_id']}" if row["rows_rejected"] else ""
    return aside or "Intet at bemærke."


def missing_texts(rows: list[dict]) -> list[str]:
    """Return rows of the view missing_part in words; while a source is missing, so are its channels."""
    texts = [
        f"tælleugerne slutter først med uge {_week_number(row)}" for row in rows if row["kind"] == "weeks_not_over"
    ]
    weeks: dict[str, list[str]] = {}
    for row in rows:
        if row["kind"] == "source_missing":
            weeks.setdefault(row["source"], []).append(_week_number(row))
    texts += [f"{SOURCE_LABELS[Source(source)]} for uge {listing(weeks[source])}" for source in weeks]
    return texts if weeks else texts + [_channel_text(row) for row in rows if row["kind"] == "channel_missing"]


def _week_number(row: dict) -> str:
    return str(int(row["week"][-2:]))


def _channel_text(row: dict) -> str:
    channel = CHANNELS[Channel(row["channel"])].label
    return f"{channel} ({DIRECTION_LABELS[Direction(row['direction'])].lower()}), som blev talt året før"


def _waiting(waiting: list[tuple[str, str, list[str]]]) -> list[TagChild]:
    if not waiting:
        return [tags.h2("Venter"), tags.p("Ingen tællinger venter på leveringer.")]
    items = (
        tags.li(tags.strong(f"{municipality_name(code)}, {count_label(count)}: "), f"{'; '.join(missing)}.")
        for count, code, missing in waiting
    )
    return [tags.h2("Venter"), tags.ul(*items)]


def _drafts(drafts: list[tuple[str, str, int]]) -> list[TagChild]:
    if not drafts:
        return []
    items = (
        tags.li(
            tags.strong(f"{municipality_name(code)}, {count_label(count)}: "),
            "se ",
            tags.a("kladden", href=f"{code}/{count}/{publication_id}/index.html"),
            ", og godkend den med ",
            tags.code(f'kanalstatus approve --count {count} --municipality {code} --reason "…"'),
        )
        for count, code, publication_id in drafts
    )
    return [tags.h2("Venter på godkendelse"), tags.ul(*items)]


def _published(rows: list[dict]) -> list[TagChild]:
    if not rows:
        return [tags.h2("Udgivet"), tags.p("Der var intet nyt at udgive.")]
    items = (
        tags.li(
            tags.a(
                f"{municipality_name(row['municipality_code'])}, {count_label(row['count_id'])}",
                href=f"{row['municipality_code']}/{row['count_id']}/{row['publication_id']}/index.html",
            ),
            f": {KIND_WORDS[row['kind']].lower()}",
        )
        for row in rows
    )
    return [tags.h2("Udgivet"), tags.ul(*items)]


def _unsent(unsent: list[tuple[int, str | None, str | None]]) -> list[TagChild]:
    if not unsent:
        return []
    why = "blev ikke sendt og bliver det ikke, for indstillingerne nævner ingen modtagere."
    told = {
        mail_id: f"{municipality_name(code)}, {count_label(count)}" if code and count else "Til driften"
        for mail_id, count, code in unsent
    }
    items = (tags.li(tags.strong(f"{about}: "), f"mail {mail_id} {why}") for mail_id, about in told.items())
    return [tags.h2("Mail uden modtagere"), tags.ul(*items)]


def _lost(texts: list[str]) -> list[TagChild]:
    if not texts:
        return []
    todo = "Siderne er ikke lagt på plads. Læg arkivet tilbage fra en sikkerhedskopi; næste kørsel gør resten."
    return [tags.h2("Mangler i arkivet"), tags.ul(*map(tags.li, texts)), tags.p(todo)]


def _next(next_count: tuple[str, dt.date] | None) -> str:
    if next_count is None:
        return "Kalenderen har ingen kommende tælling."
    return f"{count_label(next_count[0]).capitalize()} slutter {date_text(next_count[1])}."
