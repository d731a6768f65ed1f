"""Warehouse models -> SQLAlchemy tables, for SQLite (STRICT) and PostgreSQL. The only type map."""

import datetime as dt
from collections.abc import Callable

import pandera.polars as pa
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from schemas.warehouse import TABLES, Table


class UtcTimestamp(sa.TypeDecorator):
    """A point in time, always UTC; SQLite keeps no zone, so it is put back when read."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Store UTC."""
        return value.astimezone(dt.UTC) if value else None

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Give back UTC."""
        return value.replace(tzinfo=dt.UTC) if value and value.tzinfo is None else value


TYPES: dict[type, type[sa.types.TypeEngine]] = {
    int: sa.BigInteger,
    str: sa.Text,
    float: sa.Double,
    bool: sa.Boolean,
    dt.date: sa.Date,
    dt.datetime: UtcTimestamp,
}
_STRICT = {sa.BigInteger: "INTEGER", sa.Double: "REAL", sa.Boolean: "INTEGER", sa.Date: "TEXT", sa.DateTime: "TEXT"}


def _as_strict(name: str) -> Callable[..., str]:
    return lambda *_, **__: name


for _type, _name in _STRICT.items():
    compiles(_type, "sqlite")(_as_strict(_name))


def _checks(name: str, column: sa.Column, field: pa.Column, *, is_large: bool) -> list[sa.CheckConstraint]:
    """Return the model's value rules as constraints, and that SQLite's text dates are dates."""
    found = []
    for check in field.checks:
        limits = check.statistics
        if "allowed_values" in limits:
            codes = limits["allowed_values"]
            # SQLite makes a list of codes anew for each statement, and looks rows up in it at thrice the cost.
            found.append(sa.or_(*(column == code for code in codes)) if is_large else column.in_(codes))
        if "min_value" in limits:
            found.append(column >= limits["min_value"])
        if "max_value" in limits:
            found.append(column <= limits["max_value"])
    constraints = [
        sa.CheckConstraint(each, name=f"{name}_{column.name}_{number}") for number, each in enumerate(found, 1)
    ]
    if isinstance(column.type, sa.Date):
        is_date = sa.CheckConstraint(column.op("is")(sa.func.date(column, "+0 days")), name=f"{name}_{column.name}_day")
        constraints.append(is_date.ddl_if(dialect="sqlite"))
    return constraints


def _index(name: str, column: sa.Column) -> sa.Index:
    """Return an index to find equal values by; PostgreSQL's default kind refuses texts over 2 700 bytes."""
    kind = "hash" if isinstance(column.type, sa.Text) else "btree"
    return sa.Index(f"ix_{name}_{column.name}", column, postgresql_using=kind)


def _table(name: str, model: type[Table], metadata: sa.MetaData) -> sa.Table:
    schema = model.to_schema()
    hints = model.__annotations__
    columns: list[sa.Column] = []
    constraints: list[sa.CheckConstraint | sa.Index] = []
    is_large = getattr(model.Config, "metadata", {}).get("is_large", False)
    for column_name, field in schema.columns.items():
        references = (field.metadata or {}).get("references")
        column = sa.Column(
            column_name,
            TYPES[hints[column_name]],
            *([sa.ForeignKey(references)] if references else []),
            primary_key=column_name in schema.unique,
            autoincrement=False,
            nullable=field.nullable,
            comment=field.description,
        )
        columns.append(column)
        constraints += _checks(name, column, field, is_large=is_large)
        if (field.metadata or {}).get("indexed"):
            constraints.append(_index(name, column))
    return sa.Table(
        name,
        metadata,
        *columns,
        *constraints,
        sqlite_strict=True,
        sqlite_with_rowid=not is_large,
        comment=model.__doc__,
    )


def build_metadata() -> sa.MetaData:
    """Return the MetaData of every warehouse table, keys and checks included."""
    metadata = sa.MetaData()
    for name, model in TABLES.items():
        _table(name, model, metadata)
    return metadata


METADATA = build_metadata()
