"""Bytes of a CSV -> a grid of text: encoding, separator, quotes and physical line numbers."""

import codecs
import csv
import io
import itertools
import statistics

import polars as pl

from schemas.rules import Refused
from schemas.sources import sources_in
from transforms.table import HEADER_SEARCH_ROWS, SOURCE_ROW, Grid, header_score

SEPARATORS = (";", "\t", ",")
_NOT_PLAIN = ('"', "\x1c", "\x1d", "\x1e", "\x1f")
"""Quotes ask for the reader of quotes; the others are blanks to Python and not to Polars."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_KINDS = (
    (b"PK\x03\x04", "en ZIP-fil eller projektmappe"),
    (b"\x1f\x8b", "en gzip-fil"),
    (b"%PDF", "en PDF-fil"),
    (b"\xd0\xcf\x11\xe0", "en ældre eller låst Office-fil"),
)


def other_kind(content: bytes) -> str | None:
    """Return in Danish what `content` is when its first bytes are those of another kind of file."""
    for magic, kind in _OTHER_KINDS:
        if content.startswith(magic):
            return kind
    return "en HTML- eller XML-fil" if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else None


def decode(content: bytes) -> str:
    """Return the text of a delivered CSV: by its BOM, else UTF-8, else cp1252.

    Raises:
        Refused: no encoding fits, or there are NUL characters (UTF-16 without BOM, damaged disks).
    """
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), None)
    for candidate in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            text = content.decode(candidate)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refused("encoding_unreadable")
    if "\0" in text:
        raise Refused("nul_bytes")
    return text


def read(content: bytes) -> Grid:
    """Return the grid of a CSV; a quoted line break stays inside its cell.

    Raises:
        Refused: empty, another kind of file, unreadable encoding or quotes, or a field over 128 KiB.
    """
    if not content.strip():
        raise Refused("empty_file")
    kind = other_kind(content)
    if kind:
        raise Refused("not_its_extension", found=kind)
    text = decode(content)
    sign = separator(text)
    return _plain(text, sign) or _by_record(text, sign)


def _by_record(text: str, sign: str) -> Grid:
    records: list[list[str]] = []
    row_numbers: list[int] = []
    line = 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        for record in reader:
            records.append(record)
            row_numbers.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        rule = "line_too_long" if "limit" in str(error) else "quotes_unreadable"
        raise Refused(rule, row=line) from None
    return Grid("", records, row_numbers, ends_with_newline=text.endswith(("\n", "\r")))


def _plain(text: str, sign: str) -> Grid | None:
    """Return the same grid with most lines as one frame; None when the text is short or not that plain.

    Without quotes a line is a record. The first lines are records one by one, for titles and header stand there.
    """
    returns = text.count("\r")
    if (returns and returns != text.count("\r\n")) or any(each in text for each in _NOT_PLAIN):
        return None
    *head, rest = text.split("\n", HEADER_SEARCH_ROWS)
    records = [_fields(line, sign) for line in head]
    if len(head) < HEADER_SEARCH_ROWS or not rest or max(map(len, head)) > csv.field_size_limit():
        return None
    width = statistics.mode(map(len, records))
    lines = rest.removesuffix("\n").split("\n")
    is_even = [line.count(sign) == width - 1 for line in lines]
    odd = [(place, line) for place, line in enumerate(lines, len(head) + 1) if not is_even[place - len(head) - 1]]
    if width < 3 or len(odd) == len(lines) or max(map(len, lines)) > csv.field_size_limit():
        return None
    places = pl.Series(SOURCE_ROW, range(len(head) + 1, len(head) + len(lines) + 1), dtype=pl.Int64)
    alike = "\n".join(itertools.compress(lines, is_even)) if odd else rest.removesuffix("\n")
    del lines, rest  # a long text stands in memory often enough
    even = _frame(alike, sign, width).with_columns(places.filter(pl.Series(is_even)))
    return Grid(
        "",
        records + [_fields(line, sign) for _, line in odd],
        [*range(1, len(head) + 1), *(place for place, _ in odd)],
        ends_with_newline=text.endswith("\n"),
        even=even,
    )


def _fields(line: str, sign: str) -> list[str]:
    line = line.removesuffix("\r")
    return line.split(sign) if line else []


def _frame(lines: str, sign: str, width: int) -> pl.DataFrame:
    """Return lines that have `width` fields each as text columns named by their places."""
    header = sign.join(map(str, range(width)))  # so that Polars takes nothing of the delivery for a mark of its own
    return pl.read_csv(f"{header}\n{lines}\n".encode(), separator=sign, quote_char=None, infer_schema=False)


def separator(text: str) -> str:
    """Return the separator: what a `sep=` line says, else the one that shows the most of a known header."""
    lines = text[: 1 << 16].splitlines()[:HEADER_SEARCH_ROWS]
    for line in lines[:1]:
        word = line.strip().strip('"').lower()
        if word.startswith("sep=") and word[4:] in (";", ","):
            return word[4:]

    def score(candidate: str) -> tuple[float, int]:
        cells = ([cell.strip().strip('"') for cell in line.split(candidate)] for line in lines)
        return max((header_score(names, sources_in(".csv"))[:2] for names in cells), default=(0.0, 0))

    return max(SEPARATORS, key=score)
