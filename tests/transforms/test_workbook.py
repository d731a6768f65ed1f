"""Bytes of an XLSX -> a grid a sheet, with the sheet's own row numbers."""

import io
import zipfile

import pytest

from schemas.rules import Refused
from tests.make import csv_bytes, findings, read, tallies, wide, workbook_bytes
from transforms import workbook

CPR = "201014-1234"


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as caught:
        workbook.read(content)
    return caught.value.finding.rule


def systemtal(**options) -> list[str]:
    return findings(read(workbook_bytes({"Indgående": wide()}, **options), "systemtal.xlsx"))


def test_cells_are_text_and_missing_cells_are_empty():
    (grid,) = workbook.read(workbook_bytes({"Ark": [["a", 1, None, "0183"], [None, 2.5, True]]})).visible
    assert grid.name == "Ark"
    assert grid.records[0] == ["a", "1", "", "0183"]
    assert grid.records[1][:2] == ["", "2.5"]


def test_text_far_below_numbers_stays_text():
    rows = [[number] for number in range(2000)] + [["½"]]
    (grid,) = workbook.read(workbook_bytes({"Ark": rows})).visible
    assert grid.records[-1] == ["½"]


def test_row_numbers_are_the_sheets_own_also_after_empty_rows():
    (grid,) = workbook.read(workbook_bytes({"Ark": [[], [], [], ["a", "b"], [], ["c", "d"]]})).visible
    rows = {record[0]: number for number, record in zip(grid.row_numbers, grid.records, strict=True) if record[0]}
    assert rows == {"a": 4, "c": 6}


def test_hidden_sheets_stand_apart():
    content = workbook_bytes({"Noter": [["note"]], "Indgående": [["a"]]}, hidden=["Noter"])
    book = workbook.read(content)
    assert [grid.name for grid in book.visible] == ["Indgående"]
    assert [grid.name for grid in book.hidden] == ["Noter"]


def test_an_empty_sheet_has_no_records():
    assert [grid.records for grid in workbook.read(workbook_bytes({"Ark": []})).visible] == [[]]


def test_a_cell_in_the_last_corner_refuses_before_anything_is_allocated():
    content = workbook_bytes({"Ark": []}, change=lambda book: book.worksheets()[0].write("XFD1048576", 1))
    assert refusal(content) == "sheet_too_large"


def test_a_cell_in_the_last_corner_of_a_hidden_sheet_refuses_too():
    content = workbook_bytes(
        {"Ark": [["a"]], "Noter": []},
        hidden=["Noter"],
        change=lambda book: book.worksheets()[1].write("XFD1048576", 1),
    )
    assert refusal(content) == "sheet_too_large"


def test_an_error_cell_refuses_and_is_named():
    content = workbook_bytes(
        {"Ark": [["a"]]}, change=lambda book: book.worksheets()[0].write_formula("B2", "=1/0", None, "#DIV/0!")
    )
    with pytest.raises(Refused, match="celle B2"):
        workbook.read(content)


def test_an_error_cell_in_a_hidden_sheet_harms_nothing():
    content = workbook_bytes(
        {"Indgående": wide(), "Noter": []},
        hidden=["Noter"],
        change=lambda book: book.worksheets()[1].write_formula("A1", "=1/0", None, "#DIV/0!"),
    )
    assert findings(read(content, "systemtal.xlsx")) == []


def test_a_csv_named_xlsx_is_refused():
    assert findings(read(csv_bytes(tallies(2)), "systemtal.xlsx")) == ["not_its_extension"]


def test_zero_bytes_are_refused():
    assert refusal(b"") == "empty_file"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_off_archive_is_refused(kept):
    content = workbook_bytes({"Indgående": wide()})
    assert refusal(content[: int(len(content) * kept)]) == "archive_unreadable"


def test_an_archive_that_is_no_workbook_is_refused():
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("hej.txt", "hej")
    assert refusal(output.getvalue()) == "archive_unreadable"


def test_a_damaged_sheet_is_refused():
    content = bytearray(workbook_bytes({"Indgående": wide()}))
    place = content.index(b"xl/worksheets/sheet1.xml") + 60
    content[place : place + 40] = bytes(40)
    assert refusal(bytes(content)) in ("archive_unreadable", "reader_failed")


@pytest.mark.parametrize(("place", "value"), [(8, 1), (6, 99), (10, 99)], ids=["locked", "zip version", "packing"])
def test_an_archive_that_cannot_be_unpacked_here_is_refused(place, value):
    content = bytearray(workbook_bytes({"Indgående": wide()}))
    entry = content.index(b"PK\x01\x02")
    while entry >= 0:
        content[entry + place] = value
        entry = content.find(b"PK\x01\x02", entry + 4)
    assert refusal(bytes(content)) == "archive_unreadable"


def test_a_cpr_number_in_a_hidden_sheet_refuses():
    content = workbook_bytes({"Indgående": wide(), "Noter": [["ring til", CPR]]}, hidden=["Noter"])
    assert findings(read(content, "systemtal.xlsx")) == ["cpr_number"]


def test_a_cpr_number_written_as_a_number_refuses():
    content = workbook_bytes({"Indgående": wide(), "Noter": [["ring til", 2010141234]]}, hidden=["Noter"])
    assert findings(read(content, "systemtal.xlsx")) == ["cpr_number"]


def test_a_cpr_number_in_a_comment_refuses():
    assert systemtal(change=lambda book: book.worksheets()[0].write_comment("A1", f"se {CPR}")) == ["cpr_number"]


def test_a_cpr_number_in_a_document_property_refuses():
    assert systemtal(change=lambda book: book.set_properties({"comments": f"for {CPR}"})) == ["cpr_number"]


def test_a_cpr_number_in_a_custom_property_refuses():
    assert systemtal(change=lambda book: book.set_custom_property("Sag", CPR)) == ["cpr_number"]


def test_a_cpr_number_in_a_page_header_refuses():
    assert systemtal(change=lambda book: book.worksheets()[0].set_header(f"&L {CPR}")) == ["cpr_number"]


def test_a_cpr_number_in_two_fonts_refuses():
    def change(book):
        book.worksheets()[0].write_rich_string(0, 0, "201014", book.add_format({"bold": True}), "-1234", " mv.")

    assert systemtal(change=change) == ["cpr_number"]


def test_a_sheet_that_claims_to_be_larger_than_it_is_is_read():
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook_bytes({"Ark": [["a"]]}))) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<dimension ref="A1"', b'<dimension ref="A1:XFD1048576"'))
    assert workbook.read(changed.getvalue()).visible[0].records == [["a"]]


def test_a_cpr_number_as_the_name_of_a_sheet_refuses():
    content = workbook_bytes({"Indgående": wide(), CPR: [["note"]]})
    assert findings(read(content, "systemtal.xlsx")) == ["cpr_number"]


def test_a_comment_and_properties_without_numbers_harm_nothing():
    def change(book):
        book.worksheets()[0].write_comment("A1", "talt af vagten")
        book.set_properties({"author": "Borgerservice", "comments": "uge 43"})

    assert systemtal(change=change) == []
