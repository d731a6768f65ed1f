"""Do views that are worked out together say what each says alone, and are they asked anew when they must be?"""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows import cli
from flows.steps import migrations, warehouse
from flows.steps.answers import COMPLETENESS, COUNTED, FIGURES, Answers
from flows.steps.settings import load_settings

PROJECT = Path(__file__).parent.parent
NAMES = {
    "sqlite": "select name from sqlite_temp_master",
    "postgresql": "select relname from pg_class where relnamespace = pg_my_temp_schema()",
}
"""What the connection holds that is temporary."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Path:
    """Give a working folder with the examples, without those of 2014, and make it the one in force."""
    for name in ("kanalstatus.toml", "tasks.csv"):
        shutil.copy(PROJECT / "examples" / name, tmp_path / name)
    shutil.copytree(
        PROJECT / "examples" / "deliveries", tmp_path / "deliveries", ignore=shutil.ignore_patterns("*2014*")
    )
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", database_url)
    return tmp_path


def open_engine() -> sa.Engine:
    return warehouse.connect(load_settings().sqlalchemy_url)


def by_text(rows: list[dict]) -> list[dict]:
    return sorted(rows, key=repr)


def test_what_is_asked_together_is_what_each_view_says_alone(place):
    assert cli.main(["run"]) == 0
    views, answers = (*COMPLETENESS, *FIGURES), Answers()
    with warehouse.reading(open_engine()) as connection:
        answers.ask(connection, *views)
        for view in views:
            assert by_text(answers.all(connection, view)) == by_text(warehouse.view(connection, view)), view
        assert answers.all(connection, "target_status")
        assert not connection.exec_driver_sql(NAMES[connection.dialect.name]).all()


def test_all_that_is_asked_together_follows_from_the_view_that_is_worked_out():
    assert set(migrations.following(COUNTED)) >= {*COMPLETENESS, *FIGURES}
    assert COUNTED not in migrations.following(COUNTED)
    assert not {"current_partition", "mandatory_enquiry"} & migrations.following(COUNTED).keys()


def test_an_exception_leaves_nothing_temporary(place):
    assert cli.main(["run"]) == 0
    engine = open_engine()

    def break_off() -> None:
        with warehouse.reading(engine) as connection, warehouse.worked_out(connection, COUNTED):
            assert connection.exec_driver_sql(NAMES[connection.dialect.name]).all()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with warehouse.reading(engine) as connection:
        assert not connection.exec_driver_sql(NAMES[connection.dialect.name]).all()


def test_a_load_makes_answers_old_and_a_publication_does_not(place):
    assert cli.main(["run"]) == 0
    engine, answers = open_engine(), Answers()

    def counts() -> set[str]:
        with warehouse.reading(engine) as connection:
            answers.refresh(connection)
            answers.ask(connection, "target_status")
            return {row["count_id"] for row in answers.all(connection, "target_status")}

    before = counts()
    assert "2014E" not in before
    with warehouse.writing(engine) as connection:
        row = warehouse.view(connection, "publication_log")[0]
        warehouse.insert(connection, "publication_log", [row | {"publication_id": 1000}])
    rows = answers._rows
    assert counts() == before
    assert answers._rows is rows
    for file in (PROJECT / "examples" / "deliveries").glob("*2014*"):
        shutil.copy(file, place / "deliveries")
    assert cli.main(["run"]) == 0
    assert counts() == before | {"2014E"}
