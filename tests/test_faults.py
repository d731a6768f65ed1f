"""Does every bad delivery end in a clear verdict, in one run, with the good ones beside it loaded?"""

import itertools
import os
import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.steps import inbox
from schemas.rules import RULES
from tests import faults
from tests.faults import FAULTS, GOOD, SECRET, UNIT, Fault, Finished, Place, Town

SECONDS = 60
"""So long a run over all of them may take; it takes some ten."""
FOREIGN = re.compile(r"Error|Exception|Traceback|None|\{|\}|<class|0x[0-9a-f]")


@dataclass(frozen=True)
class Delivered:
    """Everything that was delivered in the one run, and what came of it."""

    place: Place
    towns: dict[Fault, Town]
    names: dict[Fault, str]
    finished: Finished
    seconds: float
    rows: dict[str, dict[str, Any]]


def all_faults() -> dict[Fault, Town]:
    """Give each file that may be loaded a municipality of its own; the others share what is left."""
    towns = list(Town.all())
    own = [fault for fault in (*GOOD, *FAULTS) if may_be_loaded(fault)]
    shared = itertools.cycle(towns[len(own) :])
    return dict(zip(own, towns, strict=False)) | {fault: next(shared) for fault in FAULTS if not may_be_loaded(fault)}


def may_be_loaded(fault: Fault) -> bool:
    return any(each.startswith(("accepted", "rows")) for each in fault.expect.split("|"))


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    towns = all_faults()
    place = Place(tmp_path_factory.mktemp("faults"), published=(towns[GOOD[0]].code,))
    names = {}
    for number, (fault, town) in enumerate(towns.items(), 1):
        names[fault] = f"{number:03}_{fault.what.replace('/', ' ')}{fault.extension}"
        place.put(names[fault], fault.content(town))
    began = time.monotonic()
    finished = place.run()
    seconds = time.monotonic() - began
    return Delivered(place, towns, names, finished, seconds, {row["file_name"]: row for row in place.deliveries()})


def verdict(row: dict[str, Any]) -> str:
    """Return a row's verdict in the words of `Fault.expect`."""
    is_partial = row["status"] == "accepted" and row["rows_rejected"]
    return f"rows={row['rows_rejected']}" if is_partial else row["status"]


def says_what_to_do(text: str) -> bool:
    """Tell whether a message is a Danish sentence of the catalogue with its remedy."""
    return any(rule.remedy in text and text != rule.remedy for rule in RULES.values())


def label(fault: Fault) -> str:
    return f"{fault.what} {fault.extension}"


@pytest.mark.parametrize("fault", [*FAULTS, *GOOD], ids=label)
def test_each_fault_has_its_verdict_and_a_reason(fault, delivered):
    row = delivered.rows[delivered.names[fault]]
    assert verdict(row) in fault.expect.split("|"), row["reason"]
    if row["status"] == "accepted":
        assert not row["reason"]
    else:
        assert says_what_to_do(row["reason"]), row["reason"]
        assert not FOREIGN.search(row["reason"]), row["reason"]


@pytest.mark.parametrize("fault", [*FAULTS, *GOOD], ids=label)
def test_what_is_in_force_is_what_was_accepted(fault, delivered):
    row = delivered.rows[delivered.names[fault]]
    is_loaded = row["status"] == "accepted"
    expected = UNIT.get(row["source"], 0) * row["rows_accepted"] if is_loaded else 0
    assert delivered.place.loaded(row["delivery_id"]) == expected
    assert not is_loaded or row["rows_accepted"]


def test_the_run_ends_in_time_and_says_that_a_person_must_look(delivered):
    assert delivered.finished.code == 3
    assert delivered.seconds < SECONDS


def test_every_file_has_one_row_of_the_ledger(delivered):
    assert len(delivered.place.deliveries()) == len(delivered.rows) == len(delivered.names)
    for row in delivered.rows.values():
        assert row["rows_read"] == row["rows_accepted"] + row["rows_rejected"], row["file_name"]


def test_every_row_set_aside_has_its_place_rule_and_message(delivered):
    rejected = delivered.place.query("select * from rejected_row")
    assert len(rejected) == sum(row["rows_rejected"] for row in delivered.rows.values())
    for row in rejected:
        assert row["source_row"] > 0
        assert row["rule"]
        assert says_what_to_do(row["message"]), row["message"]


