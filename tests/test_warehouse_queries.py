"""Do the queries of docs/warehouse.md run, on both databases, with the answers that they promise?"""

import re
import shutil
from pathlib import Path

import pytest

from flows import cli
from flows.steps import migrations
from tests import databases

PROJECT = Path(__file__).parent.parent
TEXT = (PROJECT / "docs" / "warehouse.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def url(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the warehouse of the examples, with a delivery of which rows were set aside."""
    shutil.copytree(PROJECT / "examples", tmp_path, dirs_exist_ok=True)
    shutil.copy(PROJECT / "tests" / "files" / "bad" / "185_many_bad_rows.csv", tmp_path / "deliveries")
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", database_url)
    assert cli.main(["run"]) == 3
    return databases.in_folder(database_url, tmp_path)


def test_every_query_answers(url: str) -> None:
    targets, channel, tasks, files, rejected = (databases.ask(url, query) for query in QUERIES)
    assert [row["status"] for row in targets] == ["behind", "on_track", "on_track", "reached", "reached"]
    assert {row["count_id"] for row in targets} == {"2014E"}
    assert [row["count_id"] for row in channel] == ["2012E", "2013E", "2014E"]
    assert round(channel[-1]["share"], 3) == 0.525
    assert [row["national_share"] for row in channel] == [None, None, 0.419]
    assert len(tasks) == 5
    assert tasks == sorted(tasks, key=lambda row: -row["enquiry_count"])
    assert {row["file_name"] for row in files} >= {"tracetool_183_2014E.csv", "systemtal_183_2014E.xlsx"}
    assert all(len(row["sha256"]) == 64 for row in files)
    assert sum(row["row_count"] for row in rejected) == 30


def test_the_views_named_are_there() -> None:
    (table,) = re.findall(r"\| view \| one row is \|\n(.*?)\n\n", TEXT, re.DOTALL)
    named = {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert len(named) > 12
    assert named <= migrations.views().keys()
