"""Bytes of a CSV -> a grid of text: encoding, separator, quotes and physical line numbers."""

import codecs
import csv
import io

from schemas.rules import Refused
from schemas.sources import sources_in
from transforms.table import HEADER_SEARCH_ROWS, Grid, header_score

SEPARATORS = (";", "\t", ",")
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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    records: list[list[str]] = []
    row_numbers: list[int] = []
    line = 1
    try:
        for record in reader:
            records.append(record)
            row_numbers.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        rule = "line_too_long" if "limit" in str(error) else "quotes_unreadable"
        raise Refused(rule, row=line) from None
    return Grid("", records, row_numbers, ends_with_newline=text.endswith(("\n", "\r")))


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
