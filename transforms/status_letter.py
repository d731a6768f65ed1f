"""What does the mail on a status say? The same texts stand in its HTML and in its plain text."""

import datetime as dt
from dataclasses import dataclass

from schemas.codes import PublicationKind, TargetStatus
from transforms.danish import day_text
from transforms.mime import one_line
from transforms.status_data import StatusData
from transforms.status_deadlines import with_deadlines
from transforms.status_report import Line, Report
from transforms.status_words import municipality_name

MOST_ROWS = 10
EDITION_WORDS = {
    PublicationKind.FIRST: "Udgivet",
    PublicationKind.CORRECTION: "Rettet",
    PublicationKind.UPDATE: "Opdateret",
    PublicationKind.DRAFT: "Kladde af",
    PublicationKind.INCOMPLETE: "Foreløbig udgivelse af",
}


@dataclass(frozen=True)
class Letter:
    """The texts of a mail on a status, in their order; '' and [] are left out."""

    title: str
    edition: str
    missing: str
    outcome: str
    changes: list[str]
    bullets: list[str]
    count_label: str
    target_label: str
    lines: list[Line]
    below: str
    notes: list[tuple[str, str]]
    page_url: str
    contact: str
    reason: str


def write(
    data: StatusData,
    report: Report,
    kind: PublicationKind,
    changes: list[tuple[str, str, str]],
    published_at: dt.datetime,
    page_url: str,
    *,
    can_be_answered: bool,
) -> Letter:
    """Return what the mail of a publication says."""
    lines, target_label = with_deadlines(data.target_status, report.lines)
    kept = _most_telling(lines)
    package = [("Ændringerne", report.package_note)] if report.package_note else []
    strategy = data.settings["strategy"]
    name = f"{one_line(strategy['name'])}. " if strategy["name"] else ""
    return Letter(
        title=report.title,
        edition=f"{name}Talt i {data.count.weeks_text}. {EDITION_WORDS[kind]} {day_text(published_at)}.",
        missing="" if data.is_complete else one_line("; ".join(data.missing)),
        outcome=report.outcome,
        changes=[f"{one_line(name)}: fra {before} til {after}." for name, before, after in changes],
        bullets=report.bullets,
        count_label=data.count.label.capitalize(),
        target_label=target_label,
        lines=kept,
        below=_below(len(lines) - len(kept), report, page_url),
        notes=[(one_line(about), one_line(text)) for about, text in [*package, *report.notes]],
        page_url=page_url,
        contact=one_line(strategy["contact"]),
        reason=_reason(data, can_be_answered=can_be_answered),
    )


def _most_telling(lines: list[Line]) -> list[Line]:
    """Return at most ten rows in the table's order: those with a target first, then the largest shares."""

    def rank(line: Line) -> tuple[bool, int]:
        newest = line.trend[-1] if line.trend else None
        return line.status == TargetStatus.NO_TARGET, -(newest or 0)

    chosen = sorted(range(len(lines)), key=lambda place: rank(lines[place]))[:MOST_ROWS]
    return [lines[place] for place in sorted(chosen)]


def _below(left_out: int, report: Report, page_url: str) -> str:
    """Return what stands under the table: which rows are not in it, and how the country's figures were made."""
    basis = dict(report.data_basis)
    place = "på siden" if page_url else "på statussiden"
    rest = "1 række" if left_out == 1 else f"{left_out} rækker"
    parts = [f"Yderligere {rest} står {place}."] if left_out else []
    parts += [f"Hele landet: {basis['Hele landet']}."] if basis.get("Hele landet") else []
    parts += [basis["Forbehold"]] if basis.get("Forbehold") else []
    return one_line(" ".join(parts))


def _reason(data: StatusData, *, can_be_answered: bool) -> str:
    parts = [
        "Du får mailen, fordi din adresse står på listen over modtagere af kanalstatus for "
        f"{municipality_name(data.municipality_code)}.",
        "Svar på den, hvis du ikke vil have flere." if can_be_answered else "",
        "Mailen sporer ikke, om den bliver læst.",
    ]
    return " ".join(part for part in parts if part)
