"""Bytes of a CSV -> a grid of text: encoding, separator, quotes and physical line numbers."""

import codecs
import csv
import io
import re
import statistics

import polars as pl

from schemas.rules import Refused
from schemas.sources import sources_in
from transforms import distinct
from transforms.table import HEADER_SEARCH_ROWS, SOURCE_ROW, Grid, header_score

SEPARATORS = (";", "\t", ",")
_NOT_PLAIN = re.compile("[\r\x1c-\x1f]")
"""Lone returns ask for the reader of records, as quotes do; the others are blanks to Python and not to Polars."""
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


def decode(content: bytes) -> tuple[str, str]:
    """Return the text of a delivered CSV and its encoding: by its BOM, else UTF-8, else cp1252.

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
    return text, candidate


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
    text, encoding = decode(content)
    sign = separator(text)
    if encoding != "utf-8":
        content = text.encode()
    del text  # a long text stands in memory often enough
    return _plain(content, sign) or _by_record(content.decode(), sign)


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


def _plain(text: bytes, sign: str) -> Grid | None:
    """Return the same grid of UTF-8 with most lines as one frame; None when the text is short or not that plain.

    Without quotes a line is a record. The first lines are records one by one, for titles and header stand there.
    """
    begin = _after_lines(text, HEADER_SEARCH_ROWS)
    if begin in (0, len(text)) or b'"' in text or text.endswith(b"\r"):
        return None
    head = text[: begin - 1].split(b"\n")
    records = [_fields(line, sign) for line in head]
    width = statistics.mode(map(len, records))
    if width < 3:
        return None
    odd: list[tuple[int, bytes]] = []
    even = _all_even(text, begin, sign, width)
    if even is None:
        even, odd = _even_and_odd(text[begin:], sign, width)
    if even is None:
        return None
    grid = Grid(
        "",
        records + [_fields(line, sign) for _, line in odd],
        [*range(1, len(head) + 1), *(place for place, _ in odd)],
        ends_with_newline=text.endswith(b"\n"),
        even=even,
    )
    is_plain = all(len(cell) <= csv.field_size_limit() and not _NOT_PLAIN.search(cell) for cell in grid.values)
    return grid if is_plain else None


def _after_lines(text: bytes, number: int) -> int:
    """Return where the lines after so many begin; 0 when there are not so many."""
    place = 0
    for _ in range(number):
        place = text.find(b"\n", place) + 1
        if not place:
            return 0
    return place


def _all_even(text: bytes, begin: int, sign: str, width: int) -> pl.DataFrame | None:
    """Return lines as a frame when every one has `width` fields: none has more, and in all they have as many."""
    lines = text.count(b"\n", begin) + (not text.endswith(b"\n"))
    if text.count(sign.encode(), begin) != lines * (width - 1):
        return None
    try:
        frame = _frame(text, sign, width, after=HEADER_SEARCH_ROWS)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):  # a line has more
        return None
    first = HEADER_SEARCH_ROWS + 1
    numbers = pl.int_range(first, first + pl.len(), dtype=pl.Int64)
    return frame.with_columns(numbers.alias(SOURCE_ROW)) if frame.height == lines else None


def _even_and_odd(body: bytes, sign: str, width: int) -> tuple[pl.DataFrame | None, list[tuple[int, bytes]]]:
    """Return the lines of `width` fields as a frame, None when there is none, and the others each with its number."""
    even: list[tuple[int, bytes]] = []
    odd: list[tuple[int, bytes]] = []
    for number, line in enumerate(body.removesuffix(b"\n").split(b"\n"), HEADER_SEARCH_ROWS + 1):
        (even if line.count(sign.encode()) == width - 1 else odd).append((number, line))
    if not even:
        return None, odd
    numbers = pl.Series(SOURCE_ROW, [number for number, _ in even], dtype=pl.Int64)
    return _frame(b"\n".join(line for _, line in even), sign, width).with_columns(numbers), odd


def _fields(line: bytes, sign: str) -> list[str]:
    text = line.decode().removesuffix("\r")
    return text.split(sign) if text else []


def _frame(text: bytes, sign: str, width: int, *, after: int = 0) -> pl.DataFrame:
    """Return the lines after so many, of `width` fields each, as columns of coded text named by their places."""
    schema = dict.fromkeys(map(str, range(width)), distinct.coding())
    return pl.read_csv(text, has_header=False, skip_lines=after, separator=sign, quote_char=None, schema=schema)


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
