"""The indexes: publications in, lists out; newest first, and never a draft."""

import datetime as dt
import random

import pytest

from schemas.codes import MUNICIPALITIES
from tests.transforms.test_html import Reader
from transforms import index_pages


def publication(number: int, kind: str, count_id: str, code: str, day: int) -> dict:
    return {"publication_id": number, "kind": kind, "count_id": count_id, "municipality_code": code,
            "published_at": dt.datetime(2014, 12, day, 12, tzinfo=dt.UTC)}  # fmt: skip


ROWS = [
    publication(1, "first", "2013E", "183", 1),
    publication(2, "first", "2014E", "183", 2),
    publication(3, "first", "2014E", "751", 3),
    publication(4, "correction", "2014E", "183", 4),
    publication(5, "update", "2013E", "183", 5),
    publication(6, "draft", "2014E", "183", 6),
    publication(7, "draft", "2014E", "155", 7),
]


def links(document: str) -> list[str]:
    return [each["href"] for tag, each in Reader(document).tags if tag == "a"]


def words(document: str) -> str:
    return Reader(document).text.replace("\u00a0", " ")


def test_the_index_leads_to_each_municipality_the_newest_and_every_edition_by_count():
    assert links(index_pages.index_page(ROWS, ["2014E"])) == [
        "183/index.html", "751/index.html",
        "183/2013E/5/index.html", "183/2014E/4/index.html", "751/2014E/3/index.html", "183/2014E/2/index.html",
        "183/2013E/1/index.html",
        "national/2014E/index.html",
        "183/2014E/4/index.html", "183/2014E/2/index.html", "751/2014E/3/index.html",
        "183/2013E/5/index.html", "183/2013E/1/index.html",
        "run.html",
    ]  # fmt: skip


def test_the_index_says_how_many_pages_each_count_has():
    text = words(index_pages.index_page(ROWS))
    assert "2 kommuner, 5 udgivelser fra 2 tællinger." in text
    assert "2 kommuner, 3 udgivelser" in text
    assert "1 kommune, 2 udgivelser" in text


def test_no_index_tells_of_a_draft():
    for document in (index_pages.index_page(ROWS), index_pages.municipality_page("155", ROWS)):
        assert "udkast" not in words(document).lower()
        assert not [each for each in links(document) if each.startswith("155") or "/6/" in each or "/7/" in each]
    assert "endnu ikke udgivet" in words(index_pages.municipality_page("155", ROWS))
    assert "endnu ikke udgivet" in words(index_pages.index_page(ROWS[-2:]))


def test_a_municipality_lists_every_edition_newest_first():
    document = index_pages.municipality_page("183", ROWS)
    assert links(document) == [
        "../index.html",
        "2014E/index.html", "2014E/4/index.html", "2014E/2/index.html",
        "2013E/index.html", "2013E/5/index.html", "2013E/1/index.html",
    ]  # fmt: skip
    assert "Rettelse 4. december 2014" in words(document)


def test_an_overview_is_listed_also_when_nothing_was_published():
    assert "national/2015F/index.html" in links(index_pages.index_page(ROWS, ["2015F", "2014E"]))
    assert "national/2015F/index.html" in links(index_pages.index_page([], ["2015F"]))


def test_the_newest_count_is_open_and_the_others_are_folded():
    shown = [each for tag, each in Reader(index_pages.index_page(ROWS)).tags if tag == "details"]
    assert ["open" in each for each in shown] == [True, False]


def test_the_order_of_publications_does_not_matter():
    mixed = random.Random(1).sample(ROWS, len(ROWS))
    assert index_pages.index_page(mixed) == index_pages.index_page(ROWS)
    assert index_pages.municipality_page("183", mixed) == index_pages.municipality_page("183", ROWS)


def test_the_index_of_all_municipalities_and_twelve_counts_stays_small():
    counts = [f"{year}{season}" for year in range(2009, 2015) for season in "FE"]
    rows = [publication(number, "first", count_id, code, 1) for number, (count_id, code)
            in enumerate(((count_id, code) for count_id in counts for code in MUNICIPALITIES), 1)]  # fmt: skip
    document = index_pages.index_page(rows, counts)
    assert len([each for each in links(document) if each.endswith(f"/{len(rows)}/index.html")]) == 2
    assert len(document.encode()) < 250_000
    reader = Reader(document)
    assert (reader.faults, reader.open) == ([], [])


@pytest.mark.parametrize("kind", ["first", "correction", "update", "incomplete"])
def test_every_other_kind_is_listed(kind):
    assert "183/2014E/9/index.html" in links(index_pages.index_page([publication(9, kind, "2014E", "183", 1)]))
