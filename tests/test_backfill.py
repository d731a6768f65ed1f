"""Does a backfill load years of counts, and load again what stands, and never put old numbers over newer ones?"""

import hashlib
import html
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.steps import intake, ledger, reloads, runs, standing
from schemas.codes import Reprocess
from tests import databases, heldout
from tests.faults import ROWS, TALLY, Place, Row, Town
from tests.test_heldout import KEYS, SEEDS, assert_figures, world_of
from tests.test_heldout import Place as World

TOWN, OTHER = Town("183", "Ishøj"), Town("253", "Greve")
WHOLE = ROWS * TALLY
YEARS = ("2012E", "2013E", "2014E")
FIGURES = ("delivery", "rejected_row", "publication", *KEYS)
ASKED = ("backfill", "--reason", "prøve")


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Place:
    return Place(tmp_path, published=("183",), database_url=database_url)


def ask(place: Place, *arguments: str, mode: str = "missing") -> tuple[int, str]:
    """Backfill the three years, and return the exit code and what was printed."""
    done = place.run(*ASKED, "--from", YEARS[0], "--to", YEARS[-1], "--reprocess", mode, *arguments)
    return done.code, done.printed


def csv_of(count_id: str, town: Town = TOWN, number: int = TALLY, **options) -> bytes:
    return town.csv([row | {"Antal": str(number)} for row in town.rows(ROWS, count_id)], **options)


def put_years(place: Place, years: tuple[str, ...] = YEARS) -> None:
    for count_id in years:
        place.put(f"{count_id}.csv", csv_of(count_id))


def steps(place: Place) -> list[Row]:
    return place.query("select * from backfill_step order by step_id")


def loads(place: Place) -> list[Row]:
    return place.query("select * from load order by load_id")


def with_version(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Let this be another version of the code, wherever loads are made and looked at."""
    for module in (runs, reloads, standing):
        monkeypatch.setattr(module, "CODE_VERSION", version)
    monkeypatch.setattr("flows.steps.ledger.CODE_VERSION", version)


def dump(place: Place | World) -> dict[str, list[str]]:
    """Return every row of every table and view."""
    url = databases.in_folder(place.database_url, place.folder)
    return {name: sorted(map(repr, databases.ask(url, f"select * from {name}"))) for name in databases.names(url)}


def bytes_of(folder: Path) -> dict[str, str]:
    """Return path -> hash of every file below a folder but the database's own."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("warehouse.db-")
    }


# --- Missing ---------------------------------------------------------------------------------------


def test_counts_are_loaded_oldest_first_whatever_the_order_of_arrival(place):
    put_years(place, ("2014E", "2012E", "2013E"))
    place.put("uden for.csv", csv_of("2011E"))
    assert ask(place)[0] == 0
    assert [(row["count_id"], row["outcome"]) for row in steps(place)] == [(year, "loaded") for year in YEARS]
    assert [row["count_id"] for row in place.deliveries()] == list(YEARS)
    pages = place.query("select count_id, kind from publication order by publication_id")
    assert [(row["count_id"], row["kind"]) for row in pages] == [(year, "first") for year in YEARS]
    assert place.run().code == 0
    assert [row["count_id"] for row in place.deliveries()] == [*YEARS, "2011E"]


def test_who_asked_and_why_are_kept_and_told(place):
    put_years(place)
    _, printed = ask(place)
    (row,) = place.query("select * from backfill")
    assert (row["reason"], row["asked_by"], row["reprocess"]) == ("prøve", "vagten", "missing")
    assert (row["counts"], row["municipalities"]) == ("2012E,2013E,2014E", "")
    told = "Efterindlæsning af efterår 2012 til efterår 2014: 3 indlæst. Grund: prøve"
    assert told in printed
    assert told in (place.folder / "published" / "run.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--reason", " ", "--counts", "2012E"), "reason is empty"),
        (("--reason", "x", "--counts", "2010E"), "not in the calendar: 2010E"),
        (("--reason", "x"), "name the counts"),
        (("--reason", "x", "--from", "2012E"), "name the counts"),
        (("--reason", "x", "--from", "2012E", "--to", "2013E", "--counts", "2014E"), "name the counts"),
        (("--reason", "x", "--from", "2014E", "--to", "2012E"), "2014E comes after 2012E"),
        (("--reason", "x", "--counts", "2012E", "--municipality", "999"), "no such municipality: 999"),
    ],
)
def test_what_cannot_be_asked_is_said(place, arguments, said):
    done = place.run("backfill", *arguments)
    assert done.code == 2
    assert said in done.printed


