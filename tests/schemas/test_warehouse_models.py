"""Guard rails: every table says what one row is, has a key, and can be made in both databases."""

import datetime as dt
import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from schemas import sources, warehouse
from schemas.rules import RULES, Level
from schemas.sources import LAYOUTS
from schemas.tables import METADATA
from schemas.warehouse import TABLES

MODELS = pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
SQL_TABLES = pytest.mark.parametrize("table", METADATA.tables.values(), ids=METADATA.tables)
LAYOUT_MODELS = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)


def test_every_warehouse_model_is_a_table():
    models = {each for each in vars(warehouse).values() if isinstance(each, type) and issubclass(each, warehouse.Table)}
    assert models - {warehouse.Table} == set(TABLES.values())
    assert set(METADATA.tables) == set(TABLES)


@MODELS
def test_a_table_says_what_one_row_is(model):
    assert model.__dict__["__doc__"].startswith("One ") or "persons" in model.__doc__ or "enquiries" in model.__doc__
    assert model.__doc__.rstrip().endswith(".")


@MODELS
def test_a_table_has_a_key_of_its_own_columns_that_are_never_null(model):
    schema = model.to_schema()
    assert schema.unique
    assert set(schema.unique) <= set(schema.columns)
    assert not any(schema.columns[name].nullable for name in schema.unique)


@MODELS
def test_a_table_takes_no_unknown_column_and_coerces_nothing(model):
    schema = model.to_schema()
    assert schema.strict is True
    assert not schema.coerce
    assert not schema.drop_invalid_rows


@MODELS
def test_every_column_of_a_table_is_described(model):
    assert [name for name, column in model.to_schema().columns.items() if not column.description] == []


@LAYOUT_MODELS
def test_a_source_model_says_what_one_row_is_and_describes_its_columns(layout):
    assert "one row is" in layout.model.__dict__["__doc__"]
    assert [name for name, column in layout.model.to_schema().columns.items() if not column.description] == []


@LAYOUT_MODELS
def test_every_kept_column_of_a_source_names_the_rule_that_a_bad_cell_breaks(layout):
    for name, column in layout.model.to_schema().columns.items():
        if column.metadata.get("kept", True):
            assert RULES[column.metadata["rule"]].level == Level.ROW, name


@LAYOUT_MODELS
def test_every_column_of_a_source_is_text(layout):
    assert {str(column.dtype) for column in layout.model.to_schema().columns.values()} == {"String"}


def test_every_source_model_belongs_to_a_layout():
    models = {name for name, each in vars(sources).items() if isinstance(each, type) and hasattr(each, "to_schema")}
    assert models - {"DataFrameModel"} == {layout.model.__name__ for layout in LAYOUTS.values()}


def test_a_narrow_layout_requires_exactly_its_models_columns():
    for layout in LAYOUTS.values():
        if not layout.channel_columns:
            assert set(layout.required) | set(layout.optional) == set(layout.model.to_schema().columns)


def test_foreign_keys_point_backwards():
    names = list(TABLES)
    for table in METADATA.tables.values():
        for key in table.foreign_keys:
            is_own = key.column.table is table  # an older row of the same table
            assert is_own or names.index(key.column.table.name) < names.index(table.name), key


@SQL_TABLES
def test_a_table_compiles_for_postgresql(table):
    sql = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    assert "PRIMARY KEY" in sql
    assert "SERIAL" not in sql


@SQL_TABLES
def test_a_table_is_strict_in_sqlite(table):
    sql = str(CreateTable(table).compile(dialect=sqlite.dialect())).strip()
    assert sql.endswith("STRICT")
    assert "PRIMARY KEY" in sql


@pytest.fixture
def database():
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


def test_sqlite_makes_every_table(database):
    assert set(sa.inspect(database).get_table_names()) == set(TABLES)
    assert sqlite3.sqlite_version_info >= (3, 37), "STRICT tables"


def settings_row(**changes: object) -> dict:
    row = dict.fromkeys(("settings_sha256", "content", "code_list_version"), "x")
    numbers = {"settings_id": 1, "min_total": 100, "national_min_municipalities": 30}
    return row | numbers | {"recorded_at": dt.datetime(2014, 12, 1, tzinfo=dt.UTC)} | changes


def test_sqlite_keeps_rules_of_values_keys_and_dates(database):
    settings, run = METADATA.tables["settings"], METADATA.tables["run"]
    with database.begin() as connection:
        connection.execute(settings.insert(), settings_row())
    for bad in (settings_row(), settings_row(settings_id=0), settings_row(settings_id=2, content=None)):
        with pytest.raises(sa.exc.IntegrityError), database.begin() as connection:
            connection.execute(settings.insert(), bad)
    sql = "insert into run values (1, 1, 'run', '2014-12-01 00:00:00.000000', '2014-02-31', 'x')"
    with pytest.raises(sa.exc.IntegrityError, match="run_today_day"), database.begin() as connection:
        connection.execute(sa.text(sql))
    assert run.columns["today"].type.python_type.__name__ == "date"


def test_times_come_back_from_sqlite_in_utc(database):
    table = METADATA.tables["settings"]
    with database.begin() as connection:
        connection.execute(table.insert(), settings_row())
        assert connection.scalar(sa.select(table.c.recorded_at)) == settings_row()["recorded_at"]
