"""(model, frame) -> the rows that keep the promise, and the rows that break it with rule and row."""

from functools import cache

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from schemas.rules import Finding, finding
from transforms import distinct
from transforms.distinct import as_text
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
FEW_VALUES, MANY_VALUES = 1_000, 10_000
"""So many values of a column are remembered at once, and in all."""


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
    agree, short = _by_field_count(frame)
    schema = model.to_schema()
    between = [*schema.checks, *(schema.unique or [])]
    assert not between, f"{model.__name__}: a rule between columns is not asked here"
    bad = {name: _bad_values(model, each) for name, each in distinct.values(agree, list(schema.columns)).items()}
    rules = {name: (column.metadata or {}).get("rule", "") for name, column in schema.columns.items()}
    is_broken = {name: pl.col(name).is_in(values, nulls_equal=True) for name, values in bad.items() if values}
    if not is_broken:
        return agree, short
    first = pl.coalesce(pl.when(broken).then(pl.lit(name)) for name, broken in is_broken.items())
    marked = agree.with_columns(first.alias("column_name"))
    broken = marked.filter(pl.col("column_name").is_not_null()).select(
        SOURCE_ROW,
        "column_name",
        pl.col("column_name").replace_strict(rules, return_dtype=pl.String).alias("rule"),
        MUNICIPALITY,
    )
    return marked.filter(pl.col("column_name").is_null()).drop("column_name"), pl.concat([short, as_text(broken)])


def _by_field_count(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of as many fields as the header, and the others as rejected."""
    if frame[FIELDS_AGREE].all():
        return frame, pl.DataFrame(schema=REJECTED)
    short = frame.filter(~pl.col(FIELDS_AGREE)).select(
        SOURCE_ROW, pl.lit("").alias("column_name"), pl.lit("field_count").alias("rule"), MUNICIPALITY
    )
    return frame.filter(pl.col(FIELDS_AGREE)), as_text(short)


def _bad_values(model: type[pa.DataFrameModel], values: pl.Series) -> list[str | None]:
    """Return the values of a column that break its rule: a cell's verdict depends on its value alone.

    A call of pandera costs ten times what it does, so what it passed is remembered for the next deliveries.
    """
    known = _passed(model, values.name)
    new = [value for value in values.to_list() if value not in known]
    if not new:
        return []
    places = _failures(model, pl.DataFrame({values.name: new}, schema={values.name: values.dtype}))
    bad = [new[place] for place in sorted(set(places))]
    if len(new) <= FEW_VALUES and len(known) <= MANY_VALUES:
        known.update(set(new).difference(bad))
    return bad


@cache
def _passed(_model: type[pa.DataFrameModel], _column: str) -> set[str | None]:
    """Return the values of a model's column that keep its rule, as far as they are known."""
    return set()


def _failures(model: type[pa.DataFrameModel], frame: pl.DataFrame) -> list[int]:
    """Return the places of the broken cells of one column; messages with values never leave this function."""
    (name,) = frame.columns
    try:
        pa.DataFrameSchema({name: model.to_schema().columns[name]}, strict=True).validate(frame, lazy=True)
    except SchemaErrors as errors:
        places = errors.failure_cases["index"]
    else:
        return []
    assert places.null_count() == 0, f"{model.__name__}: the frame's columns do not fit the model"
    return places.to_list()


def split_by(frame: pl.DataFrame, rules: dict[str, tuple[str, pl.Expr]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part typed rows by rules between columns: rule -> (column to name, expression true where broken)."""
    first = pl.coalesce(pl.when(broken).then(pl.lit(rule)) for rule, (_, broken) in rules.items())
    marked = frame.with_columns(first.alias("rule"))
    if marked["rule"].null_count() == frame.height:
        return frame, pl.DataFrame(schema=REJECTED)
    names = {rule: column for rule, (column, _) in rules.items()}
    rejected = marked.filter(pl.col("rule").is_not_null()).select(
        SOURCE_ROW, pl.col("rule").replace_strict(names, return_dtype=pl.String).alias("column_name"), "rule",
        MUNICIPALITY,
    )  # fmt: skip
    return marked.filter(pl.col("rule").is_null()).drop("rule"), as_text(rejected)


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
    if total and not rejected.height:
        return []
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
