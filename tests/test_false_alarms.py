"""Are good deliveries accepted whole, however oddly they are written?"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from schemas.codes import CHANNELS, Direction
from tests import make
from tests.faults import CELL, PERSONS, ROWS, SECRET, TALLY, TASKS, Finished, Place, Row, Town, resheeted

WHOLE, BOOK = ROWS * TALLY, 7 * CELL
TOWNS = {town.code: town for town in Town.all()}


@dataclass(frozen=True)
class Quirk:
    """Good deliveries of a municipality in the order of their arrival, and the total that they put in force."""

    what: str
    total: int
    contents: Callable[[Town], list[bytes]]
    extension: str = ".csv"
    code: str | None = None


def _text(what: str, change: Callable[[str], str], encoding: str = "utf-8", **options: Any) -> Quirk:
    return Quirk(what, WHOLE, lambda town: [change(town.text(**options)).encode(encoding)])


def _same(text: str) -> str:
    return text


def _unit(what: str, unit: str) -> Quirk:
    return Quirk(f"a unit with {what}", WHOLE, lambda town: [town.csv(town.changed(5, Enhed=unit))])


def _cells(what: str, **cells: str) -> Quirk:
    def content(town: Town) -> list[bytes]:
        return [town.csv(town.changed(9, **{name: cell.format(town=town) for name, cell in cells.items()}))]

    return Quirk(what, WHOLE, content)


def _named(code: str, name: str) -> Quirk:
    return Quirk(f"{name} for {code}", WHOLE, lambda town: [town.csv(town.changed(ROWS, Kommune=name))], code=code)


def _rows(number: int) -> Quirk:
    return Quirk(f"a file of {number} rows", number * TALLY, lambda town: [town.csv(town.rows(number))])


def _wide(what: str, content: Callable[[Town], bytes | list[bytes]], total: int = BOOK) -> Quirk:
    def contents(town: Town) -> list[bytes]:
        made = content(town)
        return made if isinstance(made, list) else [made]

    return Quirk(what, total, contents, ".xlsx")


def _sheet(what: str, change: Callable[[list[list]], list[list]]) -> Quirk:
    return _wide(what, lambda town: make.workbook_bytes({"Indgående": change(town.sheet())}))


def _decorated(what: str, change: Callable[[Any], object]) -> Quirk:
    """A workbook whose sheet has more than cells; `change` gets the book's first sheet."""
    return _wide(what, lambda town: town.book(change=lambda book: change(book.worksheets()[0])))


def _titled(what: str, place: int, title: str) -> Quirk:
    def content(town: Town) -> bytes:
        titles = town.titles
        titles[place] = [title.format(town=town)]
        return make.workbook_bytes({"Indgående": town.sheet(titles=titles)})

    return _wide(what, content)


def _quoted(text: str) -> str:
    lines = (";".join(f'"{cell}"' for cell in line.split(";")) for line in text.splitlines())
    return "".join(f"{line}\r\n" for line in lines)


def _header(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        header, body = text.split("\r\n", 1)
        return f"{change(header)}\r\n{body}"

    return changed


def _numbers(town: Town, numbers: list[int]) -> bytes:
    rows = town.rows(len(numbers))
    return town.csv([row | {"Antal": str(number)} for row, number in zip(rows, numbers, strict=True)])


def _weekly(town: Town) -> list[bytes]:
    return [town.csv([row for row in town.rows() if row["Uge"] == week]) for week in ("43", "44", "45")]


def _every_alias(town: Town) -> list[Row]:
    (row,) = town.rows(1)
    labels = {Direction.INBOUND: "Indgående", Direction.OUTBOUND: "Udgående"}
    return [
        row | {"Kanal": alias, "Retning": labels[direction]}
        for facts in CHANNELS.values()
        for alias in (facts.label, *facts.aliases)
        for direction in facts.directions
    ]


def _national(_: Town) -> list[bytes]:
    towns = list(TOWNS.values())[:30]
    rows = [row for town in towns for row in town.rows(1 if town.code == "183" else ROWS, count_id="2012E")]
    return [make.csv_bytes(rows)]


def _with_channel(rows: list[list], *cells: object) -> list[list]:
    """Put a column SMS with these cells before the sheet's column I alt."""
    table = zip(rows[5:], ("SMS", *cells), strict=True)
    return [*rows[:5], *([*row[:6], cell, row[6]] for row, cell in table)]


def _with_looks(book: Any) -> None:
    for row in range(40, 2000, 40):
        book.worksheets()[0].write_blank(row, 9, None, book.add_format({"bold": True}))
    book.worksheets()[0].write_number(6, 3, CELL, book.add_format({"num_format": "#,##0"}))


def _with_charts(book: Any) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "='Indgående'!$D$7:$D$9"})
    book.worksheets()[0].insert_chart("J2", chart)


