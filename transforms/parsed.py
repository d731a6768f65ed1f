"""What reading a delivery gives: rows for the warehouse, rows set aside, and what is wrong with it."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from schemas.codes import MUNICIPALITY_WORDS
from schemas.rules import RULES, Finding, Level
from schemas.sources import Source
from transforms import danish
from transforms.distinct import as_text
from transforms.rejects import MUNICIPALITY, REJECTED

PARTITION = {
    "partition_name": pl.String,
    "count_id": pl.String,
    "municipality_code": pl.String,
    "weeks": pl.String,
    "first_week": pl.String,
    "last_week": pl.String,
    "as_of_date": pl.Date,
}
READ = {MUNICIPALITY: pl.String, "rows_read": pl.UInt32}


@dataclass(frozen=True)
class Parsed:
    """One delivery, read.

    `facts` holds warehouse rows without load_id, a frame a table; `partitions` what they cover;
    `read` the rows read (in a wide sheet: cells) for each municipality, null where it is unknown; `origins`, when
    asked for, the rows that each frame of `facts` is summed from, with their `source_row`.
    """

    source: Source | None
    findings: tuple[Finding, ...]
    facts: dict[str, pl.DataFrame] = field(default_factory=dict)
    partitions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PARTITION))
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTED))
    read: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=READ))
    origins: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """All rows read, over every municipality."""
        return int(self.read["rows_read"].sum())

    @property
    def level(self) -> Level | None:
        """The gravest level among the findings; None when every rule of the delivery is kept."""
        levels = {RULES[each.rule].level for each in self.findings}
        return next((each for each in (Level.REFUSED, Level.HELD) if each in levels), None)

    @cached_property
    def facts_sha256(self) -> str:
        """A hash of the facts, whatever the order of their rows and columns."""
        digest = hashlib.sha256()
        for table, frame in sorted(self.facts.items()):
            columns = sorted(frame.columns)
            digest.update(f"{table}\n{frame.select(columns).sort(columns).write_csv()}".encode())
        return digest.hexdigest()

    def only(self, column: str) -> str | None:
        """Return the one value of a partition column, None when there are several or none."""
        values = set(self.partitions[column].to_list()) - {None}
        return values.pop() if len(values) == 1 else None


def municipality(code_column: str) -> pl.Expr:
    """Return delivered municipality numbers as three-digit codes, null where unknown."""
    code = danish.folded(code_column).replace_strict(MUNICIPALITY_WORDS, default=None, return_dtype=pl.String)
    return code.alias(MUNICIPALITY)


def coded(column: str, words: dict[str, str]) -> pl.Expr:
    """Return a folded label column as codes; the model has checked that each label is known."""
    return pl.col(column).replace_strict(words, return_dtype=pl.String)


def rows_by_municipality(frame: pl.DataFrame) -> pl.DataFrame:
    """Return (municipality_code, rows_read) of a delivered frame."""
    return as_text(frame.group_by(MUNICIPALITY).agg(pl.len().alias("rows_read"))).sort(MUNICIPALITY)


def partitions(facts: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """Return the distinct partitions of `facts`: the columns given, the rest null, and their name."""
    given = facts.select(**columns).unique().sort(list(columns))
    whole = given.with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in PARTITION.items()
        if name not in columns and name != "partition_name"
    )
    parts = ("count_id", "municipality_code", "weeks", "as_of_date")
    name = pl.concat_str([pl.col(part).cast(pl.String) for part in parts], separator=" ", ignore_nulls=True)
    return whole.with_columns(name.alias("partition_name")).select(list(PARTITION))
