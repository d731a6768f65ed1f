"""Do the roles of sql/roles.sql hold: the owner makes, the loader only adds, the reporter sees only what anyone may?"""

import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows import cli
from flows.steps import migrations, warehouse
from schemas.tables import METADATA
from tests import databases

PROJECT = Path(__file__).parent.parent
DATABASE = "kanalstatus_roles_test"
PASSWORD = "only-for-this-test"
ROLES = ("kanalstatus_owner", "kanalstatus_loader", "kanalstatus_reporter")
FOR_REPORTERS = {
    "calendar_in_force", "channel_share", "comparable_channel_share", "digital_share", "disclosed_enrolment",
    "national_channel_share", "national_digital_post_share", "publication", "self_service_rate", "target_status",
    "task_channel_count",
}  # fmt: skip

UrlOf = Callable[[str], str]


def script() -> str:
    return (resources.files("sql") / "roles.sql").read_text(encoding="utf-8")


def run_as(url: str, statement: str) -> None:
    """Run a statement in a transaction of its own."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    finally:
        engine.dispose()


def is_allowed(url: str, statement: str) -> bool:
    """Tell whether a role may do something; it is undone."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
            return True
    except sa.exc.ProgrammingError as error:
        if error.orig.sqlstate == "42501":
            return False
        raise
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def url_of(postgres_url: str) -> Iterator[UrlOf]:
    """Give the URL of each role in a database on which the script was run, twice."""
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    inside = sa.make_url(postgres_url).set(database=DATABASE)
    with server.connect() as connection:
        roles = sa.text("select rolname from pg_roles where rolname = any(:names)")
        before = set(connection.execute(roles, {"names": list(ROLES)}).scalars())
        connection.exec_driver_sql(f"drop database if exists {DATABASE}")
        connection.exec_driver_sql(f"create database {DATABASE}")
        for _ in range(2):
            run_as(inside.render_as_string(hide_password=False), script())
        for role in {*ROLES} - before:
            connection.exec_driver_sql(f"alter role {role} password '{PASSWORD}'")
        yield lambda role: inside.set(username=role, password=PASSWORD).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"drop database {DATABASE} with (force)")
        for role in {*ROLES} - before:
            connection.exec_driver_sql(f"drop role {role}")
    server.dispose()


