"""Bytes of an XLSX -> grids of text, one a sheet, with the sheet's own row numbers.

A sheet's cell references are read before it is parsed: one cell in a far corner makes a careless
reader allocate the whole sheet. Error cells would be read as empty, so they refuse the file.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

import fastexcel
from defusedxml import DefusedXmlException, ElementTree

from schemas.rules import Refused
from transforms.table import Grid
from transforms.text_file import other_kind

CELL_LIMIT = 20_000_000
UNPACKED_LIMIT = 500_000_000
_REFERENCE = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br\s*=\s*[\"']\s*([A-Za-z]{1,3})([0-9]{1,7})")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br\s*=\s*[\"']\s*([0-9]{1,7})")
_ROW_START = re.compile(rb"<(?:\w+:)?row\b")
_CELL_START = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ERROR = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*?\bt\s*=\s*[\"']e[\"'])(?:[^>]*?\br\s*=\s*[\"']([A-Z]{1,3}[0-9]{1,7})[\"'])?"
)
_HEADER_FOOTER = re.compile(rb"<(?:\w+:)?headerFooter\b.*?</(?:\w+:)?headerFooter>", re.DOTALL)
_BLOCK_END = re.compile(rb"</(?!(?:\w+:)?[tr]>)[^>]*>")
_TAG = re.compile(rb"<[^>]*>")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    fastexcel.FastExcelError,
    DefusedXmlException,
    ElementTree.ParseError,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What the archive and XML libraries raise at a damaged, locked or foreign workbook."""


@dataclass(frozen=True)
class Workbook:
    """The grids of the visible sheets; hidden ones and the texts beside cells are only scanned for persons."""

    visible: tuple[Grid, ...]
    hidden: tuple[Grid, ...]
    texts: tuple[str, ...]


def read(content: bytes) -> Workbook:
    """Return every sheet of a workbook as text.

    Raises:
        Refused: empty, not a workbook, damaged, locked, larger than the caps, or with error cells.
    """
    if not content:
        raise Refused("empty_file")
    if not content.startswith(b"PK\x03\x04"):
        raise Refused("not_its_extension", found=other_kind(content) or "ikke en projektmappe")
    try:
        texts = _scan(content)
        book = fastexcel.read_excel(content)
        visible: list[Grid] = []
        hidden: list[Grid] = []
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            (visible if sheet.visible == "visible" else hidden).append(_grid(name, sheet))
    except _UNREADABLE:
        raise Refused("archive_unreadable") from None
    return Workbook(tuple(visible), tuple(hidden), (*texts, *book.sheet_names))


def _grid(name: str, sheet: fastexcel.ExcelSheet) -> Grid:
    frame = sheet.to_polars() if sheet.width else None
    records = [["" if cell is None else cell for cell in row] for row in frame.rows()] if frame is not None else []
    return Grid(name, records, list(range(1, len(records) + 1)))


def _scan(content: bytes) -> list[str]:
    """Return the texts that stand beside the cells: comments, properties, headers and footers.

    Raises:
        Refused: it unpacks too far, has a cell too far out, or an error in a visible sheet.
    """
    texts = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > UNPACKED_LIMIT:
            raise Refused("too_large", limit=UNPACKED_LIMIT)
        sheets = _sheets(archive)
        if not sheets:
            raise Refused("archive_unreadable")
        is_visible = dict(sheets)
        others_too = (
            name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")
        )
        for number, path in enumerate(dict.fromkeys([*is_visible, *others_too]), 1):
            xml = archive.read(path)
            _refuse_far_cells(xml, f"nr. {number}")
            error = _ERROR.search(xml)
            if error and is_visible.get(path, True):
                raise Refused("error_cell", cell=error[1].decode() if error[1] else "uden adresse")
            texts.append(_text(b" ".join(_HEADER_FOOTER.findall(xml))))
        others = (part.filename for part in archive.infolist() if not part.filename.startswith("xl/worksheets/sheet"))
        texts += [_text(archive.read(name)) for name in others if name.endswith((".xml", ".vml"))]
    return texts


def _text(xml: bytes) -> str:
    """Return what stands between the tags; the runs of one text are joined, others kept apart."""
    return _TAG.sub(b"", _BLOCK_END.sub(b" ", xml)).decode(errors="replace")


def _refuse_far_cells(xml: bytes, sheet: str) -> None:
    """Refuse a sheet whose used range is too large, however its cells say where they stand."""
    references = [(_column_number(column), int(row)) for column, row in _REFERENCE.findall(xml)]
    rows = _ROW_START.split(xml)
    columns = max([column for column, _ in references] + [len(_CELL_START.findall(row)) for row in rows])
    last_row = max([row for _, row in references] + [int(row) for row in _ROW.findall(xml)] + [len(rows)])
    if columns * last_row > CELL_LIMIT:
        raise Refused("sheet_too_large", sheet=sheet, columns=columns, rows=last_row, limit=CELL_LIMIT)


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, bool]]:
    """Return (path in the archive, visible) of each sheet that the workbook names."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {each.attrib["Id"]: each.attrib["Target"] for each in relations}
    found = []
    for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{_MAIN}sheet"):
        target = targets[sheet.attrib[_RELATION]].removeprefix("/xl/")
        found.append((f"xl/{target}", sheet.attrib.get("state", "visible") == "visible"))
    return found


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
