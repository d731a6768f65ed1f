"""The pages: every text from outside is escaped, nothing prints None, the document is a whole one."""

import datetime as dt
from html.parser import HTMLParser

import polars as pl
import pytest
from htmltools import tags

from tests.make import status_data, status_row
from transforms import html, index_pages, status_page
from transforms.status_report import build

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&</style></title>{{x}}${y}"
AT = dt.datetime(2014, 12, 1, 12, tzinfo=dt.UTC)
VOID = {"meta", "img", "br", "hr", "input", "link", "col"}


class Reader(HTMLParser):
    """Collects the tags and the text of a document; notes tags that are closed out of order."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data


def names(document: str) -> set[str]:
    return {tag for tag, _ in Reader(document).tags}


def hostile_data(**changes):
    delivery = {"source": "systemtal", "file_name": HOSTILE, "received_at": AT, "rows_read": 1, "rows_rejected": 1}
    note = {"channel": None, "direction": None, "measure": None, "text": HOSTILE}
    strategy = {"name": HOSTILE, "purpose": HOSTILE, "contact": HOSTILE}
    settings = {
        "strategy": strategy,
        "note": [note],
        "event": [{"date": "2014-11-01", "text": HOSTILE}],
        "min_cell": 5,
    }
    data = {"deliveries": [delivery], "settings": settings,
            "not_loaded": [{"file_name": HOSTILE, "reason": HOSTILE, "status": "refused"}]}  # fmt: skip
    return status_data(**data | changes)


def render(data, **changes) -> str:
    options = {"kind": "first", "published_at": AT, "changes": [], "newest_url": "../index.html"}
    return status_page.render(data, build(data), **options | changes)


def test_a_hostile_text_in_notes_names_and_settings_is_text():
    document = render(hostile_data())
    assert not {"script", "img", "iframe"} & names(document)
    assert not [attributes for _, attributes in Reader(document).tags if "onerror" in attributes]
    assert Reader(document).text.count("<script>alert(1)</script>") >= 7


def test_a_hostile_text_in_missing_parts_and_corrections_is_text():
    data = hostile_data(is_complete=False, missing=[HOSTILE])
    document = render(data, kind="incomplete", changes=[(HOSTILE, HOSTILE, HOSTILE)])
    assert not {"script", "img"} & names(document)


def test_a_hostile_cell_label_and_footnote_of_a_table_are_text():
    frame = pl.DataFrame({"name": [HOSTILE], "group": [HOSTILE], "value": [HOSTILE]})
    shown = html.table(
        frame, "t", {"value": "Værdi"}, stub="name", stub_label=HOSTILE, group="group", footnote=("value", HOSTILE)
    )
    assert not {"script", "img"} & names(html.page("x", shown))


def test_a_hostile_figure_and_its_id_are_text():
    frame = pl.DataFrame({"name": ["a", "b"], "value": [HOSTILE, HOSTILE]})
    shown = html.table(frame, "t", {"value": "Værdi"}, stub="name", stub_label="x", figures={"value": [HOSTILE, None]})
    document = Reader(html.page("x", shown))
    assert [each["data-figure"] for _, each in document.tags if "data-figure" in each] == [HOSTILE]
    assert document.text.count(HOSTILE) == 2
    assert not {"script", "img"} & {tag for tag, _ in document.tags}
    assert str(html.figure(HOSTILE, HOSTILE)) in str(shown), "a table has it as a sentence has it"


def test_a_hostile_heading_of_a_table_is_text():
    frame = pl.DataFrame({"name": ["a"], "value": ["1"]})
    shown = html.table(frame, "t", {"value": HOSTILE}, stub="name", stub_label="x")
    assert not {"script", "img"} & names(html.page("x", shown))


def test_a_hostile_title_and_basis_are_text():
    document = html.page(HOSTILE, tags.h1(HOSTILE), html.basis_list([(HOSTILE, HOSTILE)]))
    assert not {"script", "img"} & names(document)
    assert Reader(document).text.count("<script>") == 4


def test_markup_is_put_out_when_it_is_meant():
    assert "h1" in names(html.page("x", tags.h1("y")))


@pytest.mark.parametrize(
    "data", [status_data(), status_data([]), hostile_data()], ids=["one row", "no rows", "hostile"]
)
def test_a_page_is_a_whole_document_in_danish(data):
    document = render(data)
    reader = Reader(document)
    assert document.startswith("<!DOCTYPE html>")
    assert dict(reader.tags)["html"]["lang"] == "da"
    assert (reader.faults, reader.open) == ([], [])
    assert [tag for tag, _ in reader.tags].count("h1") == 1
    assert {"title", "main"} <= names(document)


def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing():
    document = render(hostile_data())
    policy = next(each for tag, each in Reader(document).tags if each.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'")
    assert "script-src" not in policy["content"]
    assert "src" not in {name for tag, each in Reader(document).tags for name in each if tag != "meta"}
    assert not [each for _, each in Reader(document).tags if each.get("href", "").startswith(("http", "//", "java"))]


def test_what_is_missing_is_never_none():
    row = status_row(
        value=None, previous_value=None, change_pp=None, target_kind=None, target_value=None, deadline=None,
        national_value=None, national_method=None, status="no_target",
    )  # fmt: skip
    text = Reader(render(status_data([row], previous=None))).text
    assert "None" not in text
    assert "nan" not in text.lower().split()
    for word in ("ikke talt", "ikke oplyst", "intet mål"):
        assert word in text


def test_empty_settings_print_no_empty_sentences():
    settings = {"strategy": {"name": "", "purpose": "", "contact": ""}, "note": [], "event": [], "min_cell": 5}
    text = Reader(render(status_data(settings=settings))).text
    assert "Kontakt:" not in text
    assert "None" not in text


def test_the_same_data_give_the_same_bytes():
    assert render(status_data()) == render(status_data())


def test_status_is_icon_and_word_beside_colour():
    document = render(status_data())
    assert "→ Godt på vej" in Reader(document).text
    assert "#7A4B00" in document


def test_the_index_pages_are_whole_documents():
    publication = {
        "publication_id": 1, "kind": "first", "count_id": "2014E", "municipality_code": "183", "published_at": AT,
        "html_sha256": "x", "mail_message_id": None, "mailed_at": None,
    }  # fmt: skip
    document = index_pages.municipality_page("183", [publication])
    assert "Nyeste udgave for efterår 2014" in Reader(document).text
    assert Reader(document).faults == []


def test_the_page_of_an_edition_leads_to_it():
    row = {"count_id": "2014E", "municipality_code": "183", "kind": "first", "published_at": AT}
    document = index_pages.edition_page(row, "3/index.html")
    assert ("meta", {"http-equiv": "refresh", "content": "0; url=3/index.html"}) in Reader(document).tags
    assert "første udgivelse 1. december 2014" in Reader(document).text.replace("\u00a0", " ")


def trend_of(*shares: int | None) -> tuple[list[tuple[str, dict]], str]:
    """Return the tags and the words of a table with one row and its trend."""
    frame = pl.DataFrame({"name": ["Telefon"]})
    trend = html.Trend([shares], ["efterår 2012 1,0 %"])
    shown = Reader(html.page("x", html.table(frame, "t", {"trend": "Udvikling"}, stub="name", stub_label="Kanal",
                                             trend=trend)))  # fmt: skip
    return shown.tags, shown.text


def test_a_trend_is_a_line_with_its_shares_in_words():
    shown, words = trend_of(150, 240, 525)
    (line,) = [each for tag, each in shown if tag == "svg"]
    assert (line["role"], line["aria-label"]) == ("img", "efterår 2012 1,0 %")
    assert [tag for tag, _ in shown].count("circle") == 3
    assert "52" not in words, "the figures stand in their own columns"


@pytest.mark.parametrize("shares", [(0, 0), (5, 5, 5), (None, 0, 0)])
def test_a_trend_of_equal_shares_is_the_same_line_each_time(shares):
    assert len({str(trend_of(*shares)) for _ in range(5)}) == 1


def test_a_missing_share_is_a_gap_in_its_trend_and_no_nought():
    shown, _ = trend_of(None, 240, None, 525)
    assert [tag for tag, _ in shown].count("circle") == 2


@pytest.mark.parametrize("shares", [(), (None,), (None, None), (240,), (None, 240)])
def test_one_share_makes_no_trend(shares):
    shown, words = trend_of(*shares)
    assert not [tag for tag, _ in shown if tag == "svg"]
    assert html.TOO_FEW in words


def test_a_heading_over_columns_is_named_on_each_card():
    frame = pl.DataFrame({"name": ["a"], "digital": ["1"], "rest": ["2"]})
    shown = html.page("x", html.table(frame, "t", {"digital": "Digitale", "rest": "Andre"}, stub="name",
                                      stub_label="x", spanners={"Hele pakken": ("digital", "rest")}))  # fmt: skip
    assert 'content: "Hele pakken\\2c  digitale' in shown
