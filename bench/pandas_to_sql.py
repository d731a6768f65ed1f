"""The same work with pandas, pandera and to_sql.

python -m bench.pandas_to_sql INBOX DATABASE ANSWER
"""

import io
import sqlite3
import sys
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from bench import answer, terms
from bench.answer import GRAIN, Answer
from schemas.codes import (
    CHANNEL_WORDS,
    DIRECTION_WORDS,
    ENQUIRY_TYPE_WORDS,
    MUNICIPALITY_NAME_WORDS,
    MUNICIPALITY_WORDS,
    fold,
)

FOLDED = ("Kommunenr", "Kommune", "Kanal", "Retning", "Henvendelsestype")
RULES = {
    "Tælling": "count_id_invalid", "Uge": "week_invalid", "Dato": "date_invalid", "Kommunenr": "municipality_unknown",
    "Kommune": "municipality_name_missing", "KLE-nr": "kle_invalid", "Kanal": "channel_unknown",
    "Retning": "direction_unknown", "Henvendelsestype": "enquiry_type_unknown", "Antal": "number_invalid",
}  # fmt: skip


def _text(*checks: pa.Check, nullable: bool = False) -> pa.Column:
    return pa.Column(str, list(checks), nullable=nullable)


LAYOUT = pa.DataFrameSchema({
    "Tælling": _text(pa.Check.str_matches("^[0-9]{4}[EF]$")),
    "Uge": _text(pa.Check.str_matches("^[0-9]{1,2}$")),
    "Dato": _text(pa.Check.str_matches("^(0[1-9]|[12][0-9]|3[01])-(0[1-9]|1[0-2])-[0-9]{4}$")),
    "Kommunenr": _text(pa.Check.isin(list(MUNICIPALITY_WORDS))),
    "Kommune": _text(),
    "Enhed": _text(nullable=True),
    "KLE-nr": _text(pa.Check.str_matches(r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}$")),
    "Opgave": _text(nullable=True),
    "Kanal": _text(pa.Check.isin(list(CHANNEL_WORDS))),
    "Retning": _text(pa.Check.isin(list(DIRECTION_WORDS))),
    "Henvendelsestype": _text(pa.Check.isin(list(ENQUIRY_TYPE_WORDS))),
    "Straksafsluttet": _text(nullable=True),
    "Antal": _text(pa.Check.str_matches("^[0-9]{1,7}$")),
})  # fmt: skip
"""The layout as schemas/sources.py has it for Polars."""


def load(inbox: Path, database: Path) -> Answer:
    """Load the deliveries of an inbox into a new SQLite file, a transaction a file; return what it then says."""
    connection = sqlite3.connect(database)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    answer.make_tables(connection)
    connection.execute(answer.ENQUIRY_KEY)
    connection.commit()
    for delivery_id, path in enumerate(sorted(inbox.rglob("*.csv")), 1):
        frame = read(path.read_bytes())
        facts, rejected = check(frame)
        arrival = pd.DataFrame({"file_name": [path.name], "rows_read": len(frame), "rows_rejected": len(rejected)})
        for table, rows in (("delivery", arrival), ("rejected_row", rejected), ("enquiry", facts)):
            numbered = rows.assign(delivery_id=delivery_id)
            numbered.to_sql(table, connection, if_exists="append", index=False)
        connection.commit()
    found = answer.ask(connection)
    connection.close()
    return found


def read(content: bytes) -> pd.DataFrame:
    """Return a delivery as trimmed text under the layout's names, its index the physical line.

    Raises:
        ValueError: its header is not the layout's.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    frame = pd.read_csv(io.StringIO(text), sep=";", dtype=str, keep_default_na=False, na_values=[""])
    spelling = {fold(name): name for name in terms.HEADER}
    frame = frame.rename(columns=lambda name: spelling.get(fold(name), name))
    if set(frame.columns) != set(terms.HEADER):
        raise ValueError("the columns are not those of the layout")
    frame = frame.apply(lambda column: column.str.strip())
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame


def check(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the facts of a delivery, one row a grain, and (source_row, column_name, rule) of rows set aside.

    Raises:
        ValueError: a person must look at it first.
    """
    folded = frame.copy()
    for name in FOLDED:
        folded[name] = folded[name].str.normalize("NFC").str.replace(r"\s+", " ", regex=True).str.lower()
    broken = _broken_promises(folded)
    typed = _typed(folded.drop(index=broken["source_row"]))
    unfit = _unfit(typed)
    good = typed.drop(index=unfit["source_row"])
    rejected = pd.concat([broken, unfit])
    facts = good.groupby(list(GRAIN), as_index=False, sort=True)["enquiry_count"].sum()
    if terms.is_held(
        rows=len(frame),
        rejected=len(rejected),
        misnamed=int((good["named_code"] != good["municipality_code"]).sum()),
        outside=int(facts.loc[~facts["kle"].isin(list(terms.tasks())), "enquiry_count"].sum()),
        total=int(facts["enquiry_count"].sum()),
    ):
        raise ValueError("a person must look at the delivery")
    return facts, rejected


def _broken_promises(folded: pd.DataFrame) -> pd.DataFrame:
    """Return (source_row, column_name, rule) of each row with a cell that breaks the layout's promise."""
    try:
        LAYOUT.validate(folded, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.drop_duplicates("index")
        columns = cases["column"]
        return pd.DataFrame({
            "source_row": cases["index"].astype("int64"), "column_name": columns, "rule": columns.map(RULES),
        })  # fmt: skip
    return pd.DataFrame({"source_row": pd.Series(dtype="int64"), "column_name": pd.Series(dtype=str),
                         "rule": pd.Series(dtype=str)})  # fmt: skip


def _typed(kept: pd.DataFrame) -> pd.DataFrame:
    day = pd.to_datetime(kept["Dato"], format="%d-%m-%Y", errors="coerce")
    calendar = day.dt.isocalendar()
    return pd.DataFrame({
        "count_id": kept["Tælling"],
        "municipality_code": kept["Kommunenr"].map(MUNICIPALITY_WORDS),
        "named_code": kept["Kommune"].map(MUNICIPALITY_NAME_WORDS),
        "day": day,
        "week_number": kept["Uge"].astype("int64"),
        "day_week": calendar["week"],
        "week": calendar["year"].astype(str) + "-W" + calendar["week"].astype(str).str.zfill(2),
        "kle": kept["KLE-nr"],
        "channel": kept["Kanal"].map(CHANNEL_WORDS),
        "direction": kept["Retning"].map(DIRECTION_WORDS),
        "enquiry_type": kept["Henvendelsestype"].map(ENQUIRY_TYPE_WORDS),
        "enquiry_count": kept["Antal"].astype("int64"),
    })  # fmt: skip


def _unfit(typed: pd.DataFrame) -> pd.DataFrame:
    """Return (source_row, column_name, rule) of each row whose cells do not fit each other or the calendar."""
    count = next(count for count in terms.CALENDAR if count.count_id == typed["count_id"].mode()[0])
    first_day, last_day = pd.Timestamp(count.first_day), pd.Timestamp(count.last_day)
    pairs = {f"{channel} {way}" for channel, way in terms.PAIRS}
    rules = {
        "date_invalid": ("Dato", typed["day"].isna()),
        "count_unknown": ("Tælling", typed["count_id"] != count.count_id),
        "date_outside_count": ("Dato", ~typed["day"].between(first_day, last_day)),
        "week_date_disagree": ("Uge", (typed["day_week"] != typed["week_number"]).fillna(value=True)),
        "channel_not_in_direction": ("Kanal", ~(typed["channel"] + " " + typed["direction"]).isin(pairs)),
    }
    found = [
        pd.DataFrame({"source_row": typed.index[broken], "column_name": column, "rule": rule})
        for rule, (column, broken) in rules.items()
    ]
    return pd.concat(found).drop_duplicates("source_row")


if __name__ == "__main__":
    load(Path(sys.argv[1]), Path(sys.argv[2])).write(Path(sys.argv[3]))
