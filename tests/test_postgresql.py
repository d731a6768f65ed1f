"""What only PostgreSQL has: COPY, one lock for writers, lines that break, errors that quote rows."""

import datetime as dt
import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from flows import cli
from flows.steps import postgresql, warehouse
from schemas.tables import METADATA
from tests import databases
from tests.proxies import Proxy, proxy

PROJECT = Path(__file__).parent.parent
CANARY = "0101701234"
NOW = dt.datetime(2014, 12, 1, 6, 30, 15, 123456, dt.UTC)


@pytest.fixture
def engine(schema_url: str) -> Iterator[sa.Engine]:
    engine = warehouse.connect(schema_url)
    warehouse.prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a working folder with the examples."""
    shutil.copytree(PROJECT / "examples", tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    return tmp_path


def settings_row(number: int, **values: object) -> dict:
    return {
        "settings_id": number, "settings_sha256": "0" * 64, "content": "{}", "min_total": 100,
        "national_min_municipalities": 30, "code_list_version": "1", "recorded_at": NOW,
    } | values  # fmt: skip


def add(engine: sa.Engine, number: int) -> None:
    with warehouse.writing(engine) as connection:
        warehouse.insert(connection, "settings", [settings_row(number)])


def numbers(url: str) -> list[int]:
    return [row["settings_id"] for row in databases.ask(url, "select settings_id from settings order by 1")]


# --- COPY ------------------------------------------------------------------------------------------


def partitions() -> pl.DataFrame:
    """Return rows with every kind of text that CSV could take for something else, and days at their ends."""
    texts = ["", " ", '"', '""', ",", ";", "\n", "\r\n", "\\.", "\\N", "NULL", "æøå 😀", "a\tb", "x" * 8000]
    return pl.DataFrame(
        {
            "load_id": [1] * len(texts),
            "partition_name": [f"{number}" for number in range(len(texts))],
            "partition_group": texts,
            "count_id": [None if number % 2 else text for number, text in enumerate(texts)],
            "municipality_code": [text if number % 2 else None for number, text in enumerate(texts)],
            "weeks": [None] * len(texts),
            "first_week": [""] * len(texts),
            "last_week": [None] * len(texts),
            "as_of_date": [dt.date(1, 1, 1), dt.date(9999, 12, 31), None, *[dt.date(2014, 12, 1)] * (len(texts) - 3)],
        },
        schema_overrides={"weeks": pl.String, "last_week": pl.String},
    )


def test_copied_rows_are_the_rows(engine: sa.Engine) -> None:
    with warehouse.trying(engine) as connection:
        connection.exec_driver_sql("alter table load_partition drop constraint load_partition_load_id_fkey")
        warehouse.insert(connection, "load_partition", partitions())
        rows = warehouse.view(connection, "load_partition", "partition_name")
    assert rows == sorted(partitions().to_dicts(), key=lambda row: row["partition_name"])


def test_copy_is_part_of_the_transaction(engine: sa.Engine, schema_url: str) -> None:
    def write_and_fail() -> None:
        with warehouse.writing(engine) as connection:
            connection.exec_driver_sql("alter table load_partition drop constraint load_partition_load_id_fkey")
            warehouse.insert(connection, "load_partition", partitions())
            assert warehouse.view(connection, "load_partition")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert databases.ask(schema_url, "select * from load_partition") == []


# --- Errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "break_rule",
    [
        lambda connection: warehouse.insert(connection, "settings", [settings_row(0, content=CANARY)]),
        lambda connection: warehouse.insert(connection, "settings", [settings_row(1, content=None, code=CANARY)]),
        lambda connection: connection.exec_driver_sql(f"select cast('{CANARY}x' as integer)"),
        lambda connection: warehouse.insert(connection, "settings", [settings_row(5, content=f"{CANARY}\0")]),
        lambda connection: warehouse.insert(
            connection, "package_task",
            pl.DataFrame({"settings_id": [77], "task_package": [CANARY], "kle": [CANARY], "task_name": [CANARY]}),
        ),
        lambda connection: warehouse.insert(connection, "settings", pl.DataFrame({"settings_id": [CANARY + "y"]})),
        lambda connection: connection.execute(sa.text("select :value + 1"), {"value": CANARY + "z"}),
    ],
    ids=["check", "null", "cast", "nul", "copied key", "copied type", "operator"],
)  # fmt: skip
def test_an_error_quotes_no_value(engine: sa.Engine, break_rule) -> None:
    def write() -> None:
        with warehouse.writing(engine) as connection:
            warehouse.insert(connection, "settings", [settings_row(9)])
            break_rule(connection)

    with pytest.raises(sa.exc.StatementError) as caught:
        write()
    error: BaseException | None = caught.value
    while error is not None:
        told = f"{error} {error!r}".partition("[SQL:")[0]
        assert CANARY not in told
        error = error.__cause__ or error.__context__


def test_an_error_names_the_rule_of_the_database(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="23514 settings settings_settings_id_1"):
        add(engine, 0)


# --- Writers take turns ----------------------------------------------------------------------------


def test_a_second_writer_waits_for_the_first(engine: sa.Engine, schema_url: str) -> None:
    order: list[str] = []

    def second() -> None:
        other = warehouse.connect(schema_url)
        with warehouse.writing(other) as connection:
            order.append(f"second sees {len(warehouse.view(connection, 'settings'))}")
        other.dispose()

    with warehouse.writing(engine) as connection:
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.3)
        warehouse.insert(connection, "settings", [settings_row(1)])
        order.append("first writes")
    thread.join(10)
    assert order == ["first writes", "second sees 1"]


def test_a_writer_of_another_schema_does_not_wait(engine: sa.Engine, postgres_url: str) -> None:
    with databases.new_schema(postgres_url) as url, warehouse.writing(engine):
        other = warehouse.connect(url)
        warehouse.prepare(other)
        other.dispose()


def test_a_writer_that_waits_too_long_says_so(place, engine, schema_url, monkeypatch, capsys) -> None:
    monkeypatch.setattr(warehouse, "BUSY_SECONDS", 1)
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", schema_url)
    with warehouse.writing(engine):
        assert cli.main(["run"]) == 1
    assert "another run holds the warehouse; try again" in capsys.readouterr().err


def test_a_reader_sees_one_state_while_others_write(engine: sa.Engine) -> None:
    with warehouse.reading(engine) as reader:
        assert warehouse.view(reader, "settings") == []
        add(engine, 1)
        assert warehouse.view(reader, "settings") == []
    with warehouse.reading(engine) as reader:
        assert len(warehouse.view(reader, "settings")) == 1


def test_a_time_is_the_same_in_every_zone(engine: sa.Engine, schema_url: str) -> None:
    add(engine, 1)
    for zone in ("Europe/Copenhagen", "America/St_Johns", "Pacific/Kiritimati"):
        options = f"{sa.make_url(schema_url).query['options']} -ctimezone={zone}"
        url = sa.make_url(schema_url).update_query_dict({"options": options}).render_as_string(hide_password=False)
        other = warehouse.connect(url)
        with warehouse.reading(other) as connection:
            (row,) = warehouse.view(connection, "settings")
        assert row["recorded_at"] == NOW
        assert databases.ask(url, "select recorded_at from settings")[0]["recorded_at"] == NOW.isoformat(" ")
        other.dispose()


# --- Lines that break ------------------------------------------------------------------------------


@pytest.fixture
def line(schema_url: str, engine: sa.Engine) -> Iterator[Proxy]:
    """Give a proxy before a warehouse."""
    with proxy(schema_url) as passing:
        yield passing


def test_a_commit_that_was_done_but_not_answered_is_done(line: Proxy, schema_url: str) -> None:
    engine = warehouse.connect(line.url)
    add(engine, 1)
    line.cuts = ["after"]
    add(engine, 2)
    assert numbers(schema_url) == [1, 2]
    engine.dispose()


def test_a_commit_that_never_arrived_is_an_error(line: Proxy, schema_url: str) -> None:
    engine = warehouse.connect(line.url)
    add(engine, 1)
    line.cuts = ["before"]
    with pytest.raises(sa.exc.OperationalError):
        add(engine, 2)
    assert numbers(schema_url) == [1]
    add(engine, 2)
    assert numbers(schema_url) == [1, 2]
    engine.dispose()


def test_when_the_database_is_gone_for_good_nothing_is_claimed(line: Proxy, schema_url: str, monkeypatch) -> None:
    monkeypatch.setattr(postgresql, "RECOVERY_SECONDS", 1)
    engine = warehouse.connect(line.url)
    add(engine, 1)
    line.cuts, line.is_closed = ["after"], True
    with pytest.raises(sa.exc.OperationalError):
        add(engine, 2)
    engine.dispose()


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("number", [0, 1, 2, 4, 5, 6])
def test_a_run_whose_line_broke_at_a_commit_is_finished_by_the_next(place, line, schema_url, monkeypatch, cut, number):
    """The commits of a run: it begins, four deliveries are taken in, two pages are published."""
    for path in (place / "deliveries").iterdir():
        if not re.fullmatch(r"(tracetool|systemtal)_183_201[34]E\..*", path.name):
            path.unlink()
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", line.url)
    line.cuts = [*["pass"] * number, cut]
    assert cli.main(["run"]) == (1 if cut == "before" else 0)
    assert not line.cuts
    assert cli.main(["run"]) == 0
    ledger = databases.ask(schema_url, "select file_name, status from delivery")
    assert sorted(row["file_name"] for row in ledger) == sorted(path.name for path in (place / "deliveries").iterdir())
    assert {row["status"] for row in ledger} == {"accepted"}
    kinds = databases.ask(schema_url, "select count_id, kind from publication order by count_id")
    assert [tuple(row.values()) for row in kinds] == [("2013E", "first"), ("2014E", "first")]
    assert not [
        table for table in ("load", "verdict_log") if len(databases.ask(schema_url, f"select * from {table}")) != 4
    ]


def test_while_rows_are_loaded_the_planner_knows_of_more_than_half_and_in_the_end_of_all(engine, schema_url) -> None:
    def known() -> int:
        query = "select reltuples from pg_class where oid = 'settings'::regclass"
        return databases.ask(schema_url, query)[0]["reltuples"]

    def steps() -> Iterator[int]:
        for number in range(1, 20):
            add(engine, number)
            yield number

    for number in warehouse.with_statistics(engine, steps()):
        assert number / 2 < known() <= number
    assert known() == 19
    assert list(warehouse.with_statistics(engine, iter([]))) == []


def test_every_table_is_known_to_postgresql(engine: sa.Engine) -> None:
    assert set(sa.inspect(engine).get_table_names()) == {*METADATA.tables, "schema_revision"}
