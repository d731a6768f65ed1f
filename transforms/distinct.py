"""A column of many rows has few distinct values: what is reckoned once a value and then stands in every row."""

import polars as pl


def values(frame: pl.DataFrame, names: list[str]) -> dict[str, pl.Series]:
    """Return the distinct values of some columns, in no order."""
    lists = frame.select(pl.col(name).unique().implode() for name in names)
    return {name: lists[name][0].rename(name) for name in names}


def reckoned(frame: pl.DataFrame, *expressions: pl.Expr) -> list[pl.Series]:
    """Return what `frame.select(expressions)` gives, reckoned once for each distinct value of its column.

    Args:
        expressions: each of one column, row by row: what it gives for a cell depends on that cell alone.
    """
    roots = [expression.meta.root_names()[0] for expression in expressions]
    distinct = values(frame, list(dict.fromkeys(roots)))
    mapped = [
        _mapped(pl.col(root), distinct[root], expression) if 2 * len(distinct[root]) < frame.height else expression
        for root, expression in zip(roots, expressions, strict=True)
    ]
    return frame.select(mapped).get_columns()


def _mapped(column: pl.Expr, values: pl.Series, expression: pl.Expr) -> pl.Expr:
    results = values.to_frame().select(expression).to_series()
    if results.dtype == values.dtype and results.equals(values):
        return column.alias(results.name)
    return column.replace_strict(values, results, return_dtype=results.dtype).alias(results.name)
