"""What does a mail look like in programs that know little CSS: styles in each element, tables, no picture from afar?"""

import re

import css_inline
import polars as pl
from great_tables import GT, loc, style
from htmltools import HTML, TagChild, TagList, tags

from schemas.codes import TargetStatus
from transforms.html import COLOURS

WIDTH = 640
FONT = "'Segoe UI', 'Liberation Sans', Arial, sans-serif"
RULES = f"""
.page {{ background-color: #F3F5F7; margin: 0; padding: 0; font-family: {FONT}; }}
.preview {{ display: none; mso-hide: all; }}
.sheet {{ max-width: {WIDTH}px; margin: 0 auto; background-color: #FFFFFF; color: #1B1B1B; padding: 16px 14px;
  font-size: 16px; line-height: 1.5; word-wrap: break-word; }}
h1 {{ font-size: 22px; line-height: 1.25; margin: 0 0 4px; }}
h2 {{ font-size: 18px; line-height: 1.3; margin: 24px 0 8px; }}
p {{ margin: 0 0 12px; }}
ul {{ margin: 0 0 12px; padding: 0 0 0 20px; }}
li {{ margin: 0 0 8px; }}
a {{ color: #144F7C; }}
.outcome {{ font-size: 18px; line-height: 1.4; font-weight: bold; }}
.small {{ font-size: 14px; color: #4A4A4A; }}
.banner {{ background-color: #FFF3D6; border-left: 6px solid #7A4B00; padding: 10px 12px; margin: 0 0 16px; }}
.foot {{ border-top: 1px solid #B8BEC4; padding: 12px 0 0; margin: 24px 0 0; }}
.gt_table {{ border-collapse: collapse; width: 100%; font-size: 14px; line-height: 1.35; }}
.gt_col_heading {{ padding: 6px 5px; border-bottom: 2px solid #1B1B1B; vertical-align: bottom; font-weight: bold; }}
.gt_group_heading {{ padding: 10px 5px 4px; text-align: left; background-color: #F3F5F7; font-weight: bold; }}
.gt_row {{ padding: 6px 5px; border-bottom: 1px solid #C8CDD2; vertical-align: top; }}
.gt_stub {{ font-weight: normal; }}
.picture {{ margin: 20px 0 0; }}
.gt_left {{ text-align: left; }}
.gt_right {{ text-align: right; }}
.gt_sourcenote {{ padding: 8px 5px; font-size: 13px; color: #4A4A4A; text-align: left; }}
"""
# What a program makes of these is a gain; nothing depends on them.
HEAD_STYLE = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (min-width: 600px) { .sheet { padding: 28px 32px !important; } th, td { padding-left: 8px !important;
  padding-right: 8px !important; } }
