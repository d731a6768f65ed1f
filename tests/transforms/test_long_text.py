"""A long plain CSV is read as columns: the same table, totals and refusals as record by record."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.rules import Refused
from schemas.sources import Source
from tests.make import csv_text, findings, read, tallies, tally
from transforms import personal_data, text_file
from transforms.table import HEADER_SEARCH_ROWS, Grid, Table, recognise

GOOD = ";".join(tally().values())
LINES = st.sampled_from(
    [
        GOOD,
        GOOD + ";",
        GOOD + ";x",
        GOOD.removesuffix(";2"),
        GOOD.removesuffix("2"),
        GOOD.replace("Telefon", " Tele\u00a0fon\u00a0"),
        GOOD.replace("Ishøj", "Isho\u0308j"),
        GOOD.replace("Ishøj", "Ish\x85øj\x0b"),
        GOOD.replace("2014E", "Tælling"),
        GOOD.replace("2014E", ""),
        GOOD.replace("Borgerservice", "201014-1234"),
        GOOD.replace("Borgerservice", "20101-4123"),
        GOOD.replace("Borgerservice", "\ufeff"),
        ";".join(tally()),
        "",
        " ",
        ";" * 12,
        "I alt;" + ";" * 10 + ";120",
        ";" * 11 + "I alt;120",
        "Kilde: TraceTool",
        "x;y",
        "Kilde;" + ";" * 11,
    ]
)

WHOLE = {"part_bytes": text_file.PART_BYTES, "encoding": "utf-8"}


def outcome(grid: Grid) -> str | Table:
    try:
        personal_data.scan(grid)
        return recognise(grid, (Source.TRACETOOL,))
    except Refused as refusal:
        return refusal.finding.text


@settings(max_examples=200, deadline=None)
@given(
    part_bytes=st.sampled_from([1, 300, 1_000, text_file.PART_BYTES]),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
    lines=st.lists(LINES, max_size=12),
    newline=st.sampled_from(["\n", "\r\n"]),
    head=st.integers(HEADER_SEARCH_ROWS - 3, HEADER_SEARCH_ROWS + 3),
    ends=st.booleans(),
)
@example(lines=[""], newline="\r\n", head=60, ends=True, part_bytes=300, encoding="cp1252")
@example(lines=["x;y", GOOD], newline="\r\n", head=60, ends=False, **WHOLE)
@example(lines=[GOOD + ";", GOOD.removesuffix(";2")], newline="\n", head=HEADER_SEARCH_ROWS - 1, ends=True, **WHOLE)
@example(lines=[GOOD.removesuffix(";2"), GOOD + ";"], newline="\n", head=HEADER_SEARCH_ROWS - 1, ends=True, **WHOLE)
@example(lines=[GOOD, GOOD + ";", GOOD.removesuffix(";2"), GOOD], newline="\r\n", head=60, ends=False, **WHOLE)
def test_a_long_text_is_read_as_record_by_record(lines, newline, head, ends, part_bytes, encoding):
    whole = [";".join(tally()), *[GOOD] * head, *lines]
    text = newline.join(whole) + (newline if ends else "")
    text = text.encode(encoding, errors="replace").decode(encoding)
    expected = text_file._by_record(text, ";")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_file, "PART_BYTES", part_bytes)
        grid = text_file._plain(text.encode(encoding), encoding, ";")
    if grid is None:
        assert not any(line.count(";") == GOOD.count(";") for line in whole[HEADER_SEARCH_ROWS:])
        return
    again = grid.by_record()
    assert (again.records, again.row_numbers) == (expected.records, expected.row_numbers)
    assert grid.ends_with_newline == expected.ends_with_newline
    found, wanted = outcome(grid), outcome(expected)
    if isinstance(wanted, str):
        assert found == wanted
    else:
        assert isinstance(found, Table)
        assert found.text.equals(wanted.text)
        assert found.totals.equals(wanted.totals)
        assert (found.titles, found.source) == (wanted.titles, wanted.source)


@pytest.mark.parametrize("change", [lambda text: text.replace("Ishøj", '"Ishøj"', 1), lambda text: text + "a\rb\r\n"])
def test_quotes_and_lone_returns_are_read_record_by_record(change):
    text = change(csv_text(tallies(2 * HEADER_SEARCH_ROWS)))
    assert text_file._plain(text.encode(), "utf-8", ";") is None


def test_a_field_over_the_limit_is_refused_in_a_long_text_too():
    text = csv_text([*tallies(2 * HEADER_SEARCH_ROWS), tally(Enhed="x" * 140_000)])
    assert findings(read(text.encode())) == ["line_too_long"]
