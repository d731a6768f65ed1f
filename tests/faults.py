"""Deliveries with one fault each, made by code, and a working folder to run them in.

Written from the design and the formats. A fault is a whole small file of a municipality of its own; in a TraceTool
file every row counts TALLY enquiries, in a workbook every cell CELL, in an extract every row PERSONS, so that the
right total of what is accepted follows from the number of rows.
"""

import contextlib
import datetime as dt
import io
import itertools
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from flows.cli import main
from schemas.codes import MUNICIPALITIES
from tests import databases, make

TALLY, CELL, PERSONS = 2, 10, 100
UNIT = {"tracetool": TALLY, "systemtal": CELL, "digitalpost": PERSONS}
ROWS = 24
SECRET = "Kanarie"
"""Stands in free texts and in wrong labels; no message may repeat it."""
TASKS = ("32.03.12", "09.15.04", "32.30.04", "23.00.10")
WAYS = (
    ("Selvbetjening", "Indgående"), ("Telefon", "Indgående"), ("Personligt fremmøde", "Indgående"),
    ("Brev", "Indgående"), ("E-mail", "Indgående"), ("Digital Post", "Udgående"), ("Brev", "Udgående"),
    ("SMS", "Udgående"),
)  # fmt: skip
COUNTS = {"2011E": (43, 45), "2012E": (43, 45), "2013E": (43, 45), "2014E": (43, 45), "2015F": (18, 20)}
"""The calendar: first and last week."""
FIRST_SECOND = 1_600_000_000

Row = dict[str, str]


# --- A working folder ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finished:
    """A command that has run: its exit code and every byte that it printed."""

    code: int
    printed: str


class Place:
    """A working folder with settings and an inbox; each file arrives a minute after the one before."""

    def __init__(
        self,
        folder: Path,
        *,
        published: tuple[str, ...] = (),
        expected: tuple[str, ...] = ("tracetool",),
        database_url: str = databases.SQLITE,
    ):
        self.folder, self.inbox = folder, folder / "deliveries"
        self.database_url = database_url
        self.published, self.expected = published, expected
        self.clock = itertools.count(FIRST_SECOND, 60)
        self.inbox.mkdir(parents=True)
        tasks = "".join(f"35;{kle};{SECRET}opgave;1\n" for kle in TASKS)
        (folder / "tasks.csv").write_text(f"pakke;kle;opgave;boelge\n{tasks}", encoding="utf-8")
        self.configure()

    def configure(self, *, counts: tuple[str, ...] = tuple(COUNTS), more: str = "") -> None:
        """Write the settings, with `more` keys above the tables of counts."""
        lines = [f"municipalities = {list(self.published)}", more]
        for count_id in counts:
            first, last = (f"{count_id[:4]}-W{week}" for week in COUNTS[count_id])
            lines += ["[[count]]", f'id = "{count_id}"', f'first_week = "{first}"', f'last_week = "{last}"',
                      'task_package = "35"', f"expected_sources = {list(self.expected)}"]  # fmt: skip
        (self.folder / "kanalstatus.toml").write_text("\n".join(lines), encoding="utf-8")

    def put(self, name: str, content: bytes) -> Path:
        """Let a file arrive, perhaps over an older one of this name."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = next(self.clock)
        os.utime(path, (moment, moment))
        return path

    def run(self, *arguments: str) -> Finished:
        """Run a command here, `run` when none is named."""
        with pytest.MonkeyPatch.context() as patch, all_output() as printed:
            for name in [name for name in os.environ if name.startswith("KANALSTATUS_")]:
                patch.delenv(name)
            patch.setenv("KANALSTATUS_CONFIG", str(self.folder / "kanalstatus.toml"))
            patch.setenv("KANALSTATUS_USER", "vagten")
            patch.setenv("KANALSTATUS_DATABASE_URL", self.database_url)
            code = main(list(arguments) or ["run"])
        return Finished(code, printed())

    def deliver(self, name: str, content: bytes) -> Row:
        """Let a file arrive, run, and return its row of the ledger: the newest."""
        self.put(name, content)
        self.run()
        return self.deliveries()[-1]

    def query(self, text: str, *values: object) -> list[dict[str, Any]]:
        """Return rows of the warehouse."""
        return databases.ask(databases.in_folder(self.database_url, self.folder), text, *values)

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the ledger, oldest first."""
        return self.query("select * from delivery order by delivery_id")

    def total(self, code: str) -> int:
        """Return everything that is in force for a municipality: enquiries and persons."""
        enquiries = "select sum(enquiry_count) as n from current_enquiry where municipality_code = ?"
        persons = "select sum(person_count) as n from current_enrolment where municipality_code = ?"
        return sum(self.query(text, code)[0]["n"] or 0 for text in (enquiries, persons))

    def loaded(self, delivery_id: int) -> int:
        """Return everything that is in force by one delivery: enquiries and persons."""
        join = "join load as l on l.load_id = f.load_id where l.delivery_id = ?"
        enquiries = f"select sum(f.enquiry_count) as n from current_enquiry as f {join}"
        persons = f"select sum(f.person_count) as n from current_enrolment as f {join}"
        return sum(self.query(text, delivery_id)[0]["n"] or 0 for text in (enquiries, persons))