ALIASES = sum(len(facts.directions) * (1 + len(facts.aliases)) for facts in CHANNELS.values())
SMALL = [["KLE-nr", "Opgave", "Henvendelsestype", "Brev", "I alt"], [TASKS[0], SECRET, "Transaktion", CELL, CELL],
         ["I alt", None, None, CELL, CELL]]  # fmt: skip
MONEY = [["KLE-nr", "Opgave", "Henvendelsestype", "NemRefusion", "Selvbetjening", "I alt"],
         [TASKS[0], SECRET, "Transaktion", 30, 40, 70], ["I alt", None, None, 30, 40, 70]]  # fmt: skip

UNITS = tuple(
    _unit(what, unit)
    for what, unit in {
        "a P-number that is no date": "P-nr. 1099887766",
        "a P-number whose day is no day": "3200112233",
        "a number of eight digits": "12345678",
        "a telephone number": "+45 43 57 75 75",
        "an EAN number of thirteen digits": "5790001234567",
        "a case number": "20141020-1234",
        "a span of dates": "201014-271014",
        "a doubled quote": f'"{SECRET} ""Syd"""',
        "a quoted separator": f'"{SECRET}; syd"',
        "a quoted line break": f'"{SECRET}\nsyd"',
        "a comma": f"{SECRET}, syd",
        "a formula": "=1+1",
        "a sign": "@bruger",
        "markup": "<b>fed</b>",
        "an apostrophe": "Borger's",
        "a letter from elsewhere": "Ünïté 部 🐟",
        "ten thousand letters": "x" * 10_000,
        "nothing": "",
        "blanks": "   ",
        "the words I alt": "I alt",
        "the word Kilde": "Kilde: KL",
    }.items()
)

TEXTS = (
    _text("line feeds alone", _same, newline="\n"),
    _text("carriage returns alone", _same, newline="\r"),
    _text("line ends of both kinds", lambda text: text.replace("\r\n", "\n", 7)),
    _text("commas", _same, separator=","),
    _text("tabs behind a mark", _same, encoding="utf-8-sig", separator="\t"),
    _text("Excel's Unicode text", _same, encoding="utf-16", separator="\t"),
    _text("UTF-16 the other way round", lambda text: f"\ufeff{text}", encoding="utf-16-be"),
    _text("Windows-1252 with a dash of its own", lambda text: f"Uge 43\u201345\r\n{text}", encoding="cp1252"),
    _text("decomposed letters", lambda text: unicodedata.normalize("NFD", text)),
    _text("a sep line behind a mark", lambda text: f"\ufeffsep=;\r\n{text}"),
    _text("a sep line that says tab", lambda text: f"sep=\t\r\n{text}", separator="\t"),
    _text("every field quoted", _quoted),
    _text("separators at the end of every line", lambda text: text.replace("\r\n", ";\r\n")),
    _text("separators at the end of rows alone", lambda text: text.replace("Ja;2\r\n", "Ja;2;;\r\n")),
    _text("lines of separators below, as Excel leaves them", lambda text: text + (";" * 12 + "\r\n") * 30),
    _text("blank lines above and below", lambda text: f"\r\n\r\n{text}\r\n\r\n \r\n"),
    _text("titles with separators", lambda text: f"Udtræk;TraceTool;;\r\nPeriode: 43, 44, 45;;\r\n\r\n{text}"),
    _text("a title that says I alt", lambda text: f"I alt antal henvendelser\r\n{text}"),
    _text("a source below", lambda text: f"{text}\r\nKilde: TraceTool, udtræk af 10-11-2014\r\n"),
    _text("a total below", lambda text: f"{text}I alt;{WHOLE}\r\n"),
    _text("a total in its own column", lambda text: f"{text}I alt:{';' * 12}{WHOLE}\r\nKilde: KL\r\n"),
    _text("a total below and no line end", lambda text: f"{text}I alt;{WHOLE}"),
    _text("a header in capitals", _header(str.upper)),
    _text("a header in small letters", _header(str.lower)),
    _text("a header with blanks", _header(lambda header: header.replace(";", " ;\u00a0"))),
    _text("a header with two nameless columns", _header(lambda header: f"{header};;")),
    _text("columns in another order", _same, header=reversed(make.TALLY)),
    _text("no column Straksafsluttet", _same, header=[name for name in make.TALLY if name != "Straksafsluttet"]),
    Quirk("the extension in capitals", WHOLE, lambda town: [town.csv()], ".CSV"),
)  # fmt: skip

