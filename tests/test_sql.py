"""Does every view and check answer right, on SQLite and on PostgreSQL?

A case is a folder, tests/sql/<view>/<case> or tests/sql_checks/<check>/<case>: given_<table>.csv are rows of base
tables, expect.csv the rows that come out, in any order and with the columns that matter; where.csv, if there, names the
rows that the case looks at. Checks are asked about load 1 and verdict 1. A table for which a case has no file holds the
rows of tests/sql/_base: loads 1, 2 and 3 are municipality 183's counts 2014E, 2013E and 2012E.

A cell is null when nothing stands in it, and the empty text when "" does. A share may be written as a fraction: 3/10.
A column that a case leaves out follows from the others (DERIVED), is that of its load's first partition, null where it
may be, as in the first row of the base case, or the plainest value of its type: the first of these that there is.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from flows.steps import migrations, warehouse
from schemas.tables import METADATA
from schemas.warehouse import TABLES
from tests import databases

VIEW_CASES = Path(__file__).parent / "sql"
CHECK_CASES = Path(__file__).parent / "sql_checks"
BASE = VIEW_CASES / "_base"
NO_OFFENDERS = {"shares_sum_to_one": "a share is a count over the sum of the same counts: no table can break it"}
POSTGRES_OPTIONS = "-cjoin_collapse_limit=1 -cfrom_collapse_limit=1"
"""Joins as written: on a few rows, planning takes longer than running."""

PARSERS: dict[type, Callable[[str], object]] = {
    int: int,
    str: str,
    float: lambda text: float(Fraction(text)),
    bool: lambda text: {"true": True, "false": False}[text],
    dt.date: dt.date.fromisoformat,
    dt.datetime: lambda text: dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC),
}
PLAINEST: dict[type, object] = {
    int: 1,
    str: "",
    float: 0.0,
    bool: False,
    dt.date: dt.date(2014, 12, 1),
    dt.datetime: dt.datetime(2014, 12, 1, tzinfo=dt.UTC),
}
DERIVED: dict[tuple[str, str], Callable[[dict], object]] = {
    ("calendar_count", "last_day_number"): lambda row: row["last_day"].toordinal(),
    ("target", "deadline_day_number"): lambda row: row["deadline"].toordinal(),
    ("target", "target_millionths"): lambda row: round(row["target_value"] * 1_000_000),
    ("load_partition", "first_week"): lambda row: row["weeks"].partition("/")[0] if row["weeks"] else None,
    ("load_partition", "last_week"): lambda row: row["weeks"].rpartition("/")[2] if row["weeks"] else None,
    ("load_partition", "partition_name"): lambda row: " ".join(
        str(row[part]) for part in ("count_id", "municipality_code", "weeks", "as_of_date") if row[part]
    ),
}
"""Columns that follow from others of their row."""

FILES = {"expect.csv", "where.csv", *(f"given_{table}.csv" for table in TABLES)}

Rows = list[dict]


def _texts(path: Path) -> Rows:
    return pl.read_csv(path, infer_schema=False).to_dicts()


def _type(column: sa.Column) -> type:
    return TABLES[column.table.name].__annotations__[column.name]


def _default(column: sa.Column, base: dict) -> object:
    if column.nullable:
        return None
    if base.get(column.name) is not None:
        return PARSERS[_type(column)](base[column.name])
    field = TABLES[column.table.name].to_schema().columns[column.name]
    codes = (check.statistics["allowed_values"] for check in field.checks if "allowed_values" in check.statistics)
    return next(iter(next(codes, [PLAINEST[_type(column)]])))


@cache
def _base(table: str) -> Rows:
    path = BASE / f"given_{table}.csv"
    return _texts(path) if path.exists() else []


@cache
def _defaults(table: str) -> dict:
    """Return what stands in the columns that a case leaves out."""
    first = next(iter(_base(table)), {})
    return {column.name: _default(column, first) for column in METADATA.tables[table].columns}


def _parsed(column: sa.Column, text: str | None) -> object:
    if text is None:
        return None if column.nullable else ""
    return PARSERS[_type(column)](text)


def _row(table: str, stated: dict, partitions: Rows) -> dict:
    """Return a whole row, typed; facts belong to the first partition of their load."""
    columns, defaults = METADATA.tables[table].columns, _defaults(table)
    row = {name: _parsed(columns[name], text) for name, text in stated.items()}
    partition = next((each for each in partitions if each["load_id"] == row.get("load_id")), {})
    whole = defaults | {name: value for name, value in partition.items() if name in defaults} | row
    derived = {name: derive(whole) for (of, name), derive in DERIVED.items() if of == table and name not in row}
    return whole | derived


def _given(case: Path) -> dict[str, Rows]:
    """Return table -> whole rows of a case, those of the base case included."""
    unknown = {file.name for file in case.glob("*.csv")} - FILES
    assert not unknown, f"no such tables: {unknown}"
    given: dict[str, Rows] = {}
    for table in TABLES:
        file = case / f"given_{table}.csv"
        stated = _texts(file) if file.exists() else _base(table)
        given[table] = [_row(table, row, given.get("load_partition", [])) for row in stated]
    return given


def _plain(value: object) -> str | None:
    """Return a value as text: numbers to 12 decimals, whatever their type; dates and times as ISO, with their zone."""
    match value:
        case bool() | int():
            return str(int(value))
        case float() | Decimal() | Fraction():
            return f"{float(value):.12f}".rstrip("0").rstrip(".")
        case dt.date():
            return value.isoformat()
        case str() if re.fullmatch(r"-?\d+[./]\d+", value):
            return _plain(Fraction(value))
    return value


def _sorted(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _expected(case: Path) -> Rows:
    return _sorted([{name: _plain(value) for name, value in row.items()} for row in _texts(case / "expect.csv")])


def _found(case: Path, rows: Rows) -> Rows:
    """Return the rows that the case looks at as plain text, with the columns of its expect.csv only."""
    columns = (case / "expect.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    where = _texts(case / "where.csv")[0] if (case / "where.csv").exists() else {}
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return _sorted([{name: row[name] for name in columns} for row in plain if where.items() <= row.items()])


def _cases(folder: Path) -> list:
    found = (path.parent for path in folder.glob("*/*/expect.csv"))
    return [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in sorted(found)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """Give an empty warehouse; PostgreSQL's is a schema of its own that is dropped afterwards."""
    if request.param == "sqlite":
        engine = warehouse.connect(f"sqlite:///{tmp_path_factory.mktemp('warehouse')}/warehouse.db")
        warehouse.prepare(engine)
        yield engine
        engine.dispose()
        return
    with databases.new_schema(request.getfixturevalue("postgres_url"), POSTGRES_OPTIONS) as url:
        engine = warehouse.connect(url)
        warehouse.prepare(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection whose rows are gone after the test."""
    with warehouse.trying(engine) as connection:
        yield connection


def _insert(connection: sa.Connection, case: Path) -> None:
    for table, rows in _given(case).items():
        warehouse.insert(connection, table, rows)


@pytest.mark.parametrize("case", _cases(VIEW_CASES))
def test_view(connection: sa.Connection, case: Path) -> None:
    _insert(connection, case)
    rows = warehouse.view(connection, case.parent.name)
    assert _found(case, rows) == _expected(case)


@pytest.mark.parametrize("case", _cases(CHECK_CASES))
def test_check(connection: sa.Connection, case: Path) -> None:
    _insert(connection, case)
    query = warehouse.checks()[case.parent.name]
    about = {"load_id": 1, "verdict_id": 1, "count_id": "2014E", "municipality_code": "183"}
    parameters = {name: value for name, value in about.items() if f":{name}" in query.text}
    rows = [dict(row) for row in connection.execute(query, parameters).mappings()]
    assert _found(case, rows) == _expected(case)


@pytest.mark.parametrize("view", sorted(migrations.views()))
def test_every_view_has_a_case(view: str) -> None:
    assert list((VIEW_CASES / view).glob("*/expect.csv")), f"add a case: tests/sql/{view}/<case>/expect.csv"


@pytest.mark.parametrize("check", sorted(warehouse.checks()))
def test_every_check_has_a_case_with_and_one_without_offenders(check: str) -> None:
    has_offenders = {bool(_expected(path.parent)) for path in (CHECK_CASES / check).glob("*/expect.csv")}
    assert has_offenders == ({False} if check in NO_OFFENDERS else {True, False})


def test_no_case_is_left_of_a_view_or_check_that_is_gone() -> None:
    folders = {path.name for path in VIEW_CASES.iterdir()} - {BASE.name}
    assert folders == migrations.views().keys()
    assert {path.name for path in CHECK_CASES.iterdir()} == warehouse.checks().keys()
