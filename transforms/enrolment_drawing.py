"""How do enrolment in Digital Post and exemption move from extract to extract? Two lines on a true scale of time."""

import datetime as dt
from itertools import pairwise

from transforms.chart_figures import Event, Extract, cut
from transforms.chart_frame import MARGIN, PAGE_SIZE, PAGE_WIDTH, heading
from transforms.chart_marks import (
    BLUE,
    GREY,
    INK,
    TRACK,
    Drawing,
    Mark,
    dot,
    rule,
    text,
    wrapped,
)
from transforms.danish import NBSP, date_text, percent

LEFT, RIGHT, HEIGHT = 72, 392, 230
EXEMPT_COLOUR = "#7A4B00"
LINE = 20
FIRST, LAST = LEFT + 44, RIGHT - 10
"""The plot's edges and height in pixels; between FIRST and LAST lie the points, so that their figures fit."""

Series = list[tuple[float, int | None]]


def enrolment_drawing(extracts: list[Extract], events: list[Event], headline: str, about: str) -> Drawing:
    """Return the lines of enrolled and exempt; events are lettered rules, explained below."""
    marks, y = heading(headline, f"Andel af borgere på 15 år og derover, {about}.", PAGE_WIDTH, PAGE_SIZE)
    places = _places([each.date for each in extracts], [each.date for each in events])
    top = y + (2.4 * LINE if events else LINE)
    bottom = top + HEIGHT
    marks += _grid(top) + _event_rules([places[each.date] for each in events], y + 4, bottom)
    series = [
        ("Tilmeldt", BLUE, [(places[each.date], each.enrolled) for each in extracts]),
        ("Fritaget", EXEMPT_COLOUR, [(places[each.date], each.exempt) for each in extracts]),
    ]
    marks += [mark for _, colour, points in series for mark in _line(points, colour, top)]
    marks += _labels([each for each in series if any(share is not None for _, share in each[2])], top)
    marks += [rule(x, bottom, x, bottom + 6, GREY, 1.5) for x, _ in series[0][2]]
    y = bottom + 44
    marks += _date_labels([each.date for each in extracts], y)
    for number, event in enumerate(events):
        words = f"{date_text(event.date)}: {cut(event.text, 200)}"
        for place, line in enumerate(wrapped(words, PAGE_WIDTH - 2 * MARGIN - 28, PAGE_SIZE)):
            y += PAGE_SIZE * (1.3 if place else 1.7)
            marks += [] if place else [text(MARGIN, y, _letter(number), PAGE_SIZE, limit=20, bold=True)]
            marks.append(text(MARGIN + 28, y, line, PAGE_SIZE, limit=PAGE_WIDTH - 2 * MARGIN - 28))
    return Drawing(PAGE_WIDTH, round(y + 16), marks)


def _places(dates: list[dt.date], events: list[dt.date]) -> dict[dt.date, float]:
    """Return where each day stands; a single date stands in the middle."""
    first, days = dates[0], (dates[-1] - dates[0]).days
    return {date: FIRST + (LAST - FIRST) * ((date - first).days / days if days else 0.5) for date in dates + events}


def _event_rules(places: list[float], y: float, bottom: float) -> list[Mark]:
    """Return a lettered rule an event, from below y to the bottom; letters that would meet are moved aside."""
    letters: list[float] = []
    for x in places:
        letters.append(max(x, letters[-1] + LINE) if letters else x)
    for number in range(len(letters) - 1, -1, -1):
        after = len(letters) - 1 - number
        letters[number] = min(letters[number], RIGHT + LINE * (1 - after))
    marks: list[Mark] = []
    for number, (x, beside) in enumerate(zip(places, letters, strict=True)):
        marks.append(text(beside, y + LINE, _letter(number), PAGE_SIZE, limit=20, bold=True, align="center"))
        marks.append(rule(beside, y + LINE + 5, x, y + LINE + 14, INK, 1.5))
        marks.append(rule(x, y + LINE + 14, x, bottom, INK, 1.5, dashed=True))
    return marks


def _letter(number: int) -> str:
    return chr(ord("A") + number % 26)


def _grid(top: float) -> list[Mark]:
    marks = []
    for tens in range(0, 101, 25):
        y = top + HEIGHT * (1 - tens / 100)
        marks.append(rule(LEFT, y, RIGHT, y, TRACK if tens else GREY, 1.5))
        words = f"{tens}{NBSP}%"
        marks.append(text(LEFT - 8, y + PAGE_SIZE * 0.36, words, PAGE_SIZE, limit=60, align="right", colour=GREY))
    return marks


def _height(share: int, top: float) -> float:
    return top + HEIGHT * (1 - share / 1000)


def _line(points: Series, colour: str, top: float) -> list[Mark]:
    """Return a line that breaks where a share is missing, with a dot at each share."""
    marks = [
        rule(x, _height(share, top), x2, _height(share2, top), colour, 3)
        for (x, share), (x2, share2) in pairwise(points)
        if share is not None and share2 is not None
    ]
    return marks + [dot(x, _height(share, top), 4.5, colour) for x, share in points if share is not None]


def _labels(series: list[tuple[str, str, Series]], top: float) -> list[Mark]:
    """Return each line's name and newest share at its right, and its first share beside its first dot."""
    known = [
        (name, colour, [(x, share) for x, share in points if share is not None]) for name, colour, points in series
    ]
    wanted = [_height(points[-1][1], top) for _, _, points in known]
    marks: list[Mark] = []
    for (name, colour, points), y in zip(known, _apart(wanted, 2 * LINE + 4, top, top + HEIGHT), strict=True):
        words = percent(points[-1][1])
        marks.append(text(RIGHT + 6, y - 3, name, PAGE_SIZE, limit=110, bold=True, colour=colour))
        marks.append(text(RIGHT + 6, y + LINE - 3, words, PAGE_SIZE, limit=110, colour=colour))
    firsts = [(points[0], colour) for _, colour, points in known if len(points) > 1]
    highest = max((share for (_, share), _ in firsts), default=0)
    for number, ((x, share), colour) in enumerate(firsts):
        is_upper = share == highest and not (number and firsts[0][0][1] == highest)
        y = _height(share, top)
        has_room = is_upper or y - _height(highest, top) > 3 * LINE
        y = y - 11 if has_room else max(y + LINE + 4, top + HEIGHT + LINE + 3)
        marks.append(text(x + 10, y, percent(share), PAGE_SIZE, limit=80, align="right", colour=colour))
    return marks


def _apart(wanted: list[float], gap: float, top: float, bottom: float) -> list[float]:
    """Return one or two heights, at least `gap` apart and within the plot."""
    if len(wanted) == 2 and abs(wanted[0] - wanted[1]) < gap:
        middle = min(max(sum(wanted) / 2, top + gap / 2), bottom - gap / 2)
        half = gap / 2 if wanted[0] > wanted[1] else -gap / 2
        return [middle + half, middle - half]
    return wanted


def _date_labels(dates: list[dt.date], y: float) -> list[Mark]:
    """Return the first and the last date under the axis; a single date in the middle."""
    if len(dates) == 1:
        return [text((FIRST + LAST) / 2, y, date_text(dates[0]), PAGE_SIZE, limit=220, align="center")]
    return [
        text(x, y, date_text(date), PAGE_SIZE, limit=180, align="center")
        for x, date in ((FIRST, dates[0]), (LAST, dates[-1]))
    ]
