"""The command line as its users meet it: messages, exit codes, JSON, and that a look changes nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows import cli

PROJECT = Path(__file__).parent.parent
BAD = Path(__file__).parent / "files" / "bad"
DELIVERY = ["delivery_id", "source", "file_name", "sha256", "received_at", "status", "reason", "count_id",
            "municipality_code", "rows_read", "rows_accepted", "rows_rejected"]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a working folder whose inbox holds one count of one municipality."""
    for name in ("kanalstatus.toml", "tasks.csv"):
        shutil.copy(PROJECT / "examples" / name, tmp_path / name)
    (tmp_path / "deliveries").mkdir()
    for name in ("tracetool_183_2014E.csv", "systemtal_183_2014E.xlsx"):
        shutil.copy(PROJECT / "examples" / "deliveries" / name, tmp_path / "deliveries" / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(place: Path, *names: str) -> None:
    for name in names:
        shutil.copy(BAD / name, place / "deliveries" / name)


def test_verdicts_that_are_new_end_with_3_and_known_ones_with_0(place):
    put(place, "185_many_bad_rows.csv")
    assert cli.main(["run"]) == 3
    assert cli.main(["run"]) == 0


def test_every_sample_gets_its_verdict_in_one_run(place, capsys):
    expected = [line.split(";")[:3] for line in (BAD / "expect.csv").read_text(encoding="utf-8").splitlines()[1:]]
    put(place, *(name for name, _, _ in expected))
    assert cli.main(["run"]) == 3
    capsys.readouterr()
    assert cli.main(["deliveries", "--json"]) == 0
    found = {row["file_name"]: row for row in json.loads(capsys.readouterr().out)}
    for name, _, verdict in expected:
        row = found[name]
        status, _, number = verdict.partition("=")
        assert row["status"] == ("accepted" if status == "rows" else status), name
        if number:
            assert row["rows_rejected"] == int(number), name
        assert row["rows_read"] == row["rows_accepted"] + row["rows_rejected"], name
        assert bool(row["reason"]) == (row["status"] != "accepted"), name


def test_json_has_exactly_the_columns_of_the_views(place, capsys):
    put(place, "175_unknown_channel.csv")
    assert cli.main(["run"]) == 0
    capsys.readouterr()
    assert cli.main(["deliveries", "--status", "accepted", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {tuple(row) for row in rows} == {tuple(DELIVERY)}
    number = next(row["delivery_id"] for row in rows if row["rows_rejected"])
    assert cli.main(["rejects", str(number), "--json"]) == 0
    rejected = json.loads(capsys.readouterr().out)
    assert len(rejected) == 2
    assert {tuple(row) for row in rejected} == {("delivery_id", "source_row", "column_name", "rule", "message")}
    assert {row["rule"] for row in rejected} == {"channel_unknown"}


def test_plan_says_what_a_run_would_do_and_changes_nothing(place, capsys):
    assert cli.main(["plan"]) == 0
    planned = capsys.readouterr().out
    assert "load: accepted  tracetool_183_2014E.csv (1685 rows)" in planned
    assert "publish: 2014E 183 (first)" in planned
    assert {path.name for path in place.iterdir()} == {"deliveries", "kanalstatus.toml", "tasks.csv"}
    assert cli.main(["run"]) == 0
    capsys.readouterr()
    assert cli.main(["plan"]) == 0
    assert "load:" not in capsys.readouterr().out


def test_check_gives_the_verdict_without_loading(place, capsys):
    assert cli.main(["check", str(BAD / "101_good.csv")]) == 0
    assert cli.main(["check", str(BAD / "175_unknown_channel.csv"), str(BAD / "187_wrong_total.csv")]) == 3
    shown = capsys.readouterr().out
    assert "2 × Kanalen findes ikke i kodelisten. (først række 5, Kanal)" in shown
    assert "siger 700, rækkerne siger 600" in shown
    assert not (place / "warehouse.db").exists()


def test_accept_releases_a_held_delivery_and_keeps_who_and_why(place, capsys, monkeypatch):
    put(place, "187_wrong_total.csv")
    assert cli.main(["run"]) == 3
    capsys.readouterr()
    cli.main(["deliveries", "--status", "held", "--json"])
    number = json.loads(capsys.readouterr().out)[0]["delivery_id"]
    monkeypatch.setenv("KANALSTATUS_USER", "en ingeniør")
    assert cli.main(["accept", str(number), "--reason", "Summen er skrevet forkert af"]) == 0
    cli.main(["deliveries", "--json"])
    row = next(row for row in json.loads(capsys.readouterr().out) if row["delivery_id"] == number)
    assert row["status"] == "accepted"
    assert row["reason"] == "Frigivet: Summen er skrevet forkert af"
    assert cli.main(["accept", str(number), "--reason", "igen"]) == 2
    assert "only held deliveries can be released" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["accept", "99", "--reason", "x"], "there is no delivery 99"),
        (["rejects", "99"], "there is no delivery 99"),
        (["publish", "--count", "1999E"], "not in the calendar: 1999E"),
        (["run", "--count", "1999E"], "not in the calendar: 1999E"),
        (["publish", "--count", "2014E", "--municipality", "101"], "not a published municipality: 101"),
        (["check", "nowhere.csv"], "there is no file nowhere.csv"),
    ],
)
def test_what_cannot_be_done_is_usage(place, capsys, arguments, message):
    assert cli.main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("min_total = 'many'", "min_total"),
        ("unheard_of = 1", "unheard_of"),
        ("municipalities = ['411']", "municipalities.0: Value error, not the three-digit code of a municipality"),
        ("[[", "kanalstatus.toml"),
        ("task_packages = 'none.csv'", "none.csv cannot be read"),
    ],
)
def test_wrong_settings_are_named(place, capsys, line, message):
    (place / "kanalstatus.toml").write_text(line, encoding="utf-8")
    assert cli.main(["run"]) == 2
    assert message in capsys.readouterr().err


def test_the_environment_overrides_settings(place, monkeypatch):
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", "sqlite:///elsewhere/other.db")
    monkeypatch.setenv("KANALSTATUS_STRATEGY__NAME", "Den anden strategi")
    assert cli.main(["run"]) == 0
    assert (place / "elsewhere" / "other.db").exists()
    assert "Den anden strategi" in (place / "published" / "183" / "2014E" / "index.html").read_text(encoding="utf-8")


def test_a_missing_inbox_fails_with_1_and_says_where(place, capsys):
    shutil.rmtree(place / "deliveries")
    assert cli.main(["run"]) == 1
    assert "deliveries" in capsys.readouterr().err


def test_the_doctor_finds_misspelt_variables(place, capsys, monkeypatch):
    monkeypatch.setenv("KANALSTATUS_INBX", "x")
    monkeypatch.setenv("KANALSTATUS_MAIL__SENDER", "x@example.dk")
    assert cli.main(["doctor"]) == 1
    assert "NO  environment: no such settings: KANALSTATUS_INBX;" in capsys.readouterr().out


def test_the_doctor_says_what_is_wrong(place, capsys):
    assert cli.main(["doctor"]) == 0
    shutil.rmtree(place / "deliveries")
    assert cli.main(["doctor"]) == 1
    assert "NO  inbox" in capsys.readouterr().out


def test_a_command_without_settings_says_where_it_looked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run"]) == 2
    assert str(tmp_path / "kanalstatus.toml") in capsys.readouterr().err


def test_the_command_line_does_not_import_prefect():
    code = "import sys, flows.cli, flows.steps.doctor; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=PROJECT).returncode == 0
