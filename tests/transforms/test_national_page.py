"""The national overview: small tables in, the printed figures out; names from anywhere are text."""

import csv
import dataclasses
import datetime as dt
import io
import random
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from tests.transforms.test_html import HOSTILE, Reader
from transforms import national_files, national_page
from transforms.national_figures import NationalData, by_municipality, country

AT = dt.datetime(2014, 11, 12, 12, tzinfo=dt.UTC)
NBSP = "\u00a0"
NAMES = {"183": "Ishøj", "751": "Aarhus", "492": "Ærø", "155": "Dragør", "253": "Greve"}
RATE = ("self_service_rate", "inbound", None)
PHONE = ("channel_share", "inbound", "phone")
SELF_SERVICE = ("channel_share", "inbound", "self_service")
DIGITAL_POST = ("channel_share", "outbound", "digital_post")


def value(code: str, key: tuple, numerator: int, total: int) -> dict:
    measure, direction, channel = key
    return {"count_id": "2014E", "municipality_code": code, "measure": measure, "direction": direction,
            "channel": channel, "numerator": numerator, "total_count": total, "value": numerator / total,
            "permille": 0}  # fmt: skip


VALUES = [
    value("183", SELF_SERVICE, 525, 1000),
    value("183", PHONE, 475, 1000),
    value("183", ("digital_share", "inbound", None), 525, 1000),
    value("183", DIGITAL_POST, 9, 10),
    value("183", RATE, 81, 100),
    value("751", SELF_SERVICE, 3000, 9000),
    value("751", ("digital_share", "inbound", None), 9000, 9000),
    value("751", DIGITAL_POST, 5, 10),
]


def national_data(values: list[dict] | None = None, **changes) -> NationalData:
    data = {
        "count_id": "2014E", "weeks_text": "uge 43-45 2014", "names": NAMES, "complete": ["183", "751"],
        "unapproved": [], "waiting": ["155"], "values": VALUES if values is None else values,
        "published": [{"direction": "inbound", "channel": "self_service", "share": 0.419}],
        "newest_delivery_at": AT, "min_municipalities": 30,
    }  # fmt: skip
    return NationalData(**data | changes)


class Tables(HTMLParser):
    """Collects the rows of each table: the texts of their cells, by the id of the block that holds it."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.rows: dict[str, list[list[str]]] = {}
        self.block, self.in_cell = "", False
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag == "div" and dict(attrs).get("id"):
            self.block = dict(attrs)["id"]
        elif tag == "tr":
            self.rows.setdefault(self.block, []).append([])
        elif tag in ("td", "th"):
            self.in_cell = True
            self.rows[self.block][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.rows[self.block][-1][-1] += data.replace(NBSP, " ").replace("\u00ad", "")


def rows_of(document: str, table_id: str) -> dict[str, list[str]]:
    """Return a table's rows by their name."""
    return {row[0]: row[1:] for row in Tables(document).rows[table_id]}


def text_of(data: NationalData) -> str:
    return Reader(national_page.render(data)).text.replace(NBSP, " ")


def test_each_municipality_has_a_row_and_the_country_its_rows_after_them():
    rows = [row for row in Tables(national_page.render(national_data())).rows["municipalities"] if len(row) > 1]
    assert rows[1] == ["Selvbetjening", "Telefon", "Digitale kanaler i alt", "Digital Post", "Selvbetjeningsgrada"]
    assert rows[2:] == [
        ["Ishøj", "52,5 %", "47,5 %", "52,5 %", "90,0 %", "81,0 %"],
        ["Aarhus", "33,3 %", "ikke talt", "100,0 %", "50,0 %", "ikke talt"],
        ["Under ét", "35,3 %", "47,5 %", "95,3 %", "70,0 %", "81,0 %"],
        ["Gennemsnit af kommunerne", "42,9 %", "47,5 %", "76,3 %", "70,0 %", "81,0 %"],
        ["Kommuner, der har talt", "2", "1", "2", "2", "1"],
        ["Offentliggjort af KL (metode og antal kommuner ikke oplyst)", "41,9 %", *["ikke oplyst"] * 4],
    ]


def test_the_country_has_a_row_a_measure_with_each_method_and_the_number_of_municipalities():
    rows = rows_of(national_page.render(national_data()), "country")
    assert rows["Selvbetjening"] == ["35,3 %", "42,9 %", "41,9 %", "2", "33,3 %", "52,5 %"]
    assert rows["Telefon"] == ["47,5 %", "47,5 %", "ikke oplyst", "1", "47,5 %", "47,5 %"]
    assert rows["Selvbetjeningsgrad"] == ["81,0 %", "81,0 %", "ikke oplyst", "1", "81,0 %", "81,0 %"]


def test_what_was_published_but_counted_by_nobody_is_printed():
    published = [{"direction": "inbound", "channel": "letter", "share": 0.0225}]
    rows = rows_of(national_page.render(national_data(published=published)), "country")
    assert rows["Brev"] == ["ikke talt", "ikke talt", "2,3 %", "0", "ikke talt", "ikke talt"]


def test_the_outcome_says_how_many_take_part_and_what_the_main_channels_hold():
    data = national_data()
    assert national_page.outcome(data, country(data)).replace(NBSP, " ") == (
        "2 af landets 98 kommuner er med i opgørelsen for efteråret 2014. Under ét var 35,3 % selvbetjening og 47,5 % "
        "telefon (talt i 1 kommune) af de indgående henvendelser. Af de udgående var 70,0 % Digital Post."
    )