def test_only_the_municipalities_asked_for_are_loaded(place):
    for town in (TOWN, OTHER):
        place.put(f"{town.code}.csv", csv_of("2013E", town))
    assert ask(place, "--municipality", "253")[0] == 0
    assert [row["municipality_code"] for row in place.deliveries()] == ["253"]


def test_what_is_held_or_refused_does_not_stop_the_others_and_exits_3(place):
    put_years(place, ("2012E", "2014E"))
    place.put("2013E.csv", csv_of("2013E", final_newline=False))
    place.put("tom.csv", b"")
    code, printed = ask(place)
    assert code == 3
    assert [row["outcome"] for row in steps(place)] == ["loaded", "held", "loaded", "refused"]
    assert "1 tilbageholdt" in printed
    assert ask(place, mode="failed")[0] == 0, "they are told once"


def test_a_delivery_that_fails_leaves_a_row_and_the_others_follow(place, monkeypatch):
    put_years(place)
    judge = intake.judge

    def fail(connection, run, file, *rest):
        if file.name == "2013E.csv":
            raise ValueError("hemmelig 0101010101")
        return judge(connection, run, file, *rest)

    monkeypatch.setattr(intake, "judge", fail)
    code, printed = ask(place)
    assert code == 1
    assert [row["outcome"] for row in steps(place)] == ["loaded", "failed", "loaded"]
    assert "ValueError" in steps(place)[1]["message"]
    assert "hemmelig" not in printed
    assert "hemmelig" not in str(dump(place))
    assert "1 mislykket" in printed
    monkeypatch.undo()
    assert ask(place)[0] == 0
    assert [row["outcome"] for row in steps(place)][3:] == ["loaded"]
    assert place.total("183") == 3 * WHOLE


# --- Failed ----------------------------------------------------------------------------------------


def test_one_that_a_person_stops_says_so_and_the_next_one_goes_on(place, monkeypatch):
    put_years(place)
    write_verdict = ledger.write_verdict

    def stopped_in_2013(connection, run, delivery_id, parsed, *arguments, **options):
        if parsed.only("count_id") == "2013E":
            raise KeyboardInterrupt
        return write_verdict(connection, run, delivery_id, parsed, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "write_verdict", stopped_in_2013)
        code, printed = ask(place)
    assert (code, printed.count("stopped; ")) == (1, 1)
    assert "Traceback" not in printed
    assert [row["count_id"] for row in place.deliveries()] == ["2012E"]
    assert ask(place)[0] == 0
    assert place.total("183") == 3 * WHOLE


def test_held_deliveries_are_judged_again_from_the_archive_when_that_is_asked_for(place):
    place.deliver("2013E.csv", csv_of("2013E", final_newline=False))
    (place.inbox / "2013E.csv").unlink()
    assert ask(place, mode="missing")[0] == 0
    assert steps(place) == []
    assert ask(place, mode="failed")[0] == 0
    assert [row["outcome"] for row in steps(place)] == ["held"]
    assert len(place.query("select * from verdict_log")) == 1, "the same verdict is not written twice"
    place.configure(more='[source.tracetool]\nfinal_newline = "optional"')
    assert ask(place, mode="failed")[0] == 0
    assert place.deliveries()[-1]["status"] == "accepted"
    assert place.total("183") == WHOLE


def test_a_held_delivery_is_not_put_over_the_one_that_mended_it(place):
    place.deliver("2013E.csv", csv_of("2013E", number=5, final_newline=False))
    place.deliver("2013E.csv", csv_of("2013E"))
    place.configure(more='[source.tracetool]\nfinal_newline = "optional"')
    assert ask(place, mode="all")[0] == 0
    assert place.total("183") == WHOLE


# --- Stale and all ---------------------------------------------------------------------------------


def test_all_over_an_unchanged_warehouse_writes_no_load_and_no_page(place):
    put_years(place)
    place.run()
    before = {name: place.query(f"select * from {name}") for name in ("load", "verdict_log", "publication_log")}
    files = {name: each for name, each in bytes_of(place.folder / "published").items() if name != "run.html"}
    assert ask(place, mode="all")[0] == 0
    assert [row["outcome"] for row in steps(place)] == ["unchanged"] * 3
    assert {name: place.query(f"select * from {name}") for name in before} == before
    assert {name: each for name, each in bytes_of(place.folder / "published").items() if name != "run.html"} == files


