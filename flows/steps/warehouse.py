"""The warehouse: connections, tables, views, checks, and frames in and out."""

import datetime as dt
import graphlib
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any

import polars as pl
import sqlalchemy as sa

from schemas.tables import METADATA

BUSY_SECONDS = 60
SQL = resources.files("sql")
VERSION_VIEW = "warehouse_version"


class CheckFailed(Exception):
    """A check found offenders; the transaction it ran in is rolled back."""

    def __init__(self, check: str, offenders: int) -> None:
        self.check = check
        super().__init__(f"check {check}: {offenders} offenders")


def connect(url: str) -> sa.Engine:
    """Return an engine; SQLite with foreign keys, WAL, synchronous FULL and a lock taken only by writers."""
    engine = sa.create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("begin immediate" if writes else "begin")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection inside one transaction that may write; an exception undoes it."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def trying(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection inside a transaction that is always undone: for plans."""
    with engine.connect().execution_options(writes=True) as connection:
        transaction = connection.begin()
        try:
            prepare_in(connection)
            yield connection
        finally:
            transaction.rollback()


@contextmanager
def looking(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection to look with, also into a warehouse whose views are of another version."""
    with engine.connect() as connection:
        is_current = _views_version(connection) == _version()
    with reading(engine) if is_current else trying(engine) as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection inside one transaction that reads one state of the warehouse."""
    with engine.connect() as connection, connection.begin():
        yield connection


@cache
def views() -> dict[str, str]:
    """Return view name -> select, in an order in which each comes after those that it reads."""
    selects = {
        file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in (SQL / "views").iterdir()
        if file.name.endswith(".sql")
    }  # fmt: skip
    words = {name: set(re.findall(r"(?:from|join)\s+(\w+)", text)) for name, text in selects.items()}
    reads = {name: found & selects.keys() - {name} for name, found in words.items()}
    return {name: selects[name] for name in graphlib.TopologicalSorter(reads).static_order()}


@cache
def checks() -> dict[str, str]:
    """Return check name -> select that returns offenders."""
    files = sorted((file for file in (SQL / "checks").iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    return {file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in files}


def prepare(engine: sa.Engine) -> None:
    """Make tables that are missing, and the views when their text has changed."""
    with engine.connect() as connection:
        is_current = _views_version(connection) == _version()
    if not is_current:
        with writing(engine) as connection:
            prepare_in(connection)


def prepare_in(connection: sa.Connection) -> None:
    """Do the same inside a transaction that the caller ends or undoes."""
    version = _version()
    if _views_version(connection) == version:
        return
    METADATA.create_all(connection)
    for name in reversed(_own_views(connection)):
        connection.exec_driver_sql(f"drop view {name}")
    as_written = {"no_parameters": True}  # a view's comment may hold a per cent sign
    for name, select in views().items():
        connection.exec_driver_sql(f"create view {name} as\n{select}", execution_options=as_written)
    names = " ".join(views())
    marker = f"create view {VERSION_VIEW} as select '{version}' as views_sha256, '{names}' as view_names"
    connection.exec_driver_sql(marker, execution_options=as_written)


def _version() -> str:
    return hashlib.sha256("\0".join(views().values()).encode()).hexdigest()


def _views_version(connection: sa.Connection) -> str | None:
    if VERSION_VIEW not in sa.inspect(connection).get_view_names():
        return None
    return connection.execute(sa.select(sa.column("views_sha256")).select_from(sa.table(VERSION_VIEW))).scalar()


def _own_views(connection: sa.Connection) -> list[str]:
    """Return the views that an earlier version made, in the order it made them; others' views are left alone."""
    if VERSION_VIEW not in sa.inspect(connection).get_view_names():
        return []
    names: str = connection.execute(sa.select(sa.column("view_names")).select_from(sa.table(VERSION_VIEW))).scalar_one()
    return [*names.split(), VERSION_VIEW]


def view(connection: sa.Connection, name: str, *order: str, **equal: object) -> list[dict]:
    """Return the rows of a view whose columns equal the values given, in the order of the columns named."""
    conditions = (sa.column(column) == value for column, value in equal.items())
    query: sa.Select = sa.select(sa.literal_column("*")).select_from(sa.table(name)).where(*conditions)
    return [_typed(row) for row in connection.execute(query.order_by(*map(sa.column, order))).mappings()]


def _typed(row: sa.RowMapping) -> dict:
    """Return a row with dates and UTC times as such on both databases; SQLite's views give them as text."""
    return {name: _moment(name, value) for name, value in row.items()}


def _moment(name: str, value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)
    if isinstance(value, str) and name.endswith("_at"):
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    is_date = name.endswith(("_date", "_day")) or name in ("deadline", "today")
    return dt.date.fromisoformat(value) if isinstance(value, str) and is_date else value


def insert(connection: sa.Connection, table: str, data: pl.DataFrame | list[dict]) -> None:
    """Add rows to a table."""
    records = data.to_dicts() if isinstance(data, pl.DataFrame) else data
    if records:
        connection.execute(METADATA.tables[table].insert(), records)


def next_id(connection: sa.Connection, table: str, column: str) -> int:
    """Return the next number of a key; writers hold the lock, so it is free."""
    key = METADATA.tables[table].c[column]
    return (connection.execute(sa.select(sa.func.max(key))).scalar() or 0) + 1


def run_checks(connection: sa.Connection, *, load_id: int | None, verdict_id: int) -> None:
    """Ask every check about one load and verdict; CheckFailed at the first that has offenders."""
    for name, query in checks().items():
        statement = sa.text(query)
        values = {"load_id": load_id, "verdict_id": verdict_id}
        used = {key: value for key, value in values.items() if f":{key}" in query}
        if "load_id" in used and load_id is None:
            continue
        offenders = connection.execute(statement, used).all()
        if offenders:
            raise CheckFailed(name, len(offenders))


def utc_now() -> dt.datetime:
    """Return the time: the only place where the clock is read."""
    return dt.datetime.now(dt.UTC)
