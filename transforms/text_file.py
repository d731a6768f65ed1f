"""Bytes of a CSV -> a grid of text: encoding, separator, quotes and physical line numbers."""

import codecs
import contextlib
import csv
import io
import re
import statistics
from collections.abc import Iterator

import polars as pl

from schemas.rules import Refused
from schemas.sources import sources_in
from transforms import distinct
from transforms.table import HEADER_SEARCH_ROWS, SOURCE_ROW, Grid, header_score

SEPARATORS = (";", "\t", ",")
_NOT_PLAIN = re.compile("[\r\x1c-\x1f]")
"""Lone returns ask for the reader of records, as quotes do; the others are blanks to Python and not to Polars."""
BEGIN = 1 << 16
"""So many characters show the separator."""
BYTES_OF_BEGIN = 4 * BEGIN
"""They are in these bytes, in any encoding."""
_MARKUP = re.compile(b"[\xef\xbb\xbf \t\r\n]*<")
_NOT_IN_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
PART_BYTES = 4_000_000
"""So much of a text is decoded at once: a long one stands in memory often enough."""
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
    return "en HTML- eller XML-fil" if _MARKUP.match(content) else None


def encoding_of(content: bytes) -> str:
    """Return the encoding of a delivered CSV: by its BOM, else UTF-8, else cp1252.

    Raises:
        Refused: none fits.
    """
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), None)
    for candidate in (encoding,) if encoding else ("utf-8", "cp1252"):
        if _fits(content, candidate):
            return candidate
    raise Refused("encoding_unreadable")


def _fits(content: bytes, encoding: str) -> bool:
    if encoding == "cp1252":
        return not any(sign in content for sign in _NOT_IN_CP1252)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for begin in range(0, len(content), PART_BYTES):
            decoder.decode(content[begin : begin + PART_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def read(content: bytes) -> Grid:
    """Return the grid of a CSV; a quoted line break stays inside its cell.

    Raises:
        Refused: empty, another kind of file, unreadable encoding or quotes, NUL characters (UTF-16 without BOM, damaged
            disks), or a field over 128 KiB.
    """
    if not content or content.isspace():
        raise Refused("empty_file")
    kind = other_kind(content)
    if kind:
        raise Refused("not_its_extension", found=kind)
    encoding = encoding_of(content)
    if encoding not in ("utf-8", "cp1252"):
        content, encoding = content.decode(encoding).encode(), "utf-8"
    if b"\0" in content:
        raise Refused("nul_bytes")
    sign = separator(content[:BYTES_OF_BEGIN].decode(encoding, errors="ignore"))
    return _plain(content, encoding, sign) or _by_record(content.decode(encoding), sign)


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


def _plain(content: bytes, encoding: str, sign: str) -> Grid | None:
    """Return the same grid with most lines as one frame; None when the text is short or not that plain.

    Without quotes a line is a record. The first lines are records one by one, for titles and header stand there; the
    others are read part by part, so that of what they become on the way little is held at once.
    """
    begin = _after_lines(content, HEADER_SEARCH_ROWS)
    if begin in (0, len(content)) or b'"' in content or content.endswith(b"\r"):
        return None
    records = [_fields(line, sign) for line in content[: begin - 1].decode(encoding).split("\n")]
    row_numbers = list(range(1, HEADER_SEARCH_ROWS + 1))
    width = statistics.mode(map(len, records))
    if width < 3:
        return None
    schema = dict.fromkeys(map(str, range(width)), distinct.coding())
    evens = []
    number = HEADER_SEARCH_ROWS + 1
    for part in _parts(content, begin):
        text = part if encoding == "utf-8" else part.decode(encoding).encode()
        even, odd = _even_and_odd(text, number, sign, schema)
        evens.append(even)
        records += [_fields(line.decode(), sign) for _, line in odd]
        row_numbers += [place for place, _ in odd]
        number += even.height + len(odd)
    even = pl.concat(evens)
    if not even.height:
        return None
    grid = Grid("", records, row_numbers, ends_with_newline=content.endswith(b"\n"), even=even)
    is_plain = all(len(cell) <= csv.field_size_limit() and not _NOT_PLAIN.search(cell) for cell in grid.values)
    return grid if is_plain else None


def _after_lines(content: bytes, number: int) -> int:
    """Return where the lines after so many begin; 0 when there are not so many."""
    place = 0
    for _ in range(number):
        place = content.find(b"\n", place) + 1
        if not place:
            return 0
    return place


def _parts(content: bytes, begin: int) -> Iterator[bytes]:
    """Give the text from a place on in parts of whole lines."""
    while begin < len(content):
        end = min(begin + PART_BYTES, len(content))
        end = content.rfind(b"\n", begin, end) + 1 or content.find(b"\n", end) + 1 or len(content)
        yield content[begin:end]
        begin = end


def _even_and_odd(
    text: bytes, first: int, sign: str, schema: dict[str, pl.Categorical]
) -> tuple[pl.DataFrame, list[tuple[int, bytes]]]:
    """Return the lines of as many fields as the schema as a frame, and the others each with its number."""
    number = text.count(b"\n") + (not text.endswith(b"\n"))
    with contextlib.suppress(pl.exceptions.ComputeError, pl.exceptions.SchemaError):  # a line has more
        frame = _frame(text, sign, schema)
        if frame.height == number and _is_full(frame, text, sign):
            return frame.with_columns(pl.int_range(first, first + number, dtype=pl.Int64).alias(SOURCE_ROW)), []
    even: list[tuple[int, bytes]] = []
    odd: list[tuple[int, bytes]] = []
    for place, line in enumerate(text.removesuffix(b"\n").split(b"\n"), first):
        (even if line.count(sign.encode()) == len(schema) - 1 else odd).append((place, line))
    numbers = pl.Series(SOURCE_ROW, [place for place, _ in even], dtype=pl.Int64)
    return _frame(b"\n".join(line for _, line in even), sign, schema).with_columns(numbers), odd


def _is_full(frame: pl.DataFrame, text: bytes, sign: str) -> bool:
    """Tell whether no line has fewer fields than the frame, where none has more: its last field would be empty."""
    return not frame[:, -1].null_count() or text.count(sign.encode()) == frame.height * (frame.width - 1)


def _fields(line: str, sign: str) -> list[str]:
    text = line.removesuffix("\r")
    return text.split(sign) if text else []


def _frame(text: bytes, sign: str, schema: dict[str, pl.Categorical]) -> pl.DataFrame:
    """Return lines of as many fields as the schema, as columns of coded text named by their places."""
    if not text:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(text, has_header=False, separator=sign, quote_char=None, schema=schema)


def separator(text: str) -> str:
    """Return the separator: what a `sep=` line says, else the one that shows the most of a known header."""
    lines = text[:BEGIN].splitlines()[:HEADER_SEARCH_ROWS]
    for line in lines[:1]:
        word = line.strip().strip('"').lower()
        if word.startswith("sep=") and word[4:] in (";", ","):
            return word[4:]

    def score(candidate: str) -> tuple[float, int]:
        cells = ([cell.strip().strip('"') for cell in line.split(candidate)] for line in lines)
        return max((header_score(names, sources_in(".csv"))[:2] for names in cells), default=(0.0, 0))

    return max(SEPARATORS, key=score)