ROWS_OF_ALL_KINDS = (
    _cells("codes of four digits", Kommunenr="0{town.code}"),
    _cells("names with Kommune", Kommune="{town.name} Kommune"),
    _cells("blanks around every kind of cell", Kommunenr=" {town.code} ", Kanal=" SMS ", Antal=f" {TALLY}", Uge="44 ",
           Dato="28-10-2014\u00a0", Tælling="2014E ", Retning="udgående "),
    _cells("noughts before a number", Antal=f"000{TALLY}"),
    _cells("a type in other words of case", Henvendelsestype="GENEREL information"),
    _cells("an unknown Straksafsluttet", Straksafsluttet="måske"),
    _named("101", "Københavns Kommune"), _named("169", "Høje Taastrup"), _named("400", "Bornholms Regionskommune"),
    _named("580", "Åbenrå"), _named("751", "Århus Kommune"), _named("480", "Nordfyn"), _named("183", "ISHØJ KOMMUNE"),
    _named("820", "Vesthimmerland"), _named("173", "Lyngby Taarbæk"), _named("492", "Ærø"),
    *map(_rows, (1, 2, 3, 4)),
    Quirk("every alias of every channel", ALIASES * TALLY, lambda town: [town.csv(_every_alias(town))]),
    Quirk("the largest number that there is", 9_999_999, lambda town: [_numbers(town, [9_999_999])]),
    Quirk("a total with a thousands dot", 2400,
          lambda town: [town.csv(town.changed(ROWS, Antal="100"), below=["I alt;2.400"])]),
    Quirk("rows of nought", 50, lambda town: [_numbers(town, [0, 0, 50, 0, 0, 0])]),
    Quirk("weekly files", WHOLE, _weekly),
    Quirk("weekly files in another order", WHOLE, lambda town: _weekly(town)[::-1]),
    Quirk("a week that is corrected", WHOLE + 8,
          lambda town: [town.csv(), town.csv([row | {"Antal": "3"} for row in town.rows() if row["Uge"] == "44"])]),
    Quirk("weeks with holidays", 13 * TALLY, lambda town: [
        town.csv([*town.rows(8, "2015F", (18,)), *town.rows(4, "2015F", (19,)), *town.rows(1, "2015F", (20,))])]),
    Quirk("a real drop of 15 %", 850, lambda town: [_numbers(town, [100] * 10), _numbers(town, [85] * 10)]),
    Quirk("a rise to ten times as many", 1000, lambda town: [_numbers(town, [10] * 10), _numbers(town, [100] * 10)]),
    Quirk("a small channel that nobody used any more", 2000, lambda town: [
        town.csv([row | {"Antal": "100"} for row in town.rows(20)] + town.changed(1, number=1, Kanal="Mail")),
        town.csv([row | {"Antal": "100"} for row in town.rows(20)])]),
    Quirk("the same registration many times", 50 * TALLY, lambda town: [town.csv(town.rows(1) * 50)]),
    Quirk("two counts in two files", 2 * WHOLE, lambda town: [town.csv(), town.csv(town.rows(count_id="2013E"))]),
    Quirk("thirty municipalities, one of them small", (29 * ROWS + 1) * TALLY, _national),
    Quirk("enrolment", 4 * PERSONS, lambda town: [town.enrolments()]),
    Quirk("enrolment with codes of three digits and nobody exempt", 3 * PERSONS,
          lambda town: [town.enrolments(Kommunekode=town.code, Antal="0")]),
    Quirk("enrolment a month later", 7 * PERSONS + 90, lambda town: [
        town.enrolments(), town.enrolments(Antal="90").replace(b"01-12-2014", b"01-01-2015")]),
    Quirk("national shares in every spelling", 0, lambda _: [make.csv_bytes([
        make.share(Andel="73%"), make.share(Kanal="Mail", Andel="4 %"), make.share(Kanal="Brev", Andel="0,25\u00a0%"),
        make.share(Kanal="Digital Post", Retning="Udgående", Andel="66,3 %"),
        make.share(Måltal="Digital Post", Retning="", Kanal="Fritaget", Andel="10,6 %")])]),
)  # fmt: skip

