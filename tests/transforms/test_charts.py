"""The charts: what they say without being seen, that nothing is lost, nothing escapes, and nothing runs together."""

import datetime as dt
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from schemas.codes import TargetKind, TargetStatus
from transforms.chart_figures import Bullet, Event, Extract, Panel, Point, Target
from transforms.charts import Chart, bullets, enrolment_over_time, inbound_channels, outbound_digital_post, png, svg

NBSP = "\u00a0"
PLACE = "Ishøj Kommune"
COUNTS = ("efterår 2012", "efterår 2013", "efterår 2014")
TWELVE = tuple(f"{season} {year}" for year in range(2012, 2018) for season in ("forår", "efterår"))
HOSTILE = "<script>alert(1)</script><img src=https://x.example/a.png onerror=alert(1)>\"'&]]>\x00\n${x}"
SELF_SERVICE = Target(TargetKind.AT_LEAST, 400, TargetStatus.REACHED, "✓ Nået")
IN_PERSON = Target(TargetKind.AT_MOST, 140, TargetStatus.ON_TRACK, "→ Godt på vej")
PHONE = Target(TargetKind.AT_LEAST, 350, TargetStatus.BEHIND, "✗ Ikke nået endnu")
LETTER = Target(TargetKind.AT_MOST, 40, TargetStatus.REACHED, "✓ Nået")


def panel(name: str, shares: list, *targets: Target, national: int | None = None, counts: tuple = COUNTS) -> Panel:
    return Panel(name, tuple(map(Point, counts, shares)), targets, national)


PANELS = [
    panel("Selvbetjening", [310, 401, 525], SELF_SERVICE, national=419),
    panel("Personligt fremmøde", [440, 388, 186], IN_PERSON, national=232),
    panel("Telefon", [198, 179, 225], PHONE, national=287),
    panel("Brev", [52, 31, 3], LETTER),
    panel("E-mail", [None, 0, 51]),
    panel("Digital Post", [None, None, 10], national=14),
]
ROWS = [Bullet(each.name, each.points[-1].permille, each.targets[0], each.national) for each in PANELS[:4]]
OUTBOUND = [Point(COUNTS[0], None), Point(COUNTS[1], 212, 240), Point(COUNTS[2], 453, 410)]
EXTRACTS = [Extract(dt.date(2014, 10, 1), 602, 52), Extract(dt.date(2014, 12, 1), 881, 82)]
EVENTS = [Event(dt.date(2014, 11, 1), "Digital Post bliver obligatorisk for borgerne.")]


def known(chart: Chart | None) -> Chart:
    assert chart is not None
    return chart


def every_chart() -> list[Chart]:
    odd = [
        panel(HOSTILE, [0, 1000, None, 140], LETTER, PHONE, national=142, counts=(HOSTILE, "]]>", '"', "&amp;")),
        panel("Lang " * 40, [None, None, None, None], counts=(HOSTILE, "]]>", '"', "&amp;")),
    ]
    twelve = [panel("Telefon", list(range(0, 1000, 84)), PHONE, national=1000, counts=TWELVE)]
    edges = [Bullet(HOSTILE, 0, PHONE, 0), Bullet("Brev", 1000, SELF_SERVICE, 1000), Bullet("Fax", None, LETTER)]
    days = [Extract(dt.date(2014, month, 1), month, None if month == 6 else 1000 - month) for month in range(1, 13)]
    events = [Event(dt.date(2014, 12, day), HOSTILE) for day in (1, 1)] + [*EVENTS, Event(dt.date(2014, 11, 2), "x")]
    found = [
        inbound_channels(PANELS, PLACE),
        inbound_channels(odd, HOSTILE),
        inbound_channels(twelve, PLACE),
        inbound_channels([panel("Brev", [0], LETTER, national=0, counts=("forår 2014",))], PLACE),
        outbound_digital_post(OUTBOUND, PLACE),
        outbound_digital_post([Point(HOSTILE, 1000, 0)], HOSTILE),
        outbound_digital_post(list(map(Point, TWELVE, range(0, 1000, 84))), PLACE),
        enrolment_over_time(EXTRACTS, PLACE, EVENTS),
        enrolment_over_time(EXTRACTS[:1], PLACE, EVENTS),
        enrolment_over_time(days, HOSTILE, events),
        bullets(ROWS, f"{PLACE}, efterår 2014"),
        bullets(edges, HOSTILE),
    ]
    return [known(each) for each in found]


