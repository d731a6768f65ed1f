"""A status report -> the page that staff read."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from htmltools import HTML, TagChild, tags

from schemas.codes import PublicationKind
from transforms import charts, status_charts, status_tables
from transforms.danish import danish_time, day_text
from transforms.html import basis_list, page, prose
from transforms.printed import Words, joined
from transforms.status_basis import digital_channels
from transforms.status_data import StatusData
from transforms.status_report import Report
from transforms.status_volumes import is_one_package
from transforms.status_words import KIND_WORDS, common_tasks_text, tasks_text

RENDERING_VERSION = "7"
"""Raised whenever the same data give other bytes."""


@dataclass(frozen=True)
class Earlier:
    """An earlier publication of the same count, and where it stands seen from the page."""

    kind: str
    published_at: dt.datetime
    url: str


@dataclass(frozen=True)
class Section:
    """A part of the page; without content it is left out."""

    name: str
    title: str
    content: list[TagChild]


def render(
    data: StatusData,
    report: Report,
    *,
    kind: str | None,
    published_at: dt.datetime,
    changes: list[tuple[str, str, str]],
    newest_url: str,
    earlier: Iterable[Earlier] = (),
) -> str:
    """Return the page as one HTML document; the same for the same arguments.

    Args:
        kind: a PublicationKind; None for a page as it would have been at `published_at`, which is no publication.
        changes: (figure, from, to) of a correction.
        newest_url: where the newest edition stands, seen from the page; '' for no link.
        earlier: the editions before this one, newest first.
    """
    sections = [each for each in _sections(data, report) if each.content]
    about = Section("om", "Om siden", _about(data, kind, published_at, newest_url, list(earlier)))
    return page(
        report.title,
        tags.header(
            tags.h1(report.title),
            tags.p(f"{_edition(kind, published_at)}. Talt i {data.count.weeks_text}. ",
                   tags.a("Nyeste udgave", href=newest_url) if newest_url else None, class_="small"),
            _banners(data, kind),
            tags.p(report.outcome, class_="outcome"),
            _changes(changes),
            tags.ul(*(_bullet(bullet) for bullet in report.bullets), class_="bullets") if report.bullets else None,
        ),
        _contents([*sections, about]),
        *(
            tags.section(tags.h2(each.title, id=each.name), *each.content, aria_labelledby=each.name)
            for each in (*sections, about)
        ),
    )  # fmt: skip


def _sections(data: StatusData, report: Report) -> list[Section]:
    return [
        Section("kanaler", "Status pr. kanal", [status_tables.status(data, report)] if report.lines else []),
        Section("faelles", "Udvikling på de fælles opgaver", _common(data, report)),
        Section("grafer", "Udvikling over tællingerne", _charts(data)),
        Section("antal", "Hvor mange henvendelser?", _volumes(data, report)),
        Section("hvor", "Hvor?", _where(data, report)),
        Section("grad", "Selvbetjeningsgrad", _rate(report)),
        Section("digital-post", "Digital Post", _digital_post(data, report)),
        Section("dagsorden", "Til dagsordenen", _agenda(report)),
        Section("grundlag", "Datagrundlag", [basis_list(report.data_basis)]),
        Section("noter", "Bemærkninger", _notes(report)),
    ]


def _edition(kind: str | None, moment: dt.datetime) -> str:
    if kind is None:
        return f"Som det så ud {day_text(moment)} kl. {danish_time(moment):%H.%M}"
    return f"{KIND_WORDS[PublicationKind(kind)]} {day_text(moment)}"


def _banners(data: StatusData, kind: str | None) -> list[TagChild]:
    found: list[TagChild] = []
    if kind is None:
        told = "Siden er lavet bagefter af de tal, der gjaldt dengang, og er ikke en udgivelse."
        found.append(tags.p(tags.strong("Et tilbageblik. "), told, class_="banner"))
    if kind == PublicationKind.DRAFT:
        found.append(
            tags.p(tags.strong("Kladde. "), "Tallene er ikke godkendt af kommunen og må ikke deles.", class_="banner")
        )
    if not data.is_complete:
        found.append(
            tags.p(
                tags.strong("Foreløbige tal. "),
                "Tællingen er ikke komplet, og målene er derfor ikke vurderet. ",
                f"Der mangler: {'; '.join(data.missing)}." if data.missing else None,
                class_="banner",
            )
        )
    return found


def _changes(changes: list[tuple[str, str, str]]) -> TagChild:
    if not changes:
        return None
    items = (tags.li(f"{name}: fra {before} til {after}.") for name, before, after in changes)
    return tags.div(tags.p(tags.strong("Rettelse. Disse tal er ændret:")), tags.ul(*items), class_="banner")


def _bullet(text: str) -> TagChild:
    parts = text.parts if isinstance(text, Words) else (text,)
    place = next((place for place, part in enumerate(parts) if ": " in part), 0)
    about, mark, rest = parts[place].partition(": ")
    start = prose(Words((*parts[:place], f"{about}{mark}")))
    return tags.li(tags.strong(start), prose(Words((rest, *parts[place + 1 :]))))


def _contents(sections: list[Section]) -> TagChild:
    links = (tags.li(tags.a(each.title, href=f"#{each.name}")) for each in sections)
    return tags.nav(tags.ul(*links), class_="contents", aria_label="På siden")


def _common(data: StatusData, report: Report) -> list[TagChild]:
    if not report.common_lines or data.previous is None:
        return []
    explanation = (
        f"Andelene her er regnet på {common_tasks_text(data.common_task_count)}: obligatoriske i både "
        f"{data.previous.time} og {data.count.time}."
    )
    return [tags.p(explanation), status_tables.common(data, report)]


def _charts(data: StatusData) -> list[TagChild]:
    """Return the charts; a half count is in none."""
    shown = status_charts.of_page(data) if data.is_complete else []
    drawn = [tags.figure({"data-figures": " ".join(ids)}, HTML(charts.svg(chart))) for chart, ids in shown]
    return [tags.div(*drawn, class_="figures")] if drawn else []


def _enrolment_chart(data: StatusData) -> TagChild:
    chart = status_charts.of_enrolment(data)
    return tags.figure(HTML(charts.svg(chart))) if chart else None


def _volumes(data: StatusData, report: Report) -> list[TagChild]:
    if not report.volumes:
        return []
    about = (
        f"Alle tællingerne omfatter de samme {tasks_text(data.volume_task_count)}."
        if is_one_package(data)
        else f"Opgavepakken er ikke den samme i alle tællinger. Tallene kan kun sammenlignes på "
        f"{common_tasks_text(data.volume_task_count)}, som er obligatoriske i dem alle; tallene for hver tællings hele "
        "opgavepakke står ved siden af."
    )
    return [
        *(tags.p(prose(sentence)) for sentence in report.volume_sentences),
        tags.p(about if len({line.label for line in report.volumes}) > 1 else None),
        status_tables.volumes(data, report),
        tags.p(f"Digitale henvendelser er {digital_channels()}. Alle andre er ikke-digitale; besøg på "
               "hjemmesider er ikke med.", class_="small"),
    ]  # fmt: skip


def _where(data: StatusData, report: Report) -> list[TagChild]:
    found: list[TagChild] = []
    if report.tasks:
        found += [tags.h3("Flest henvendelser på telefon og ved personligt fremmøde"),
                  status_tables.tasks(data, report)]  # fmt: skip
    if report.movers and data.previous:
        found += [
            tags.h3(f"Størst ændring siden {data.previous.time}"),
            tags.p(f"Telefon og personligt fremmøde under ét, på {common_tasks_text(data.common_task_count)} i begge "
                   "tællinger."),
            status_tables.movers(data, report),
        ]  # fmt: skip
    return found


def _digital_post(data: StatusData, report: Report) -> list[TagChild]:
    found: list[TagChild] = [tags.p(prose(joined(report.digital_post)))]
    if len(report.enrolment_over_time) > 1:
        found += [tags.h3("Over tid"), _enrolment_chart(data),
                  status_tables.enrolment(report.enrolment_over_time, "enrolment", "Opgjort")]  # fmt: skip
    if report.enrolment_by_age:
        found += [tags.h3("Efter alder"), status_tables.enrolment(report.enrolment_by_age, "ages", "Alder")]
    return [*found, tags.p(report.disclosure_note, class_="small") if report.disclosure_note else None]


def _rate(report: Report) -> list[TagChild]:
    return [tags.p(prose(report.self_service_rate))] if report.self_service_rate else []


def _agenda(report: Report) -> list[TagChild]:
    if not report.agenda:
        return []
    return [tags.p("Afsnittet kan kopieres til en sagsfremstilling."), tags.blockquote(tags.p(prose(report.agenda)))]


def _notes(report: Report) -> list[TagChild]:
    items = (tags.li(tags.strong(f"{about}: "), text) for about, text in report.notes)
    return [tags.ul(*items)] if report.notes else []


def _about(
    data: StatusData, kind: str | None, published_at: dt.datetime, newest_url: str, earlier: list[Earlier]
) -> list[TagChild]:
    strategy = data.settings["strategy"]
    about = ". ".join(text.rstrip(".") for text in (strategy["name"], strategy["purpose"]) if text)
    own = f"{_edition(kind, published_at)}. "
    return [
        tags.p(f"{about}.") if about else None,
        tags.p(f"Kontakt: {strategy['contact']}") if strategy["contact"] else None,
        tags.p("Kilde: KOMHEN-tællingen og udtræk fra Digital Post. Tallene kan hentes som ",
               tags.a("CSV", href="status.csv"), " og ", tags.a("JSON", href="status.json"), "."),
        tags.p(own, tags.a("Se den nyeste udgave", href=newest_url), ".") if newest_url else tags.p(own),
        tags.h3("Tidligere udgaver") if earlier else None,
        tags.ul(*(tags.li(tags.a(f"{KIND_WORDS[PublicationKind(each.kind)]} {day_text(each.published_at)}",
                                 href=each.url)) for each in earlier)) if earlier else None,
    ]  # fmt: skip
