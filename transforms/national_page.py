"""A count in all municipalities -> the national overview: who takes part, each one's shares, and the country's."""

from collections.abc import Iterator
from fractions import Fraction

import polars as pl
from htmltools import TagChild, TagList, tags

from schemas.codes import (
    CHANNELS,
    DIRECTION_LABELS,
    MUNICIPALITIES,
    SELF_SERVICE_RATE_CHANNELS,
    Channel,
    Direction,
    Measure,
    count_label,
    count_time,
)
from transforms.danish import NBSP, count_text, day_text, listing, percent, permille, within_sentence
from transforms.html import basis_list, page, table
from transforms.national_figures import (
    SELF_SERVICE_RATE,
    CountryFigure,
    Key,
    NationalData,
    by_municipality,
    country,
)
from transforms.status_basis import CAUTION, SHARE_DEFINITION, digital_channels
from transforms.status_words import NOT_COUNTED, NOT_STATED, measure_label

COUNTRY = "Hele landet"
MAIN_CHANNELS = (Channel.SELF_SERVICE, Channel.IN_PERSON, Channel.PHONE)
OUTBOUND_DIGITAL_POST: Key = (Measure.CHANNEL_SHARE, Direction.OUTBOUND, Channel.DIGITAL_POST)
SOFT_HYPHEN = "\u00ad"
RATE_LABEL = f"Selvbetjenings{SOFT_HYPHEN}grad"
CSV_NAME = "national.csv"
VERSION = "1"
"""Raised whenever the same data give other bytes."""
CSS = """
main { max-width: 76rem; }
main #country .gt_table, main #municipalities .gt_table { max-width: none; }
main #municipalities .gt_table { font-size: 14px !important; }
@media screen and (min-width: 44.01rem) {
  #municipalities { overflow: visible !important; }
  #municipalities thead { position: sticky; top: 0; }
  #municipalities thead th { background: var(--paper); }
  #municipalities .gt_row { padding: 4px 5px !important; white-space: nowrap; }
  #municipalities th.gt_stub { white-space: normal; min-width: 8rem; }
  #municipalities td.gt_row:last-child { border-left: 3px double var(--line) !important; }
}
@media screen and (min-width: 44.01rem) and (max-width: 72rem) {
  main #municipalities .gt_table { font-size: 12px !important; }
  #municipalities .gt_row { padding: 3px 2px !important; white-space: normal; }
  #municipalities th.gt_stub { min-width: 0; }
  #municipalities tr:nth-child(2) th.gt_col_heading { writing-mode: vertical-rl; padding: 2px !important; }
}
@media print {
  @page { size: A4 landscape; }
  main #municipalities .gt_table, main #country .gt_table { font-size: 8.5pt !important; }
  #municipalities td.gt_row:last-child { border-left: 3px double #777 !important; }
}
"""


def render(data: NationalData) -> str:
    """Return the page as one HTML document: the same for the same data, in whatever order its rows come."""
    figures = country(data)
    title = f"Nationalt overblik, {count_label(data.count_id)}"
    return page(
        f"Kanalstatus: {title.lower()}",
        tags.header(
            tags.h1(title),
            tags.p(f"Talt i {data.weeks_text}. Tallene er fra leveringer modtaget senest "
                   f"{day_text(data.newest_delivery_at)}. ", tags.a("Alle udgivelser", href="../../index.html"),
                   class_="small"),
            tags.p(outcome(data, figures), class_="outcome"),
            tags.p(tags.strong("Sammenlign med varsomhed. "), CAUTION.partition(". ")[0], ".", class_="banner"),
        ),
        *_section("landet", COUNTRY, _country(data, figures)),
        *_section("kommuner", "Kommunerne", _municipalities(data, figures)),
        *_section("deltager-ikke", "Deltager ikke", _absent(data)),
        *_section("grundlag", "Datagrundlag", basis_list(_basis(data))),
        css=CSS,
    )  # fmt: skip


def _section(name: str, title: str, content: TagChild) -> Iterator[TagChild]:
    if content:
        yield tags.section(tags.h2(title, id=name), content, aria_labelledby=name)