CHARTS = every_chart()
each_chart = pytest.mark.parametrize("chart", CHARTS, ids=lambda each: each.name)


def texts(chart: Chart) -> list[dict]:
    return [row for layer in chart.spec["layer"] if layer["mark"]["type"] == "text" for row in layer["data"]["values"]]


def printed(chart: Chart) -> str:
    return "\n".join(ElementTree.fromstring(svg(chart)).itertext())


def test_the_alt_text_holds_every_figure_of_the_panels() -> None:
    chart = known(inbound_channels(PANELS, PLACE))
    assert chart.headline == (
        "Selvbetjening og brev har nået målet, personligt fremmøde er godt på vej, og telefon har endnu ikke nået målet"
    )
    phone = (
        f"Telefon: efterår 2012 19,8{NBSP}%, efterår 2013 17,9{NBSP}%, efterår 2014 22,5{NBSP}%. "
        f"Mål mindst 35{NBSP}%: ikke nået endnu. Hele landet 28,7{NBSP}%."
    )
    mail = (
        f"E-mail: efterår 2012 ikke talt, efterår 2013 0,0{NBSP}%, efterår 2014 5,1{NBSP}%. "
        "Intet mål. Hele landet ikke oplyst."
    )
    assert phone in chart.alt
    assert mail in chart.alt
    assert chart.alt.startswith(f"{chart.headline}. Andel af de indgående henvendelser, Ishøj Kommune. ")


@pytest.mark.parametrize(
    ("points", "headline"),
    [
        (OUTBOUND,
         "Udgående Digital Post er steget fra 21,2 % til 45,3 %, og ligger 4,3 procentpoint over hele landet"),
        (OUTBOUND[:2], "21,2 % af de udgående henvendelser er Digital Post, 2,8 procentpoint under hele landet"),
        ([Point("a", 300), Point("b", 200)], "Udgående Digital Post er faldet fra 30,0 % til 20,0 %"),
        ([Point("a", 300), Point("b", 300, 300)],
         "Udgående Digital Post er uændret 30,0 %, og ligger på niveau med hele landet"),
        ([Point("a", 300), Point("b", None, 300)], "Digital Post til borgerne er ikke talt (b)"),
    ],
)  # fmt: skip
def test_the_outbound_headline_states_the_finding(points: list[Point], headline: str) -> None:
    assert known(outbound_digital_post(points, PLACE)).headline.replace(NBSP, " ") == headline


def test_enrolment_says_what_happened_between_the_extracts_and_leaves_out_the_rest() -> None:
    outside = [Event(dt.date(2014, 9, 30), "Før"), Event(dt.date(2014, 12, 2), "Efter")]
    chart = known(enrolment_over_time(EXTRACTS[::-1], PLACE, EVENTS + outside))
    words = chart.alt.replace(NBSP, " ")
    assert chart.headline.replace(NBSP, " ") == (
        "Tilmeldte til Digital Post er steget fra 60,2 % til 88,1 %, og 8,2 % er fritaget"
    )
    assert "1. oktober 2014: tilmeldt 60,2 %, fritaget 5,2 %. 1. december 2014: tilmeldt 88,1 %" in words
    assert words.endswith("1. november 2014: Digital Post bliver obligatorisk for borgerne.")
    assert "Før" not in chart.alt + printed(chart)
    assert "Efter" not in chart.alt + printed(chart)


