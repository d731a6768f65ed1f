"""Bytes of a CSV -> records: encodings, separators, line ends, quotes, and files that are something else."""

import gzip

import pytest

from schemas.rules import Refused
from tests.make import csv_bytes, csv_text, findings, read, read_tallies, tallies, tally
from transforms import text_file

TWO = [tally(), tally(Kanal="Brev", Antal="3")]


def grid(text: str, encoding: str = "utf-8") -> text_file.Grid:
    return text_file.read(text.encode(encoding))


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as caught:
        text_file.read(content)
    return caught.value.finding.rule


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_every_encoding_separator_and_line_end_reads_alike(encoding, separator, newline):
    content = csv_bytes(TWO, encoding, separator=separator, newline=newline)
    assert text_file.read(content).records == [list(TWO[0]), *(list(row.values()) for row in TWO)]


def test_utf_16_big_endian_is_read_by_its_mark():
    content = b"\xfe\xff" + csv_text(TWO).encode("utf-16-be")
    assert text_file.read(content).records[1] == list(TWO[0].values())


@pytest.mark.parametrize("separator", [";", ","])
def test_a_sep_line_says_the_separator(separator):
    parsed = read_tallies(TWO, above=[f"sep={separator}"], separator=separator)
    assert (findings(parsed), parsed.rows_read) == ([], 2)


def test_a_sep_line_that_says_tab_is_kept_too():
    assert findings(read_tallies(TWO, above=["sep=\t"], separator="\t")) == []


def test_title_lines_with_another_separator_do_not_decide():
    parsed = read_tallies(TWO, above=["Udtræk, lavet af TraceTool, version 2, alle, rækker, i alt, to, tre"])
    assert (findings(parsed), parsed.rows_read) == ([], 2)


def test_a_row_is_named_by_the_physical_line_of_its_first_character():
    text = 'a;b\n1;"to\nlinjer\ni alt"\n2;x\n'
    assert grid(text).records == [["a", "b"], ["1", "to\nlinjer\ni alt"], ["2", "x"]]
    assert grid(text).row_numbers == [1, 2, 5]


def test_empty_lines_count_as_physical_lines():
    assert grid("a;b\r\n\r\n1;2\r\n").row_numbers[-1] == 3


def test_a_doubled_quote_is_a_quote():
    assert grid('a;b\n"han sagde ""ja""";2\n').records[1] == ['han sagde "ja"', "2"]


@pytest.mark.parametrize(("text", "whole"), [("a\n1\n", True), ("a\r\n1\r\n", True), ("a\r1\r", True), ("a\n1", False)])
def test_it_is_told_whether_the_file_ends_with_a_line_end(text, whole):
    assert grid(text).ends_with_newline is whole


@pytest.mark.parametrize("content", [b"", b"   ", b"\r\n\r\n"])
def test_zero_bytes_and_blank_files_are_refused(content):
    assert refusal(content) == "empty_file"


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(csv_bytes(TWO)),
        b"%PDF-1.4\n...",
        b"PK\x03\x04rest",
        b"\xd0\xcf\x11\xe0old office",
        b"<!DOCTYPE html><html><body>Log ind</body></html>",
        b"\xef\xbb\xbf\r\n <html>",
        b'<?xml version="1.0"?><a/>',
    ],
    ids=["gzip", "pdf", "zip", "xls", "html", "html after a mark", "xml"],
)
def test_a_file_of_another_kind_is_refused_whatever_its_name(content):
    assert refusal(content) == "not_its_extension"
    assert findings(read(content)) == ["not_its_extension"]


def test_nul_characters_refuse():
    assert refusal(csv_bytes(TWO).replace(b"Ja", b"J\0")) == "nul_bytes"


def test_utf_16_without_a_mark_is_refused():
    assert refusal(csv_text(TWO).encode("utf-16-le")) == "nul_bytes"


def test_bytes_that_no_encoding_knows_refuse():
    assert refusal(b"T\xe6lling;\x81\n") == "encoding_unreadable"


def test_utf_16_cut_inside_a_character_is_refused():
    assert refusal(csv_bytes(TWO, "utf-16")[:-1]) == "encoding_unreadable"


@pytest.mark.parametrize("text", ['a;b\n1;"open\n2;x\n', 'a;b\n"a" b;2\n'])
def test_quotes_that_can_be_read_two_ways_refuse(text):
    assert refusal(text.encode()) == "quotes_unreadable"


def test_a_field_of_a_megabyte_is_refused():
    assert refusal(b"a;b\n1;" + b"x" * 1_000_000 + b"\n") == "line_too_long"


@pytest.mark.parametrize("name", ["levering.txt", "levering.csv.gz", "levering", "levering.xls"])
def test_only_csv_and_xlsx_are_read(name):
    assert findings(read(csv_bytes(TWO), name)) == ["extension_unknown"]


def test_the_extension_may_be_written_in_capitals():
    assert findings(read(csv_bytes(tallies(2)), "LEVERING.CSV")) == []
