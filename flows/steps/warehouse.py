"""The warehouse: connections and transactions, checks, and frames in and out."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import polars as pl
import sqlalchemy as sa

from flows.steps import migrations, postgresql, sqlite
from flows.steps.migrations import SQL
from schemas.tables import METADATA, TYPES

BUSY_SECONDS = 60
MOMENTS = ("_at", "_date", "_day")
DAYS = ("deadline", "today")
"""How columns of times and dates are named."""
Step = TypeVar("Step")


class CheckFailed(Exception):
    """A check found offenders; the transaction it ran in is rolled back."""

    def __init__(self, check: str, offenders: int) -> None:
        self.check = check
        super().__init__(f"check {check}: {offenders} offenders")


def connect(url: str) -> sa.Engine:
    """Return an engine whose writers take turns and whose errors hold no values."""
    if sa.make_url(url).get_backend_name() == "sqlite":
        engine = sa.create_engine(url, hide_parameters=True)
        sqlite.listen(engine, BUSY_SECONDS)
        return engine
    named = sa.make_url(url).query
    options = {name: value for name, value in postgresql.CONNECT_OPTIONS.items() if name not in named}
    engine = sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
    postgresql.listen(engine, BUSY_SECONDS)
    return engine


def is_busy(error: sa.exc.DBAPIError) -> bool:
    """Tell whether another writer held the warehouse for longer than one waits."""
    return "locked" in str(error.orig) or postgresql.sqlstate(error) == postgresql.LOCK_NOT_AVAILABLE


def is_full(error: sa.exc.DBAPIError) -> bool:
    """Tell whether the database's disk has no room left."""
    return "disk is full" in str(error.orig) or postgresql.sqlstate(error) == postgresql.DISK_FULL


@contextmanager
def writing(engine: sa.Engine, *, migrates: bool = False) -> Iterator[sa.Connection]:
    """Give a connection inside one transaction that may write; an exception undoes it.

    A connection lost while it commits is no failure when the database did commit.
    """
    with engine.connect().execution_options(writes=True, migrates=migrates) as connection:
        transaction = connection.begin()
        try:
            yield connection
        except BaseException:
            transaction.rollback()
            raise
        number = connection.info.get("transaction")
        try:
            transaction.commit()
        except sa.exc.DBAPIError as error:
            if not (error.connection_invalidated and number and postgresql.was_committed(engine, number)):
                raise


