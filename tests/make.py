"""Small made-up deliveries: rows in, bytes out, and what the reader makes of them."""

import datetime as dt
import io
from collections.abc import Callable, Iterable
from typing import Any

import polars as pl
import xlsxwriter

from schemas.sources import Source
from schemas.terms import Count, Terms
from transforms import delivery
from transforms.parsed import Parsed
from transforms.status_data import CountFacts, StatusData

BOTH = (Source.TRACETOOL, Source.SYSTEMTAL)
COUNTS = (
    Count("2012F", "2012-W17", "2012-W19", "2012", BOTH),
    Count("2012E", "2012-W43", "2012-W45", "2012", BOTH),
    Count("2013E", "2013-W43", "2013-W45", "2012", BOTH),
    Count("2014E", "2014-W43", "2014-W45", "2012", BOTH),
)
TASKS = frozenset({"32.03.12", "09.15.04", "32.30.04"})
TERMS = Terms({count.count_id: count for count in COUNTS}, {"2012": TASKS})


def terms(**changes: Any) -> Terms:
    return Terms(**{"counts": TERMS.counts, "task_packages": TERMS.task_packages} | changes)


# --- CSV -------------------------------------------------------------------------------------------

TALLY = {
    "Tælling": "2014E",
    "Uge": "43",
    "Dato": "20-10-2014",
    "Kommunenr": "183",
    "Kommune": "Ishøj",
    "Enhed": "Borgerservice",
    "KLE-nr": "32.03.12",
    "Opgave": "Førtidspension",
    "Kanal": "Telefon",
    "Retning": "Indgående",
    "Henvendelsestype": "Transaktion",
    "Straksafsluttet": "Ja",
    "Antal": "2",
}
SHARE = {
    "Tælling": "2014E",
    "Måltal": "Andel af henvendelser",
    "Retning": "Indgående",
    "Kanal": "Selvbetjening",
    "Andel": "41,9 %",
}
ENROLMENT = {
    "Opgørelsesdato": "01-12-2014",
    "Kommunekode": "0183",
    "Kommune": "Ishøj",
    "Aldersgruppe": "15-24 år",
    "Status": "Tilmeldt",
    "Antal": "1283",
}


def tally(**changes: str) -> dict[str, str]:
    """One TraceTool row; `KLE` stands for the column KLE-nr."""
    if "KLE" in changes:
        changes["KLE-nr"] = changes.pop("KLE")
    return TALLY | changes


def tallies(number: int, **changes: str) -> list[dict[str, str]]:
    return [tally(**changes)] * number


def share(**changes: str) -> dict[str, str]:
    return SHARE | changes


def enrolment(**changes: str) -> dict[str, str]:
    return ENROLMENT | changes


def csv_text(
    rows: Iterable[dict[str, str]],
    *,
    header: Iterable[str] | None = None,
    separator: str = ";",
    newline: str = "\r\n",
    above: Iterable[str] = (),
    below: Iterable[str] = (),
    final_newline: bool = True,
) -> str:
    """A delivery as text; `above` and `below` are whole lines around the table, cells are not quoted."""
    rows = list(rows)
    names = list(header or rows[0])
    lines = [separator.join(names), *(separator.join(row[name] for name in names) for row in rows)]
    return newline.join([*above, *lines, *below]) + (newline if final_newline else "")


def csv_bytes(rows: Iterable[dict[str, str]], encoding: str = "utf-8", **options: Any) -> bytes:
    return csv_text(rows, **options).encode(encoding)


# --- XLSX ------------------------------------------------------------------------------------------

TITLES = (["Systemtal til KOMHEN"], ["Kommune: Ishøj (183)"], ["Tælling: 2014E"], ["Uger: 43-45 2014"], [])
WIDE = (
    ["KLE-nr", "Opgave", "Henvendelsestype", "Selvbetjening", "Telefon", "I alt"],
    ["32.03.12", "Førtidspension", "Transaktion", 70, 5, 75],
    ["09.15.04", "Rotter", "Transaktion", 20, "-", 20],
    ["I alt", None, None, 90, 5, 95],
)


def wide(*changes: tuple[int, int, Any], titles: Iterable[list] = TITLES, table: Iterable[list] = WIDE) -> list[list]:
    """A sheet's rows; `changes` are (row, column, value) in the table, from 0, where row 0 is its header."""
    rows = [list(row) for row in table]
    for row, column, value in changes:
        rows[row][column] = value
    return [*(list(title) for title in titles), *rows]


