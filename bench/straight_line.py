"""The same work in a straight line: Polars, pandera and SQLite, as an engineer writes it for one machine and once.

python -m bench.straight_line INBOX DATABASE ANSWER

No ledger, no archive, no hash, no scan for CPR numbers, no child process, no history: what is measured against it
is what those cost. The deliveries' promise is the project's own model; nothing else of it is used.
"""

import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

import polars as pl
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
from schemas.sources import Tracetool

FOLDED = ("Kommunenr", "Kommune", "Kanal", "Retning", "Henvendelsestype")


def load(inbox: Path, database: Path) -> Answer:
    """Load the deliveries of an inbox into a new SQLite file, a transaction a file; return what it then says."""
    connection = open_database(database)
    for delivery_id, path in enumerate(sorted(inbox.rglob("*.csv")), 1):
        frame = read(path.read_bytes())
        facts, rejected = check(frame)
        connection.execute("begin immediate")
        connection.execute(
            "insert into delivery values (?, ?, ?, ?)", (delivery_id, path.name, frame.height, rejected.height)
        )
        _insert(connection, "rejected_row", delivery_id, rejected)
        _insert(connection, "enquiry", delivery_id, facts)
        connection.execute("commit")
    found = answer.ask(connection)
    connection.close()
    return found


def open_database(path: Path) -> sqlite3.Connection:
    """Return a new SQLite file with the tables, as durable as kanalstatus keeps its own."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("begin")
    answer.make_tables(connection)
    connection.execute(answer.ENQUIRY_KEY)
    connection.execute("commit")
    return connection


def _insert(connection: sqlite3.Connection, table: str, delivery_id: int, frame: pl.DataFrame) -> None:
    marks = ", ".join("?" * (frame.width + 1))
    rows: Iterable[tuple] = ((delivery_id, *row) for row in frame.iter_rows())
    connection.executemany(f"insert into {table} values ({marks})", rows)  # noqa: S608 - names of ours


def read(content: bytes) -> pl.DataFrame:
    """Return a delivery as trimmed text under the layout's names, with `source_row`.

    Raises:
        ValueError: its header is not the layout's.
    """
    try:
        frame = _text(content)
    except pl.exceptions.ComputeError:
        frame = _text(content.decode("cp1252").encode())
    spelling = {fold(name): name for name in terms.HEADER}
    frame = frame.rename({name: spelling.get(fold(name), name) for name in frame.columns})
    if set(frame.columns) != set(terms.HEADER):
        raise ValueError("the columns are not those of the layout")
    trimmed = pl.all().str.strip_chars()
    return frame.select(pl.when(trimmed != "").then(trimmed)).with_row_index("source_row", 2)


def _text(content: bytes) -> pl.DataFrame:
    return pl.read_csv(content, separator=";", infer_schema=False)


def check(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the facts of a delivery, one row a grain, and (source_row, column_name, rule) of rows set aside.

    Raises:
        ValueError: a person must look at it first.
    """
    folded = frame.with_columns(
        pl.col(name).str.normalize("NFC").str.replace_all(r"\s+", " ").str.to_lowercase() for name in FOLDED
    )
    broken = _broken_promises(folded)
    kept = folded.join(broken.select("source_row"), on="source_row", how="anti", maintain_order="left")
    typed = _typed(kept)
    unfit = _unfit(typed)
    good = typed.join(unfit.select("source_row"), on="source_row", how="anti")
    rejected = pl.concat([broken, unfit])
    facts = good.group_by(GRAIN).agg(pl.col("enquiry_count").sum()).sort(GRAIN)
    outside = facts.filter(~pl.col("kle").is_in(list(terms.tasks())))["enquiry_count"].sum()
    misnamed = good.filter(pl.col("named_code").ne_missing(pl.col("municipality_code"))).height
    total = facts["enquiry_count"].sum()
    if terms.is_held(rows=frame.height, rejected=rejected.height, misnamed=misnamed, outside=outside, total=total):
        raise ValueError("a person must look at the delivery")
    return facts, rejected


def _broken_promises(folded: pl.DataFrame) -> pl.DataFrame:
    """Return (source_row, column_name, rule) of each row with a cell that breaks the layout's promise."""
    columns = Tracetool.to_schema().columns
    try:
        Tracetool.validate(folded.select(list(columns)), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.select("column", "index")
    else:
        cases = pl.DataFrame(schema={"column": pl.String, "index": pl.UInt32})
    if cases["index"].null_count():
        raise ValueError("the frame does not fit the model")
    rules = {name: (column.metadata or {}).get("rule", "") for name, column in columns.items()}
    return cases.unique("index", keep="first").select(
        (pl.col("index") + 2).cast(pl.UInt32).alias("source_row"),
        pl.col("column").alias("column_name"),
        pl.col("column").replace_strict(rules, return_dtype=pl.String).alias("rule"),
    )


def _typed(kept: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("Dato").str.to_date("%d-%m-%Y", strict=False)
    return kept.select(
        "source_row",
        pl.col("Tælling").alias("count_id"),
        pl.col("Kommunenr").replace_strict(MUNICIPALITY_WORDS).alias("municipality_code"),
        pl.col("Kommune").replace_strict(MUNICIPALITY_NAME_WORDS, default=None).alias("named_code"),
        day.alias("day"),
        pl.col("Uge").cast(pl.Int8).alias("week_number"),
        pl.format("{}-W{}", day.dt.iso_year(), day.dt.week().cast(pl.String).str.zfill(2)).alias("week"),
        pl.col("KLE-nr").alias("kle"),
        pl.col("Kanal").replace_strict(CHANNEL_WORDS).alias("channel"),
        pl.col("Retning").replace_strict(DIRECTION_WORDS).alias("direction"),
        pl.col("Henvendelsestype").replace_strict(ENQUIRY_TYPE_WORDS).alias("enquiry_type"),
        pl.col("Antal").cast(pl.Int64).alias("enquiry_count"),
    )


def _unfit(typed: pl.DataFrame) -> pl.DataFrame:
    """Return (source_row, column_name, rule) of each row whose cells do not fit each other or the calendar."""
    count = next(count for count in terms.CALENDAR if count.count_id == typed["count_id"].mode().sort()[0])
    pairs = [f"{channel} {way}" for channel, way in terms.PAIRS]
    rules = {
        "date_invalid": ("Dato", pl.col("day").is_null()),
        "count_unknown": ("Tælling", pl.col("count_id") != count.count_id),
        "date_outside_count": ("Dato", ~pl.col("day").is_between(count.first_day, count.last_day)),
        "week_date_disagree": ("Uge", pl.col("day").dt.week() != pl.col("week_number")),
        "channel_not_in_direction": ("Kanal", ~pl.concat_str("channel", "direction", separator=" ").is_in(pairs)),
    }
    first = pl.coalesce(pl.when(broken).then(pl.lit(rule)) for rule, (_, broken) in rules.items())
    names = {rule: column for rule, (column, _) in rules.items()}
    marked = typed.select("source_row", first.alias("rule")).drop_nulls()
    return marked.select(
        "source_row", pl.col("rule").replace_strict(names, return_dtype=pl.String).alias("column_name"), "rule"
    )


if __name__ == "__main__":
    load(Path(sys.argv[1]), Path(sys.argv[2])).write(Path(sys.argv[3]))
