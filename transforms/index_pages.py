"""Publications -> the index of all pages and a municipality's own, newest first; a draft stands in none of them."""

from collections.abc import Iterable, Iterator

from htmltools import Tag, TagChild, tags

from schemas.codes import MUNICIPALITIES, PublicationKind, count_label, count_order, count_time
from transforms.danish import alphabetical, count_text, day_text
from transforms.html import page
from transforms.status_words import KIND_WORDS, municipality_name

NEWEST_SHOWN = 10
VERSION = "1"
"""Raised whenever the same publications give other bytes."""
CSS = """
.columns { columns: 15rem; column-gap: 2rem; padding-left: 1.25rem; }
.columns li { break-inside: avoid; max-width: none; margin-bottom: .25rem; }
summary { cursor: pointer; padding: .25rem 0; }
@media print { .columns { columns: 3; } details > summary { list-style: none; } }
"""
NOTHING = "Der er endnu ikke udgivet nogen sider."


def index_page(publications: list[dict], overviews: Iterable[str] = ()) -> str:
    """Return the page that lists every publication by count, newest count first, and leads to each municipality.

    Args:
        publications: rows of the view publication; drafts are for those who approve them, and are left out.
        overviews: the counts that have a national overview.
    """
    shown = _newest_first(publications)
    codes = sorted({row["municipality_code"] for row in shown}, key=_by_name)
    with_overview = set(overviews)
    counts = sorted({row["count_id"] for row in shown} | with_overview, key=count_order, reverse=True)
    title = "Kanalstatus: alle udgivelser"
    newest = [
        tags.li(tags.a(_name(row), href=_path(row)), f": {_kind(row)}")
        for row in sorted(shown, key=_published, reverse=True)[:NEWEST_SHOWN]
    ]
    has_several = len(codes) > 1
    return page(
        title,
        tags.h1(title),
        tags.p(_summary(shown)),
        *([tags.h2("Kommuner"), _list(tags.a(municipality_name(code), href=f"{code}/index.html") for code in codes)]
          if codes else []),
        *([tags.h2("Senest udgivet"), tags.ul(*newest)] if has_several else []),
        *(_count(count, [row for row in shown if row["count_id"] == count], has_overview=count in with_overview,
                 is_open=count == counts[0] or not has_several) for count in counts),
        tags.p(tags.a("Seneste kørsel", href="run.html"), class_="small"),
        css=CSS,
    )  # fmt: skip


def _summary(shown: list[dict]) -> str:
    if not shown:
        return NOTHING
    counts = len({row["count_id"] for row in shown})
    return f"{_numbers(shown)} fra {count_text(counts)} {'tælling' if counts == 1 else 'tællinger'}."


def _numbers(rows: list[dict]) -> str:
    """Return '98 kommuner, 103 udgivelser'."""
    pages, own = len(rows), len({row["municipality_code"] for row in rows})
    return (f"{count_text(own)} {'kommune' if own == 1 else 'kommuner'}, "
            f"{count_text(pages)} {'udgivelse' if pages == 1 else 'udgivelser'}")  # fmt: skip


def _count(count: str, rows: list[dict], *, has_overview: bool, is_open: bool) -> TagChild:
    """Return a count's overview, and its municipalities by name with their editions, newest first."""
    by_code: dict[str, list[dict]] = {}
    for row in rows:
        by_code.setdefault(row["municipality_code"], []).append(row)
    listed = tags.details(
        tags.summary(_numbers(rows)),
        _list(_editions_in_line(by_code[code]) for code in sorted(by_code, key=_by_name)),
        open="" if is_open else None,
    )  # fmt: skip
    overview = tags.a(f"Nationalt overblik for {count_time(count)}", href=f"national/{count}/index.html")
    return tags.section(
        tags.h2(count_label(count).capitalize(), id=count),
        tags.p(overview) if has_overview else None,
        listed if rows else None,
        aria_labelledby=count,
    )


def _editions_in_line(rows: list[dict]) -> list[TagChild]:
    """Return a municipality's newest edition under its name, and the ones before it."""
    newest, *earlier = rows
    name = municipality_name(newest["municipality_code"])
    found: list[TagChild] = [tags.a(name, href=_path(newest)), f": {_kind(newest)}"]
    for row in earlier:
        found += [", ", tags.a(_kind(row), href=_path(row))]
    return found


def _list(items: Iterable[TagChild | list[TagChild]]) -> Tag:
    return tags.ul(*(tags.li(item) for item in items), class_="columns")


def municipality_page(code: str, publications: list[dict]) -> str:
    """Return the page that lists a municipality's counts and every edition of each, newest first; no drafts."""
    own = _newest_first([row for row in publications if row["municipality_code"] == code])
    title = f"Kanalstatus for {municipality_name(code)}"
    return page(
        title,
        tags.h1(title),
        tags.p(tags.a("Alle udgivelser", href="../index.html")),
        *(each for count in dict.fromkeys(row["count_id"] for row in own) for each in _editions(count, own)),
        None if own else tags.p(NOTHING),
    )


def _editions(count: str, own: list[dict]) -> Iterator[TagChild]:
    yield tags.h2(count_label(count).capitalize(), id=count)
    yield tags.p(tags.a(f"Nyeste udgave for {count_label(count)}", href=f"{count}/index.html"))
    items = (
        tags.li(tags.a(f"{_kind(row)[:1].upper()}{_kind(row)[1:]}", href=f"{count}/{row['publication_id']}/index.html"))
        for row in own
        if row["count_id"] == count
    )
    yield tags.ul(*items)


def short_name(publication_id: int) -> str:
    """Return the name of the page that leads to a publication from wherever a page of its count stands."""
    return f"udgave-{publication_id}.html"


def edition_page(row: dict, url: str) -> str:
    """Return the page that leads from a short address to an edition, a row of publication."""
    title = f"{_name(row)}: {_kind(row)}"
    return page(title, tags.h1(_name(row)), tags.p(tags.a(title, href=url)), go_to=url)


def _newest_first(publications: list[dict]) -> list[dict]:
    """Return all but the drafts: the newest count first, and of a count the newest edition."""
    shown = [row for row in publications if row["kind"] != PublicationKind.DRAFT]
    return sorted(shown, key=lambda row: (count_order(row["count_id"]), *_published(row)), reverse=True)


def _published(row: dict) -> tuple:
    return row["published_at"], row["publication_id"]


def _by_name(code: str) -> tuple[str, str]:
    return alphabetical(MUNICIPALITIES[code]), code


def _kind(row: dict) -> str:
    """Return 'første udgivelse 1. december 2014'."""
    return f"{KIND_WORDS[PublicationKind(row['kind'])].lower()} {day_text(row['published_at'])}"


def _name(row: dict) -> str:
    return f"{municipality_name(row['municipality_code'])}, {count_label(row['count_id'])}"


def _path(row: dict) -> str:
    return f"{row['municipality_code']}/{row['count_id']}/{row['publication_id']}/index.html"