@media (max-width: 350px) { th, td { padding-left: 2px !important; padding-right: 2px !important; } }
@media (prefers-color-scheme: dark) {
.page { background-color: #101214 !important; }
.sheet, .sheet p, .sheet h1, .sheet h2, .sheet li, .sheet th, .sheet td { background-color: #1C1F22 !important;
  color: #ECEEF0 !important; border-color: #5A6169 !important; }
.sheet th[colspan] { background-color: #2A2E33 !important; }
.sheet a { color: #8CC4F0 !important; }
.sheet .banner, .sheet .banner p, .sheet .banner li { background-color: #3A2C0C !important; }
.sheet td[style*="#E3F4E8"] { background-color: #12351F !important; color: #9BE5B5 !important; }
.sheet td[style*="#FFF3D6"] { background-color: #3A2C0C !important; color: #FFD98A !important; }
.sheet td[style*="#FDE8E8"] { background-color: #451A1A !important; color: #FFB3B3 !important; }
.sheet td[style*="#F0F0F0"] { background-color: #2A2E33 !important; color: #D0D4D8 !important; }
}
"""
GHOST_TABLE = (
    f'<!--[if mso]><table role="presentation" width="{WIDTH}" align="center"><tr><td><![endif]-->',
    "<!--[if mso]></td></tr></table><![endif]-->",
)
"""Outlook knows no max-width."""
KEPT_CLASSES = {"page", "sheet", "banner"}
"""Those that the style in the head names."""
DROPPED = {"class", "id", "headers", "aria-labelledby", "data-quarto-disable-processing", "data-quarto-bootstrap"}
_TAG = re.compile(r'<[a-z][a-z0-9]*((?:\s+[\w-]+(?:="[^"]*")?)*)\s*/?>')
_ATTRIBUTE = re.compile(r'\s+([\w-]+)(?:="([^"]*)")?')


def document(title: str, preview: str, *content: TagChild) -> str:
    """Return a whole HTML document in Danish; every text in `content` is escaped unless it is HTML already.

    Args:
        preview: what a list of mails shows beside the subject; not seen in the mail.
    """
    before, after = (HTML(each) for each in GHOST_TABLE)
    sheet = tags.div(*content, class_="sheet")
    body = tags.div(tags.div(preview, class_="preview"), before, sheet, after, class_="page")
    head = TagList(
        tags.meta(charset="utf-8"),
        tags.meta(name="viewport", content="width=device-width, initial-scale=1"),
        tags.meta(name="color-scheme", content="light dark"),
        tags.title(title),
        tags.style(HTML(_squeezed(HEAD_STYLE))),
    )
    whole = _slim(css_inline.inline_fragment(str(body), RULES))
    return (
        f'<!DOCTYPE html>\n<html lang="da">\n<head>\n{head}\n</head>\n'
        f'<body style="margin:0">\n{whole}\n</body>\n</html>\n'
    )


def table(
    frame: pl.DataFrame,
    labels: dict[str, str],
    *,
    group: str,
    numbers: list[str],
    statuses: list[TargetStatus],
    note: str,
) -> TagChild:
    """Return a great-tables table without its styles, which `document` replaces by a few of ours.

    Args:
        frame: text columns; the first of `labels` names the rows, `group` the groups of rows.
        labels: column -> heading, in the order shown.
        numbers: columns set right.
        statuses: the status of each row, for the colours of the column `status`.
        note: what stands below, '' for nothing.
    """
    (stub, stub_label), *others = labels.items()
    gt = (
        GT(frame.select(group, *labels), rowname_col=stub, groupname_col=group, auto_align=False, id="mail")
        .tab_stubhead(label=stub_label)
        .cols_label(cases={name: label.replace("{{", "{ {") for name, label in others})
        .cols_align(align="left")
        .cols_align(align="right", columns=numbers)
    )
    for status in dict.fromkeys(statuses):
        colour, fill = COLOURS[status]
        rows = [row for row, each in enumerate(statuses) if each == status]
        look = [style.fill(fill), style.text(color=colour, weight="bold")]
        gt = gt.tab_style(style=look, locations=loc.body(columns="status", rows=rows))
    if note:
        gt = gt.tab_source_note(note)
    html = gt.as_raw_html()
    return HTML(html[html.index("<table") : html.index("</table>") + len("</table>")])


def _slim(html: str) -> str:
    """Return HTML without the attributes that served the inlining alone, and without blanks between its tags."""
    return re.sub(r">\s*\n\s*<", ">\n<", _TAG.sub(_slim_tag, html))


def _slim_tag(tag: re.Match[str]) -> str:
    kept = []
    for name, value in _ATTRIBUTE.findall(tag[1]):
        if name == "class" and value in KEPT_CLASSES:
            kept.append(f' class="{value}"')
        elif name == "style":
            kept.append(f' style="{_squeezed(value)}"')
        elif (name, value) not in (("rowspan", "1"), ("colspan", "1")) and name not in DROPPED:
            kept.append(f' {name}="{value}"')
    name = re.match(r"<[a-z0-9]+", tag[0])
    return f"{name[0] if name else ''}{''.join(kept)}>"


def _squeezed(css: str) -> str:
    """Return CSS without needless blanks."""
    return re.sub(r"\s*([{};:,])\s*", r"\1", " ".join(css.split())).replace(";}", "}").strip(" ;")
