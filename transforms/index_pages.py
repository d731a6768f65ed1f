"""Publications -> the index of all pages and a municipality's own, newest first."""

from htmltools import tags

from schemas.codes import PublicationKind, count_label, count_order
from transforms.danish import day_text
from transforms.html import page
from transforms.status_words import KIND_WORDS, municipality_name


def index_page(publications: list[dict]) -> str:
    """Return the page that lists every publication, newest count and newest publication first.

    Args:
        publications: rows of the view publication.
    """
    items = [
        tags.li(
            tags.a(_name(row), href=_path(row)),
            f": {KIND_WORDS[row['kind']].lower()} {day_text(row['published_at'])}",
        )
        for row in sorted(publications, key=_newest_first, reverse=True)
    ]
    content = tags.ul(*items) if items else tags.p("Der er endnu ikke udgivet nogen sider.")
    return page(
        "Kanalstatus: alle udgivelser",
        tags.h1("Kanalstatus: alle udgivelser"),
        content,
        tags.p(tags.a("Seneste kørsel", href="run.html"), class_="small"),
    )


def municipality_page(code: str, publications: list[dict]) -> str:
    """Return the page that lists a municipality's counts, newest first."""
    own = sorted((row for row in publications if row["municipality_code"] == code), key=_newest_first, reverse=True)
    counts = dict.fromkeys(row["count_id"] for row in own)
    title = f"Kanalstatus for {municipality_name(code)}"
    items = (tags.li(tags.a(f"Nyeste udgave for {count_label(count)}", href=f"{count}/index.html")) for count in counts)
    return page(title, tags.h1(title), tags.ul(*items), tags.p(tags.a("Alle udgivelser", href="../index.html")))


def edition_page(row: dict, url: str) -> str:
    """Return the page that leads from a short address to an edition, a row of publication."""
    title = f"{_name(row)}: {KIND_WORDS[PublicationKind(row['kind'])].lower()} {day_text(row['published_at'])}"
    return page(title, tags.h1(_name(row)), tags.p(tags.a(title, href=url)), go_to=url)


def _newest_first(row: dict) -> tuple:
    return count_order(row["count_id"]), row["published_at"], row["publication_id"]


def _name(row: dict) -> str:
    return f"{municipality_name(row['municipality_code'])}, {count_label(row['count_id'])}"


def _path(row: dict) -> str:
    return f"{row['municipality_code']}/{row['count_id']}/{row['publication_id']}/index.html"
