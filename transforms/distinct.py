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
            coded text as plain; where it gives text again, that is coded alike.
    """
    roots = [expression.meta.root_names()[0] for expression in expressions]
    tables = _by_code(frame, {root for root in roots if is_coded(frame, root)})
    mapped = [
        _mapped(tables[root].select(expression).to_series(), root, frame.schema[root]) if root in tables else expression
        for root, expression in zip(roots, expressions, strict=True)
    ]
    codes = (pl.col(root).to_physical().fill_null(table.height - 1) for root, table in tables.items())
    return frame.with_columns(codes).select(mapped).get_columns()


def _by_code(frame: pl.DataFrame, names: Iterable[str]) -> dict[str, pl.DataFrame]:
    """Return for each coded column one row a code with the value it stands for, and a last row without a value."""
    distinct = {name: pl.col(name).unique(maintain_order=True).drop_nulls() for name in names}
    codes = frame.select(each.to_physical().implode() for each in distinct.values())
    texts = frame.select(each.cast(pl.String).implode() for each in distinct.values())
    tables = {}
    for name in distinct:
        known = dict(zip(codes[name][0].to_list(), texts[name][0].to_list(), strict=True))
        rows = [known.get(code) for code in range(max(known, default=-1) + 2)]
        tables[name] = pl.DataFrame({name: rows}, schema={name: pl.String})
    return tables


def _mapped(results: pl.Series, root: str, coding: pl.DataType) -> pl.Expr:
    """Return what stands in each row, where `root` holds its value's row among `results`."""
    result = pl.lit(results.cast(coding) if results.dtype == pl.String else results)
    return result.gather(pl.col(root)).alias(results.name)
