"""Which pictures show how the channels move towards their targets, on the page (SVG) and in the mail (PNG)?

A chart carries its headline in the picture, so that the picture says the same when it is copied from the page.
"""

import zlib
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

import vl_convert

from transforms.channel_drawings import inbound_drawing, outbound_drawing
from transforms.chart_figures import (
    Bullet,
    Event,
    Extract,
    Panel,
    Point,
    bullet_words,
    cut,
    enrolment_headline,
    extract_words,
    inbound_headline,
    outbound_headline,
    panel_words,
    point_words,
    targets_headline,
)
from transforms.chart_marks import FONT, WHITE, Drawing, bar
from transforms.danish import date_text
from transforms.enrolment_drawing import enrolment_drawing
from transforms.target_drawing import bullets_drawing

PNG_SCALE = 2
ZLIB_LEVEL = 6
"""Level 9 takes five times as long for four per cent less."""
SVG = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Chart:
    """A picture: what it finds, the same for those who do not see it, and how it is drawn."""

    name: str
    headline: str
    alt: str
    drawing: Drawing


def svg(chart: Chart) -> str:
    """Return a chart as an SVG element for a page; as wide as its place, up to its own width."""
    look = f"display:block;width:100%;max-width:{chart.drawing.width}px;height:auto;background:#fff"
    about = {"role": "img", "id": f"chart-{chart.name}", "aria-label": chart.alt, "style": look}
    title = Element("title")
    title.text = chart.headline
    return _markup(chart.drawing, about, [title])


def png(chart: Chart) -> bytes:
    """Return a chart as a picture for a mail, with two pixels for each of its own."""
    size = {"width": f"{chart.drawing.width}", "height": f"{chart.drawing.height}"}
    return _packed(vl_convert.svg_to_png(_markup(chart.drawing, size, []), scale=PNG_SCALE))


def _markup(drawing: Drawing, attributes: dict[str, str], before: list[Element]) -> str:
    """Return a drawing as SVG; ElementTree escapes every text and attribute."""
    box = {"xmlns": SVG, "viewBox": f"0 0 {drawing.width} {drawing.height}"}
    root = Element("svg", box | attributes)
    root.extend(before)
    picture = SubElement(root, "g", {"aria-hidden": "true", "font-family": FONT})
    picture.append(bar(0, 0, drawing.width, drawing.height, WHITE))
    picture.extend(drawing.ordered())
    return tostring(root, encoding="unicode")


def _packed(picture: bytes) -> bytes:
    """Return a PNG with its pixels compressed better: a quarter of what vl-convert writes, for a mail."""
    start, pixels, before = 8, b"", picture[:8]
    while start < len(picture):
        end = start + 12 + int.from_bytes(picture[start : start + 4])
        kind, content = picture[start + 4 : start + 8], picture[start + 8 : end - 4]
        if kind == b"IDAT":
            pixels += content
        elif kind != b"IEND":
            before += picture[start:end]
        start = end
    packed = zlib.compress(zlib.decompress(pixels), ZLIB_LEVEL)
    return before + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def inbound_channels(panels: list[Panel], about: str) -> Chart | None:
    """Return each inbound channel's shares over the counts with its targets; None when nothing was counted.

    Args:
        panels: one a channel; their points are of the same counts, oldest first.
        about: whose shares, 'Ishøj Kommune'.
    """
    if not any(point.permille is not None for panel in panels for point in panel.points):
        return None
    headline = inbound_headline(panels)
    with_national = any(panel.national is not None for panel in panels)
    words = [panel_words(panel, with_national=with_national) for panel in panels]
    return _chart("inbound", headline, "Andel af de indgående henvendelser", about, words,
                  inbound_drawing(panels, headline, cut(about)))  # fmt: skip


def outbound_digital_post(points: list[Point], about: str) -> Chart | None:
    """Return Digital Post's share of the outbound enquiries over the counts, oldest first, against the country's."""
    if not any(point.permille is not None for point in points):
        return None
    headline = outbound_headline(points)
    with_national = any(point.national is not None for point in points)
    words = [point_words(point, with_national=with_national) for point in points]
    return _chart("outbound", headline, "Digital Posts andel af de udgående henvendelser", about, words,
                  outbound_drawing(points, headline, cut(about)))  # fmt: skip


def enrolment_over_time(extracts: list[Extract], about: str, events: list[Event] | None = None) -> Chart | None:
    """Return the shares enrolled in and exempt from Digital Post by date, with what happened between the dates."""
    known = sorted((each for each in extracts if (each.enrolled, each.exempt) != (None, None)), key=lambda x: x.date)
    if not known:
        return None
    first, last = known[0].date, known[-1].date
    marked = sorted({each for each in events or [] if first <= each.date <= last}, key=lambda x: (x.date, x.text))
    headline = enrolment_headline(known)
    words = [extract_words(each) for each in known]
    words += [f"{date_text(each.date)}: {cut(each.text, 200).rstrip('.')}." for each in marked]
    return _chart("enrolment", headline, "Tilslutning til Digital Post, borgere på 15 år og derover", about, words,
                  enrolment_drawing(known, marked, headline, cut(about)))  # fmt: skip


def bullets(rows: list[Bullet], about: str) -> Chart | None:
    """Return every target with the newest share and the country's; `about` is 'Ishøj Kommune, efterår 2014'."""
    if not any(row.permille is not None for row in rows):
        return None
    headline = targets_headline([(row.name, row.target) for row in rows])
    with_national = any(row.national is not None for row in rows)
    words = [bullet_words(row, with_national=with_national) for row in rows]
    return _chart("targets", headline, "Andele og mål", about, words, bullets_drawing(rows, headline, cut(about)))


def _chart(name: str, headline: str, subject: str, about: str, words: list[str], drawing: Drawing) -> Chart:
    alt = " ".join([f"{headline}.", f"{subject}, {cut(about)}.", *words])
    return Chart(name, headline, alt, drawing)