BOOKS = (
    _sheet("a workbook as it should be", lambda rows: rows),
    _sheet("numbers as decimal numbers", lambda rows: [[float(c) if c == CELL else c for c in row] for row in rows]),
    _sheet("numbers as text", lambda rows: [[str(c) if isinstance(c, int) else c for c in row] for row in rows]),
    _sheet("numbers as text with blanks", lambda rows: [[f" {c} " if c == CELL else c for c in row] for row in rows]),
    _sheet("an empty column before the table", lambda rows: [[None, *row] for row in rows]),
    _sheet("titles far above", lambda rows: [*rows[:4], *([[]] * 20), *rows[5:]]),
    _sheet("titles in another order and place", lambda rows: [
        [], *([None, None, *row] for row in (rows[3], rows[1], rows[2])), [], *rows[5:]]),
    _sheet("titles in two cells", lambda rows: [
        *(line[0].split(" ", 1) if ": " in line[0] else line for line in rows[:4]), *rows[4:]]),
    _sheet("no line between titles and table", lambda rows: [*rows[1:4], *rows[5:]]),
    _sheet("empty rows in the table", lambda rows: [*rows[:6], [], rows[6], [], [], *rows[7:9], [], *rows[9:]]),
    _sheet("I ALT in capitals", lambda rows: [
        *rows[:5], [*rows[5][:-1], "I ALT"], *rows[6:9], ["I ALT:", *rows[9][1:]]]),
    _sheet("a source below", lambda rows: [*rows, [], ["Kilde: eget system"]]),
    _sheet("a channel that nobody counted", lambda rows: _with_channel(rows, "-", None, "-", "-")),
    _sheet("a channel counted and found to be nought", lambda rows: _with_channel(rows, 0, 0, 0, 0)),
    _titled("a code of four digits in the title", 1, "Kommune: {town.name} (0{town.code})"),
    _titled("a name with Kommune in the title", 1, "Kommune: {town.name} Kommune ({town.code})"),
    _titled("titles in capitals", 1, "KOMMUNE:  {town.name} ({town.code})"),
    _titled("one week", 3, "Uge: 44 2014"),
    _titled("weeks with a dash", 3, "Uger: 43\u201345 2014"),
    _wide("three weekly workbooks", lambda town: [
        make.workbook_bytes({"Indgående": town.sheet(titles=[*town.titles[:3], [f"Uge: {week} 2014"], []])})
        for week in (43, 44, 45)], 3 * BOOK),
    _wide("two directions", lambda town: make.workbook_bytes(
        {"Udgående": make.wide(titles=town.titles, table=SMALL), "Indgående": town.sheet()}), BOOK + CELL),
    _wide("the direction in small letters", lambda town: make.workbook_bytes({"indgående": town.sheet()})),
    _wide("a note that is visible", lambda town: make.workbook_bytes(
        {"Læs mig": [["Noter"], ["Telefonen var nede i uge 44"], ["Ring 43577575"]], "Indgående": town.sheet()})),
    _wide("a note that is hidden, and an empty sheet", lambda town: make.workbook_bytes(
        {"Indgående": town.sheet(), "Noter": [["KLE-nr", "Opgave"]], "Ark3": []}, hidden=["Noter"])),
    _wide("channels by their aliases", lambda town: town.book(
        (0, 3, "Selvbetjening (Adviser)"), (0, 4, "TELEFONI"), (0, 5, "Breve (og pakker)"))),
    _wide("two names of one channel", lambda town: make.workbook_bytes({"Indgående": town.sheet(table=MONEY)})),
    _wide("a sheet that claims to be larger than it is", lambda town: resheeted(
        town.book(), 'ref="A1:G10"', 'ref="A1:XFD1048576"')),
    _decorated("totals that are formulas with their values",
               lambda sheet: sheet.write_formula(6, 6, "=SUM(D7:F7)", None, 3 * CELL)),
    _decorated("a comment", lambda sheet: sheet.write_comment(6, 3, "Talt to gange, sag 20141020-1234")),
    _decorated("a filter, a frozen header and a protected sheet",
               lambda sheet: (sheet.autofilter(5, 0, 8, 6), sheet.freeze_panes(6, 0), sheet.protect())),
    _decorated("a title merged over the table", lambda sheet: sheet.merge_range(0, 0, 0, 6, "Systemtal")),
    _decorated("a header and a footer", lambda sheet: (sheet.set_header("&CSystemtal"), sheet.set_footer("&P af &N"))),
    _decorated("a link and a choice", lambda sheet: (
        sheet.write_url(12, 0, "https://example.dk", string="Kilde: example.dk"),
        sheet.data_validation("C7:C9", {"validate": "list", "source": ["Transaktion"]}))),
    _wide("a chart", lambda town: town.book(change=_with_charts)),
    _wide("cells with a look, far below without a value", lambda town: town.book(change=_with_looks)),
    _wide("properties of a document", lambda town: town.book(change=lambda book: book.set_properties(
        {"author": SECRET, "comments": "Udtræk 10-11-2014 kl. 08:15"}))),
)  # fmt: skip