def workbook_bytes(
    sheets: dict[str, list[list]],
    *,
    hidden: Iterable[str] = (),
    change: Callable[[xlsxwriter.Workbook], None] = lambda _: None,
) -> bytes:
    """A workbook; None leaves a cell out. `change` may add what rows cannot say: errors, comments …"""
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row_number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value is not None:
                        sheet.write(row_number, column, value)
            if name in hidden:
                sheet.hide()
        visible = next(sheet for sheet in book.worksheets() if sheet.name not in hidden)
        visible.activate()
        visible.set_first_sheet()
        change(book)
    return output.getvalue()


# --- What the reader makes of it -------------------------------------------------------------------


def read(content: bytes, file_name: str = "levering.csv", terms: Terms = TERMS) -> Parsed:
    return delivery.parse(file_name, content, terms)


def read_tallies(rows: Iterable[dict[str, str]], terms: Terms = TERMS, **options: Any) -> Parsed:
    return read(csv_bytes(rows, **options), terms=terms)


def read_wide(*changes: tuple[int, int, Any], name: str = "Indgående", **options: Any) -> Parsed:
    return read(workbook_bytes({name: wide(*changes, **options)}), "systemtal.xlsx")


def findings(parsed: Parsed) -> list[str]:
    return [each.rule for each in parsed.findings]


def rejected(parsed: Parsed) -> list[tuple[int, str, str]]:
    """(source row, column, rule) of each row set aside."""
    return sorted(parsed.rejected.select("source_row", "column_name", "rule").rows())


def broken_rules(parsed: Parsed) -> list[str]:
    return [rule for _, _, rule in rejected(parsed)]


def enquiry_total(parsed: Parsed) -> int:
    return int(parsed.facts["enquiry"]["enquiry_count"].sum())


def enquiries(*rows: tuple, **constants: str) -> pl.DataFrame:
    """Warehouse enquiries from (municipality, weeks, kle, channel, count); `constants` add columns."""
    names = ["municipality_code", "weeks", "kle", "channel", "enquiry_count"]
    schema = {name: pl.Int64 if name == "enquiry_count" else pl.String for name in names}
    more = {"count_id": "2014E", "direction": "inbound", "enquiry_type": "transaction"} | constants
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(value).alias(name) for name, value in more.items()
    )


# --- What the page says ----------------------------------------------------------------------------

STATUS_ROW = {
    "count_id": "2014E",
    "municipality_code": "183",
    "measure": "channel_share",
    "direction": "inbound",
    "channel": "in_person",
    "value": 0.186,
    "total_count": 10000,
    "previous_value": 0.388,
    "change_pp": -20.2,
    "target_kind": "at_most",
    "target_value": 0.14,
    "deadline": dt.date(2015, 12, 31),
    "baseline_count_id": "2012E",
    "baseline_value": 0.412,
    "line_value": 0.24,
    "first_reached_count_id": None,
    "national_value": 0.232,
    "national_method": "published",
    "status": "on_track",
    "reason": None,
}


def status_row(**changes: Any) -> dict[str, Any]:
    return STATUS_ROW | changes


def targets(*statuses: str, **changes: Any) -> list[dict[str, Any]]:
    return [status_row(status=status, **changes) for status in statuses]


def count_facts(year: int = 2014) -> CountFacts:
    first = dt.date.fromisocalendar(year, 43, 1)
    return CountFacts(f"{year}E", first, first + dt.timedelta(days=20), "2012", 45, 15)


def status_data(rows: list[dict] | None = None, **changes: Any) -> StatusData:
    strategy = {"name": "Kanalstrategi", "purpose": "Flere digitale henvendelser.", "contact": "Borgerservice"}
    data: dict[str, Any] = {
        "municipality_code": "183",
        "count": count_facts(),
        "previous": count_facts(2013),
        "common_task_count": 45,
        "target_status": [status_row()] if rows is None else rows,
        "comparable": [],
        "national_digital_post": [],
        "deliveries": [],
        "not_loaded": [],
        "settings": {"strategy": strategy, "note": [], "event": [], "min_cell": 5},
    }
    return StatusData(**data | changes)
