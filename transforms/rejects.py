"""(model, frame) -> the rows that keep the promise, and the rows that break it with rule and row."""

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from schemas.rules import Finding, finding
from transforms.table import FIELDS_AGREE, SOURCE_ROW

MUNICIPALITY = "municipality_code"
REJECTED = {
    SOURCE_ROW: pl.Int64,
    "column_name": pl.String,
    "rule": pl.String,
    MUNICIPALITY: pl.String,
}
FREE_ROWS = 3
"""So many rows of a municipality may always be set aside."""


def split(model: type[pa.DataFrameModel], frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part `frame` by what `model` promises.

    Args:
        model: a source model; `metadata["rule"]` of each column names the rule that a bad cell breaks.
        frame: text columns of the model, `source_row`, `fields_agree` and `municipality_code`.

    Returns:
        The rows that keep every rule, and (source_row, column_name, rule, municipality_code), one a
        broken row: the first broken column of the model's order.

    Raises:
        AssertionError: the frame has not the model's columns; the header was to be checked before.
    """
    agree = frame.filter(pl.col(FIELDS_AGREE))
    short = frame.filter(~pl.col(FIELDS_AGREE)).select(
        SOURCE_ROW, pl.lit("").alias("column_name"), pl.lit("field_count").alias("rule"), MUNICIPALITY
    )
    schema = model.to_schema()
    columns = list(schema.columns)
    failures = _failures(model, agree.select(columns))
    rules = {name: (column.metadata or {}).get("rule", "") for name, column in schema.columns.items()}
    first = (
        failures.with_columns(
            pl.col("column").replace_strict(columns, list(range(len(columns))), return_dtype=pl.Int64).alias("rank")
        )
        .sort("index", "rank")
        .unique("index", keep="first", maintain_order=True)
    )
    broken = (
        agree.select(SOURCE_ROW, MUNICIPALITY)
        .with_row_index("index")
        .join(first.with_columns(pl.col("index").cast(pl.UInt32)), on="index")
        .select(
            SOURCE_ROW,
            pl.col("column").alias("column_name"),
            pl.col("column").replace_strict(rules, return_dtype=pl.String).alias("rule"),
            MUNICIPALITY,
        )
    )
    kept = agree.with_row_index("index").join(
        first.select(pl.col("index").cast(pl.UInt32)), on="index", how="anti", maintain_order="left"
    )
    return kept.drop("index"), pl.concat([short, broken])


def _failures(model: type[pa.DataFrameModel], frame: pl.DataFrame) -> pl.DataFrame:
    """Return (column, index) of each broken cell; messages with values never leave this function."""
    try:
        model.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.select("column", "index")
    else:
        return pl.DataFrame(schema={"column": pl.String, "index": pl.Int64})
    assert cases["index"].null_count() == 0, f"{model.__name__}: the frame's columns do not fit the model"
    return cases


def split_by(frame: pl.DataFrame, rules: dict[str, tuple[str, pl.Expr]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part typed rows by rules between columns: rule -> (column to name, expression true where broken)."""
    first = pl.coalesce(pl.when(broken).then(pl.lit(rule)) for rule, (_, broken) in rules.items())
    marked = frame.with_columns(first.alias("rule"))
    names = {rule: column for rule, (column, _) in rules.items()}
    rejected = marked.filter(pl.col("rule").is_not_null()).select(
        SOURCE_ROW, pl.col("rule").replace_strict(names, return_dtype=pl.String).alias("column_name"), "rule",
        MUNICIPALITY,
    )  # fmt: skip
    return marked.filter(pl.col("rule").is_null()).drop("rule"), rejected


def keys_twice(frame: pl.DataFrame, key: list[str], column: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set aside every row whose key stands more than once: none of them can be trusted."""
    return split_by(frame, {"key_twice": (column, pl.struct(key).is_duplicated())})


def share_findings(read: pl.DataFrame, rejected: pl.DataFrame, max_share: float) -> list[Finding]:
    """Return a finding for each municipality that lost more than `max_share` of its rows, and over three.

    Args:
        read: (municipality_code, rows_read); null where the code is unknown, judged on all rows.
        rejected: the rejected rows.
    """
    total = int(read["rows_read"].sum())
    lost = rejected.group_by(MUNICIPALITY).agg(pl.len().alias("rejected"))
    both = read.join(lost, on=MUNICIPALITY, nulls_equal=True).sort(MUNICIPALITY)
    found = []
    for code, rows, gone in both.select(MUNICIPALITY, "rows_read", "rejected").iter_rows():
        base = total if code is None else rows
        if gone > FREE_ROWS and gone > max_share * base:
            name = "ukendt" if code is None else code
            found.append(finding("too_many_rejected", rejected=gone, read=base, municipality=name))
    if total == rejected.height:
        unknown = total > 0 and read[MUNICIPALITY].null_count() == read.height
        return [finding("no_known_municipality" if unknown else "no_valid_row")]
    return found