def test_the_bullets_print_status_target_and_country() -> None:
    chart = known(bullets(ROWS, f"{PLACE}, efterår 2014"))
    shown = printed(chart).replace(NBSP, " ")
    for words in ("Telefon", "22,5 %", "Ikke nået endnu: mål mindst 35 %", "landet 28,7 %", "landet ikke oplyst"):
        assert words in shown
    assert f"Brev: 0,3{NBSP}%. Mål højst 4{NBSP}%: nået. Hele landet ikke oplyst." in chart.alt


def test_many_or_long_names_become_numbers_in_the_headline() -> None:
    rows = [Bullet(f"En kanal med et ret langt navn {place}", 500, PHONE) for place in range(13)]
    assert known(bullets([*rows, ROWS[0]], PLACE)).headline == "Ét mål er nået, og 13 mål er ikke nået"


def test_the_largest_channel_is_the_finding_where_nothing_has_a_target() -> None:
    chart = known(inbound_channels([panel("Brev", [1, 2, 3]), panel("Telefon", [1, 2, 30])], PLACE))
    assert chart.headline == f"Telefon er den største indgående kanal med 3,0{NBSP}%"
    assert "landet" not in chart.alt + printed(chart)


def test_what_was_not_counted_has_a_word_and_no_bar() -> None:
    with_zero = known(inbound_channels([panel("Brev", [None, 0, 30])], PLACE))
    bars = next(layer for layer in with_zero.spec["layer"] if layer["mark"]["type"] == "rect")["data"]["values"]
    in_rows = [row for row in bars if row["y2"] - row["y"] == 16]
    assert len(in_rows) == 2
    assert "ikke talt" in printed(with_zero)
    assert f"0,0{NBSP}%" in printed(with_zero)


def test_there_is_no_chart_of_nothing() -> None:
    assert inbound_channels([], PLACE) is None
    assert inbound_channels([panel("Brev", [None, None, None], LETTER, national=3)], PLACE) is None
    assert outbound_digital_post([], PLACE) is None
    assert outbound_digital_post([Point("a", None, 400)], PLACE) is None
    assert enrolment_over_time([], PLACE) is None
    assert enrolment_over_time([Extract(dt.date(2014, 10, 1), None, None)], PLACE) is None
    assert bullets([], PLACE) is None
    assert bullets([Bullet("Brev", None, LETTER, 3)], PLACE) is None


def test_a_line_breaks_where_an_extract_states_no_share() -> None:
    days = [Extract(dt.date(2014, month, 1), 500, None if month == 2 else 50) for month in (1, 2, 3)]
    layers = known(enrolment_over_time(days, PLACE)).spec["layer"]
    lines = [row for layer in layers if layer["mark"]["type"] == "rule" for row in layer["data"]["values"]]
    assert sum(row["width"] == 3 and row["colour"] == "#1D70B8" for row in lines) == 2
    assert not [row for row in lines if row["width"] == 3 and row["colour"] != "#1D70B8"]


def test_one_count_has_its_name_in_the_key_and_no_earlier_ones() -> None:
    chart = known(inbound_channels([panel("Brev", [3], LETTER, counts=COUNTS[2:])], PLACE))
    assert "efterår 2014" in printed(chart)
    assert "tidligere" not in printed(chart)


def test_two_seasons_are_told_apart() -> None:
    chart = known(inbound_channels([panel("Telefon", list(range(12)), counts=TWELVE)], PLACE))
    assert {"F 2012", "E 2012", "E 2017"} <= {row["text"] for row in texts(chart)}
    assert "(E: efterår, F: forår)" in printed(chart).replace("\n", " ")