def test_the_good_ones_are_loaded_and_published(delivered):
    for fault in GOOD:
        row = delivered.rows[delivered.names[fault]]
        assert (row["status"], row["rows_rejected"]) == ("accepted", 0)
    page = delivered.place.folder / "published" / delivered.towns[GOOD[0]].code / "2014E" / "index.html"
    assert page.is_file()


def test_every_refused_or_held_file_is_named_with_its_reason_in_what_is_printed(delivered):
    for row in delivered.rows.values():
        if row["status"] != "accepted":
            assert row["file_name"] in delivered.finished.printed
            assert row["reason"] in delivered.finished.printed


def test_no_cell_and_no_traceback_is_printed_or_kept_in_a_message(delivered):
    place = delivered.place
    messages = [row["message"] for row in place.query("select message from rejected_row")]
    reasons = [row["reason"] for row in place.deliveries()]
    run_page = (place.folder / "published" / "run.html").read_text(encoding="utf-8")
    for text in (delivered.finished.printed, run_page, *messages, *reasons):
        assert SECRET not in text
        assert "Traceback" not in text
        assert not any(number in text for number in (*faults.CPR, "101801234"))


def test_what_was_refused_is_not_archived(delivered):
    archived = {path.name for path in (delivered.place.folder / "archive").rglob("*") if path.is_file()}
    for row in delivered.rows.values():
        is_kept = any(row["sha256"] in name for name in archived)
        assert is_kept == (row["status"] in ("accepted", "held")), row["file_name"]


def test_the_same_inbox_again_adds_nothing_and_alerts_nobody(delivered):
    before = delivered.place.deliveries()
    assert delivered.place.run().code == 0
    assert delivered.place.deliveries() == before


def test_check_gives_the_same_verdicts_without_loading(delivered, tmp_path):
    place = Place(tmp_path)
    chosen = [fault for fault in FAULTS if "|" not in fault.expect][::12]
    paths = [place.put(delivered.names[fault], fault.content(delivered.towns[fault])) for fault in chosen]
    finished = place.run("check", *map(str, paths))
    lines = [line for line in finished.printed.splitlines() if not line.startswith(" ")]
    assert len(lines) == len(chosen)
    for fault, line in zip(chosen, lines, strict=True):
        name = delivered.names[fault]
        assert line.split()[0] == delivered.rows[name]["status"]
        assert name in line
    assert finished.code == 3
    assert not (tmp_path / "warehouse.db").exists()


# --- Names and kinds of directory entries ----------------------------------------------------------

ODD_NAMES = (
    "brud\npå linjen.csv", "..csv..csv", "a..b.csv", "-rf.csv", "[1]*?.csv", "<b>fed<b>.csv", "%s {0}.csv",
    "emoji 🐟.csv",
    "STORE.CSV", "tab\t.csv", "a'b\"c;d.csv", "o\u0308.csv", "x" * 251 + ".csv", "omvendt\u202egpj.csv", " .csv",
    os.fsdecode(b"\xe6ble.csv"), "undermappe/uge 43/fil.csv", "mappe.csv/fil.csv", "C:\\fil.csv",
)  # fmt: skip
IGNORED = (".skjult.csv", "~$åben.xlsx", "halv.csv.part", "halv.CSV.TMP", ".mappe/fil.csv", "undermappe/.skjult.csv")


@pytest.fixture
def towns() -> list[Town]:
    return list(Town.all())


def test_a_name_is_only_a_label(tmp_path, towns):
    place = Place(tmp_path)
    delivering = [(name, town) for name, town in zip(ODD_NAMES, towns, strict=False) if not name.startswith(".")]
    for name, town in delivering:
        place.put(name, town.csv())
    finished = place.run()
    assert finished.code == 0
    assert {row["municipality_code"] for row in place.deliveries()} == {town.code for _, town in delivering}
    assert len(place.deliveries()) == len(delivering)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e\ud800-\udfff]", finished.printed)
    again = place.run()
    assert (again.code, len(place.deliveries())) == (0, len(delivering))


def test_names_that_look_alike_once_printed_are_different_files(tmp_path, towns):
    place = Place(tmp_path)
    names = ("a\nb.csv", "a_b.csv", "a\tb.csv", os.fsdecode(b"a\xe6b.csv"), os.fsdecode(b"a\xf8b.csv"))
    for name, town in zip(names, towns, strict=False):
        place.put(name, town.csv())
    place.run()
    assert [row["status"] for row in place.deliveries()] == ["accepted"] * len(names)
    assert place.run().code == 0
    assert len(place.deliveries()) == len(names)


