"""Does a warehouse of any version become this version's, whole, or is it refused?"""

import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from flows import cli
from flows.steps import migrations, warehouse
from flows.steps.migrations import WrongWarehouse
from schemas.tables import METADATA
from tests import databases

pytestmark = pytest.mark.usefixtures("every_migration")

FIRST = Path(__file__).parent / "files" / "warehouse_0.1.0.sql.gz"
"""What kanalstatus 0.1.0 left after a run over three sources of examples/, a held and a refused file."""
FIGURES = ("channel_share", "target_status", "delivery", "rejected_row", "digital_post_share")
CASE = {"count_id": "2014E", "municipality_code": "183"}


@pytest.fixture
def url(tmp_path: Path, database_url: str) -> str:
    return databases.in_folder(database_url, tmp_path)


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    engine = warehouse.connect(url)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Path:
    """Put settings without counts in force."""
    (tmp_path / "tasks.csv").write_text("pakke;kle;opgave;boelge\n", encoding="utf-8")
    (tmp_path / "deliveries").mkdir()
    path = tmp_path / "kanalstatus.toml"
    path.write_text("", encoding="utf-8")
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(path))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", url)
    return path


def shape(engine: sa.Engine) -> dict[str, dict]:
    """Return what the database says of every table of ours."""
    found = sa.inspect(engine)

    def by_name(rows: list) -> list:
        return sorted((dict(row) for row in rows), key=repr)

    is_strict: dict[str, int] = {}
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            is_strict = dict(connection.exec_driver_sql("select name, strict from pragma_table_list").all())
    return {
        table: {
            "columns": [(each["name"], str(each["type"]), each["nullable"], each["default"])
                        for each in found.get_columns(table)],
            "primary key": found.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": by_name([{name: each[name] for name in ("constrained_columns", "referred_table",
                                                                    "referred_columns")}
                                     for each in found.get_foreign_keys(table)]),
            "checks": by_name(found.get_check_constraints(table)),
            "indexes": by_name(found.get_indexes(table)),
            "is strict": is_strict.get(table),
        }
        for table in METADATA.tables
    }  # fmt: skip


def first_rows() -> dict[str, list[dict]]:
    """Return table -> rows of a warehouse of version 0.1.0."""
    with sqlite3.connect(":memory:") as connection:
        connection.row_factory = sqlite3.Row
        connection.executescript(gzip.decompress(FIRST.read_bytes()).decode())
        names = [row["name"] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f"select * from {name}")] for name in names}


def first_figures() -> dict[str, list[str]]:
    """Return what the views of version 0.1.0 answered."""
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(gzip.decompress(FIRST.read_bytes()).decode())
        return {view: sorted(map(repr, connection.execute(f"select * from {view}"))) for view in FIGURES}


def make_first(url: str, engine: sa.Engine) -> None:
    """Make a warehouse as version 0.1.0 left it: its tables and views, and no revision."""
    if engine.dialect.name == "sqlite":
        with sqlite3.connect(sa.make_url(url).database) as connection:
            connection.executescript(gzip.decompress(FIRST.read_bytes()).decode())
        return
    with engine.begin() as connection:
        to_revision(connection, "0001")
        tables = sa.MetaData()
        tables.reflect(connection)
        rows = first_rows()
        for table in tables.sorted_tables:
            if rows.get(table.name):
                typed = [
                    {name: bool(value) if name.startswith("is_") else value for name, value in row.items()}
                    for row in rows[table.name]
                ]
                connection.execute(table.insert(), typed)
        connection.exec_driver_sql("drop table schema_revision")
        connection.exec_driver_sql("create view channel_share as select 1 as of_old")
        connection.exec_driver_sql(
            "create view warehouse_version as select 'old' as views_sha256, 'channel_share' as view_names"
        )


def to_revision(connection: sa.Connection, revision: str) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(migrations.MIGRATIONS))
    command.upgrade(config, revision)


def test_models_and_migrations_agree(tmp_path: Path, url: str, engine: sa.Engine, request) -> None:
    warehouse.prepare(engine)
    if engine.dialect.name == "sqlite":
        declared = sa.create_engine(f"sqlite:///{tmp_path}/declared.db")
        METADATA.create_all(declared)
        assert shape(engine) == shape(declared)
        declared.dispose()
        return
    with databases.new_schema(request.getfixturevalue("postgres_url")) as other:
        declared = sa.create_engine(other)
        METADATA.create_all(declared)
        assert shape(engine) == shape(declared)
        declared.dispose()


