"""SQLite as the warehouse: whole and durable transactions, one writer at a time, keys that are checked."""

from typing import Any

import sqlalchemy as sa


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


def broken_keys(connection: sa.Connection) -> int:
    """Return how many rows point at rows that are not there."""
    return len(connection.exec_driver_sql("pragma foreign_key_check").all())
