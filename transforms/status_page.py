"""A status report -> the page that staff read, and the same figures as CSV and JSON."""

import csv
import datetime as dt
import io
import json

import polars as pl
from htmltools import TagChild, tags

from schemas.sources import SOURCE_LABELS, Source
from transforms.danish import day_text
from transforms.html import basis_list, page, table
from transforms.status_data import StatusData
from transforms.status_report import Report
from transforms.status_words import common_tasks_text

RENDERING_VERSION = "1"
"""Raised whenever the same data give other bytes."""
KIND_WORDS = {
    "first": "Første udgivelse",
    "correction": "Rettelse",
    "update": "Opdatering",
    "incomplete": "Foreløbig udgivelse",
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def render(
    data: StatusData,
    report: Report,
    *,
    kind: str,
    published_at: dt.datetime,
    changes: list[tuple[str, str, str]],
    newest_url: str,
) -> str:
    """Return the page as one HTML document.

    Args:
        changes: (figure, from, to) of a correction.
        newest_url: where the newest edition stands, seen from the page.
    """
    strategy = data.settings["strategy"]
    settings_line = f"{strategy['name']}. {strategy['purpose']}".strip()
    content: list[TagChild] = [
        tags.h1(report.title),
        tags.p(report.outcome, class_="outcome"),
    ]
    if not data.is_complete:
        content.insert(1, _incomplete_banner(data))
    if changes:
        content.append(_changes(changes))
    if report.bullets:
        content.append(tags.ul(*(tags.li(bullet) for bullet in report.bullets)))
    content += [
        tags.h2("Status pr. kanal"),
        _status_table(data, report),
    ]
    if report.common_lines:
        content += _common_section(data, report)
    if report.self_service_rate:
        content += [tags.h2("Selvbetjeningsgrad"), tags.p(report.self_service_rate)]
    content += [tags.h2("Digital Post"), tags.p(" ".join(report.digital_post))]
    if report.notes:
        content += [
            tags.h2("Bemærkninger"),
            tags.ul(*(tags.li(tags.strong(f"{about}: "), text) for about, text in report.notes)),
        ]
    content += [
        tags.h2("Datagrundlag"),
        basis_list(report.data_basis),
        tags.h2("Om siden"),
        tags.p(settings_line) if settings_line != "." else None,
        tags.p(
            f"{KIND_WORDS[kind]} {day_text(published_at)}. ",
            tags.a("Nyeste udgave", href=newest_url),
            ". Tallene kan hentes som ",
            tags.a("CSV", href="status.csv"),
            " og ",
            tags.a("JSON", href="status.json"),
            ".",
        ),
        tags.p(f"Kontakt: {strategy['contact']}", class_="small") if strategy["contact"] else None,
    ]
    return page(report.title, *content)


def _incomplete_banner(data: StatusData) -> TagChild:
    return tags.p(
        tags.strong("Foreløbige tal. "),
        "Tællingen er ikke komplet, og målene er derfor ikke vurderet. Der mangler: ",
        "; ".join(data.missing),
        ".",
        class_="banner",
    )


def _changes(changes: list[tuple[str, str, str]]) -> TagChild:
    items = (tags.li(f"{name}: fra {before} til {after}.") for name, before, after in changes)
    return tags.div(tags.strong("Rettelse. Disse tal er ændret:"), tags.ul(*items), class_="banner")


def _status_table(data: StatusData, report: Report) -> TagChild:
    before = data.previous.label.capitalize() if data.previous else "Året før"
    names = ("group", "label", "status_text", "value", "previous", "change", "target", "national")
    frame = pl.DataFrame({name: [getattr(line, name) for line in report.lines] for name in names})
    return table(
        frame,
        "status",
        {
            "status_text": "Status",
            "value": data.count.label.capitalize(),
            "previous": before,
            "change": "Ændring i procentpoint",
            "target": "Mål",
            "national": "Hele landet",
        },
        stub="label",
        stub_label="Kanal",
        group="group",
        numbers=("value", "previous", "change", "target", "national"),
        statuses=[line.status for line in report.lines],
        footnote=("change", report.package_note) if report.package_note else None,
    )


def _common_section(data: StatusData, report: Report) -> list[TagChild]:
    names = ("group", "label", "previous", "value", "change")
    frame = pl.DataFrame({name: [getattr(line, name) for line in report.common_lines] for name in names})
    assert data.previous is not None
    explanation = (
        f"Andelene her er regnet på {common_tasks_text(data.common_task_count)}: obligatoriske i både "
        f"{data.previous.time} og {data.count.time}."
    )
    return [
        tags.h2("Udvikling på de fælles opgaver"),
        tags.p(explanation),
        table(
            frame,
            "common",
            {
                "previous": data.previous.label.capitalize(),
                "value": data.count.label.capitalize(),
                "change": "Ændring i procentpoint",
            },
            stub="label",
            stub_label="Kanal",
            group="group",
            numbers=("previous", "value", "change"),
        ),
    ]


def as_csv(data: StatusData) -> bytes:
    """Return the rows of target_status as a CSV for spreadsheets; cells that begin a formula are neutralised."""
    output = io.StringIO()
    names = list(data.target_status[0]) if data.target_status else ["count_id"]
    writer = csv.DictWriter(output, names, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for row in data.target_status:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return output.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def as_json(data: StatusData, kind: str, published_at: dt.datetime) -> bytes:
    """Return the same rows as JSON, with what they are."""
    content = {
        "municipality_code": data.municipality_code,
        "count_id": data.count.count_id,
        "kind": kind,
        "published_at": published_at.isoformat(),
        "is_complete": data.is_complete,
        "target_status": data.target_status,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, default=str).encode() + b"\n"


def source_label(source: str) -> str:
    """Return the Danish name of a source."""
    return SOURCE_LABELS[Source(source)]
