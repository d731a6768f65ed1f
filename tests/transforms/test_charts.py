"""The charts: what they say without being seen, that nothing is lost, nothing escapes, and nothing runs together."""

import dataclasses
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
from transforms.chart_marks import shortened, text_width
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


def drawn(chart: Chart, *kinds: str) -> list[ElementTree.Element]:
    """Return the drawing's elements of these kinds as the page has them, without the ground."""
    picture = ElementTree.fromstring(svg(chart))[1]
    return [mark for mark in picture[1:] if mark.tag.split("}")[1] in kinds]


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
    assert [float(bar.get("width")) > 0 for bar in drawn(with_zero, "rect") if bar.get("height") == "16"] == [
        False,
        True,
    ]
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
    lines = drawn(known(enrolment_over_time(days, PLACE)), "line")
    assert [line.get("stroke") for line in lines if line.get("stroke-width") == "3"] == ["#1D70B8", "#1D70B8"]


def test_one_count_has_its_name_in_the_key_and_no_earlier_ones() -> None:
    chart = known(inbound_channels([panel("Brev", [3], LETTER, counts=COUNTS[2:])], PLACE))
    assert "efterår 2014" in printed(chart)
    assert "tidligere" not in printed(chart)


def test_two_seasons_are_told_apart() -> None:
    chart = known(inbound_channels([panel("Telefon", list(range(12)), counts=TWELVE)], PLACE))
    assert {"F 2012", "E 2012", "E 2017"} <= {mark.text for mark in drawn(chart, "text")}
    assert "(E: efterår, F: forår)" in printed(chart).replace("\n", " ")


@each_chart
def test_the_svg_is_one_safe_element_with_its_words(chart: Chart) -> None:
    markup = svg(chart)
    root = ElementTree.fromstring(markup)
    kinds = {element.tag.split("}")[1] for element in root.iter()}
    assert kinds <= {"svg", "title", "g", "rect", "line", "path", "circle", "text"}
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == chart.alt
    assert root[0].text == chart.headline
    assert root.attrib["viewBox"] == f"0 0 {chart.drawing.width} {chart.drawing.height}"
    assert not re.findall(r'href|url\(|src="|onerror="|<script|<!', markup)
    assert [element.attrib["id"] for element in root.iter() if "id" in element.attrib] == [f"chart-{chart.name}"]
    assert {each.attrib["font-family"] for each in root.iter() if "font-family" in each.attrib} == {
        "Liberation Sans, sans-serif"
    }


@each_chart
def test_bars_lie_lowest_and_texts_uppermost(chart: Chart) -> None:
    order = ["rect", "line", "path", "circle", "text"]
    places = [order.index(mark.tag.split("}")[1]) for mark in drawn(chart, *order)]
    assert places == sorted(places)
    assert places.count(4) == len(drawn(chart, "text")) > 0
    dashes = ["stroke-dasharray" in line.attrib for line in drawn(chart, "line")]
    assert dashes == sorted(dashes)


def test_a_hostile_label_stays_text() -> None:
    charts = [
        inbound_channels([panel("<b>&amp;", [1, 2, 3])], "</svg><i>"),
        outbound_digital_post([Point("<b>&amp;", 3)], "</svg><i>"),
        enrolment_over_time(EXTRACTS, "</svg><i>", [Event(EVENTS[0].date, "<b>&amp;")]),
        bullets([Bullet("<b>&amp;", 3, PHONE)], "</svg><i>"),
    ]
    for chart in map(known, charts):
        shown = " ".join(mark.text or "" for mark in drawn(chart, "text"))
        assert "<b>&amp;" in shown
        assert "</svg><i>" in shown
        assert "<b" not in svg(chart)
        assert "<i" not in svg(chart)
        assert svg(chart).count("</svg>") == 1


def test_a_text_is_cut_where_its_room_ends() -> None:
    assert shortened("Telefon", text_width("Telefon", 17), 17) == "Telefon"
    for content in ("Personligt fremmøde", "<script>alert(1)</script>", "W" * 40):
        for bold in (False, True):
            short = shortened(content, 100, 17, bold=bold)
            assert text_width(short, 17, bold=bold) <= 100
            assert short.endswith("…")
            assert content.startswith(short[:-1])
            assert text_width(content[: len(short)] + "…", 17, bold=bold) > 100, "no more is cut than must be"


@each_chart
def test_no_text_leaves_the_picture_or_meets_another(chart: Chart) -> None:
    boxes = []
    for mark in drawn(chart, "text"):
        x, y, size = (float(mark.get(name)) for name in ("x", "y", "font-size"))
        width = estimated(mark.text, size, mark.get("font-weight") == "bold")
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[mark.get("text-anchor", "start")]
        boxes.append((left, left + width, y - size * 0.72, y + size * 0.05, mark.text))
    for left, right, top, bottom, words in boxes:
        assert left >= 0, words
        assert right <= chart.drawing.width, words
        assert 0 <= top < bottom <= chart.drawing.height, words
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
        shown_at = 330 if chart.drawing.width == 500 else 320
        assert min(float(mark.get("font-size")) for mark in drawn(chart, "text")) * shown_at / chart.drawing.width >= 11


def test_colours_stand_out_on_white() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    track = {"#EEF1F4"}  # a ground for bars, which says nothing
    for chart in CHARTS:
        for mark in drawn(chart, "rect", "line", "path", "circle", "text"):
            needed = 4.5 if mark.tag.endswith("}text") else 3
            colours = {mark.get("fill", "none"), mark.get("stroke", "none")} - {"none", "#FFFFFF"} - track
            assert all(1.05 / (luminance(colour) + 0.05) >= needed for colour in colours)


def test_the_picture_for_the_mail_has_twice_the_pixels() -> None:
    chart = known(bullets(ROWS, PLACE))
    picture = png(chart)
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (912, 2 * chart.drawing.height)
    assert len(picture) < 100_000


def test_the_picture_for_the_mail_has_its_words() -> None:
    chart = known(bullets(ROWS, PLACE))
    wordless = [mark for mark in chart.drawing.marks if mark.tag != "text"]
    without = dataclasses.replace(chart, drawing=dataclasses.replace(chart.drawing, marks=wordless))
    assert len(png(chart)) > 3 * len(png(without)), "no font was found for them"


def fingerprint() -> str:
    content = [(chart.headline, chart.alt, svg(chart)) for chart in every_chart()]
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