def test_a_warehouse_of_the_first_version_is_upgraded_with_every_row(url: str, engine: sa.Engine) -> None:
    make_first(url, engine)
    before = first_rows()
    assert sum(map(len, before.values())) > 700
    warehouse.prepare(engine)
    for table, rows in before.items():
        after = databases.ask(url, f"select * from {table}")
        assert len(after) == len(rows), table
        kept = [{name: row[name] for name in rows[0]} for row in after] if rows else []
        for name in rows[0] if rows else ():
            if not name.endswith("_at"):
                assert sorted(map(repr, (row[name] for row in kept))) == sorted(map(repr, (row[name] for row in rows)))


def test_the_figures_of_the_first_version_are_what_they_were(tmp_path: Path) -> None:
    url = databases.in_folder(databases.SQLITE, tmp_path)
    engine = warehouse.connect(url)
    make_first(url, engine)
    warehouse.prepare(engine)
    with sqlite3.connect(sa.make_url(url).database) as connection:
        after = {view: sorted(map(repr, connection.execute(f"select * from {view}"))) for view in FIGURES}
    assert after == first_figures()
    assert len(after["channel_share"]) > 5
    engine.dispose()


def test_every_revision_is_reached_from_the_one_before(engine: sa.Engine) -> None:
    revisions = sorted(path.name[:4] for path in (migrations.MIGRATIONS / "versions").glob("*.py"))
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    for revision in revisions:
        with engine.begin() as connection:
            to_revision(connection, revision)
    with warehouse.writing(engine, migrates=True) as connection:
        migrations.upgrade(connection)
        assert migrations.is_current(connection)


def test_a_newer_warehouse_is_refused_and_left_alone(settings, url, engine, capsys) -> None:
    warehouse.prepare(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("update schema_revision set version_num = '9999'")
        connection.exec_driver_sql("drop view warehouse_shape")
        connection.exec_driver_sql("create view warehouse_shape as select 'newer' as version, 'x' as view_names")
    before = databases.names(url)
    for arguments in (["run"], ["upgrade"], ["plan"], ["deliveries"]):
        assert cli.main(arguments) == 2, arguments
        assert "newer version (revision 9999): install that kanalstatus" in capsys.readouterr().err
    assert databases.names(url) == before


def test_tables_of_another_program_are_refused_and_left_alone(settings, url, engine, capsys) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("create table run (distance integer)")
    assert cli.main(["run"]) == 2
    assert "tables of other programs: run" in capsys.readouterr().err
    assert databases.names(url) == ["run"]


def test_tables_of_another_name_are_nobodys_business(settings, url, engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("create table marathon (distance integer)")
        connection.exec_driver_sql("create view long_marathon as select * from marathon where distance > 42")
    assert cli.main(["upgrade"]) == 0
    assert cli.main(["upgrade"]) == 0
    assert {"marathon", "long_marathon", "channel_share", "enquiry"} <= set(databases.names(url))


def test_an_upgrade_that_fails_changes_nothing(url, engine, monkeypatch) -> None:
    make_first(url, engine)
    before = (databases.names(url), databases.ask(url, "select * from arrival order by delivery_id"))
    broken = migrations.views() | {"zz_broken": "select nothing from nowhere"}
    monkeypatch.setattr(migrations, "views", lambda: broken)
    with pytest.raises(sa.exc.DBAPIError):
        warehouse.prepare(engine)
    assert (databases.names(url), databases.ask(url, "select * from arrival order by delivery_id")) == before


def test_keys_that_point_nowhere_stop_an_upgrade(tmp_path: Path) -> None:
    url = databases.in_folder(databases.SQLITE, tmp_path)
    engine = warehouse.connect(url)
    make_first(url, engine)
    with sqlite3.connect(sa.make_url(url).database) as connection:
        connection.execute("delete from run")
    with pytest.raises(WrongWarehouse, match="point nowhere"):
        warehouse.prepare(engine)
    assert "schema_revision" not in databases.names(url)
    engine.dispose()