def test_another_version_loads_again_and_changes_no_figure(place, monkeypatch):
    put_years(place)
    place.run()
    assert ask(place, mode="stale")[0] == 0
    assert steps(place) == []
    shares = place.query("select * from channel_share")
    with_version(monkeypatch, "9.9.9")
    _, printed = ask(place, "--dry-run", mode="stale")
    assert printed.count("now 9.9.9") == 3
    assert ask(place, mode="stale")[0] == 0
    assert [row["code_version"] for row in loads(place)][3:] == ["9.9.9"] * 3
    assert [row["first_load_id"] for row in loads(place)] == [None, None, None, 1, 2, 3]
    assert place.query("select * from channel_share") == shares
    assert {row["kind"] for row in place.query("select * from publication where publication_id > 3")} == {"update"}
    assert ask(place, mode="stale")[0] == 0
    assert len(loads(place)) == 6


def test_other_code_lists_are_another_version(place, monkeypatch):
    put_years(place)
    place.run()
    for module in ("standing", "reloads", "ledger"):
        monkeypatch.setattr(f"flows.steps.{module}.CODE_LIST_VERSION", "andre")
    assert ask(place, mode="stale")[0] == 0
    assert [row["code_list_version"] for row in loads(place)][3:] == ["andre"] * 3


def test_other_content_under_a_known_name_is_stale(place):
    put_years(place)
    place.run()
    place.put("2013E.csv", csv_of("2013E", number=3))
    assert ask(place, mode="failed")[0] == 0
    assert steps(place) == []
    _, missing = ask(place, "--dry-run")
    assert re.search(
        r"left alone +.*other content than delivery 2 under this name; --reprocess stale takes it", missing
    )
    _, stale = ask(place, "--dry-run", mode="stale")
    assert "other content than delivery 2" in stale
    assert "takes it up" not in stale
    assert ask(place, mode="stale")[0] == 0
    assert place.loaded(4) == ROWS * 3


def test_an_old_delivery_loaded_again_stays_below_the_newer_ones(place, monkeypatch):
    place.deliver("hel.csv", csv_of("2013E"))
    week = [row | {"Antal": "3"} for row in TOWN.rows(ROWS, "2013E") if row["Uge"] == "44"]
    place.deliver("uge.csv", TOWN.csv(week))
    in_force = "select weeks, delivery_id from current_partition order by weeks"
    before, total = place.query(in_force), place.total("183")
    for version in ("8", "9"):
        with_version(monkeypatch, version)
        assert ask(place, mode="stale")[0] == 0
        assert place.query(in_force) == before
        assert place.total("183") == total
    assert [(row["delivery_id"], row["first_load_id"]) for row in loads(place)] == [
        (1, None), (2, None), (1, 1), (2, 2), (1, 1), (2, 2),
    ]  # fmt: skip


def test_an_older_one_that_a_person_put_in_force_stays_so(place, monkeypatch):
    place.deliver("gammel.csv", csv_of("2013E", number=3, final_newline=False))
    place.deliver("ny.csv", csv_of("2013E"))
    assert place.run("accept", "1", "--reason", "den gamle gælder", "--supersede").code == 0
    with_version(monkeypatch, "9")
    assert ask(place, mode="all")[0] == 0
    assert place.loaded(1) == ROWS * 3
    row = place.deliveries()[0]
    assert (row["status"], row["reason"].count("den gamle gælder")) == ("accepted", 1)
    assert place.query("select decided_by from verdict_log order by verdict_id")[-1]["decided_by"] == "vagten"


