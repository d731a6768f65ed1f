"""The frame that every page stands in, and the look of its tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from htmltools import HTML, Tag, TagChild, TagList, html_escape, tags

from schemas.codes import TargetStatus
from transforms.danish import within_sentence
from transforms.page_style import PAGE_CSS
from transforms.printed import Printed, Words

if TYPE_CHECKING:
    from great_tables import GT

COLOURS = {
    TargetStatus.REACHED: ("#0B5D2A", "#E3F4E8"),
    TargetStatus.ON_TRACK: ("#7A4B00", "#FFF3D6"),
    TargetStatus.BEHIND: ("#9B1C1C", "#FDE8E8"),
    TargetStatus.NOT_ASSESSED: ("#4A4A4A", "#F0F0F0"),
    TargetStatus.NO_TARGET: ("#4A4A4A", "#F0F0F0"),
}
LINE_COLOUR = "#1D70B8"
TOO_FEW = "for få tællinger"
LEAST_HEIGHT = 0.1
"""Per cent: where a line's scale ends at the least. Of noughts alone great-tables would draw a line at random."""
SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Trend:
    """A line a row: the shares in thousandths, oldest first, None where not counted; and the same in words."""

    shares: list[tuple[int | None, ...]]
    texts: list[str]

    def columns(self) -> list[pl.Series]:
        """Return them as columns of the table."""
        values = [[None if share is None else share / 10 for share in shares] for shares in self.shares]
        return [pl.Series("trend", values, dtype=pl.List(pl.Float64)), pl.Series("trend_text", self.texts)]


def page(title: str, *content: TagChild, css: str = "", go_to: str = "") -> str:
    """Return a whole HTML document; every text in `content` is escaped unless it is HTML already.

    Args:
        title: of the document.
        content: what stands in main.
        css: rules beside those of every page.
        go_to: where the browser goes at once, '' to stay.
    """
    head = tags.head(
        tags.meta(charset="utf-8"),
        tags.meta(name="viewport", content="width=device-width, initial-scale=1"),
        tags.meta({"http-equiv": "Content-Security-Policy"}, content=SECURITY_POLICY),
        tags.meta({"http-equiv": "refresh"}, content=f"0; url={go_to}") if go_to else None,
        tags.title(title),
        tags.style(HTML(PAGE_CSS + css)),
    )
    document = tags.html(head, tags.body(tags.main(*content)), lang="da")
    return f"<!DOCTYPE html>\n{document}\n"


def basis_list(pairs: list[tuple[str, str]]) -> Tag:
    """Return a list of name and text."""
    return tags.dl(*(TagList(tags.dt(name), tags.dd(text)) for name, text in pairs), class_="basis")


def table(
    frame: pl.DataFrame,
    table_id: str,
    labels: Mapping[str, str],
    *,
    stub: str,
    stub_label: str,
    group: str | None = None,
    numbers: tuple[str, ...] = (),
    statuses: list[TargetStatus] | None = None,
    footnote: tuple[str, str] | None = None,
    spanners: Mapping[str, tuple[str, ...]] | None = None,
    trend: Trend | None = None,
    strong: str | None = None,
    figures: Mapping[str, list[str | None]] | None = None,
) -> TagList:
    """Return a great-tables table and the rules that show it as cards on a narrow screen.

    Args:
        frame: text columns; `stub` names the rows, `group` the groups of rows.
        labels: column -> heading, in the order shown.
        numbers: columns set right.
        statuses: the status of each row, for the colours of the column `status_text`.
        footnote: (column, text) of a remark marked at that column's heading.
        spanners: heading over several columns -> those columns.
        trend: what the column `trend` draws.
        strong: the column that stands out.
        figures: column -> the id of the figure in each row, None where there is none.
    """
    from great_tables import GT, loc  # noqa: PLC0415 - slow to import, and many a page has no table

    # Double braces would be read as a unit's notation, which great-tables does not escape.
    headings: dict[str, Any] = {name: label.replace("{{", "{ {") for name, label in labels.items()}
    columns = [name for name in (stub, group, *labels) if name]
    frame = _with_ids(frame, figures) if figures else frame
    shown = frame.select(columns if trend is None else [each for each in columns if each != "trend"])
    if trend:
        shown = shown.with_columns(trend.columns()).select(*columns, "trend_text")
    gt = _look(GT(shown, rowname_col=stub, groupname_col=group, id=table_id).cols_label(cases=headings), stub_label)
    if numbers:
        gt = gt.cols_align(align="right", columns=list(numbers))
    for label, under in (spanners or {}).items():
        gt = gt.tab_spanner(label=label, columns=list(under), id=f"{table_id}-{'-'.join(under)}")
    gt = gt.fmt(_as_it_is, columns=list(figures)) if figures else gt
    gt = _trends(gt, trend) if trend else gt
    gt = _statuses(gt, statuses) if statuses else gt
    if footnote:
        place = loc.column_labels(columns=footnote[0])
        gt = gt.opt_footnote_marks("letters").tab_footnote(footnote[1], locations=place, placement="right")
    above = {name: label for label, under in (spanners or {}).items() for name in under}
    card_labels = [f"{above[name]}, {within_sentence(label)}" if name in above else label
                   for name, label in labels.items()]  # fmt: skip
    rules = card_css(table_id, card_labels)
    if strong:
        rules += f" #{table_id} td.gt_row:nth-of-type({list(labels).index(strong) + 1}) {{ font-weight: 600; }}"
    return TagList(HTML(gt.as_raw_html()), tags.style(HTML(rules)))


