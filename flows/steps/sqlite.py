"""SQLite as the warehouse: whole and durable transactions, one writer at a time, keys that are checked."""

import fcntl
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

ROWS_AT_ONCE = 250
"""A row's checks cost half in one statement of many rows: SQLite makes the lists of codes anew for each statement."""


def listen(engine: sa.Engine, busy_seconds: int) -> None:
    """Set up each connection; one that `writes` takes the lock when it begins."""

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=wal", "synchronous=full", f"busy_timeout={busy_seconds * 1000}"):
            connection.execute(f"pragma {pragma}")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", _begin)


def _begin(connection: sa.Connection) -> None:
    """Begin; migrations make tables anew that keys point at, so they check keys at their end."""
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"pragma foreign_keys={'off' if options.get('migrates') else 'on'}")
    connection.exec_driver_sql("begin immediate" if options.get("writes") else "begin")


def add(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame) -> None:
    """Add rows, inside the connection's transaction."""
    assert pl.Datetime not in rows.dtypes, "times are written by their type, row by row"
    columns = ", ".join(f'"{name}"' for name in rows.columns)
    places = f"({', '.join('?' * rows.width)})"
    plain = rows.with_columns(pl.col(pl.Date).cast(pl.String)) if pl.Date in rows.dtypes else rows
    for part in plain.iter_slices(ROWS_AT_ONCE):
        statement = f'insert into "{table.name}" ({columns}) values {", ".join([places] * part.height)}'  # noqa: S608
        connection.exec_driver_sql(statement, tuple(itertools.chain.from_iterable(part.rows())))


@contextmanager
def turn(engine: sa.Engine, busy_seconds: int) -> Iterator[None]:
    """Hold a lock on a file beside the database; the system lets go of it when the process dies.

    Raises:
        TimeoutError: another process has held it for too long.
    """
    if engine.url.database in (None, "", ":memory:"):
        yield
        return
    deadline = time.monotonic() + busy_seconds
    with Path(f"{engine.url.database}-turn").open("w", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError("another run is sending mail") from None
                time.sleep(0.05)
        yield


def broken_keys(connection: sa.Connection) -> int:
    """Return how many rows point at rows that are not there."""
    return len(connection.exec_driver_sql("pragma foreign_key_check").all())