def change_reading(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    """Let this version read only a share of the enquiries, as a changed rule might."""
    from dataclasses import replace

    import polars as pl

    from flows.steps.reader import Reader

    finish = Reader.finish

    def changed(self):
        parsed = finish(self)
        fewer = (pl.col("enquiry_count") * share).round().cast(pl.Int64)
        return replace(parsed, facts={"enquiry": parsed.facts["enquiry"].with_columns(fewer)})

    monkeypatch.setattr(Reader, "finish", changed)


def test_a_rule_that_reads_other_figures_loads_them_in_the_same_place(place, monkeypatch):
    place.deliver("2013E.csv", csv_of("2013E", number=10))
    change_reading(monkeypatch, 0.9)
    assert ask(place, mode="all")[0] == 0
    assert place.total("183") == ROWS * 9
    assert [row["first_load_id"] for row in loads(place)] == [None, 1]


def test_a_rule_that_reads_far_fewer_is_held_and_the_figures_stay(place, monkeypatch):
    place.deliver("2013E.csv", csv_of("2013E", number=10))
    change_reading(monkeypatch, 0.5)
    code, printed = ask(place, mode="all")
    assert code == 3
    assert "240" in printed
    assert "120" in printed
    assert place.total("183") == ROWS * 10
    assert place.deliveries()[0]["status"] == "held"
    assert ask(place, mode="all")[0] == 0, "it is told once"
    assert len(place.query("select * from verdict_log")) == 2


def test_one_that_a_new_rule_held_is_released_below_what_came_later(place, monkeypatch):
    place.deliver("2013E.csv", csv_of("2013E"))
    week = [row | {"Antal": "5"} for row in TOWN.rows(ROWS, "2013E", (44,))]
    place.deliver("2013E uge 44.csv", TOWN.csv(week))
    with_version(monkeypatch, "9")
    change_reading(monkeypatch, share=0.5)
    assert ask(place, mode="stale")[0] == 3
    assert place.deliveries()[0]["status"] == "held"
    assert place.run("accept", "1", "--reason", "ny regel").code == 0
    assert (place.loaded(1), place.loaded(2)) == (WHOLE // 2 // 3 * 2, ROWS * 5), "its week 44 stays below"
    assert place.run("accept", "2", "--reason", "ny regel").code == 0
    assert place.run().code == 0
    assert place.loaded(1) == WHOLE // 2 // 3 * 2
    assert {row["first_load_id"] for row in loads(place)[2:]} == {1, 2}


def test_bytes_that_the_archive_lost_are_a_failure_and_the_figures_stay(place, monkeypatch):
    place.deliver("2013E.csv", csv_of("2013E"))
    (place.inbox / "2013E.csv").unlink()
    sha256 = place.deliveries()[0]["sha256"]
    kept = place.folder / "archive" / sha256[:2] / sha256
    kept.unlink()
    with_version(monkeypatch, "9")
    assert ask(place, mode="stale")[0] == 1
    assert [row["outcome"] for row in steps(place)] == ["failed"]
    assert place.total("183") == WHOLE


def test_bytes_that_the_archive_spoilt_are_never_loaded(place):
    place.deliver("2013E.csv", csv_of("2013E"))
    sha256 = place.deliveries()[0]["sha256"]
    kept = place.folder / "archive" / sha256[:2] / sha256
    kept.write_bytes(kept.read_bytes().replace(b";2\r\n", b";9\r\n", 3))
    code, _ = ask(place, mode="all")
    assert (code, place.total("183")) == (0, WHOLE), "the inbox still has them"
    (place.inbox / "2013E.csv").unlink()
    code, printed = ask(place, mode="all")
    assert (code, place.total("183"), len(loads(place))) == (1, WHOLE, 1)
    assert "damaged" in printed


# --- Dry runs --------------------------------------------------------------------------------------


def told_by_dry_run(printed: str) -> dict[tuple[str, str], list[str]]:
    """Return (count, municipality) -> the changes that a dry run named."""
    found: dict[tuple[str, str], list[str]] = {}
    current: list[str] = []
    for line in printed.splitlines():
        page = re.match(r"publish: (\S+) (\S+) \(", line)
        if page:
            current = found.setdefault((page[1], page[2]), [])
        elif line.startswith("  ") and " -> " in line:
            current.append(line.strip())
    return found


def told_by_page(path: Path) -> list[str]:
    """Return the changes that a page lists, in the words of a dry run."""
    text = path.read_text(encoding="utf-8")
    items = re.findall(r"<li>\s*([^<]*?): fra ([^<]*?) til ([^<]*?)\.\s*</li>", text)
    return [html.unescape(f"{name}: {before} -> {after}") for name, before, after in items]


def figures_of(place: Place, publication_id: int) -> dict[str, str]:
    (row,) = place.query("select figures from publication_log where publication_id = ?", publication_id)
    return json.loads(row["figures"])


@pytest.mark.parametrize("mode", [str(each) for each in Reprocess])
def test_a_dry_run_changes_nothing(place, mode):
    put_years(place, ("2012E", "2013E"))
    place.deliver("held.csv", csv_of("2014E", OTHER, final_newline=False))
    place.put("2013E.csv", csv_of("2013E", number=3))
    place.put("2014E.csv", csv_of("2014E"))
    rows, files = dump(place), bytes_of(place.folder)
    code, printed = ask(place, "--dry-run", mode=mode)
    assert code == 0
    assert "2014E  183" in printed
    assert "nothing was changed" in printed
    assert dump(place) == rows
    assert bytes_of(place.folder) == files


def test_the_grid_tells_of_each_cell_how_it_stands_and_why(place):
    place.configure(more="")
    put_years(place, ("2012E",))
    place.deliver("halv.csv", csv_of("2013E", final_newline=False))
    place.put("2014E.csv", csv_of("2014E"))
    _, printed = ask(place, "--dry-run", "--municipality", "183")
    grid = {tuple(line.split()[:2]): line for line in printed.splitlines() if re.match(r"\d{4}[EF]  ", line)}
    assert re.search(r"tracetool +loaded +left alone +delivery 1 is in force", grid["2012E", "183"])
    assert re.search(r"tracetool +missing +left alone, wait +held: .*; no delivery of 2013-W43", grid["2013E", "183"])
    assert re.search(r"tracetool +missing +load +in the inbox, not loaded", grid["2014E", "183"])


def test_a_correction_names_each_figure_beforehand_and_the_new_pages_list_exactly_these(place):
    cells = ("Telefon", "Selvbetjening", "Brev")

    def year(count_id: str, numbers: tuple[int, ...]) -> bytes:
        rows = TOWN.rows(3, count_id)
        return TOWN.csv([row | {"Kanal": name, "Antal": str(number)}
                         for row, name, number in zip(rows, cells, numbers, strict=True)])  # fmt: skip

    for count_id, numbers in zip(YEARS, ((300, 200, 100), (250, 300, 90), (200, 400, 80)), strict=True):
        place.put(f"{count_id}.csv", year(count_id, numbers))
    assert place.run().code == 0
    pages = place.folder / "published" / "183"
    old = {path: path.read_bytes() for path in pages.glob("*/[0-9]*/*") if path.is_file()}
    assert len(old) >= 9
    place.put("2013E.csv", year("2013E", (260, 310, 90)))
    _, printed = ask(place, "--dry-run", mode="stale")
    foreseen = told_by_dry_run(printed)
    assert foreseen["2013E", "183"]
    assert foreseen["2014E", "183"]
    assert ask(place, mode="stale")[0] == 0
    new = place.query("select * from publication where publication_id > 3 order by publication_id")
    assert [row["kind"] for row in new] == ["correction", "correction"]
    for row in new:
        page = pages / row["count_id"] / str(row["publication_id"]) / "index.html"
        assert told_by_page(page) == foreseen.pop((row["count_id"], "183"))
        before, after = (figures_of(place, number) for number in (row["publication_id"] - 2, row["publication_id"]))
        assert len(told_by_page(page)) == sum(before.get(name) != after.get(name) for name in before.keys() | after)
    assert foreseen == {}
    assert {path: path.read_bytes() for path in old} == old


# --- Worlds ----------------------------------------------------------------------------------------

Elsewhere = Callable[[heldout.World], World]


@pytest.fixture
def elsewhere(tmp_path: Path, database_url: str) -> Elsewhere:
    return lambda world: World(world, tmp_path / "work", database_url)


def ask_world(place: World, mode: str, *arguments: str) -> int:
    return place.run(*ASKED, "--counts", *place.world.counts, "--reprocess", mode, *arguments)


@pytest.mark.parametrize("seed", SEEDS[:1])
def test_a_backfill_of_a_world_gives_the_figures_of_a_run_and_another_version_the_same(seed, elsewhere, monkeypatch):
    world, rng = world_of(seed), random.Random(seed)
    place = elsewhere(world)
    place.arrive(heldout.shuffled(rng, world.deliveries))
    assert ask_world(place, "missing") == 0
    assert place.run() == 0
    assert_figures(place, world.deliveries)
    figures = place.rows(KEYS)
    with_version(monkeypatch, "9.9.9")
    rows = dump(place)
    assert ask_world(place, "all", "--dry-run") == 0
    assert dump(place) == rows
    assert ask_world(place, "all") == 0
    assert place.rows(KEYS) == figures
    outcomes = place.query("select outcome, count(*) as n from backfill_step where state = 'stale' group by outcome")
    assert [row["outcome"] for row in outcomes] == ["loaded"]
    rows = {name: each for name, each in dump(place).items() if not name.startswith(("backfill", "run"))}
    assert ask_world(place, "all") == 0
    assert {name: each for name, each in dump(place).items() if not name.startswith(("backfill", "run"))} == rows
