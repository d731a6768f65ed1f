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
from transforms.trend_drawing import trend as drawn_trend

if TYPE_CHECKING:
    from great_tables import GT

COLOURS = {
    TargetStatus.REACHED: ("#0B5D2A", "#E3F4E8"),
    TargetStatus.ON_TRACK: ("#7A4B00", "#FFF3D6"),
    TargetStatus.BEHIND: ("#9B1C1C", "#FDE8E8"),
    TargetStatus.NOT_ASSESSED: ("#4A4A4A", "#F0F0F0"),
    TargetStatus.NO_TARGET: ("#4A4A4A", "#F0F0F0"),
}
TOO_FEW = "for få tællinger"
SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Trend:
    """A line a row: the shares in thousandths, oldest first, None where not counted; and the same in words."""

    shares: list[tuple[int | None, ...]]
    texts: list[str]

    def cells(self) -> list[str]:
        """Return them as HTML: a line, or a word where there are not two counts."""
        return [
            drawn_trend(shares, text) if sum(share is not None for share in shares) > 1 else html_escape(TOO_FEW)
            for shares, text in zip(self.shares, self.texts, strict=True)
        ]


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
    written = _with_ids(frame, figures or {}) | ({"trend": trend.cells()} if trend else {})
    columns = [name for name in (stub, group, *labels) if name]
    shown = pl.DataFrame({name: written[name] if name in written else frame[name] for name in columns})
    gt = _look(GT(shown, rowname_col=stub, groupname_col=group, auto_align=False, id=table_id), stub_label)
    gt = gt.cols_label(cases=headings)
    if numbers:
        gt = gt.cols_align(align="right", columns=list(numbers))
    for label, under in (spanners or {}).items():
        gt = gt.tab_spanner(label=label, columns=list(under), id=f"{table_id}-{'-'.join(under)}")
    gt = gt.fmt(_as_it_is, columns=list(written)) if written else gt
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
    return HTML(_cell(text, figure_id)) if figure_id else text


def prose(text: str) -> TagChild:
    """Return a text, each figure in it with its id."""
    if not isinstance(text, Words):
        return text
    return HTML("".join(_cell(part, str(part.figure) if isinstance(part, Printed) else None) for part in text.parts))


def _with_ids(frame: pl.DataFrame, figures: Mapping[str, list[str | None]]) -> dict[str, list[str]]:
    """Return columns of text as HTML, each figure with its id; great-tables knows no attribute of a cell."""
    return {
        column: [_cell(text, figure_id) for text, figure_id in zip(frame[column], ids, strict=True)]
        for column, ids in figures.items()
    }


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


def card_css(table_id: str, labels: list[str]) -> str:
    """Return rules that name each cell by its column's heading where the headings are hidden."""

    def literal(text: str) -> str:
        return "".join(letter if letter.isalnum() or letter == " " else f"\\{ord(letter):x} " for letter in text)

    rules = [
        f'#{table_id} td.gt_row:nth-of-type({place})::before {{ content: "{literal(label)}: "; }}'
        for place, label in enumerate(labels, 1)
    ]
    return f"@media screen and (max-width: 44rem) {{ {' '.join(rules)} }}"