@each_chart
def test_the_svg_is_one_safe_element_with_its_words(chart: Chart) -> None:
    markup = svg(chart)
    root = ElementTree.fromstring(markup)
    kinds = {element.tag.split("}")[1] for element in root.iter()}
    assert kinds <= {"svg", "title", "g", "rect", "line", "path", "text"}
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == chart.alt
    assert root[0].text == chart.headline
    assert root.attrib["viewBox"] == f"0 0 {chart.spec['width']} {chart.spec['height']}"
    assert not re.findall(r'href|url\(|src="|onerror="|<script|<!', markup)
    assert [element.attrib["id"] for element in root.iter() if "id" in element.attrib] == [f"chart-{chart.name}"]
    assert {each.attrib["font-family"] for each in root.iter() if "font-family" in each.attrib} == {
        "Liberation Sans, sans-serif"
    }


@each_chart
def test_a_label_appears_in_the_svg(chart: Chart) -> None:
    shown = {element.text for element in ElementTree.fromstring(svg(chart)).iter() if element.tag.endswith("}text")}
    short = {row["text"] for row in texts(chart) if len(row["text"]) < 9}
    assert short - shown == set()


@each_chart
def test_the_spec_holds_its_data_and_asks_for_none(chart: Chart) -> None:
    spec = json.dumps(chart.spec)
    assert '"url"' not in spec
    assert all("values" in layer["data"] for layer in chart.spec["layer"])


@each_chart
def test_no_text_leaves_the_picture_or_meets_another(chart: Chart) -> None:
    boxes = []
    for element in ElementTree.fromstring(svg(chart)).iter():
        if element.tag.endswith("}text") and element.text:
            x, y = map(float, re.findall(r"-?[\d.]+", element.attrib["transform"])[:2])
            size = float(element.attrib["font-size"].removesuffix("px"))
            row = next(row for row in texts(chart) if row["x"] == x and abs(row["y"] - y) < 0.01)
            width = min(row["limit"], estimated(element.text, size, row["weight"] == "bold"))
            left = x - width * {"left": 0, "center": 0.5, "right": 1}[row["align"]]
            boxes.append((left, left + width, y - size * 0.72, y + size * 0.05, element.text))
    for left, right, top, bottom, words in boxes:
        assert left >= 0, words
        assert right <= chart.spec["width"], words
        assert 0 <= top < bottom <= chart.spec["height"], words
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
            assert apart, (one, other)


def estimated(words: str, size: float, bold: bool) -> float:
    """Return a text's width, a little too few pixels rather than too many."""
    narrow = sum(letter in "iljt.,:;'|!fIr() \u00a0" for letter in words)
    return (narrow * 0.26 + (len(words) - narrow) * 0.52) * size * (1.03 if bold else 1)


def test_text_is_legible_where_the_page_is_narrow() -> None:
    for chart in CHARTS:
        shown_at = 330 if chart.spec["width"] == 500 else 320
        assert min(row["size"] for row in texts(chart)) * shown_at / chart.spec["width"] >= 11


def test_colours_stand_out_on_white() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    track = {"#EEF1F4"}  # a ground for bars, which says nothing
    for chart in CHARTS:
        for layer in chart.spec["layer"]:
            needed = 4.5 if layer["mark"]["type"] == "text" else 3
            colours = {row["colour"] for row in layer["data"]["values"] if "colour" in row} - track
            assert all(1.05 / (luminance(colour) + 0.05) >= needed for colour in colours)


def test_the_picture_for_the_mail_has_twice_the_pixels() -> None:
    chart = known(bullets(ROWS, PLACE))
    picture = png(chart)
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (912, 2 * chart.spec["height"])
    assert len(picture) < 100_000


def fingerprint() -> str:
    content = [(chart.headline, chart.alt, chart.spec, svg(chart)) for chart in every_chart()]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def test_the_same_figures_give_the_same_bytes_in_another_process() -> None:
    root = Path(__file__).parents[2]
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_charts; print(test_charts.fingerprint())"
    found = {fingerprint()}
    for seed in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", code, str(Path(__file__).parent)]
        done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True)
        found.add(done.stdout.strip())
    assert len(found) == 1