def figure(text: str, figure_id: str | None) -> TagChild:
    """Return a printed number with the id that `kanalstatus trace` takes."""
    return tags.span({"data-figure": figure_id}, text) if figure_id else text


def prose(text: str) -> TagChild:
    """Return a text, each figure in it with its id."""
    if not isinstance(text, Words):
        return text
    return TagList(*(figure(part, str(part.figure)) if isinstance(part, Printed) else part for part in text.parts))


def _with_ids(frame: pl.DataFrame, figures: Mapping[str, list[str | None]]) -> pl.DataFrame:
    """Return columns of text as HTML, each figure with its id; great-tables knows no attribute of a cell."""
    return frame.with_columns(
        pl.Series(column, [_cell(text, figure_id) for text, figure_id in zip(frame[column], ids, strict=True)])
        for column, ids in figures.items()
    )


def _cell(text: str, figure_id: str | None) -> str:
    """Return `figure` as HTML; a page has hundreds, and a tag takes forty times as long."""
    escaped = html_escape(text)
    return f'<span data-figure="{html_escape(figure_id, attr=True)}">{escaped}</span>' if figure_id else escaped


def _as_it_is(content: str) -> str:
    """Return HTML; what a function gives, great-tables does not escape."""
    return content


def _look(gt: "GT", stub_label: str) -> "GT":
    return (
        gt.tab_stubhead(label=stub_label)
        .cols_align(align="left")
        .tab_options(
            table_font_size="16px",
            table_width="100%",
            column_labels_font_weight="bold",
            row_group_font_weight="bold",
            row_group_background_color="#F3F5F7",
            data_row_padding="6px",
        )
    )


def _statuses(gt: "GT", statuses: list[TargetStatus]) -> "GT":
    from great_tables import loc, style  # noqa: PLC0415

    for status in sorted(set(statuses)):
        colour, fill = COLOURS[status]
        rows = [row for row, each in enumerate(statuses) if each == status]
        look = [style.fill(fill), style.text(color=colour, weight="bold")]
        gt = gt.tab_style(style=look, locations=loc.body(columns="status_text", rows=rows))
    return gt


def _trends(gt: "GT", trend: Trend) -> "GT":
    """Draw a line a row, from nought up; a gap where a count is missing, a word where there are not two counts."""
    from great_tables import from_column, nanoplot_options  # noqa: PLC0415

    drawn = [row for row, shares in enumerate(trend.shares) if sum(share is not None for share in shares) > 1]
    rest = [row for row in range(len(trend.shares)) if row not in drawn]
    options = nanoplot_options(
        show_data_area=False, show_vertical_guides=False, show_y_axis_guide=False, data_line_type="straight",
        data_line_stroke_color=LINE_COLOUR, data_point_fill_color=LINE_COLOUR, data_point_stroke_color="#FFFFFF",
        data_point_radius=9, data_line_stroke_width=7,
    )  # fmt: skip
    if drawn:
        gt = gt.fmt_nanoplot("trend", rows=drawn, plot_type="line", missing_vals="gap", expand_y=[0.0, LEAST_HEIGHT],
                             options=options, alt=from_column("trend_text"))  # fmt: skip
    if rest:
        gt = gt.fmt(lambda _: TOO_FEW, columns="trend", rows=rest)
    return gt.cols_hide("trend_text")


def card_css(table_id: str, labels: list[str]) -> str:
    """Return rules that name each cell by its column's heading where the headings are hidden."""

    def literal(text: str) -> str:
        return "".join(letter if letter.isalnum() or letter == " " else f"\\{ord(letter):x} " for letter in text)

    rules = [
        f'#{table_id} td.gt_row:nth-of-type({place})::before {{ content: "{literal(label)}: "; }}'
        for place, label in enumerate(labels, 1)
    ]
    return f"@media screen and (max-width: 44rem) {{ {' '.join(rules)} }}"