@contextlib.contextmanager
def all_output() -> Iterator[Callable[[], str]]:
    """Catch what is printed, by this process and by its children."""
    text = io.StringIO()
    with tempfile.TemporaryFile() as raw:
        kept = [os.dup(number) for number in (1, 2)]
        try:
            for number in (1, 2):
                os.dup2(raw.fileno(), number)
            with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
                yield lambda: text.getvalue() + from_children
        finally:
            for number, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, number)
                os.close(copy)
            raw.seek(0)
            from_children = raw.read().decode(errors="replace")


# --- A municipality and its good deliveries --------------------------------------------------------


@dataclass(frozen=True)
class Town:
    """A municipality that delivers."""

    code: str
    name: str

    @classmethod
    def all(cls) -> Iterator[Self]:
        """Give the 98 municipalities."""
        return itertools.starmap(cls, MUNICIPALITIES.items())

    def rows(self, number: int = ROWS, count_id: str = "2014E", weeks: tuple[int, ...] = (43, 44, 45)) -> list[Row]:
        """Return TraceTool rows, spread over the weeks, each of TALLY enquiries."""
        found = []
        for index in range(number):
            week = weeks[index % len(weeks)]
            channel, direction = WAYS[index // len(weeks) % len(WAYS)]
            day = dt.date.fromisocalendar(int(count_id[:4]), week, 1 + index % 5)
            found.append(
                make.tally(
                    Tælling=count_id, Uge=str(week), Dato=f"{day:%d-%m-%Y}", Kommunenr=self.code, Kommune=self.name,
                    Enhed=f"{SECRET}enhed", Opgave=f"{SECRET}opgave", KLE=TASKS[index % 4], Kanal=channel,
                    Retning=direction, Antal=str(TALLY),
                )
            )  # fmt: skip
        return found

    def changed(self, changed: int, *, number: int = ROWS, **cells: str) -> list[Row]:
        """Return rows of which the first `changed` hold other cells."""
        if "KLE" in cells:
            cells["KLE-nr"] = cells.pop("KLE")
        return [row | cells if index < changed else row for index, row in enumerate(self.rows(number))]

    def csv(self, rows: list[Row] | None = None, encoding: str = "utf-8", **options: Any) -> bytes:
        """Return a TraceTool file; see make.csv_text for the options."""
        return make.csv_bytes(self.rows() if rows is None else rows, encoding, **options)

    def text(self, rows: list[Row] | None = None, **options: Any) -> str:
        """Return a TraceTool file as text, to be spoilt."""
        return make.csv_text(self.rows() if rows is None else rows, **options)

    @property
    def titles(self) -> list[list]:
        """The lines above a sheet's table."""
        return [["Systemtal"], [f"Kommune: {self.name} ({self.code})"], ["Tælling: 2014E"], ["Uger: 43-45 2014"], []]

    @property
    def table(self) -> list[list]:
        """A wide table of seven counted cells of CELL enquiries each."""
        task = f"{SECRET}opgave"
        return [
            ["KLE-nr", "Opgave", "Henvendelsestype", "Selvbetjening", "Telefon", "Brev", "I alt"],
            [TASKS[0], task, "Transaktion", CELL, CELL, CELL, 3 * CELL],
            [TASKS[1], task, "Transaktion", CELL, "-", CELL, 2 * CELL],
            [TASKS[2], task, "Generel information", CELL, CELL, None, 2 * CELL],
            ["I alt", None, None, 3 * CELL, 2 * CELL, 2 * CELL, 7 * CELL],
        ]

    def sheet(
        self, *changes: tuple[int, int, Any], titles: list[list] | None = None, table: list[list] | None = None
    ) -> list[list]:
        """Return a sheet's rows; `changes` are (row, column, value) in the table, from 0."""
        return make.wide(*changes, titles=titles or self.titles, table=table or self.table)

    def book(self, *changes: tuple[int, int, Any], **options: Any) -> bytes:
        """Return a workbook with one sheet, Indgående; `options` go to make.workbook_bytes."""
        return make.workbook_bytes({"Indgående": self.sheet(*changes)}, **options)

    def enrolments(self, **cells: str) -> bytes:
        """Return an extract of four statuses; `cells` change its first row."""
        statuses = ("Tilmeldt", "Automatisk tilmeldt", "Fritaget", "Ikke tilmeldt")
        rows = [
            make.enrolment(Kommunekode=self.code, Kommune=self.name, Status=status, Antal=str(PERSONS))
            for status in statuses
        ]
        return make.csv_bytes([rows[0] | cells, *rows[1:]])


def rezipped(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return an archive whose parts went through `change(name, bytes)`."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return output.getvalue()


def resheeted(content: bytes, old: str, new: str) -> bytes:
    """Return a workbook in whose sheets one piece of XML was replaced."""

    def change(name: str, part: bytes) -> bytes:
        return part.replace(old.encode(), new.encode()) if name.startswith("xl/worksheets/") else part

    return rezipped(content, change)


# --- Faults ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One fault; `expect` is accepted, rows=N (accepted, N set aside), held or refused; `|` between when both do."""

    what: str
    expect: str
    content: Callable[[Town], bytes]
    extension: str = ".csv"


def _rows(what: str, expect: str, changed: int, **cells: str) -> Fault:
    def content(town: Town) -> bytes:
        return town.csv(town.changed(changed, **{name: cell.format(code=town.code) for name, cell in cells.items()}))

    return Fault(what, expect, content)


def _text(what: str, expect: str, spoil: Callable[[str, Town], str], encoding: str = "utf-8", **options: Any) -> Fault:
    return Fault(what, expect, lambda town: spoil(town.text(**options), town).encode(encoding))


def _bytes(what: str, content: bytes, extension: str = ".csv") -> Fault:
    return Fault(what, "refused", lambda _: content, extension)


def _book(what: str, expect: str, content: Callable[[Town], bytes]) -> Fault:
    return Fault(what, expect, content, ".xlsx")


def _cells(what: str, expect: str, *changes: tuple[int, int, Any]) -> Fault:
    return _book(what, expect, lambda town: town.book(*changes))


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
PAGE = "<!doctype html><html lang='da'><table><tr><td>Tælling</td></tr></table></html>"

CELLS = (
    _rows("a code padded with blanks and no-break spaces", "accepted", 9, Kommunenr="\u00a0 {code}\u00a0 "),
    _rows("labels padded with no-break spaces", "accepted", 9, Kanal="\u00a0Digital\u00a0Post \u00a0"),
    _rows("labels in other letter case", "accepted", 9, Kanal="tELEFON", Retning="INDGÅENDE", Kommunenr="0{code}"),
    _rows("a code of four digits", "accepted", 9, Kommunenr="0{code}"),
    _rows("a code of four digits without its nought", "rows=2", 2, Kommunenr="{code}0"),
    _rows("a code as a decimal number", "rows=2", 2, Kommunenr="{code}.0"),
    _rows("Christiansø, which is no municipality", "rows=1", 1, Kommunenr="411", Kommune="Christiansø"),
    _rows("no municipality that exists", "refused", ROWS, Kommunenr="999"),
    _rows("code and name that disagree", "held", 9, Kommune="Atlantis"),
    _rows("week and date that disagree in a few rows", "rows=2", 2, Uge="1"),
    _rows("week and date that disagree in many rows", "held", 6, Uge="1"),
    _rows("week and date that disagree in every row", "refused", ROWS, Uge="1"),
    _rows("a date that does not exist", "rows=1", 1, Dato="31-02-2014"),
    _rows("dates written the other way round", "rows=3", 3, Dato="2014-10-20"),
    _rows("a year of two digits", "rows=1", 1, Dato="20-10-14"),
    _rows("a date outside the count", "rows=1", 1, Dato="20-09-2014", Uge="38"),
    _rows("a count in small letters", "rows=2", 2, Tælling="2014e"),
    _rows("rows of a count that is unknown", "rows=2", 2, Tælling="2041E"),
    _rows("two known counts", "refused", 2, Tælling="2013E"),
    _rows("only an unknown count", "held", ROWS, Tælling="2041F"),
    _rows("mojibake in a label", "rows=2", 2, Kanal="BesÃ¸g pÃ¥ hjemmeside"),
    _rows("a Cyrillic letter in a channel", "rows=2", 2, Kanal="Tеlefon"),
    _rows("a zero-width space in a channel", "rows=1", 1, Kanal="Tele\u200bfon"),
    _rows("channels that are unknown", "rows=3", 3, Kanal=f"{SECRET}kanal"),
    _rows("more unknown channels than may be set aside", "held", 4, Kanal=f"{SECRET}kanal"),
    _rows("a channel outbound that is inbound only", "rows=1", 1, Kanal="Skranke", Retning="Udgående"),
    _rows("an unknown direction", "rows=1", 1, Retning=f"{SECRET}retning"),
    _rows("an unknown type of enquiry", "rows=1", 1, Henvendelsestype=f"{SECRET}type"),
    _rows("a task number as a date", "rows=3", 3, KLE="12-03-1932"),
    _rows("a task number as a time", "rows=1", 1, KLE="09:15:04"),
    _rows("tasks outside the package", "held", 9, KLE="99.99.99"),
    _rows("a formula as a channel", "rows=1", 1, Kanal="=HYPERLINK(\"http://x\")".replace('"', "")),
    *(
        _rows(f"a count that is {name}", "held", 1, Antal=value)
        for name, value in {
            "full-width digits": "１２", "of 24 digits": "9" * 24, "1e3": "1e3", "NaN": "NaN", "a half": "½",
            "suppressed": "<5", "two dots": "..", "a hash": "#", "empty": "", "a dash": "-", "signed": "+5",
            "negative": "-5", "a decimal number": "2,5", "a whole decimal number": "2.0", "grouped by a blank": "1 234",
            "grouped by a no-break space": "1\u00a0234", "over the limit": "10000000", "an error": "#DIV/0!",
            "in words": f"{SECRET}tal", "hexadecimal": "0x10", "a superscript": "2²", "Arabic digits": "٢",
        }.items()
    ),
)  # fmt: skip
"""One or more rows with another cell; {code} stands for the municipality's."""

TEXTS = (
    _text("blank lines", "accepted", lambda text, _: text.replace("\r\n", "\r\n\r\n")),
    _text("a sep line", "accepted", lambda text, _: f"sep=;\r\n{text}"),
    _text("a sep line for commas", "accepted", lambda text, _: f'"sep=,"\r\n{text}', separator=","),
    _text("a block of NUL bytes in the middle", "refused", lambda text, _: text[:900] + "\0" * 512 + text[900:]),
    _text("NUL bytes at the end", "refused", lambda text, _: text + "\0" * 512),
    _text("mojibake throughout", "refused", lambda text, _: text.encode().decode("cp1252")),
    _text("mojibake of mojibake", "refused", lambda text, _: text.encode("cp1252").decode("cp437")),
    _text("the code page of DOS", "refused", lambda text, _: text, encoding="cp865"),
    _text("UTF-16 without its mark", "refused", lambda text, _: text, encoding="utf-16-le"),
    _text("UTF-32", "refused", lambda text, _: text, encoding="utf-32"),
    Fault("a byte that no encoding knows", "refused", lambda town: town.csv(encoding="cp1252") + b"\x81;\r\n"),
    Fault("UTF-8 with a broken letter", "refused", lambda town: town.csv().replace(b"\xc3\xa5", b"\xc3", 1)),
    _text("a Cyrillic letter in the header", "refused", lambda text, _: text.replace("Kanal", "Kаnal", 1)),
    _text("no column Kanal", "refused", lambda text, _: text.replace(";Kanal;", ";", 1)),
    _text("a column twice in other case", "refused", lambda text, _: text.replace("Opgave", "KANAL", 1)),
    _text("a column that is not asked for", "refused", lambda text, _: text.replace("\r\n", f";{SECRET}\r\n")),
    _text("no header", "refused", lambda text, _: text.split("\r\n", 1)[1]),
    _text("the header and a total alone", "refused", lambda text, _: text.split("\r\n")[0] + "\r\nI alt;0\r\n"),
    _text("separators that nobody knows", "refused", lambda text, _: text, separator="|"),
    _text("a header with other separators than its rows", "refused",
          lambda text, _: text.split("\r\n")[0] + "\r\n" + text.split("\r\n", 1)[1].replace(";", ",")),
    _text("an unquoted separator in a unit", "rows=1", lambda text, _: text.replace("enhed;", "enhed; syd;", 1)),
    _text("a row with too few fields", "rows=1", lambda text, town: f"{text}2014E;43;20-10-2014;{town.code}\r\n"),
    _text("a row of 100 000 fields", "rows=1|refused", lambda text, _: text + "x;" * 100_000 + "\r\n"),
    _text("a quote that is never closed", "refused", lambda text, _: text.replace(f"{SECRET}enhed", f'"{SECRET}', 1)),
    _text("a text after a closing quote", "refused", lambda text, _: text.replace(SECRET, f'"{SECRET}" x', 1)),
    _text("two tables, one after the other", "refused", lambda text, _: text + text),
    _text("two tables with titles between", "refused", lambda text, _: f"{text}\r\nUge 44\r\n\r\n{text}"),
    _text("two tables, each with its mark", "refused|held", lambda text, _: f"\ufeff{text}\ufeff{text}"),
    _text("two tables side by side", "refused",
          lambda text, _: "".join(f"{line};;{line}\r\n" for line in text.splitlines())),
    _text("no line end at the end", "held", lambda text, _: text, final_newline=False),
    _text("cut inside its last line", "held", lambda text, _: text[:-30]),
    _text("a total that is wrong", "held", lambda text, _: f"{text}I alt;{ROWS * TALLY + 1}\r\n"),
    _text("a total that is no number", "held", lambda text, _: f"{text}I alt;{SECRET}\r\n"),
    _text("a right and a wrong total", "held", lambda text, _: f"{text}I alt;{ROWS * TALLY}\r\nI alt;50\r\n"),
    _text("a row lost above its total", "held",
          lambda text, _: "\r\n".join(text.split("\r\n")[:-2]) + f"\r\nI alt;{ROWS * TALLY}\r\n"),
    Fault("full-width digits beside a total", "rows=1",
          lambda town: town.csv(town.changed(1, Antal="１２"), below=[f"I alt;{(ROWS - 1) * TALLY}"])),
    Fault("a thousands dot beside a total", "held",
          lambda town: town.csv(town.changed(1, Antal="1.234"), below=["I alt;1.280"])),
    Fault("social media before they were counted", "rows=2",
          lambda town: town.csv([row | ({"Kanal": "Sociale medier"} if index < 2 else {})
                                 for index, row in enumerate(town.rows(count_id="2011E"))])),
    Fault("a field of 60 MB", "refused",
          lambda town: town.csv(town.changed(1, Enhed="x" * 60_000_000))),
    Fault("100 000 columns", "refused", lambda town: town.csv().replace(
        b"Antal\r\n", b"Antal" + b"".join(b";k%d" % number for number in range(100_000)) + b"\r\n")),
)  # fmt: skip

KINDS = (
    _bytes("nothing", b""),
    _bytes("blank lines alone", b"\r\n \r\n\t\r\n"),
    _bytes("a mark alone", b"\xef\xbb\xbf"),
    _bytes("a PDF", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
    _bytes("a page", PAGE.encode()),
    _bytes("a page behind a mark and blanks", b"\xef\xbb\xbf\r\n  " + PAGE.encode()),
    _bytes("an old workbook", OLE),
    _bytes("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    _bytes("a message", b'{"error": "unauthorized"}\n'),
    _bytes("random bytes", bytes(zlib.crc32(bytes([number])) % 256 for number in range(256)) * 4),
    _bytes("a password", OLE, ".xlsx"),
    _bytes("a page", PAGE.encode(), ".xlsx"),
    _bytes("nothing", b"", ".xlsx"),
    Fault("a gzip", "refused", lambda town: zlib.compress(town.csv(), wbits=31)),
    Fault("a workbook", "refused", lambda town: town.book()),
    Fault("a table of text", "refused", lambda town: town.csv(), ".xlsx"),
    Fault("a packed table", "refused", lambda town: zlib.compress(town.csv(), wbits=31), ".csv.gz"),
    Fault("a text", "refused", lambda town: town.csv(), ".txt"),
    Fault("an old workbook's name", "refused", lambda town: town.csv(), ".xls"),
    Fault("a workbook with macros", "refused", lambda town: town.book(), ".xlsm"),
    Fault("no extension", "refused", lambda town: town.csv(), ""),
)


def _half_zip(town: Town) -> bytes:
    content = town.book()
    return content[: len(content) // 2]


def _formulas(*places: tuple[int, int], **of: str) -> Callable[[Town], bytes]:
    """Make a workbook whose cells at `places` are formulas, by default with no value kept."""

    def content(town: Town) -> bytes:
        def change(book: Any) -> None:
            for row, column in places:
                book.worksheets()[0].write_formula(row + 5, column, "=5+5", None, of.get("value", ""))

        return town.book(change=change)

    return content


def _merged(first: tuple[int, int], last: tuple[int, int]) -> Callable[[Town], bytes]:
    """Make a workbook with merged cells in the table: the first one's value is kept, the others are empty."""

    def content(town: Town) -> bytes:
        places = itertools.product(range(first[0], last[0] + 1), range(first[1], last[1] + 1))
        empty = [(row, column, None) for row, column in places if (row, column) != first]
        value = town.table[first[0]][first[1]]
        place = (first[0] + 5, first[1], last[0] + 5, last[1])
        return town.book(*empty, change=lambda book: book.worksheets()[0].merge_range(*place, value))

    return content


def _corner(reference: str, row: str = "1048576") -> Callable[[Town], bytes]:
    """Make a workbook with one more cell in the last corner of the sheet."""

    def content(town: Town) -> bytes:
        cell = f'<row r="{row}"><c {reference}><v>1</v></c></row></sheetData>'
        return resheeted(town.book(), "</sheetData>", cell)

    return content


def _strict(content: bytes) -> bytes:
    """Return a workbook in the namespaces of "Strict Open XML"."""
    transitional = b"http://schemas.openxmlformats.org/"
    pairs = {
        transitional + b"spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        transitional + b"officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    }

    def change(name: str, part: bytes) -> bytes:
        for old, new in pairs.items():
            part = part.replace(old, new) if name != "[Content_Types].xml" else part
        return part

    return rezipped(content, change)


def _entities(name: str, part: bytes) -> bytes:
    """Put entities that grow into a workbook's list of sheets."""
    levels = "".join(f'<!ENTITY e{level + 1} "{f"&e{level};" * 10}">' for level in range(9))
    head, body = part.split(b"?>", 1)
    bomb = f'?><!DOCTYPE x [<!ENTITY e0 "{"x" * 10}">{levels}]>'.encode()
    return head + bomb + body.replace(b"Indg\xc3\xa5ende", b"&e9;") if name == "xl/workbook.xml" else part


def _unpacks_to_gigabytes(town: Town) -> bytes:
    content = io.BytesIO(town.book())
    with (
        zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/media/picture.xml", "w") as part,
    ):
        for _ in range(520):
            part.write(bytes(1_000_000))
    return content.getvalue()


def _two_sheets(other: Callable[[Town], list[list]], name: str = "Udgående", **options: Any) -> Callable[[Town], bytes]:
    return lambda town: make.workbook_bytes({"Indgående": town.sheet(), name: other(town)}, **options)


def _titled(place: int, text: str) -> Callable[[Town], bytes]:
    """Make a workbook with another title line; {code} and {name} stand for the municipality's."""

    def content(town: Town) -> bytes:
        titles = town.titles
        titles[place] = [text.format(code=town.code, name=town.name)]
        return make.workbook_bytes({"Indgående": town.sheet(titles=titles)})

    return content


TOTAL_FORMULAS = ((1, 6), (2, 6), (3, 6), (4, 3), (4, 4), (4, 5), (4, 6))
OUTBOUND = [["KLE-nr", "Opgave", "Henvendelsestype", "Brev", "I alt"], [TASKS[0], SECRET, "Transaktion", CELL, CELL],
            ["I alt", None, None, CELL, CELL]]  # fmt: skip

BOOKS = (
    _book("half an archive", "refused", _half_zip),
    _book("an archive without its end", "refused", lambda town: town.book()[:-22]),
    _book("no line I alt", "held", lambda town: make.workbook_bytes({"Indgående": town.sheet(table=town.table[:-1])})),
    _book("half a table", "held", lambda town: make.workbook_bytes({"Indgående": town.sheet(table=town.table[:-2])})),
    _book("a row lost above its total", "held",
          lambda town: make.workbook_bytes({"Indgående": town.sheet(table=[*town.table[:2], *town.table[3:]])})),
    _book("a counted cell that is a formula without its value", "held", _formulas((1, 3))),
    _book("totals that are formulas without their values", "held", _formulas(*TOTAL_FORMULAS)),
    _book("totals that are formulas never reckoned", "held", _formulas(*TOTAL_FORMULAS, value="0")),
    _book("only formulas without values", "refused|held",
          _formulas(*TOTAL_FORMULAS, *((row, column) for row in (1, 2, 3) for column in (3, 4, 5)))),
    _book("an error in a counted cell", "refused|held", _formulas((1, 3), value="#DIV/0!")),
    _cells("an error as text in a counted cell", "held", (1, 3, "#DIV/0!")),
    _cells("a suppressed cell that its totals leave out", "rows=1",
           (1, 3, "<5"), (1, 6, 20), (4, 3, 20), (4, 6, 60)),
    _cells("a suppressed cell that its totals count", "held", (1, 3, "<5")),
    _cells("a negative cell", "held", (1, 3, -10), (1, 6, 10), (4, 3, 10), (4, 6, 50)),
    _cells("half an enquiry", "held", (1, 3, 9.5), (1, 6, 29.5), (4, 3, 29.5), (4, 6, 69.5)),
    _cells("a cell changed after the totals were made", "held", (1, 3, 11)),
    _cells("a task number as a date", "rows=3", (1, 0, 41932)),
    _cells("an unknown type of enquiry", "rows=2", (2, 2, f"{SECRET}type")),
    _cells("a channel that is unknown", "refused", (0, 4, f"{SECRET}kanal")),
    _cells("a channel twice", "refused", (0, 4, "SELVBETJENING")),
    _cells("no column I alt", "refused", (0, 6, None)),
    _book("task numbers merged over two rows", "rows=2", _merged((2, 0), (3, 0))),
    _book("a count merged over two rows", "held", _merged((1, 3), (2, 3))),
    _book("a header merged over two columns", "refused", _merged((0, 3), (0, 4))),
    _book("two tables in one sheet", "refused",
          lambda town: make.workbook_bytes({"Indgående": [*town.sheet(), [], *town.table]})),
    _book("two tables in one sheet side by side", "refused", lambda town: make.workbook_bytes(
        {"Indgående": [*town.titles, *([*row, None, *row] for row in town.table)]})),
    _book("another table below the table", "held|refused", lambda town: make.workbook_bytes(
        {"Indgående": [*town.sheet(), [], ["Uge", "Enhed", "Antal"], [43, SECRET, 5], [44, SECRET, 7]]})),
    _book("a hidden first sheet with a table", "accepted", lambda town: make.workbook_bytes(
        {"Gammel": town.sheet((1, 3, 99)), "Indgående": town.sheet()}, hidden=["Gammel"])),
    _book("every table hidden", "refused", lambda town: make.workbook_bytes(
        {"Indgående": town.sheet(), "Forside": [["Se arket"]]}, hidden=["Indgående"])),
    _book("sheets of two municipalities", "refused", _two_sheets(
        lambda town: make.wide(titles=[["Kommune: Atlantis (999)"], *town.titles[2:]], table=OUTBOUND))),
    _book("sheets of two counts", "refused", _two_sheets(
        lambda town: make.wide(titles=[*town.titles[:2], ["Tælling: 2013E"], *town.titles[3:]], table=OUTBOUND))),
    _book("a sheet that is no direction", "refused",
          lambda town: make.workbook_bytes({"Ark1": town.sheet()})),
    _book("a visible table too many", "refused", _two_sheets(lambda town: town.sheet(), "Kopi")),
    _book("a sheet with nothing", "refused", lambda _: make.workbook_bytes({"Indgående": []})),
    _book("a sheet with a header alone", "refused",
          lambda town: make.workbook_bytes({"Indgående": [*town.titles, town.table[0]]})),
    _book("titles of two spans of weeks", "refused|held", lambda town: make.workbook_bytes(
        {"Indgående": [["Uger: 43-44 2014"], *town.sheet()]})),
    _book("no title Kommune", "refused", _titled(1, "Fra økonomi")),
    _book("no title Uger", "refused", _titled(3, "")),
    _book("a municipality that does not exist", "refused", _titled(1, "Kommune: Atlantis (999)")),
    _book("code and name that disagree", "held", _titled(1, "Kommune: Atlantis ({code})")),
    _book("a count that is unknown", "held", _titled(2, "Tælling: 2041E")),
    _book("weeks outside the count", "held", _titled(3, "Uger: 40-42 2014")),
    _book("weeks that do not exist", "refused", _titled(3, "Uger: 53-54 2014")),
    _book("weeks backwards", "refused", _titled(3, "Uger: 45-43 2014")),
    _book("a cell in the last corner", "refused", _corner('r="XFD1048576"')),
    _book("a cell in the last corner in small letters", "refused", _corner('r="xfd1048576"')),
    _book("a cell in the last corner with blanks", "refused", _corner('r = "XFD1048576"')),
    _book("a cell in the last corner of a strict workbook", "refused",
          lambda town: _strict(_corner('r="XFD1048576"')(town))),
    _book("cells in the last row and column without addresses", "refused", lambda town: resheeted(
        _corner('s="0"')(town), "<sheetData>", f'<sheetData><row r="1">{"<c><v>1</v></c>" * 16384}</row>')),
    _book("entities that grow", "refused", lambda town: rezipped(town.book(), _entities)),
    _book("an archive that unpacks to over 500 MB", "refused", _unpacks_to_gigabytes),
    _book("an archive of something else", "refused", lambda town: rezipped(
        town.book(), lambda name, part: b"" if name.startswith("xl/") else part)),
)  # fmt: skip

CPR = ("0101801234", "010180-1234", "6112991234", "311299-4321", "2902004000")
"""Made up: ordinary ones, one with 60 added to its day, one of a leap day."""


def _commented(town: Town) -> bytes:
    return town.book(change=lambda book: book.worksheets()[0].write_comment(0, 0, f"se {CPR[1]}"))


PERSONAL = (
    *(
        _rows(f"a CPR-shaped number in a unit, kind {number}", "refused", 1, Enhed=f"{SECRET} {cpr}")
        for number, cpr in enumerate(CPR)
    ),
    _rows("a CPR-shaped number as a count", "refused", 1, Antal=CPR[0]),
    _rows("CPR-shaped numbers without their nought", "refused", ROWS, Enhed="101801234"),
    _text("a CPR-shaped number in a title", "refused", lambda text, _: f"Udtræk af {CPR[1]}\r\n{text}"),
    _text("a CPR-shaped number below the table", "refused", lambda text, _: f"{text}Kilde: {CPR[0]}\r\n"),
    _cells("a CPR-shaped number as a number", "refused", (1, 1, int(CPR[2]))),
    _book("a CPR-shaped number in a hidden sheet", "refused",
          _two_sheets(lambda _: [[SECRET], [CPR[1]]], "Noter", hidden=["Noter"])),
    _book("a CPR-shaped number in a comment", "refused", _commented),
    _book("a CPR-shaped number in a property", "refused",
          lambda town: town.book(change=lambda book: book.set_properties({"subject": CPR[0]}))),
)  # fmt: skip


def _shares(count_id: str, **cells: str) -> bytes:
    """Return national figures of a count; `cells` change the first row."""
    channels = ("Selvbetjening", "Telefon", "Brev", "Mail")
    rows = [make.share(Tælling=count_id, Kanal=channel, Andel="12,5 %") for channel in channels]
    return make.csv_bytes([rows[0] | cells, *rows[1:]])


OTHERS = (
    Fault("enrolment with an unknown age group", "rows=1", lambda town: town.enrolments(Aldersgruppe="12-14 år")),
    Fault("enrolment with an unknown status", "rows=1", lambda town: town.enrolments(Status=f"{SECRET}status")),
    Fault("enrolment on a day that does not exist", "rows=1",
          lambda town: town.enrolments(Opgørelsesdato="31-11-2014")),
    Fault("enrolment twice", "rows=2", lambda town: town.enrolments(Status="Fritaget")),
    Fault("enrolment that is suppressed", "held", lambda town: town.enrolments(Antal="<5")),
    Fault("enrolment of another name", "held", lambda town: town.enrolments(Kommune="Atlantis")),
    Fault("national shares with a point", "rows=1", lambda _: _shares("2014E", Andel="41.9 %")),
    Fault("national shares over 100 %", "rows=1", lambda _: _shares("2013E", Andel="141,9 %")),
    Fault("national shares of an unknown count", "held", lambda _: _shares("2041E")),
    Fault("national shares without a line end", "held", lambda _: _shares("2012E")[:-2]),
)  # fmt: skip

GOOD = (
    *(Fault(f"good tallies {number}", "accepted", lambda town: town.csv(encoding="cp1252")) for number in (1, 2, 3)),
    *(_cells(f"good system counts {number}", "accepted") for number in (1, 2)),
    Fault("good enrolment", "accepted", lambda town: town.enrolments()),
)

FAULTS = (*CELLS, *TEXTS, *KINDS, *BOOKS, *PERSONAL, *OTHERS)
