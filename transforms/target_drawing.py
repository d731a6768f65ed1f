"""How does each share stand against its target? Bullets, narrow enough for a mail."""

from transforms.chart_figures import Bullet, cut, share_words
from transforms.chart_frame import (
    BAR,
    MAIL_SIZE,
    MAIL_WIDTH,
    MARGIN,
    figure,
    heading,
    key_marks,
    scale_end,
    scale_words,
    status_lines,
)
from transforms.chart_marks import BLUE, GREY, INK, TRACK, Drawing, Mark, bar, diamond, rule, text, text_width
from transforms.status_words import NOT_STATED


def bullets_drawing(rows: list[Bullet], headline: str, about: str) -> Drawing:
    """Return three lines a target: name and share, the bar, status and country."""
    end = scale_end([share for row in rows for share in (row.permille, row.target.permille, row.national)])
    with_national = any(row.national is not None for row in rows)
    marks, y = heading(headline, f"{about}. {scale_words(end)}", MAIL_WIDTH, MAIL_SIZE)
    key = [("newest", "andel"), ("tick", "mål"), *([("national", "hele landet")] if with_national else [])]
    signs, y = key_marks(key, y, MAIL_WIDTH, MAIL_SIZE)
    marks += signs
    for row in rows:
        drawn, y = _bullet(row, y + 16, end, with_national=with_national)
        marks += drawn
    return Drawing(MAIL_WIDTH, round(y + 16), marks)


def _bullet(row: Bullet, y: float, end: int, *, with_national: bool) -> tuple[list[Mark], float]:
    size, width, right = MAIL_SIZE, MAIL_WIDTH - 2 * MARGIN, MAIL_WIDTH - MARGIN
    y += size * 1.2
    marks = [
        text(MARGIN, y, cut(row.name), size + 1, limit=width - 90, bold=True),
        figure(right, y, row.permille, size + 1, bold=True),
    ]
    middle = y + 16 + BAR / 2
    marks.append(bar(MARGIN, middle - BAR / 2, width, BAR, TRACK))
    if row.permille is not None:
        marks.append(bar(MARGIN, middle - BAR / 2, width * row.permille / end, BAR, BLUE))
    tick = MARGIN + width * row.target.permille / end
    marks.append(rule(tick, middle - BAR / 2 - 4, tick, middle + BAR / 2 + 4, INK, 3.5))
    if row.national is not None:
        marks.append(diamond(MARGIN + width * row.national / end, middle))
    below = middle + BAR / 2 + 3
    country = f"landet {share_words(row.national, NOT_STATED)}" if with_national else ""
    room = width - text_width(country, size) - 12 if country else width
    lines, down = status_lines(row.target, MARGIN, below, room, size)
    if country:
        marks.append(text(right, below + size * 1.3, country, size, limit=width, align="right", colour=GREY))
    return marks + lines, down
