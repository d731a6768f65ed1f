"""What stands round the bars of every chart: headline and subject, the key, the targets' lines and words, the figures.

The country is always a diamond, a target always a dark line across the bars. Figures stand in columns of their own,
where no mark can run into them.
"""

from transforms.chart_figures import Target, share_words
from transforms.chart_marks import BLUE, EARLIER, GREY, INK, Mark, bar, diamond, icon, rule, text, text_width, wrapped
from transforms.danish import NBSP
from transforms.html import COLOURS
from transforms.status_words import NOT_COUNTED

PAGE_WIDTH, MAIL_WIDTH = 500, 456
PAGE_SIZE, MAIL_SIZE = 17, 16
"""Text of 17 px in 500 is 11 px where the page is 360 px wide; so is 16 px in 456."""
MARGIN, GUTTER = 14, 30
ROW, BAR = 24, 16

Key = list[tuple[str, str]]


def scale_end(shares: list[int | None]) -> int:
    """Return the whole tens of per cent, in thousandths, at which the bars' scale ends."""
    largest = max((share for share in shares if share is not None), default=0)
    return min(1000, max(100, -(-largest // 100) * 100))


def heading(headline: str, subject: str, width: int, size: int) -> tuple[list[Mark], float]:
    """Return the marks of headline and subject, and how far down they reach."""
    room, big = width - 2 * MARGIN, size + 4
    marks: list[Mark] = []
    y = 8.0
    for line in wrapped(headline, room, big, bold=True):
        y += big * 1.22
        marks.append(text(MARGIN, y, line, big, limit=room, bold=True))
    y += 3
    for line in wrapped(subject, room, size):
        y += size * 1.3
        marks.append(text(MARGIN, y, line, size, limit=room, colour=GREY))
    return marks, y


def key_marks(key: Key, y: float, width: int, size: int) -> tuple[list[Mark], float]:
    """Return what the marks mean, (mark, words) each, set one after the other in lines; and how far down they reach."""
    marks: list[Mark] = []
    x, y = float(MARGIN), y + size * 1.5
    for sign, words in key:
        indent = 22 if sign in ("target", "tick", "national") else 30
        needed = indent + text_width(words, size)
        if x > MARGIN and x + needed > width - MARGIN:
            x, y = float(MARGIN), y + size * 1.4
        middle = y - size * 0.35
        marks += _key_sign(sign, x, middle)
        marks.append(text(x + indent, y, words, size, limit=width - MARGIN - x - indent, colour=GREY))
        x += needed + 16
    return marks, y


def _key_sign(sign: str, x: float, y: float) -> list[Mark]:
    if sign == "target":
        return [target_line(x + 7, y, 21)]
    if sign == "tick":
        return [rule(x + 7, y - 10, x + 7, y + 10, INK, 3.5)]
    if sign == "national":
        return [diamond(x + 7, y)]
    return [bar(x, y - 6, 22, 12, BLUE if sign == "newest" else EARLIER)]


def target_line(x: float, y: float, height: float) -> Mark:
    """Return a target's line about the middle y; the dashes of rows below one another join."""
    return rule(x, y - height / 2, x, y + height / 2, INK, 2.5, dashed=True)


def status_lines(target: Target | None, x: float, y: float, width: float, size: int) -> tuple[list[Mark], float]:
    """Return a target and its status in words with an icon, beginning below y; and how far down they reach."""
    if target is None:
        return [text(x, y + size * 1.3, "Intet mål", size, limit=width, colour=GREY)], y + size * 1.3
    colour = COLOURS[target.status][0]
    marks = [icon(x + 7, y + size * 0.95, target.status, colour)]
    for line in wrapped(f"{target.word}: mål{NBSP}{target.text.replace(' ', NBSP)}", width - 22, size):
        y += size * 1.3
        marks.append(text(x + 22, y, line, size, limit=width - 22, colour=colour))
    return marks, y


def bars_key(*, newest: str, earlier: bool, target: bool, national: bool) -> Key:
    """Return the key of bars over the counts: only the marks that are drawn."""
    found = [("newest", newest), ("earlier", "tidligere"), ("target", "mål"), ("national", "hele landet")]
    return [each for each, is_shown in zip(found, (True, earlier, target, national), strict=True) if is_shown]


def scale_words(end: int) -> str:
    """Return 'Skala 0-60 %.'."""
    return f"Skala{NBSP}0-{end // 10}{NBSP}%."


def figure(
    x: float, y: float, share: int | None, size: float, missing: str = NOT_COUNTED, *, bold: bool = False
) -> Mark:
    """Return a share, or the word for a missing one, ending at x."""
    is_known = share is not None
    words, colour = share_words(share, missing), INK if is_known else GREY
    return text(x, y, words, size, limit=110, bold=bold and is_known, align="right", colour=colour)
