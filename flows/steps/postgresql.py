"""PostgreSQL as the warehouse: one writer at a time, COPY, errors without values, and what became of a lost COMMIT."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

if TYPE_CHECKING:
    import psycopg

CONNECT_OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "application_name": "kanalstatus",
}
"""A server that is gone is noticed within a minute or so."""
INSUFFICIENT_PRIVILEGE = "42501"
LOCK_NOT_AVAILABLE = "55P03"
DISK_FULL = "53100"
ROWS_AT_ONCE = 100_000
RECOVERY_SECONDS = 30
_TURN = "hashtext('kanalstatus mail'), hashtext(current_schema())"
_LOCK = """
select pg_advisory_xact_lock(hashtext('kanalstatus'), hashtext(current_schema())), cast(pg_current_xact_id() as text)
"""


def listen(engine: sa.Engine, busy_seconds: int) -> None:
    """Set up each connection; one that `writes` takes the lock of its warehouse when it begins."""

    from psycopg import sql  # noqa: PLC0415 - slow to import, and only a warehouse on PostgreSQL needs it

    def prepare(connection: "psycopg.Connection", _record: object) -> None:
        connection.autocommit = True
        connection.execute(sql.SQL("set timezone = 'UTC'"))
        connection.execute(sql.SQL("set jit = off"))
        connection.execute(sql.SQL("set lock_timeout = {}").format(f"{busy_seconds}s"))
        connection.autocommit = False

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", _begin)
    sa.event.listen(engine, "handle_error", _leave_values_out)


def _begin(connection: sa.Connection) -> None:
    """Begin; a writer holds the warehouse's lock until its end, and knows its transaction's number."""
    if connection.get_execution_options().get("writes"):
        connection.info["transaction"] = connection.exec_driver_sql(_LOCK).one()[1]


def _leave_values_out(context: sa.engine.ExceptionContext) -> None:
    """Say of an error which rule of the database was broken, never the row that broke it."""
    import psycopg  # noqa: PLC0415

    if isinstance(context.original_exception, psycopg.Error):
        text = _plain(context.original_exception)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (text,)


def _plain(error: "psycopg.Error") -> str:
    """Return the code, table and constraint of an error, and take everything else away from it."""
    diagnosis = error.diag
    parts = (type(error).__name__, error.sqlstate, diagnosis.table_name, diagnosis.constraint_name)
    text = " ".join(part for part in parts if part)
    error.args = (text,)
    return text


def sqlstate(error: sa.exc.DBAPIError) -> str | None:
    """Return PostgreSQL's code of an error."""
    return getattr(error.orig, "sqlstate", None)


def copy(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame) -> None:
    """Add rows by COPY, inside the connection's transaction."""
    import psycopg  # noqa: PLC0415
    from psycopg import sql  # noqa: PLC0415

    driver: Any = connection.connection.driver_connection
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(sql.Identifier(table.name), columns)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as target:
            for part in rows.iter_slices(ROWS_AT_ONCE):
                text = io.BytesIO()
                part.write_csv(text, include_header=False)
                target.write(text.getbuffer())
    except psycopg.Error as error:
        raise sa.exc.DBAPIError(_plain(error), None, error) from None


@contextmanager
def turn(engine: sa.Engine, _busy_seconds: int) -> Iterator[None]:
    """Hold a lock of the schema on a connection of its own; the server lets go of it when the line breaks."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"select pg_advisory_lock({_TURN})")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"select pg_advisory_unlock({_TURN})")


def was_committed(engine: sa.Engine, transaction: str) -> bool:
    """Tell what became of a transaction whose COMMIT was not answered: PostgreSQL keeps each one's end.

    Raises:
        sa.exc.DBAPIError: the database cannot be asked; the next run finds out from the ledger.
    """
    query = sa.text("select pg_xact_status(cast(:transaction as xid8))")
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                status = connection.execute(query, {"transaction": transaction}).scalar()
            if status != "in progress":
                return status == "committed"
        except sa.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