@contextmanager
def trying(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection inside a transaction that is always undone: for plans."""
    with engine.connect() as connection:
        migrates = not migrations.is_current(connection)
    with engine.connect().execution_options(writes=True, migrates=migrates) as connection:
        transaction = connection.begin()
        try:
            migrations.upgrade(connection)
            yield connection
        finally:
            transaction.rollback()


@contextmanager
def as_of(engine: sa.Engine, moment: dt.datetime) -> Iterator[sa.Connection]:
    """Give a connection whose views answer as they did at a moment, inside a transaction that is undone."""
    times = {"run": "started_at", "verdict_log": "decided_at", "load": "loaded_at"}

    def newest(table: str, before: sa.ColumnElement[bool]) -> int:
        key = METADATA.tables[table].primary_key.columns[0]
        return connection.execute(sa.select(sa.func.max(key)).where(before)).scalar() or 0

    with trying(engine) as connection:
        tables = METADATA.tables
        known = {name: newest(name, tables[name].c[time] <= moment) for name, time in times.items()}
        run_id, load_id = known["run"], known["load"]
        disclosure = tables["disclosure"].c
        seen = (disclosure.run_id <= run_id) & (disclosure.load_id <= load_id)
        row = {"horizon_id": 1, "run_id": run_id, "verdict_id": known["verdict_log"], "load_id": load_id,
               "disclosure_id": newest("disclosure", seen)}  # fmt: skip
        insert(connection, "horizon", [row])
        yield connection


@contextmanager
def looking(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection to look with, also into a warehouse of another version."""
    with engine.connect() as connection:
        is_current = migrations.is_current(connection)
    with reading(engine) if is_current else trying(engine) as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection inside one transaction that reads one state of the warehouse."""
    one_state = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**one_state) as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            transaction.rollback()


@contextmanager
def worked_out(connection: sa.Connection, name: str) -> Iterator[None]:
    """Work a view out once for all views that follow from it, and that are asked in the block.

    Temporary tables and views stand before others of their name, on both databases. Where the block raises, they go
    with the transaction.
    """
    mine = "temp" if connection.dialect.name == "sqlite" else "pg_temp"
    as_written = {"no_parameters": True}
    connection.exec_driver_sql(f"create temporary table {name} as select * from {name}")  # noqa: S608 - a view of ours
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"analyze {mine}.{name}")
    following = migrations.following(name)
    for view_name, select in following.items():
        connection.exec_driver_sql(f"create temporary view {view_name} as\n{select}", execution_options=as_written)
    yield
    for view_name in reversed(following):
        connection.exec_driver_sql(f"drop view {mine}.{view_name}")
    connection.exec_driver_sql(f"drop table {mine}.{name}")


@contextmanager
def alone(engine: sa.Engine) -> Iterator[None]:
    """Wait until no other process stands here, and keep others out; who dies inside lets the next one in.

    For work that must not stand in a transaction, for it asks the world: the sending of mail.
    """
    turn = sqlite.turn if engine.dialect.name == "sqlite" else postgresql.turn
    with turn(engine, BUSY_SECONDS):
        yield


@cache
def checks() -> dict[str, sa.TextClause]:
    """Return check name -> select that returns offenders."""
    files = sorted((file for file in (SQL / "checks").iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    return {file.name.removesuffix(".sql"): sa.text(file.read_text(encoding="utf-8")) for file in files}


def prepare(engine: sa.Engine) -> None:
    """Make the warehouse, or bring it to this version's shape.

    Raises:
        migrations.WrongWarehouse: that cannot be done.
    """
    with engine.connect() as connection:
        is_current = migrations.is_current(connection)
    if not is_current:
        with writing(engine, migrates=True) as connection:
            migrations.upgrade(connection)


def with_statistics(engine: sa.Engine, steps: Iterator[Step]) -> Iterator[Step]:
    """Give the steps of loading, and let PostgreSQL look at its tables each time they have doubled, and at the end.

    Until then it takes them for as small as they were, and repeats whole views a row.
    """
    if engine.dialect.name != "postgresql":
        yield from steps
        return
    with engine.connect() as connection:
        looked_at = known = connection.execute(sa.select(sa.func.max(METADATA.tables["load"].c.load_id))).scalar() or 0
    number = known
    for number, step in enumerate(steps, known + 1):
        if number >= 2 * looked_at:
            _gather_statistics(engine)
            looked_at = number
        yield step
    if number > looked_at:
        _gather_statistics(engine)


def _gather_statistics(engine: sa.Engine) -> None:
    """A table of another owner, or that is being looked at now, is passed over; the server itself looks at it later."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"analyze (skip_locked) {', '.join(METADATA.tables)}")


def view(connection: sa.Connection, name: str, *order: str, **equal: object) -> list[dict]:
    """Return the rows of a view whose columns equal the values given, in the order of the columns named.

    Nothing comes first, and text is in the order of its characters: databases differ in both.
    """
    kinds = tuple((column, type(value)) for column, value in equal.items())
    result = connection.execute(_question(name, kinds), equal)
    moments = [name for name in result.keys() if name.endswith(MOMENTS) or name in DAYS]  # noqa: SIM118 - no dictionary
    rows = [dict(row) for row in result.mappings()]
    for row in rows if moments else ():
        row.update({name: _moment(name, row[name]) for name in moments})
    return ordered(rows, *order)


@cache
def _question(name: str, kinds: tuple[tuple[str, type], ...]) -> sa.Select:
    """Return the question for the rows of a view whose columns equal parameters of their names, of these types."""
    conditions = [
        sa.column(column).is_(None)
        if kind is type(None)
        else sa.column(column) == sa.bindparam(column, type_=TYPES.get(kind))
        for column, kind in kinds
    ]
    return sa.select(sa.literal_column("*")).select_from(sa.table(name)).where(*conditions)


def ordered(rows: list[dict], *order: str) -> list[dict]:
    """Return rows in the order of the columns named: nothing first, text by its characters."""
    return sorted(rows, key=lambda row: [(row[each] is not None, row[each]) for each in order])


def _moment(name: str, value: object) -> object:
    """Return a UTC time or a date as such on both databases; SQLite's views give them as text."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)
    if isinstance(value, str) and name.endswith("_at"):
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def insert(connection: sa.Connection, table: str, rows: pl.DataFrame | list[dict]) -> None:
    """Add rows to a table; frames as the database takes many at once."""
    if isinstance(rows, pl.DataFrame):
        add = postgresql.copy if connection.dialect.name == "postgresql" else sqlite.add
        add(connection, METADATA.tables[table], rows)
    elif rows:
        connection.execute(METADATA.tables[table].insert(), rows)


def next_id(connection: sa.Connection, table: str, column: str) -> int:
    """Return the next number of a key; writers hold the lock, so it is free."""
    key = METADATA.tables[table].c[column]
    return (connection.execute(sa.select(sa.func.max(key))).scalar() or 0) + 1


def run_checks(connection: sa.Connection, *, load_id: int | None, verdict_id: int) -> None:
    """Ask every check about one load, its verdict and its counts; CheckFailed at the first that has offenders."""
    counts: sa.Select = sa.select(sa.column("count_id"), sa.column("municipality_code")).distinct()
    counts = counts.select_from(sa.table("load_partition")).where(sa.column("load_id") == load_id)
    stated = [dict(row) for row in connection.execute(counts).mappings()] if load_id is not None else []
    for name, query in checks().items():
        if ":load_id" in query.text and load_id is None:
            continue
        for count in stated if ":count_id" in query.text else [{}]:
            values = {"load_id": load_id, "verdict_id": verdict_id, **count}
            used = {key: value for key, value in values.items() if f":{key}" in query.text}
            offenders = connection.execute(query, used).all()
            if offenders:
                raise CheckFailed(name, len(offenders))


def utc_now() -> dt.datetime:
    """Return the time: the only place where the clock is read."""
    return dt.datetime.now(dt.UTC)
