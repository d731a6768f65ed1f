"""How a chart is drawn: bars, rules, shapes and texts at places in pixels, each an element of SVG.

Places are computed here rather than by scales and axes, so that no label meets another, whatever the data.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from schemas.codes import TargetStatus

FONT = "Liberation Sans, sans-serif"  # without a generic family an unknown font drops all text
INK, GREY, TRACK, WHITE = "#1B1B1B", "#4A4A4A", "#EEF1F4", "#FFFFFF"
BLUE, EARLIER = "#1D70B8", "#8193A3"
DIAMOND = "M0,-1L1,0L0,1L-1,0Z"
ICONS = {
    TargetStatus.REACHED: "M-.9,.05L-.3,.7L.95,-.7",
    TargetStatus.ON_TRACK: "M-1,0L.9,0M.25,-.65L.9,0L.25,.65",
    TargetStatus.BEHIND: "M-.75,-.75L.75,.75M-.75,.75L.75,-.75",
    TargetStatus.NOT_ASSESSED: "M-.8,0L.8,0",
    TargetStatus.NO_TARGET: "M-.8,0L.8,0",
}
_WIDTHS = {"ijl.,:;'|! \u00a0": 0.28, "frtI()/-": 0.35, "mMW%@": 0.89, "w": 0.75, "—…": 1.0}
_WIDTH = {letter: width for letters, width in _WIDTHS.items() for letter in letters}

_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_ORDER = ("rect", "line", "path", "circle", "text")

Mark = Element
"""An element of SVG, of one of these kinds."""


@dataclass(frozen=True)
class Drawing:
    """The marks on a white ground of so many pixels."""

    width: int
    height: int
    marks: list[Mark]

    def ordered(self) -> list[Mark]:
        """Return the marks as they cover one another: bars lie lowest, dashes on lines, texts uppermost."""
        return sorted(self.marks, key=lambda mark: (_ORDER.index(mark.tag), "stroke-dasharray" in mark.attrib))


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


def shortened(content: str, limit: float, size: float, *, bold: bool = False) -> str:
    """Return a text that fits `limit` pixels, cut with an ellipsis where it does not."""
    if text_width(content, size, bold=bold) <= limit:
        return content
    while content and text_width(f"{content}…", size, bold=bold) > limit:
        content = content[:-1]
    return f"{content.rstrip()}…"


def text(
    x: float, y: float, content: str, size: float, *, limit: float, bold: bool = False, align: str = "left",
    colour: str = INK,
) -> Mark:  # fmt: skip
    """Return a text on the baseline y, cut with an ellipsis beyond `limit` pixels."""
    mark = _mark("text", x=x, y=y, font_size=size, fill=colour)
    if bold:
        mark.set("font-weight", "bold")
    if align != "left":
        mark.set("text-anchor", _ANCHORS[align])
    mark.text = shortened(content, limit, size, bold=bold)
    return mark


def bar(x: float, y: float, width: float, height: float, colour: str) -> Mark:
    """Return a filled rectangle by its upper left corner."""
    return _mark("rect", x=x, y=y, width=width, height=height, fill=colour)


def rule(x: float, y: float, x2: float, y2: float, colour: str, width: float, *, dashed: bool = False) -> Mark:
    """Return a straight line."""
    mark = _mark("line", x1=x, y1=y, x2=x2, y2=y2, stroke=colour, stroke_width=width)
    mark.set(*(("stroke-dasharray", "5,3") if dashed else ("stroke-linecap", "round")))
    return mark


def shape(x: float, y: float, path: str, radius: float, *, fill: str, stroke: str, width: float = 2) -> Mark:
    """Return a shape about its middle; its path is drawn within one pixel of (0, 0)."""
    place = f"translate({_number(x)},{_number(y)}) scale({_number(radius)})"
    return _mark("path", d=path, transform=place, fill=fill, stroke=stroke, stroke_width=width / radius,
                 stroke_linecap="round", stroke_linejoin="round")  # fmt: skip


def line(points: list[tuple[float, float]], colour: str, width: float) -> Mark:
    """Return a line through points."""
    path = "L".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return _mark("path", d=f"M{path}", fill="none", stroke=colour, stroke_width=width)


def dot(x: float, y: float, radius: float, colour: str, *, rim: float = 1) -> Mark:
    """Return a dot with a white rim."""
    return _mark("circle", cx=x, cy=y, r=radius, fill=colour, stroke=WHITE, stroke_width=rim)


def diamond(x: float, y: float) -> Mark:
    """Return the country's mark."""
    return shape(x, y, DIAMOND, 7, fill=WHITE, stroke=INK)


def icon(x: float, y: float, status: TargetStatus, colour: str) -> Mark:
    """Return a status's icon as a drawing: fonts of the Liberation family have no check mark."""
    return shape(x, y, ICONS[status], 6.5, fill="none", stroke=colour, width=2.5)


def _mark(kind: str, **attributes: str | float) -> Mark:
    return Element(kind, {
        name.replace("_", "-"): value if isinstance(value, str) else _number(value)
        for name, value in attributes.items()
    })  # fmt: skip


def _number(value: float) -> str:
    """Return a number with as many decimals as it needs, at most three."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