@pytest.fixture(scope="module")
def loaded(url_of: UrlOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the examples after the owner has made the warehouse and the loader has run."""
    folder = tmp_path_factory.mktemp("roles")
    shutil.copytree(PROJECT / "examples", folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KANALSTATUS_CONFIG", str(folder / "kanalstatus.toml"))
        patch.setenv("KANALSTATUS_DATABASE_URL", url_of("kanalstatus_loader"))
        assert cli.main(["run"]) == 2
        patch.setenv("KANALSTATUS_DATABASE_URL", url_of("kanalstatus_owner"))
        assert cli.main(["upgrade"]) == 0
        patch.setenv("KANALSTATUS_DATABASE_URL", url_of("kanalstatus_loader"))
        assert cli.main(["run"]) == 0
        assert cli.main(["run"]) == 0
        assert cli.main(["plan"]) == 0
    return folder


@pytest.fixture
def as_loader(loaded: Path, url_of: UrlOf, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the loader's settings in force."""
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(loaded / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", url_of("kanalstatus_loader"))
    return url_of("kanalstatus_loader")


def test_the_loader_publishes(loaded: Path) -> None:
    page = (loaded / "published" / "183" / "2014E" / "index.html").read_text(encoding="utf-8")
    assert "52,5\u00a0%" in page


@pytest.mark.parametrize("table", METADATA.tables)
def test_the_loader_adds_and_reads_and_nothing_else(as_loader: str, table: str) -> None:
    (first, *_) = METADATA.tables[table].columns
    assert is_allowed(as_loader, f"select * from {table} limit 1")
    assert is_allowed(as_loader, f"insert into {table} select * from {table} where false")
    assert not is_allowed(as_loader, f"update {table} set {first.name} = {first.name}")
    assert not is_allowed(as_loader, f"delete from {table}")
    assert not is_allowed(as_loader, f"truncate {table} cascade")
    assert not is_allowed(as_loader, f"drop table {table} cascade")
    assert not is_allowed(as_loader, f"alter table {table} add column more integer")
    assert not is_allowed(as_loader, f"create index on {table} ({first.name})")


def test_the_planner_knows_what_the_loader_loaded(loaded: Path, url_of: UrlOf) -> None:
    known = databases.ask(
        url_of("kanalstatus_owner"),
        "select relname, reltuples from pg_class where relnamespace = 'kanalstatus'::regnamespace and relkind = 'r'",
    )
    sizes = {row["relname"]: row["reltuples"] for row in known}
    for name in ("load", "load_partition", "enquiry", "package_task", "channel_code"):
        (counted,) = databases.ask(url_of("kanalstatus_owner"), f"select count(*) as number from {name}")
        assert sizes[name] == counted["number"] > 0, name


def test_the_loader_makes_and_changes_nothing(as_loader: str) -> None:
    assert not is_allowed(as_loader, "create table mine (number integer)")
    assert not is_allowed(as_loader, "create or replace view channel_share as select 1 as share")
    assert not is_allowed(as_loader, "drop view channel_share cascade")
    assert not is_allowed(as_loader, "update schema_revision set version_num = '0'")
    assert not is_allowed(as_loader, "insert into schema_revision values ('0')")
    assert not is_allowed(as_loader, "set role kanalstatus_owner")
    assert not is_allowed(as_loader, "create schema mine")


def test_the_reporter_reads_what_anyone_may_and_nothing_else(loaded: Path, url_of: UrlOf) -> None:
    reporter = url_of("kanalstatus_reporter")
    relations = set(databases.names(url_of("kanalstatus_owner")))
    assert {name for name in relations if is_allowed(reporter, f"select * from {name} limit 1")} == FOR_REPORTERS
    assert databases.ask(reporter, "select * from target_status where municipality_code = '183'")
    for name in METADATA.tables:
        assert not is_allowed(reporter, f"insert into {name} select * from {name} where false")
    assert not is_allowed(reporter, "create table mine (number integer)")


def test_the_reporter_learns_of_persons_only_what_disclosure_control_lets_out(loaded: Path, url_of: UrlOf) -> None:
    reporter, owner = url_of("kanalstatus_reporter"), url_of("kanalstatus_owner")
    shown = databases.ask(reporter, "select * from disclosed_enrolment")
    assert shown
    assert shown == databases.ask(owner, "select * from disclosed_enrolment")
    assert all(row["person_count"] == 0 or row["person_count"] >= 3 for row in shown)
    statistics = databases.ask(reporter, "select tablename from pg_stats where schemaname = 'kanalstatus'")
    assert not {row["tablename"] for row in statistics} & METADATA.tables.keys()


def test_rights_are_the_same_after_an_upgrade(as_loader: str, url_of: UrlOf, monkeypatch, capsys) -> None:
    owner = url_of("kanalstatus_owner")
    monkeypatch.setattr(migrations, "version", lambda: "another")
    assert cli.main(["run"]) == 2
    assert "run `kanalstatus upgrade` as its owner" in capsys.readouterr().err
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", owner)
    assert cli.main(["upgrade"]) == 0
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", as_loader)
    assert cli.main(["run"]) == 0
    monkeypatch.undo()
    engine = warehouse.connect(owner)
    warehouse.prepare(engine)
    engine.dispose()
    assert is_allowed(as_loader, "select * from channel_share")
    assert is_allowed(url_of("kanalstatus_reporter"), "select * from channel_share")
    assert not is_allowed(url_of("kanalstatus_reporter"), "select * from enrolment")


def test_words_stand_beside_tables_columns_and_views(loaded: Path, url_of: UrlOf) -> None:
    query = """
    select c.relname as name, d.objsubid as place, d.description as words
    from pg_description as d join pg_class as c on c.oid = d.objoid
    where c.relnamespace = 'kanalstatus'::regnamespace
    """
    words = {(row["name"], row["place"]): row["words"] for row in databases.ask(url_of("kanalstatus_owner"), query)}
    assert words["enquiry", 0].startswith("The enquiries of one load")
    assert words["channel_share", 0].startswith("One row is a channel's share (0-1)")
    assert {name for name, place in words if place == 0} >= {*METADATA.tables, *migrations.views()}
