"""Warehouses for tests: a SQLite file in the working folder, or a schema of its own on a real PostgreSQL."""

import contextlib
import datetime as dt
import itertools
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

SQLITE = "sqlite:///warehouse.db"
"""In the folder of the settings."""
_numbers = itertools.count(1)
_kept: dict[str, sa.Engine] = {}


def wait_for_no_disk(server_url: str) -> None:
    """Let a PostgreSQL that lives no longer than the tests answer before the disk has what it was told."""
    server = sa.create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.exec_driver_sql(f"alter system set {name} = off")
        connection.exec_driver_sql("select pg_reload_conf()")
    server.dispose()


def in_folder(url: str, folder: Path) -> str:
    """Return the URL as seen from anywhere."""
    return f"sqlite:///{folder / 'warehouse.db'}" if url == SQLITE else url


@contextlib.contextmanager
def new_schema(server_url: str, options: str = "") -> Iterator[str]:
    """Give the URL of an empty schema of a PostgreSQL; it is dropped afterwards.

    Its sessions stand in a zone that is not UTC, and order text as people do: neither may matter.
    """
    name = f"kanalstatus_test_{os.getpid()}_{next(_numbers)}"
    server = sa.create_engine(server_url)
    try:
        with server.begin() as connection:
            connection.execute(sa.schema.DropSchema(name, cascade=True, if_exists=True))
            connection.execute(sa.schema.CreateSchema(name))
        settings = f"-csearch_path={name} -ctimezone=America/St_Johns {options}".strip()
        made = sa.make_url(server_url).update_query_dict({"options": settings}, append=True)
        url = made.render_as_string(hide_password=False)
        yield url
        if url in _kept:
            _kept.pop(url).dispose()
        with server.begin() as connection:
            connection.execute(sa.schema.DropSchema(name, cascade=True, if_exists=True))
    finally:
        server.dispose()


@contextlib.contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    """Give a connection; to PostgreSQL by the same line as the last time, for a new one costs as much as ten questions.

    A SQLite file may be another one by the next time.
    """
    engine = _kept.get(url) or sa.create_engine(url)
    if engine.dialect.name == "postgresql":
        _kept[url] = engine
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        if url not in _kept:
            engine.dispose()


def ask(url: str, query: str, *values: object) -> list[dict[str, Any]]:
    """Return rows of a warehouse, the same from both databases: dates as ISO text, truth as 0 and 1.

    Args:
        query: with a question mark for each of the values.
    """
    with _connected(url) as connection:
        if connection.dialect.name == "postgresql":
            query = query.replace("?", "%s")
        rows = connection.exec_driver_sql(query, values).mappings()
        return [{name: _plain(name, value) for name, value in row.items()} for row in rows]


def names(url: str) -> list[str]:
    """Return every table and view of a warehouse."""
    with _connected(url) as connection:
        found = sa.inspect(connection)
        return sorted([*found.get_table_names(), *found.get_view_names()])


def _plain(name: str, value: object) -> object:
    match value:
        case str() if name.endswith("_at"):
            return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC).isoformat(" ")
        case bool():
            return int(value)
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat(" ")
        case dt.date():
            return value.isoformat()
    return value
