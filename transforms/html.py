"""The frame that every page stands in, and the look of its tables."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from great_tables import GT, loc, style
from htmltools import HTML, Tag, TagChild, TagList, tags

from schemas.codes import TargetStatus

COLOURS = {
    TargetStatus.REACHED: ("#0B5D2A", "#E3F4E8"),
    TargetStatus.ON_TRACK: ("#7A4B00", "#FFF3D6"),
    TargetStatus.BEHIND: ("#9B1C1C", "#FDE8E8"),
    TargetStatus.NOT_ASSESSED: ("#4A4A4A", "#F0F0F0"),
    TargetStatus.NO_TARGET: ("#4A4A4A", "#F0F0F0"),
}
SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
CSS = """
:root { color-scheme: light; }
body { font-family: "Segoe UI", "Liberation Sans", Arial, sans-serif; color: #1b1b1b; background: #fff;
  margin: 0; line-height: 1.5; }
main { max-width: 68rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
p, li { max-width: 46rem; }
.outcome { font-size: 1.2rem; font-weight: 600; }
.banner { background: #FFF3D6; border-left: 6px solid #7A4B00; padding: .75rem 1rem; }
.basis { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; background: #F3F5F7;
  padding: 1rem; margin: 0; }
.basis dt { font-weight: 600; } .basis dd { margin: 0; overflow-wrap: anywhere; }
.small { color: #4A4A4A; font-size: .9rem; }
a { color: #144F7C; }
main .gt_table { width: 100% !important; }
main .gt_table .gt_row { font-variant-numeric: tabular-nums; }
main .gt_table th.gt_stub { overflow-wrap: anywhere; }
#deliveries td:last-child { min-width: 16rem; } #deliveries th.gt_stub { min-width: 9rem; }
@media (max-width: 44rem) {
  .basis { grid-template-columns: 1fr; } .basis dd { margin-bottom: .5rem; }
  .gt_table, .gt_table tbody, .gt_table tr, .gt_table th, .gt_table td { display: block; text-align: left !important;
    width: auto !important; overflow-wrap: anywhere; }
  .gt_table thead { display: none !important; }
  .gt_table tr { border-bottom: 1px solid #B8BEC4; padding: .25rem 0; }
  main .gt_table th.gt_stub { font-weight: 600 !important; border: 0 !important; padding: .4rem .25rem 0 !important; }
  main .gt_table td.gt_row { border: 0 !important; padding: .1rem .25rem !important; }
}
@media print { main { max-width: none; padding: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def page(title: str, *content: TagChild, css: str = "") -> str:
    """Return a whole HTML document; every text in `content` is escaped unless it is HTML already."""
    head = tags.head(
        tags.meta(charset="utf-8"),
        tags.meta(name="viewport", content="width=device-width, initial-scale=1"),
        tags.meta({"http-equiv": "Content-Security-Policy"}, content=SECURITY_POLICY),
        tags.title(title),
        tags.style(HTML(CSS + css)),
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
) -> TagList:
    """Return a great-tables table and the rules that show it as cards on a narrow screen.

    Args:
        frame: text columns; `stub` names the rows, `group` the groups of rows.
        labels: column -> heading, in the order shown.
        numbers: columns set right.
        statuses: the status of each row, for the colours of the column `status_text`.
        footnote: (column, text) of a remark marked at that column's heading.
    """
    # Double braces would be read as a unit's notation, which great-tables does not escape.
    headings: dict[str, Any] = {name: label.replace("{{", "{ {") for name, label in labels.items()}
    columns = [name for name in (stub, group, *labels) if name]
    gt = (
        GT(frame.select(columns), rowname_col=stub, groupname_col=group, id=table_id)
        .cols_label(cases=headings)
        .tab_stubhead(label=stub_label)
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
    if numbers:
        gt = gt.cols_align(align="right", columns=list(numbers))
    if statuses:
        for status in sorted(set(statuses)):
            colour, fill = COLOURS[status]
            rows = [row for row, each in enumerate(statuses) if each == status]
            look = [style.fill(fill), style.text(color=colour, weight="bold")]
            gt = gt.tab_style(style=look, locations=loc.body(columns="status_text", rows=rows))
    if footnote:
        place = loc.column_labels(columns=footnote[0])
        gt = gt.opt_footnote_marks("letters").tab_footnote(footnote[1], locations=place, placement="right")
    return TagList(HTML(gt.as_raw_html()), tags.style(HTML(card_css(table_id, list(labels.values())))))


def card_css(table_id: str, labels: list[str]) -> str:
    """Return rules that name each cell by its column's heading where the headings are hidden."""

    def literal(text: str) -> str:
        return "".join(letter if letter.isalnum() or letter == " " else f"\\{ord(letter):x} " for letter in text)

    rules = [
        f'#{table_id} td.gt_row:nth-of-type({place})::before {{ content: "{literal(label)}: "; font-weight: 400; }}'
        for place, label in enumerate(labels, 1)
    ]
    return f"@media (max-width: 44rem) {{ {' '.join(rules)} }}"
