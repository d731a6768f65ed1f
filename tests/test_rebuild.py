"""Is a lost warehouse made again from the archive, row by row the same, and told when it cannot be?"""

import copy
import datetime as dt
import itertools
import json
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows import cli
from flows.steps import manifest, warehouse
from schemas.tables import METADATA
from tests import databases, heldout
from tests.conftest import place as examples  # noqa: F401 - a fixture
from tests.test_examples import ask
from tests.test_heldout import Place
from tests.test_history import VIEWS, answers

PERSONS = Path(__file__).parent / "files" / "digitalpost_personer_183_2014-12-01.xlsx"
OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


@pytest.fixture(params=["sqlite", "postgresql"])
def two_urls(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Give the database_url of a warehouse to lose, and that of an empty one on the other database."""
    urls = {"sqlite": databases.SQLITE, "postgresql": request.getfixturevalue("schema_url")}
    return urls[request.param], urls[OTHER[request.param]]


@pytest.fixture(scope="module")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Give a place whose warehouse was filled by two runs."""
    place = Place(heldout.make_world(5), tmp_path_factory.mktemp("rebuild") / "work")
    half = len(place.world.deliveries) // 2
    for part in (place.world.deliveries[:half], place.world.deliveries[half:]):
        place.arrive(part)
        assert place.run() == 0
    return place


@pytest.fixture
def filled(filled_once: Place, tmp_path: Path) -> Place:
    """Give a copy of it."""
    place = copy.copy(filled_once)
    place.folder = tmp_path / "work"
    place.config = place.folder / filled_once.config.name
    shutil.copytree(filled_once.folder, place.folder)
    return place


def entries(place: Place) -> list[Path]:
    return sorted((place.folder / "archive" / "manifest").glob("*/*.jsonl"))


def lose(place: Place) -> None:
    for path in place.folder.glob("warehouse.db*"):
        path.unlink()


@pytest.mark.parametrize("seed", [33])
def test_the_rebuilt_warehouse_is_the_lost_one_row_by_row(seed, tmp_path, two_urls):
    world, rng = heldout.make_world(seed), random.Random(seed)
    place = Place(world, tmp_path / "work", two_urls[0])
    order = heldout.shuffled(rng, world.deliveries)
    cuts = [0, *sorted(rng.sample(range(1, len(order)), 2)), len(order)]
    moments = []
    for begin, end in itertools.pairwise(cuts):
        place.arrive(order[begin:end], overwrite=True)
        assert place.run() == 0
        moments.append(dt.datetime.now(dt.UTC))
    rows, files, kept = place.rows(METADATA.tables), place.files(), entries(place)
    lost = warehouse.connect(databases.in_folder(two_urls[0], place.folder))
    said = [said_at(lost, moment) for moment in moments]
    place.database_url = two_urls[1]
    assert place.run("rebuild") == 0
    assert place.rows(METADATA.tables) == rows
    rebuilt = warehouse.connect(databases.in_folder(two_urls[1], place.folder))
    for moment, before in zip(moments, said, strict=True):
        after = said_at(rebuilt, moment)
        for view in VIEWS:
            assert after[view] == before[view], (view, moment)
    assert place.run() == 0
    assert place.rows(METADATA.tables) == rows, "nothing is due"
    assert (place.files(), entries(place)) == (files, kept)
    lost.dispose()
    rebuilt.dispose()


def said_at(engine, moment: dt.datetime) -> dict[str, list[str]]:
    with warehouse.as_of(engine, moment) as connection:
        return answers(connection)


def test_persons_are_rebuilt_from_their_aggregate(examples, monkeypatch):  # noqa: F811
    shutil.copy(PERSONS, examples / "deliveries" / PERSONS.name)
    (examples / "deliveries" / "digitalpost_183_2014-12-01.csv").unlink()
    assert cli.main(["run"]) == 0
    before = {name: sorted(ask(examples, f"select * from {name}")) for name in ("enrolment", "disclosed_cell", "load")}
    assert before["enrolment"]
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", f"sqlite:///{examples / 'again.db'}")
    assert cli.main(["rebuild"]) == 0
    assert {name: sorted(ask(examples, f"select * from {name}")) for name in before} == before


def test_runs_and_backfills_are_rebuilt_whichever_came_last(filled):
    count_id = next(iter(filled.world.counts))
    for command in (("backfill", "--reason", "prøve", "--counts", count_id), ("publish", "--count", count_id)):
        assert filled.run(*command) == 0
        rows = filled.rows(METADATA.tables)
        lose(filled)
        assert filled.run("rebuild") == 0
        assert filled.rows(METADATA.tables) == rows
    assert rows["backfill"]


def test_a_warehouse_that_is_not_empty_is_left_alone(filled, capsys):
    rows = filled.rows(METADATA.tables)
    assert filled.run("rebuild") == 1
    assert "the warehouse is not empty" in capsys.readouterr().err
    assert filled.rows(METADATA.tables) == rows


@pytest.mark.parametrize("fault", ["changed", "lost"])
def test_a_damaged_manifest_is_refused_and_nothing_is_written(filled, fault, capsys):
    first = entries(filled)[0]
    if fault == "lost":
        first.unlink()
    else:
        first.write_text(first.read_text(encoding="utf-8").replace("tracetool", "systemtal", 1), encoding="utf-8")
    lose(filled)
    assert filled.run("rebuild") == 2
    assert "an entry was lost or changed" in capsys.readouterr().err
    assert filled.query("select * from arrival") == []


def test_deliveries_that_read_otherwise_now_are_told(filled, capsys):
    newest = entries(filled)[-1]
    lines = newest.read_text(encoding="utf-8").split("\n")
    place = next(number for number, line in enumerate(lines) if line.startswith('{"table": "load"'))
    load = json.loads(lines[place])
    load["row"]["facts_sha256"] = "0" * 64  # as if other facts had been loaded
    newest.write_text("\n".join([*lines[:place], json.dumps(load), *lines[place + 1 :]]), encoding="utf-8")
    facts = filled.rows(manifest.FACTS)
    lose(filled)
    assert filled.run("rebuild") == 1
    told = capsys.readouterr().err
    assert f"load {load['row']['load_id']} (delivery {load['row']['delivery_id']}," in told
    assert "reads otherwise than when it was loaded" in told
    assert filled.query("select * from run") == []
    assert filled.run("rebuild", "--accept-changed") == 0
    assert "reads otherwise" in capsys.readouterr().err
    assert filled.rows(manifest.FACTS) == facts


def test_a_delivery_that_the_archive_lost_is_named(filled, capsys):
    (row, *_) = filled.query("select delivery_id, sha256 from load_origin order by load_id")
    (filled.folder / "archive" / row["sha256"][:2] / row["sha256"]).unlink()
    lose(filled)
    assert filled.run("rebuild") == 1
    assert f"the archive has not the bytes of delivery {row['delivery_id']}" in capsys.readouterr().err
    assert filled.query("select * from run") == []


def test_what_a_run_that_died_did_not_write_the_next_one_writes(filled):
    *_, newest = entries(filled)
    content = newest.read_bytes()
    newest.unlink()  # it died between its last commit and the manifest
    assert filled.run() == 0
    assert entries(filled)[-1].read_bytes() == content
    rows = filled.rows(METADATA.tables)
    lose(filled)
    assert filled.run("rebuild") == 0
    assert filled.rows(METADATA.tables) == rows


def test_an_older_copy_of_a_warehouse_is_refused(filled, tmp_path, capsys):
    lose(filled)
    newest = entries(filled)[-1]
    kept = newest.rename(tmp_path / newest.name)
    assert filled.run("rebuild") == 0
    kept.rename(newest)
    before = filled.rows(METADATA.tables)
    assert filled.run() == 2
    assert "knows of more than this warehouse" in capsys.readouterr().err
    assert filled.rows(METADATA.tables) == before
    count_id = next(iter(filled.world.counts))
    assert filled.run("backfill", "--reason", "prøve", "--counts", count_id) == 2
    assert filled.rows(METADATA.tables) == before, "no number is given out a second time"


def test_a_new_warehouse_beside_an_old_archive_has_a_manifest_of_its_own(filled, capsys):
    old = entries(filled)
    lose(filled)
    assert filled.run() == 0
    assert set(old) < set(entries(filled))
    rows = filled.rows(METADATA.tables)
    names = manifest.names(filled.folder / "archive")
    lose(filled)
    assert filled.run("rebuild") == 1
    assert f"choose by --manifest {' or '.join(names)}" in capsys.readouterr().err
    assert filled.run("rebuild", "--manifest", names[-1]) == 0
    assert filled.rows(METADATA.tables) == rows


def test_two_writers_of_the_manifest_write_each_row_once(filled):
    engine = warehouse.connect(databases.in_folder(filled.database_url, filled.folder))
    folder = filled.folder / "archive"
    kept = {path: path.read_bytes() for path in entries(filled)}
    for path in kept:
        path.unlink()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: manifest.keep(engine, folder), range(4)))
    (only,) = entries(filled)
    numbers = [line for line in only.read_text(encoding="utf-8").split("\n") if line.startswith('{"table": "arrival"')]
    assert len(numbers) == len(set(numbers)) == len(filled.query("select * from arrival"))
    engine.dispose()


def test_the_facts_are_what_is_read_again_and_the_ledger_is_all_else():
    assert set(manifest.FACTS) == {"enquiry", "enrolment", "national_share", "national_enrolment"}
    assert {*manifest.FACTS, *manifest.LEDGER, "horizon"} == set(METADATA.tables)


def test_each_number_that_says_where_an_entry_ends_is_of_one_table():
    """Two tables under one name would hide the newer rows of one of them from the manifest."""
    keys = [manifest._key(name).name for name in manifest._numbered()]
    assert len(keys) == len(set(keys))
    assert {manifest._key(name).name for name in manifest.LEDGER} == set(keys)
