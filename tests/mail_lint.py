"""Would every common mail program show this HTML as meant: does it use only what Outlook, Gmail and Apple Mail keep?"""

import re
from html.parser import HTMLParser

from transforms.mail_html import GHOST_TABLE

LARGEST_HTML = 30_000
"""Bytes; Gmail clips at 102 kB."""
VOID = {"meta", "img", "br"}
ATTRIBUTES = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "name", "content"}, "title": set(), "style": set(),
    "body": {"style"}, "div": {"style", "class"}, "h1": {"style"}, "h2": {"style"}, "p": {"style"}, "ul": {"style"},
    "li": {"style"}, "strong": set(), "span": {"style"}, "a": {"href", "style"},
    "img": {"src", "width", "alt", "style"}, "table": {"style"}, "thead": set(), "tbody": set(), "tfoot": set(),
    "tr": set(), "th": {"scope", "colspan", "style"}, "td": {"colspan", "style"},
}  # fmt: skip
COLOUR, LENGTH = r"#[0-9A-Fa-f]{6}", r"(?:\d+px|0)"
BOX = rf"{LENGTH}(?: {LENGTH}){{0,3}}"
BORDER = rf"(?:0|{LENGTH} solid {COLOUR})"
STYLES = {
    "background-color": COLOUR, "color": COLOUR, "font-size": r"\d+px", "font-weight": "bold|normal",
    "font-family": r"[\w ',-]+", "line-height": r"[\d.]+", "text-align": "left|right|center",
    "vertical-align": "top|bottom", "margin": rf"{BOX}|0 auto", "padding": BOX,
    "border": BORDER, "border-top": BORDER, "border-bottom": BORDER, "border-left": BORDER,
    "border-collapse": "collapse", "width": r"\d+%", "max-width": r"\d+px|100%", "height": "auto",
    "display": "none|block", "mso-hide": "all", "word-wrap": "break-word", "white-space": "nowrap",
}  # fmt: skip
MAILTO = re.compile(r"mailto:[^\s\"<>?]+")
CID = re.compile(r"cid:[\w.-]+@[\w.-]+")
CLASS = re.compile("page|sheet|banner")
BANNED_CSS = re.compile(
    r"url|import(?!ant)|expression|position|flex|grid|float|javascript|\\|<|content|behavior|@(?!media)", re.I
)


def faults(html: str, page_url: str = "") -> list[str]:
    """Return what is wrong with a mail's HTML, nothing when all is well; it may link to `page_url` alone."""
    lint = _Lint(page_url)
    lint.feed(html)
    lint.close()
    found = lint.found + [f"not closed: {name}" for name in lint.open]
    found += [] if html.startswith("<!DOCTYPE html>") else ["no doctype"]
    found += [] if lint.lang == "da" else ["not in Danish"]
    found += [] if lint.texts.get("title", "").strip() else ["no title"]
    found += [] if lint.comments in ([], [_bare(each) for each in GHOST_TABLE]) else ["a comment"]
    found += [] if len(html.encode()) <= LARGEST_HTML else [f"{len(html.encode())} bytes"]
    return found


def _bare(comment: str) -> str:
    return comment.removeprefix("<!--").removesuffix("-->")


class _Lint(HTMLParser):
    def __init__(self, page_url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page_url = page_url
        self.found: list[str] = []
        self.open: list[str] = []
        self.comments: list[str] = []
        self.texts: dict[str, str] = {}
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ATTRIBUTES:
            self.found.append(f"element {tag}")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()):
                self.found.append(f"{tag} {name}")
            self._check(tag, name, value or "")
        named = dict(attrs)
        if tag == "html":
            self.lang = named.get("lang") or ""
        if tag == "img" and not named.get("alt"):
            self.found.append("img without alt")
        if tag == "th" and named.get("scope") not in ("col", "row", "colgroup"):
            self.found.append("th without scope")
        if tag not in VOID:
            self.open.append(tag)

    def _check(self, tag: str, name: str, value: str) -> None:
        patterns = {("a", "href"): MAILTO, ("img", "src"): CID, ("div", "class"): CLASS}
        pattern = patterns.get((tag, name))
        is_page = (tag, name) == ("a", "href") and value and value == self.page_url
        if pattern and not is_page and not pattern.fullmatch(value):
            self.found.append(f"{name}={value[:60]}")
        if name == "style":
            for rule in value.split(";"):
                key, _, text = rule.partition(":")
                if not re.fullmatch(STYLES.get(key.strip(), "(?!)"), text.strip()):
                    self.found.append(f"{tag} style {rule}")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.found.append(f"stray </{tag}>")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data
        if self.open and self.open[-1] == "style" and BANNED_CSS.search(data):
            self.found.append(f"style {BANNED_CSS.findall(data)}")

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data[:20]}")
