"""Which counts do bytes name?"""

import pytest

from tests import make
from transforms.named_counts import named_counts

TEXT = make.csv_text(make.tallies(2))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_text_file_names_its_count_in_any_encoding(encoding):
    assert named_counts(TEXT.encode(encoding)) == {"2014E"}


def test_a_workbook_names_its_count_in_its_title():
    assert named_counts(make.workbook_bytes({"Indgående": make.wide()})) == {"2014E"}


def test_all_counts_are_named_and_parts_of_words_are_none():
    assert named_counts(b"2014E;2013F;x2012E;20112E;2010EX") == {"2014E", "2013F"}


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no archive", make.workbook_bytes({"A": make.wide()})[:200]])
def test_what_cannot_be_looked_into_names_none(data):
    assert named_counts(data) == frozenset()
