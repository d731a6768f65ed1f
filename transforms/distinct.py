"""A column of many rows has few distinct values: what is reckoned once a value and then stands in every row.

Text that came as columns is coded (Categorical): each row names its value by a number.
"""

from collections.abc import Iterable

import polars as pl


def coding() -> pl.Categorical:
    """Return the type of a delivery's coded text: one set of numbers for all of its columns, and for no other's."""
    return pl.Categorical(pl.Categories.random())


def is_coded(frame: pl.DataFrame, name: str) -> bool:
    """Tell whether a column is coded text."""
    return isinstance(frame.schema[name], pl.Categorical)


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose coded columns are plain text again."""
    coded = [name for name in frame.columns if is_coded(frame, name)]
    return frame.with_columns(pl.col(coded).cast(pl.String)) if coded else frame


def values(frame: pl.DataFrame, names: Iterable[str]) -> dict[str, pl.Series]:
    """Return the distinct values of some text columns as plain text, in their order."""
    lists = frame.select(pl.col(name).unique(maintain_order=True).cast(pl.String).implode() for name in names)
    return {column.name: column[0].rename(column.name) for column in lists}


def reckoned(frame: pl.DataFrame, *expressions: pl.Expr) -> list[pl.Series]:
    """Return what `frame.select(expressions)` gives, reckoned once for each distinct value of a coded column.

    Args:
        expressions: each of one column, row by row: what it gives for a cell depends on that cell alone. It sees
            coded text as plain; where it gives text again, that is coded alike. Coded columns are of one coding.
    """
    roots = [expression.meta.root_names()[0] for expression in expressions]
    coded = list(dict.fromkeys(root for root in roots if is_coded(frame, root)))
    if not coded:
        return frame.select(expressions).get_columns()
    vocabulary = _vocabulary(frame, coded)
    of_values = iter(
        vocabulary.select(each for each, root in zip(expressions, roots, strict=True) if root in coded).get_columns()
    )
    mapped = [
        _mapped(next(of_values), root, frame.schema[root]) if root in coded else expression
        for root, expression in zip(roots, expressions, strict=True)
    ]
    places = pl.col(coded).to_physical().fill_null(vocabulary.height - 1)
    return frame.with_columns(places).select(mapped).get_columns()


def _vocabulary(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Return one row a code: the value it stands for in each column that has it; and a last row without a value."""
    distinct = [pl.col(name).unique(maintain_order=True).drop_nulls() for name in names]
    lists = frame.select(
        *(each.to_physical().implode().alias(f"{name} codes") for name, each in zip(names, distinct, strict=True)),
        *(each.cast(pl.String).implode() for each in distinct),
    ).row(0)
    columns = [dict(zip(*pair, strict=True)) for pair in zip(lists[: len(names)], lists[len(names) :], strict=True)]
    codes = range(max((code for column in columns for code in column), default=-1) + 2)
    values = [[column.get(code) for code in codes] for column in columns]
    return pl.DataFrame(values, schema=dict.fromkeys(names, pl.String), orient="col")


def _mapped(results: pl.Series, root: str, dtype: pl.DataType) -> pl.Expr:
    """Return what stands in each row, where `root` holds the place of its value's result."""
    result = pl.lit(results).cast(dtype) if results.dtype == pl.String else pl.lit(results)
    return result.gather(pl.col(root)).alias(results.name)
