"""A column of many rows has few distinct values: what is reckoned once a value and then stands in every row."""

import polars as pl


def reckoned(frame: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    """Return what `frame.select(expression)` gives, reckoned once for each distinct value of the column it reads.

    Args:
        expression: of one column, row by row: what it gives for a cell depends on that cell alone.
    """
    (name,) = set(expression.meta.root_names())
    column = frame[name]
    values = column.unique()
    if 2 * len(values) >= len(column):
        return frame.select(expression).to_series()
    results = values.to_frame().select(expression).to_series()
    if results.dtype == values.dtype and results.equals(values):
        return column.alias(results.name)
    return column.replace_strict(values, results, return_dtype=results.dtype).alias(results.name)