def test_the_outcome_of_counts_without_enquiries_is_the_number():
    data = national_data([])
    expected = "2 af landets 98 kommuner er med i opgørelsen for efteråret 2014."
    assert national_page.outcome(data, country(data)) == expected
    assert "None" not in text_of(data)


def test_who_waits_is_named_and_has_no_figures():
    data = national_data(waiting=["492", "155"], unapproved=["253"])
    text = text_of(data)
    assert "Venter på leveringer: Dragør og Ærø." in text
    assert "Venter på godkendelse: Greve." in text
    assert "Fra de øvrige 93 kommuner er der ikke indlæst tal for tællingen." in text
    assert not {"Dragør", "Ærø", "Greve"} & rows_of(national_page.render(data), "municipalities").keys()


def test_a_mean_on_the_half_is_rounded_away_from_zero():
    values = [value("183", PHONE, 522, 1000), value("751", PHONE, 523, 1000)]
    figure = country(national_data(values))[PHONE]
    assert float(figure.mean) == 0.5225
    assert rows_of(national_page.render(national_data(values)), "country")["Telefon"][1] == "52,3 %"


@pytest.mark.parametrize("minimum", [1, 2])
def test_few_municipalities_are_said_to_be_few(minimum):
    data = national_data(min_municipalities=minimum)
    assert ("Så få kommuner siger lidt om hele landet" in text_of(data)) == (minimum == 2)


def test_the_page_says_what_its_words_mean():
    text = text_of(national_data())
    assert "Kommunerne er organiseret forskelligt og tæller forskelligt (KL)." in text
    assert "Selvbetjening, e-mail, SMS, Digital Post, sociale medier og systemer" in text
    assert "selvbetjeningens del af de indgående transaktioner" in text
    assert "leveringer modtaget senest 12. november 2014" in text


def test_the_order_of_rows_does_not_matter():
    rng = random.Random(3)
    data = national_data(waiting=["492", "155", "253"])
    expected = (national_page.render(data), national_files.as_csv(data))
    for _ in range(5):
        mixed = dataclasses.replace(
            data,
            values=rng.sample(data.values, len(data.values)),
            complete=rng.sample(data.complete, 2),
            waiting=rng.sample(data.waiting, 3),
            names=dict(rng.sample(list(NAMES.items()), len(NAMES))),
        )
        assert (national_page.render(mixed), national_files.as_csv(mixed)) == expected


def test_municipalities_stand_as_danish_sorts_them():
    names = {"1": "Aarhus", "2": "Ærø", "3": "Faaborg", "4": "Faxe", "5": "Furesø", "6": "allerød", "7": "Øby"}
    data = national_data([], names=names, complete=list(names), waiting=[])
    assert [names[code] for code in by_municipality(data)] == [
        "allerød", "Faxe", "Furesø", "Faaborg", "Ærø", "Øby", "Aarhus",
    ]  # fmt: skip


def test_a_hostile_name_is_text():
    hostile = dict.fromkeys(NAMES, HOSTILE) | {"155": f"{HOSTILE}2"}
    tame, found = (
        Reader(national_page.render(national_data(names=names, weeks_text=text, unapproved=["253"])))
        for names, text in ((NAMES, "uge 43"), (hostile, HOSTILE))
    )
    assert [(tag, tuple(each)) for tag, each in found.tags] == [(tag, tuple(each)) for tag, each in tame.tags]
    assert (found.faults, found.open) == ([], [])
    assert found.text.count("<script>alert(1)</script>") >= 6


def test_the_page_is_a_whole_document_in_danish_that_loads_nothing():
    document = national_page.render(national_data())
    reader = Reader(document)
    assert document.startswith("<!DOCTYPE html>")
    assert dict(reader.tags)["html"]["lang"] == "da"
    assert (reader.faults, reader.open) == ([], [])
    assert [tag for tag, _ in reader.tags].count("h1") == 1
    assert {each["href"] for tag, each in reader.tags if tag == "a"} == {"../../index.html", "national.csv"}
    assert not {"script", "img", "link"} & {tag for tag, _ in reader.tags}


def csv_rows(data: NationalData) -> list[dict]:
    return list(csv.DictReader(io.StringIO(national_files.as_csv(data).decode("utf-8-sig")), delimiter=";"))


def test_the_csv_holds_every_municipality_and_each_method():
    rows = csv_rows(national_data())
    first = rows[0]
    assert (first["municipality_name"], first["channel"], first["numerator"], first["share"]) == (
        "Ishøj", "self_service", "525", "0,525",
    )  # fmt: skip
    of_country = [row for row in rows if row["municipality_name"] == "Hele landet"]
    assert [(row["method"], row["municipality_count"], row["share"]) for row in of_country[:3]] == [
        ("pooled", "2", "0,3525"),
        ("mean", "2", f"{float((Fraction(21, 40) + Fraction(1, 3)) / 2)!r}".replace(".", ",")),
        ("published", "", "0,419"),
    ]
    assert len(rows) == len(VALUES) + len(of_country)


def test_the_csv_neutralises_formulas():
    rows = csv_rows(national_data(names={**NAMES, "183": "=cmd|' /C calc'!A0", "751": "@x"}))
    assert {row["municipality_name"] for row in rows} == {"'=cmd|' /C calc'!A0", "'@x", "Hele landet"}