def test_names_of_files_that_are_not_there_yet_are_ignored(tmp_path, towns):
    place = Place(tmp_path)
    for name, town in zip(IGNORED, towns, strict=False):
        place.put(name, town.csv())
    assert place.run().code == 0
    assert place.deliveries() == []


def test_a_cpr_shaped_number_in_a_name_refuses_and_is_masked(tmp_path, towns):
    place = Place(tmp_path)
    place.put(f"borger {faults.CPR[1]}.csv", towns[0].csv())
    place.put(f"{faults.CPR[2]}/tal.csv", towns[1].csv())
    finished = place.run()
    assert [row["status"] for row in place.deliveries()] == ["refused", "refused"]
    stored = (tmp_path / "warehouse.db").read_bytes() + (tmp_path / "published" / "run.html").read_bytes()
    for number in (faults.CPR[1], faults.CPR[2]):
        assert number not in finished.printed
        assert number.encode() not in stored
    assert place.run().code == 0
    assert len(place.deliveries()) == 2


def test_what_is_no_file_is_refused_and_the_run_goes_on(tmp_path, towns):
    place = Place(tmp_path)
    outside = tmp_path / "udenfor"
    outside.mkdir()
    (outside / "fil.csv").write_bytes(towns[0].csv())
    links = {
        "fil.csv": outside / "fil.csv", "mappe": outside, "mappe.csv": outside, "ingen.csv": tmp_path / "ingen",
        "ring.csv": place.inbox / "ring.csv", "rod.csv": Path("/"), "nul.csv": Path("/dev/zero"),
        "ud.csv": Path("../udenfor/fil.csv"), "mappe.xlsx": outside,
    }  # fmt: skip
    for name, target in links.items():
        (place.inbox / name).symlink_to(target)
    os.mkfifo(place.inbox / "roer.csv")
    (place.inbox / "tom.csv").mkdir()
    place.put("god.csv", towns[1].csv())
    assert place.run().code == 3
    found = {row["file_name"]: row["status"] for row in place.deliveries()}
    assert found == dict.fromkeys([*links, "roer.csv"], "refused") | {"god.csv": "accepted"}
    assert place.total(towns[0].code) == 0
    assert place.run().code == 0
    assert len(place.deliveries()) == len(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused_and_the_run_goes_on(tmp_path, towns):
    place = Place(tmp_path)
    place.put("spaerret.csv", towns[0].csv()).chmod(0)
    place.put("god.csv", towns[1].csv())
    assert place.run().code == 3
    assert [row["status"] for row in place.deliveries()] == ["refused", "accepted"]


# --- Files that change while they are read ---------------------------------------------------------


def after_listing(monkeypatch, act) -> None:
    """Let something happen between the listing of the inbox and the reading of its files."""
    listed = inbox.Folder.list_files

    def list_then_act(*arguments, **options):
        found = listed(*arguments, **options)
        act()
        return found

    monkeypatch.setattr(inbox.Folder, "list_files", list_then_act)


def test_a_file_that_still_grows_is_left_for_the_next_run(tmp_path, towns, monkeypatch):
    place = Place(tmp_path)
    whole = towns[0].csv()
    path = place.put("voksende.csv", whole[:500])
    place.put("god.csv", towns[1].csv())
    with monkeypatch.context() as patch:
        after_listing(patch, lambda: path.write_bytes(whole[:900]))
        assert place.run().code == 0
    assert [row["file_name"] for row in place.deliveries()] == ["god.csv"]
    path.write_bytes(whole)
    assert place.run().code == 0
    assert [row["status"] for row in place.deliveries()] == ["accepted", "accepted"]


def test_a_file_that_is_taken_away_again_stops_nobody(tmp_path, towns, monkeypatch):
    place = Place(tmp_path)
    path = place.put("borte.csv", towns[0].csv())
    place.put("god.csv", towns[1].csv())
    with monkeypatch.context() as patch:
        after_listing(patch, lambda: path.unlink(missing_ok=True))
        assert place.run().code == 0
    assert [row["file_name"] for row in place.deliveries()] == ["god.csv"]


def test_the_inbox_is_only_read(tmp_path, towns):
    place = Place(tmp_path)
    place.put("god.csv", towns[0].csv())
    place.put("tom.csv", b"")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in place.inbox.iterdir()}
    place.run()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in place.inbox.iterdir()} == before


def test_the_warehouse_is_whole_afterwards(delivered):
    connection = sqlite3.connect(delivered.place.folder / "warehouse.db")
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    assert connection.execute("pragma foreign_key_check").fetchall() == []
    connection.close()