def outcome(data: NationalData, figures: dict[Key, CountryFigure]) -> str:
    """Return how many municipalities take part, and the pooled shares of the main channels."""
    number = len(data.complete)
    parts = [f"{count_text(number)} af landets {len(MUNICIPALITIES)} kommuner er med i opgørelsen for "
             f"{count_time(data.count_id)}."]  # fmt: skip
    inbound = [_in_sentence(figures, (Measure.CHANNEL_SHARE, Direction.INBOUND, each), number)
               for each in MAIN_CHANNELS]  # fmt: skip
    outbound = _in_sentence(figures, OUTBOUND_DIGITAL_POST, number)
    if any(inbound):
        parts.append(f"Under ét var {listing([each for each in inbound if each])} af de indgående henvendelser.")
    if outbound:
        parts.append(f"Af de udgående var {outbound}.")
    return " ".join(parts)


def _in_sentence(figures: dict[Key, CountryFigure], key: Key, number: int) -> str:
    """Return '41,9 % selvbetjening'; with how many municipalities it is of, when it is not of all."""
    figure = figures.get(key)
    if figure is None or figure.pooled is None:
        return ""
    some = f" (talt i {_of_municipalities(figure.municipality_count)})" if figure.municipality_count != number else ""
    return f"{_share(figure.pooled)} {within_sentence(_label(key))}{some}"


def _of_municipalities(number: int) -> str:
    return f"{count_text(number)}{NBSP}{'kommune' if number == 1 else 'kommuner'}"


def _label(key: Key) -> str:
    return measure_label(dict(zip(("measure", "direction", "channel"), key, strict=True)))


def _share(share: Fraction | None, missing: str = NOT_COUNTED) -> str:
    return missing if share is None else percent(permille(share.numerator, share.denominator))


def _thousandths(share: int | None) -> str:
    return NOT_COUNTED if share is None else percent(share)


def _published(figure: CountryFigure) -> str:
    return NOT_STATED if figure.published is None else percent(permille(figure.published))


def _country(data: NationalData, figures: dict[Key, CountryFigure]) -> TagList:
    """Return a row a measure: the country's figure by each method, and of how many municipalities."""
    rows = list(figures.values())
    frame = pl.DataFrame(
        {
            "group": [_group(figure.key) for figure in rows],
            "label": [_label(figure.key) for figure in rows],
            "pooled": [_share(figure.pooled) for figure in rows],
            "mean": [_share(figure.mean) for figure in rows],
            "published": [_published(figure) for figure in rows],
            "number": [count_text(figure.municipality_count) for figure in rows],
            "lowest": [_thousandths(figure.lowest) for figure in rows],
            "highest": [_thousandths(figure.highest) for figure in rows],
        }
    )
    labels = {"pooled": "Under ét", "mean": "Gennemsnit af kommunerne", "published": "Offentliggjort af KL",
              "number": "Kommuner, der har talt", "lowest": "Laveste kommune",
              "highest": "Højeste kommune"}  # fmt: skip
    shown = table(frame, "country", labels, stub="label", stub_label="Kanal", group="group", numbers=tuple(labels),
                  strong="pooled")  # fmt: skip
    return TagList(tags.p(_about_country(data)), shown)


def _group(key: Key) -> str:
    if key == SELF_SERVICE_RATE:
        return "Selvbetjeningsgrad: et andet mål end andelen"
    return f"{DIRECTION_LABELS[Direction(key[1])]} henvendelser"


def _about_country(data: NationalData) -> str:
    number = len(data.complete)
    about = (
        f"Under ét er alle henvendelser i de {_of_municipalities(number)} lagt sammen; i gennemsnittet tæller hver "
        "kommune lige meget. En kommune, der ikke har talt en kanal, er ikke med i kanalens tal."
    )
    if number <= data.min_municipalities:
        about += (f" Så få kommuner siger lidt om hele landet: en kommunes egen side sammenligner først med tallet "
                  f"under ét, når mindst {data.min_municipalities} andre er komplette.")  # fmt: skip
    return about


