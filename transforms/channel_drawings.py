"""How did the channels' shares move from count to count? Bars in panels with targets, or beside the country's."""

from transforms.chart_figures import Panel, Point, cut, period, short_labels
from transforms.chart_frame import (
    BAR,
    GUTTER,
    MARGIN,
    PAGE_SIZE,
    PAGE_WIDTH,
    ROW,
    bars_key,
    figure,
    heading,
    key_marks,
    scale_end,
    scale_words,
    status_lines,
    target_line,
)
from transforms.chart_marks import BLUE, EARLIER, GREY, Drawing, Mark, bar, diamond, rule, text, text_width
from transforms.danish import percent
from transforms.status_words import NOT_COUNTED, NOT_STATED


def inbound_drawing(panels: list[Panel], headline: str, about: str) -> Drawing:
    """Return the channels' panels in two columns; one scale for all."""
    labels = list(dict.fromkeys(cut(point.label) for panel in panels for point in panel.points))
    shares = [point.permille for panel in panels for point in panel.points]
    targets = [target.permille for panel in panels for target in panel.targets]
    end = scale_end(shares + targets + [panel.national for panel in panels])
    with_national = any(panel.national is not None for panel in panels)
    subject = f"Andel af de indgående henvendelser, {about}, {period(labels)}. {scale_words(end)}"
    marks, y = heading(headline, subject, PAGE_WIDTH, PAGE_SIZE)
    key = bars_key(newest=labels[-1], earlier=len(labels) > 1, target=bool(targets), national=with_national)
    signs, y = key_marks(key, y, PAGE_WIDTH, PAGE_SIZE)
    marks += signs
    short = short_labels(labels) | ({"Landet": "Landet"} if with_national else {})
    columns = min(2, len(panels))
    width = (PAGE_WIDTH - 2 * MARGIN - GUTTER * (columns - 1)) / columns
    for start in range(0, len(panels), columns):
        beside = panels[start : start + columns]
        places = [(MARGIN + place * (width + GUTTER), panel) for place, panel in enumerate(beside)]
        headers = [_panel_header(panel, x, y + 10, width) for x, panel in places]
        top = max(down for _, down in headers) + 10
        marks += [mark for header, _ in headers for mark in header]
        for x, panel in places:
            marks += _panel_rows(panel, short, (x, top, width), end, with_national=with_national)
        y = top + ROW * (max(len(panel.points) for panel in beside) + with_national)
    return Drawing(PAGE_WIDTH, round(y + 14), marks)


def _panel_header(panel: Panel, x: float, y: float, width: float) -> tuple[list[Mark], float]:
    y += PAGE_SIZE * 1.5
    marks = [text(x, y, cut(panel.name), PAGE_SIZE + 1, limit=width, bold=True)]
    for target in panel.targets or (None,):
        lines, y = status_lines(target, x, y, width, PAGE_SIZE)
        marks += lines
    return marks, y


def _panel_rows(
    panel: Panel, labels: dict[str, str], place: tuple[float, float, float], end: int, *, with_national: bool
) -> list[Mark]:
    """Return a row a count and one for the country, within (x, y, width)."""
    x, y, width = place
    room = min(width * 0.4, max(text_width(label, PAGE_SIZE) for label in labels.values()) + 11)
    left, right = x + room, x + width - text_width(percent(end), PAGE_SIZE, bold=True) - 12
    marks: list[Mark] = []
    rows = [(labels[cut(point.label)], point.permille) for point in panel.points]
    rows += [("Landet", panel.national)] if with_national else []
    for number, (label, share) in enumerate(rows):
        is_country, is_newest = number == len(panel.points), number == len(panel.points) - 1
        middle = y + ROW * (number + 0.5)
        baseline = middle + PAGE_SIZE * 0.36
        marks.append(text(x, baseline, label, PAGE_SIZE, limit=room - 6))
        missing = NOT_STATED if is_country else NOT_COUNTED
        marks.append(figure(x + width, baseline, share, PAGE_SIZE, missing, bold=is_newest))
        if share is None:
            continue
        reach = left + (right - left) * share / end
        if not is_country:
            marks.append(bar(left, middle - BAR / 2, reach - left, BAR, BLUE if is_newest else EARLIER))
        marks += [target_line(left + (right - left) * target.permille / end, middle, ROW) for target in panel.targets]
        if is_country:
            marks.append(diamond(reach, middle))
    return [rule(left, y, left, y + ROW * len(rows), GREY, 1), *marks]


def outbound_drawing(points: list[Point], headline: str, about: str) -> Drawing:
    """Return a row a count: the bar, the country's diamond on it, and both figures."""
    labels = [cut(point.label) for point in points]
    end = scale_end([share for point in points for share in (point.permille, point.national)])
    with_national = any(point.national is not None for point in points)
    subject = f"Digital Posts andel af de udgående henvendelser, {about}. {scale_words(end)}"
    marks, y = heading(headline, subject, PAGE_WIDTH, PAGE_SIZE)
    key = bars_key(newest=labels[-1], earlier=len(labels) > 1, target=False, national=with_national)
    signs, y = key_marks(key, y, PAGE_WIDTH, PAGE_SIZE)
    marks += signs
    column = text_width("Hele landet", PAGE_SIZE) + 14 if with_national else 0
    own = PAGE_WIDTH - MARGIN - column
    room = min(170.0, max(text_width(label, PAGE_SIZE) for label in labels) + 10)
    left, right = MARGIN + room, own - text_width("Kommunen", PAGE_SIZE) - 14
    y += PAGE_SIZE * 2
    marks.append(text(own, y, "Kommunen", PAGE_SIZE, limit=110, align="right", colour=GREY))
    if with_national:
        marks.append(text(own + column, y, "Hele landet", PAGE_SIZE, limit=column, align="right", colour=GREY))
    top = y + 10
    for number, point in enumerate(points):
        middle = top + (ROW + 4) * (number + 0.5)
        marks += _outbound_row(point, (left, right), (own, own + column), middle, end,
                               is_newest=number == len(points) - 1, with_national=with_national)  # fmt: skip
        marks.append(text(MARGIN, middle + PAGE_SIZE * 0.36, labels[number], PAGE_SIZE, limit=room - 6))
    bottom = top + (ROW + 4) * len(points)
    return Drawing(PAGE_WIDTH, round(bottom + 14), [rule(left, top, left, bottom, GREY, 1), *marks])


def _outbound_row(
    point: Point, across: tuple[float, float], columns: tuple[float, float], middle: float, end: int, *,
    is_newest: bool, with_national: bool,
) -> list[Mark]:  # fmt: skip
    left, right = across
    baseline = middle + PAGE_SIZE * 0.36
    marks = [figure(columns[0], baseline, point.permille, PAGE_SIZE, bold=is_newest)]
    marks += [figure(columns[1], baseline, point.national, PAGE_SIZE, NOT_STATED)] if with_national else []
    if point.permille is not None:
        width = (right - left) * point.permille / end
        marks.append(bar(left, middle - BAR / 2, width, BAR, BLUE if is_newest else EARLIER))
    if point.national is not None:
        marks.append(diamond(left + (right - left) * point.national / end, middle))
    return marks
