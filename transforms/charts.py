"""Which pictures show how the channels move towards their targets, on the page (SVG) and in the mail (PNG)?

A chart carries its headline in the picture, so that the picture says the same when it is copied from the page.
"""

import html
import zlib
from dataclasses import dataclass
from typing import Any

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
from transforms.danish import date_text
from transforms.enrolment_drawing import enrolment_drawing
from transforms.target_drawing import bullets_drawing

PNG_SCALE = 2


@dataclass(frozen=True)
class Chart:
    """A picture: what it finds, the same for those who do not see it, and its Vega-Lite specification."""

    name: str
    headline: str
    alt: str
    spec: dict[str, Any]


def svg(chart: Chart) -> str:
    """Return a chart as an SVG element for a page; as wide as its place, up to its own width."""
    drawn = vl_convert.vegalite_to_svg(chart.spec, allowed_base_urls=[])
    content = drawn[drawn.index(">") + 1 :].removesuffix("</svg>")
    width, height = chart.spec["width"], chart.spec["height"]
    look = f"display:block;width:100%;max-width:{width}px;height:auto;background:#fff"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" id="chart-{chart.name}" viewBox="0 0 {width} {height}"'
        f' aria-label="{html.escape(chart.alt)}" style="{look}"><title>{html.escape(chart.headline)}</title>'
        f'<g aria-hidden="true">{content}</g></svg>'
    )


def png(chart: Chart) -> bytes:
    """Return a chart as a picture for a mail, with two pixels for each of its own."""
    return _packed(vl_convert.vegalite_to_png(chart.spec, scale=PNG_SCALE, allowed_base_urls=[]))


def _packed(picture: bytes) -> bytes:
    """Return a PNG with its pixels compressed as far as zlib can: a quarter of what vl-convert writes, for a mail."""
    start, pixels, before = 8, b"", picture[:8]
    while start < len(picture):
        end = start + 12 + int.from_bytes(picture[start : start + 4])
        kind, content = picture[start + 4 : start + 8], picture[start + 8 : end - 4]
        if kind == b"IDAT":
            pixels += content
        elif kind != b"IEND":
            before += picture[start:end]
        start = end
    packed = zlib.compress(zlib.decompress(pixels), 9)
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


def _chart(name: str, headline: str, subject: str, about: str, words: list[str], spec: dict[str, Any]) -> Chart:
    alt = " ".join([f"{headline}.", f"{subject}, {cut(about)}.", *words])
    return Chart(name, headline, alt, spec)