def _municipalities(data: NationalData, figures: dict[Key, CountryFigure]) -> TagList:
    """Return a row a municipality, by name, and the country's rows after them."""
    inbound = [key for key in figures if key[1] == Direction.INBOUND and key != SELF_SERVICE_RATE]
    outbound = [OUTBOUND_DIGITAL_POST]
    keys = [*inbound, *outbound, SELF_SERVICE_RATE]
    names = {key: f"c{place}" for place, key in enumerate(keys)}
    labels = {names[key]: RATE_LABEL if key == SELF_SERVICE_RATE else _label(key) for key in keys}
    rows = [
        {"group": "Kommuner", "label": data.names[code]}
        | {names[key]: _share(Fraction(*own[key]) if key in own else None) for key in keys}
        for code, own in by_municipality(data).items()
    ]
    rows += [
        {"group": COUNTRY, "label": label} | {names[key]: text for key, text in zip(keys, texts, strict=True)}
        for label, texts in _country_rows([figures.get(key) for key in keys])
    ]
    spanners = {
        "Indgående": tuple(names[key] for key in inbound),
        "Udgående": (names[OUTBOUND_DIGITAL_POST],),
        "Et andet mål": (names[SELF_SERVICE_RATE],),
    }
    shown = table(
        pl.DataFrame(rows), "municipalities", labels, stub="label", stub_label="Kommune", group="group",
        numbers=tuple(labels), spanners={label: under for label, under in spanners.items() if under},
        footnote=(names[SELF_SERVICE_RATE], _rate_definition()),
    )  # fmt: skip
    about = tags.p(
        "Hver kanals andel af de indgående henvendelser, og Digital Posts andel af de udgående. Tallene kan hentes "
        "som ",
        tags.a("CSV", href=CSV_NAME),
        "; der er også de andre udgående kanaler.",
    )
    return TagList(about, shown)


def _country_rows(figures: list[CountryFigure | None]) -> Iterator[tuple[str, list[str]]]:
    """Give the label and the cells of each of the country's rows."""
    yield "Under ét", [_share(each.pooled if each else None) for each in figures]
    yield "Gennemsnit af kommunerne", [_share(each.mean if each else None) for each in figures]
    yield "Kommuner, der har talt", [count_text(each.municipality_count if each else 0) for each in figures]
    yield ("Offentliggjort af KL (metode og antal kommuner ikke oplyst)",
           [_published(each) if each else NOT_STATED for each in figures])  # fmt: skip


def _rate_definition() -> str:
    labels = [CHANNELS[each].label for each in SELF_SERVICE_RATE_CHANNELS]
    channels = listing([within_sentence(each) for each in labels])
    return (f"Selvbetjeningsgraden er selvbetjeningens del af de indgående transaktioner ved {channels}. Den kan ikke "
            "sammenlignes med andelen af selvbetjening.")  # fmt: skip


def _absent(data: NationalData) -> TagList | None:
    """Return who does not take part, by name; without figures."""
    found: list[TagChild] = []
    if data.waiting:
        found.append(tags.p(tags.strong("Venter på leveringer: "), f"{listing(data.sorted_names(data.waiting))}."))
    if data.unapproved:
        found.append(tags.p(tags.strong("Venter på godkendelse: "), f"{listing(data.sorted_names(data.unapproved))}."))
    others = len(MUNICIPALITIES) - len(data.complete) - len(data.waiting) - len(data.unapproved)
    if others > 0:
        rest = "Fra de øvrige " if found else "Fra "
        found.append(tags.p(f"{rest}{_of_municipalities(others)} er der ikke indlæst tal for tællingen."))
    return TagList(*found) if found else None


def _basis(data: NationalData) -> list[tuple[str, str]]:
    digital = digital_channels()
    has_published = bool(data.published)
    return [
        ("Tælling", f"{count_label(data.count_id)}, {data.weeks_text}"),
        ("Deltager", f"{_of_municipalities(len(data.complete))}, hvis tælling er komplet"),
        ("Andel", SHARE_DEFINITION),
        ("Digitale kanaler", f"{digital[:1].upper()}{digital[1:]}"),
        ("Selvbetjeningsgrad", _rate_definition()),
        ("Under ét", "Summen af kommunernes henvendelser ad kanalen delt med summen af alle deres henvendelser i samme "
                     "retning."),
        ("Gennemsnit", "Summen af kommunernes andele delt med antallet af kommuner."),
        ("Offentliggjort", "Landstal fra KL, metode og antal kommuner ikke oplyst." if has_published else NOT_STATED),
        ("Ikke talt", "Kommunen har ikke talt kanalen. Det er ikke det samme som ingen henvendelser."),
        ("Forbehold", CAUTION),
        ("Kilde", "KOMHEN-tællingen."),
    ]  # fmt: skip