QUIRKS = (*UNITS, *TEXTS, *ROWS_OF_ALL_KINDS, *BOOKS)
RUNS = ("units and texts", "rows", "workbooks")
RUN_OF = {quirk: name for name, quirks in zip(RUNS, ((*UNITS, *TEXTS), ROWS_OF_ALL_KINDS, BOOKS), strict=True)
          for quirk in quirks}  # fmt: skip


@dataclass(frozen=True)
class Delivered:
    """The runs and what came of every file: quirk -> its rows of the ledger, and what they put in force."""

    finished: list[Finished]
    rows: dict[Quirk, list[dict]]
    totals: dict[Quirk, int]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """Deliver each in a municipality of its own; in three runs, for there are more quirks than municipalities."""
    finished, rows, totals = [], {}, {}
    for run in RUNS:
        place = Place(tmp_path_factory.mktemp("quirks"))
        quirks = [quirk for quirk in QUIRKS if RUN_OF[quirk] == run]
        taken = {quirk.code for quirk in quirks}
        free = (town for town in TOWNS.values() if town.code not in taken)
        names = {}
        for number, quirk in enumerate(quirks):
            town = TOWNS[quirk.code] if quirk.code else next(free)
            for part, content in enumerate(quirk.contents(town)):
                names[f"{number:02}_{part}{quirk.extension}"] = quirk
                place.put(f"{number:02}_{part}{quirk.extension}", content)
        finished.append(place.run())
        for row in place.deliveries():
            quirk = names[row["file_name"]]
            rows.setdefault(quirk, []).append(row)
            totals[quirk] = totals.get(quirk, 0) + place.loaded(row["delivery_id"])
    return Delivered(finished, rows, totals)


def test_there_are_many_kinds():
    assert len(QUIRKS) >= 60


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.what)
def test_a_good_delivery_is_accepted_whole(quirk, delivered):
    for row in delivered.rows[quirk]:
        assert (row["status"], row["reason"], row["rows_rejected"]) == ("accepted", "", 0)


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.what)
def test_a_good_delivery_puts_its_whole_total_in_force(quirk, delivered):
    assert delivered.totals[quirk] == quirk.total


def test_nobody_is_alerted(delivered):
    assert [finished.code for finished in delivered.finished] == [0] * len(RUNS)
