"""What does a run with nothing new leave out, and what does it still see?"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows import cli
from flows.steps import due, warehouse
from flows.steps.settings import load_settings
from transforms import index_pages

PROJECT = Path(__file__).parent.parent
NOT_NEEDED = ("alembic", "css_inline", "great_tables", "holidays", "httpx", "psycopg", "vl_convert")
RUN = f"""
import sys
from flows.__main__ import main
code = main(["run"])
print(*sorted(set({NOT_NEEDED}) & sys.modules.keys()))
sys.exit(code)
"""
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def asked() -> Iterator[list[str]]:
    """Give the statements that any database is asked meanwhile."""
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def weighs_enquiries(statements: list[str]) -> bool:
    return any(view in each for each in statements for view in ("waiting_part", "publishable_count"))


@on_sqlite
def test_libraries_that_it_does_not_use_are_not_imported(place):
    assert cli.main(["run"]) == 0
    done = subprocess.run([sys.executable, "-c", RUN], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
    assert "run page" in done.stderr


def test_it_asks_as_much_however_many_files_there_are_and_weighs_no_enquiries(place):
    with asked() as first:
        assert cli.main(["run"]) == 0
    assert weighs_enquiries(first)
    with asked() as few:
        assert cli.main(["run"]) == 0
    for number in range(5):
        shutil.copy(place / "deliveries" / "landstal_2014E.csv", place / "deliveries" / f"{number}.csv")
    assert cli.main(["run"]) == 0
    with asked() as many:
        assert cli.main(["run"]) == 0
    assert len(many) == len(few)
    assert not weighs_enquiries(few + many)


def test_what_a_count_waits_for_is_told_by_each_run(place, capsys):
    """Until it is there; that the page was up to date before does not hide that the settings now want more."""
    assert cli.main(["run"]) == 0
    assert "waiting" not in capsys.readouterr().err
    path = place / "kanalstatus.toml"
    text = path.read_text(encoding="utf-8")
    newest = text.rindex("expected_sources = [")
    more = text[:newest] + text[newest:].replace("expected_sources = [", 'expected_sources = ["landstal", ', 1)
    path.write_text(more, encoding="utf-8")
    for _ in range(2):
        assert cli.main(["run"]) == 0
        assert "waiting: 2014E 183: " in capsys.readouterr().err
    path.write_text(text, encoding="utf-8")
    assert cli.main(["run"]) == 0
    assert "waiting" not in capsys.readouterr().err


@on_sqlite
@pytest.mark.parametrize("name", ["CODE_VERSION", "CODE_LIST_VERSION"])
def test_another_version_weighs_the_enquiries_again(place, monkeypatch, name):
    assert cli.main(["run"]) == 0
    settings = load_settings()
    with warehouse.looking(warehouse.connect(settings.sqlalchemy_url)) as connection:
        with asked() as own:
            assert due.waiting(connection, settings) == []
        monkeypatch.setattr(due, name, "another")
        with asked() as others:
            assert due.waiting(connection, settings) == []
    assert (weighs_enquiries(own), weighs_enquiries(others)) == (False, True)


@on_sqlite
def test_indexes_that_stand_are_not_made_again_and_others_are(place, monkeypatch):
    assert cli.main(["run"]) == 0
    published = place / "published"
    paths = [published / "index.html", published / "183" / "index.html"]
    pages = [path.read_bytes() for path in paths]
    for path, page in zip(paths, pages, strict=True):
        path.unlink()
        assert cli.main(["run"]) == 0
        assert path.read_bytes() == page
        path.write_bytes(page[: len(page) // 2])
        assert cli.main(["run"]) == 0
        assert path.read_bytes() == page
    monkeypatch.setattr(index_pages, "index_page", lambda *_: "made anew")
    assert cli.main(["run"]) == 0
    assert [path.read_bytes() for path in paths] == pages
    monkeypatch.setattr(index_pages, "VERSION", "another")
    assert cli.main(["run"]) == 0
    assert paths[0].read_bytes() == b"made anew"
