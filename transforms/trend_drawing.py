"""How did a share move over the counts? A line as high as a row of a table, the same in words for screen readers."""

from itertools import groupby
from xml.etree.ElementTree import Element, tostring

from transforms.chart_marks import BLUE, Mark, dot, line

STEP, EDGE, TOP, HEIGHT = 50, 50, 15, 100
"""Between two counts, beside the outermost ones, above and below, and of the scale: all in units of the drawing."""
LEAST_HEIGHT = 1
"""Thousandths: where a line's scale ends at the least, so that noughts alone lie at the foot."""
STROKE, RADIUS, RIM = 7, 9, 4


def trend(shares: tuple[int | None, ...], words: str) -> str:
    """Return a line from nought up as an SVG element; where a count has no share the line has a gap.

    Args:
        shares: thousandths, oldest first; at least two counts.
        words: the same for those who do not see it.
    """
    end = max(LEAST_HEIGHT, *(share for share in shares if share is not None))
    width = STEP * len(shares)
    places = [
        None if share is None else (EDGE + width * number / (len(shares) - 1), TOP + HEIGHT * (1 - share / end))
        for number, share in enumerate(shares)
    ]
    box = f"0 0 {width + 2 * EDGE} {HEIGHT + 2 * TOP}"
    drawn = Element("svg", {"role": "img", "aria-label": words, "viewBox": box})
    for is_known, run in groupby(places, key=lambda place: place is not None):
        if is_known:
            drawn.append(line([place for place in run if place], BLUE, STROKE))
    drawn.extend(_dots(places))
    return tostring(drawn, encoding="unicode")


def _dots(places: list[tuple[float, float] | None]) -> list[Mark]:
    return [dot(*place, RADIUS, BLUE, rim=RIM) for place in places if place]
