"""How a chart is drawn: bars, rules, shapes and texts at places in pixels, and the Vega-Lite spec that shows them.

Places are computed here rather than by scales and axes, so that no label meets another, whatever the data.
"""

from collections.abc import Mapping
from typing import Any

from schemas.codes import TargetStatus

FONT = "Liberation Sans, sans-serif"  # without a generic family an unknown font drops all text
INK, GREY, TRACK, WHITE = "#1B1B1B", "#4A4A4A", "#EEF1F4", "#FFFFFF"
BLUE, EARLIER = "#1D70B8", "#8193A3"
DIAMOND = "M0,-1L1,0L0,1L-1,0Z"
DOT = "circle"
ICONS = {
    TargetStatus.REACHED: "M-.9,.05L-.3,.7L.95,-.7",
    TargetStatus.ON_TRACK: "M-1,0L.9,0M.25,-.65L.9,0L.25,.65",
    TargetStatus.BEHIND: "M-.75,-.75L.75,.75M-.75,.75L.75,-.75",
    TargetStatus.NOT_ASSESSED: "M-.8,0L.8,0",
    TargetStatus.NO_TARGET: "M-.8,0L.8,0",
}
_WIDTHS = {"ijl.,:;'|! \u00a0": 0.28, "frtI()/-": 0.35, "mMW%@": 0.89, "w—": 0.75}
_WIDTH = {letter: width for letters, width in _WIDTHS.items() for letter in letters}

Mark = dict[str, Any]


def text_width(content: str, size: float, *, bold: bool = False) -> float:
    """Return about how many pixels wide a text is in Liberation Sans; a little too many rather than too few."""
    ems = sum(
        _WIDTH.get(letter, 0.72 if letter.isupper() else 1.0 if ord(letter) > 0x2FFF else 0.57) for letter in content
    )
    return ems * size * (1.07 if bold else 1.01)


def wrapped(content: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Return a text in lines that fit a width; a word that is wider stands alone and is cut by its limit."""
    lines: list[str] = []
    for word in content.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def text(
    x: float, y: float, content: str, size: float, *, limit: float, bold: bool = False, align: str = "left",
    colour: str = INK,
) -> Mark:  # fmt: skip
    """Return a text on the baseline y, cut with an ellipsis beyond `limit` pixels."""
    weight = "bold" if bold else "normal"
    return {"kind": "text", "x": x, "y": y, "text": content, "size": size, "limit": limit, "weight": weight,
            "align": align, "colour": colour}  # fmt: skip


def bar(x: float, y: float, width: float, height: float, colour: str) -> Mark:
    """Return a filled rectangle by its upper left corner."""
    return {"kind": "bar", "x": x, "y": y, "x2": x + width, "y2": y + height, "colour": colour}


def rule(x: float, y: float, x2: float, y2: float, colour: str, width: float, *, dashed: bool = False) -> Mark:
    """Return a straight line."""
    kind = "dashed" if dashed else "rule"
    return {"kind": kind, "x": x, "y": y, "x2": x2, "y2": y2, "colour": colour, "width": width}


def shape(x: float, y: float, path: str, radius: float, *, fill: str, stroke: str, width: float = 2) -> Mark:
    """Return a shape about its middle."""
    return {"kind": "shape", "x": x, "y": y, "shape": path, "area": (2 * radius) ** 2, "fill": fill, "stroke": stroke,
            "width": width}  # fmt: skip


def diamond(x: float, y: float) -> Mark:
    """Return the country's mark."""
    return shape(x, y, DIAMOND, 7, fill=WHITE, stroke=INK)


def icon(x: float, y: float, status: TargetStatus, colour: str) -> Mark:
    """Return a status's icon as a drawing: fonts of the Liberation family have no check mark."""
    return shape(x, y, ICONS[status], 6.5, fill="transparent", stroke=colour, width=2.5)


def spec(width: float, height: float, marks: list[Mark]) -> dict[str, Any]:
    """Return the Vega-Lite spec of a drawing; bars lie lowest, texts uppermost."""
    layers = [_layer(kind, [mark for mark in marks if mark["kind"] == kind]) for kind in _KINDS]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": width,
        "height": height,
        "padding": 0,
        "autosize": "none",
        "background": WHITE,
        "config": {"font": FONT, "view": {"stroke": None}, "text": {"font": FONT}},
        "layer": [layer for layer in layers if layer["data"]["values"]],
    }


def _field(name: str) -> dict[str, Any]:
    return {"field": name, "type": "nominal", "scale": None, "legend": None}


_PLACE = {axis: {"field": axis, "type": "quantitative", "scale": None, "axis": None} for axis in ("x", "y")}
_ENDS = {**_PLACE, "x2": {"field": "x2"}, "y2": {"field": "y2"}}
_WIDTH_FIELD = {"field": "width", "type": "quantitative", "scale": None, "legend": None}
_STROKE = {**_ENDS, "color": _field("colour"), "strokeWidth": _WIDTH_FIELD}
_KINDS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bar": ({"type": "rect"}, {**_ENDS, "color": _field("colour")}),
    "rule": ({"type": "rule", "strokeCap": "round"}, _STROKE),
    "dashed": ({"type": "rule", "strokeDash": [5, 3]}, _STROKE),
    "shape": (
        {"type": "point", "opacity": 1, "strokeJoin": "round", "strokeCap": "round"},
        {**_PLACE, "shape": _field("shape"), "fill": _field("fill"), "stroke": _field("stroke"),
         "strokeWidth": _WIDTH_FIELD, "size": {**_WIDTH_FIELD, "field": "area"}},
    ),
    "text": (
        {"type": "text", "baseline": "alphabetic", **{
            name: {"expr": f"datum.{field}"}
            for name, field in (("align", "align"), ("fontWeight", "weight"), ("limit", "limit"))
        }},
        {**_PLACE, "text": {"field": "text", "type": "nominal"}, "color": _field("colour"),
         "size": {**_WIDTH_FIELD, "field": "size"}},
    ),
}  # fmt: skip


def _layer(kind: str, marks: list[Mark]) -> dict[str, Any]:
    mark, encoding = _KINDS[kind]
    values = [{name: value for name, value in each.items() if name != "kind"} for each in marks]
    return {"data": {"values": values}, "mark": {**mark, "aria": False}, "encoding": encoding}
