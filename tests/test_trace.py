"""Can every figure that a page prints be walked back to the source rows that sum to it?"""

import datetime as dt
import hashlib
import json
import random
import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows import cli
from flows.steps import origins, pipeline, trace
from schemas.codes import AgeGroup
from tests import databases, heldout
from tests.test_heldout import Place, complete_and_published
from transforms import figure

PROJECT = Path(__file__).parent.parent
SEEDS = (5, 16, 33, 49, 61, 71)
FIGURES = 200
PERSONS = Path(__file__).parent / "files" / "digitalpost_personer_183_2014-12-01.xlsx"


def printed(page: Path) -> list[tuple[str, str]]:
    """Return (id, text) of every figure on a page."""
    found = re.findall(r'<span data-figure="([^"]+)">([^<]+)</span>', page.read_text(encoding="utf-8"))
    return [(name, text) for name, text in found]


def in_force(place: Place, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("KANALSTATUS_CONFIG", str(place.config))
    patch.setenv("KANALSTATUS_DATABASE_URL", place.database_url)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_figures_are_the_sums_of_their_source_rows(seed, tmp_path, monkeypatch):
    world, rng = heldout.make_world(seed), random.Random(seed)
    place = Place(world, tmp_path / "work")
    place.arrive(heldout.shuffled(rng, world.deliveries), overwrite=True)
    assert place.run() == 0
    pages = sorted((place.folder / "published").glob("[0-9]*/*/index.html"))
    assert len(pages) == len(complete_and_published(world, world.deliveries))
    figures = [each for page in pages for each in printed(page)]
    assert figures
    in_force(place, monkeypatch)
    session = pipeline.open_session(must_write=False)
    with origins.open_readings(session.settings, with_origins=True) as readings:
        chosen = rng.sample(figures, min(len(figures), -(-FIGURES // len(SEEDS))))
        traced = [
            (name, text, trace.trace(session.engine, session.settings, readings, figure.parse(name)))
            for name, text in chosen
        ]
    for name, text, found in traced:
        assert (found.text, found.faults) == (text, []), name
        assert found.printed_in is not None
        assert all(each.parts or each.stated == 0 for each in found.sums), name
        for each in found.sums:
            rows = [row for part in each.parts for row in part.rows or []]
            is_listed = figure.parse(name).kind != figure.Kind.DIGITAL_POST_SHARE or ":national" in name
            assert not is_listed or sum(row["value"] for row in rows) == each.stated, name
    session.engine.dispose()


@pytest.fixture(scope="module")
def demo_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a demo with an extract of persons in place of the aggregated one."""
    folder = tmp_path_factory.mktemp("trace")
    shutil.copytree(PROJECT / "examples", folder, dirs_exist_ok=True)
    (folder / "deliveries" / "digitalpost_183_2014-12-01.csv").unlink()
    shutil.copy(PERSONS, folder / "deliveries" / PERSONS.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KANALSTATUS_CONFIG", str(folder / "kanalstatus.toml"))
        assert cli.main(["run"]) == 0
    return folder


@pytest.fixture
def demo(demo_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of it, and make it the one in force."""
    shutil.copytree(demo_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    return tmp_path


PHONE = ["--count", "2014E", "--municipality", "183", "--measure", "channel_share", "--direction", "inbound",
         "--channel", "phone"]  # fmt: skip


def test_a_figure_is_walked_to_lines_of_the_file(demo, capsys):
    assert cli.main(["trace", *PHONE, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["figure"], found["text"], found["is_proved"]) == (
        "183.2014E.channel_share.inbound.phone", "22,5\u00a0%", True,
    )  # fmt: skip
    assert found["printed_in"] == {"publication_id": 3, "text": "22,5\u00a0%"}
    numerator, total = found["sums"]
    assert (numerator["sum"], numerator["stated"], total["sum"]) == (2250, 2250, 10000)
    (delivery,) = numerator["deliveries"]
    path = demo / "deliveries" / delivery["file_name"]
    assert delivery["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    lines = path.read_text(encoding="cp1252").splitlines()
    for row in delivery["rows"]:
        cells = lines[row["source_row"] - 1].split(";")
        assert int(cells[-1]) == row["value"]
        assert {"Telefonisk henvendelse", "Indgående"} <= set(cells)
    assert {each["source"] for each in total["deliveries"]} == {"tracetool", "systemtal"}
    assert {"Indgående, Selvbetjening"} <= {row["column_name"] for row in total["deliveries"][0]["rows"]}


def test_what_the_archive_gives_must_be_what_was_loaded(demo, capsys):
    (row,) = databases.ask(url(demo), "select sha256, delivery_id from load_origin where file_name like ?",
                           "tracetool_183_2014E%")  # fmt: skip
    kept = demo / "archive" / row["sha256"][:2] / row["sha256"]
    kept.write_bytes(kept.read_bytes().replace(b";3\r\n", b";4\r\n", 1))
    assert cli.main(["trace", *PHONE]) == 1
    assert f"the archived bytes of delivery {row['delivery_id']} (load" in capsys.readouterr().err


def test_a_sum_that_is_not_what_is_stated_is_told_loudly(demo, capsys):
    engine = sa.create_engine(url(demo))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "update enquiry set enquiry_count = enquiry_count + 1 where count_id = '2014E' and channel = 'phone' "
            "and direction = 'inbound' and (load_id, weeks, kle, enquiry_type) in (select load_id, weeks, kle, "
            "enquiry_type from enquiry where count_id = '2014E' and channel = 'phone' and direction = 'inbound' "
            "limit 1)"
        )
        connection.exec_driver_sql("update load set code_version = '0.0.1'")
    engine.dispose()
    assert cli.main(["trace", *PHONE]) == 1
    told = capsys.readouterr()
    assert "NOT PROVED: numerator of 2014E: the source rows sum to 2250, the warehouse says 2251" in told.err
    assert "CHANGED SINCE: code 0.0.1, now" in told.out


def test_of_persons_only_what_is_disclosed_is_traced_and_no_row(demo, capsys):
    shown = databases.ask(url(demo), "select * from disclosed_enrolment where as_of_date = ?", "2014-12-01")
    groups = {row["age_groups"] for row in shown}
    for row in shown:
        ages = f".{row['age_groups']}" if row["age_groups"] != "all" else ""
        name = f"183.2014-12-01.digital_post_share.{row['status']}{ages}"
        assert cli.main(["trace", "--figure", name, "--json"]) == 0, name
        found = json.loads(capsys.readouterr().out)
        assert found["sums"][0]["sum"] == row["person_count"]
        assert [part["rows"] for each in found["sums"] for part in each["deliveries"]] == [None] * len(found["sums"])
        assert found["sums"][0]["deliveries"][0]["source"] == "digitalpost_personer"
    for group in {str(each) for each in AgeGroup} - groups:
        assert cli.main(["trace", "--figure", f"183.2014-12-01.digital_post_share.exempt.{group}"]) == 2
        assert "disclosure control does not let it out" in capsys.readouterr().err


def test_a_page_older_than_the_loads_is_told(demo, capsys):
    before = dt.datetime.now(dt.UTC).isoformat()
    path = demo / "deliveries" / "tracetool_183_2014E.csv"
    text = path.read_text(encoding="cp1252")
    one = next(line for line in text.splitlines() if ";Telefonisk henvendelse;Indgående;" in line and line[-2:] == ";3")
    path.write_text(text.replace(one, f"{one[:-1]}53", 1).replace(";4.676", ";4.726"), encoding="cp1252", newline="")
    session = pipeline.open_session()
    run = pipeline.begin_run(session, "run")
    assert [each.status for each in pipeline.take_in(session, run, pipeline.new_files(session))] == ["accepted"]
    session.engine.dispose()
    assert cli.main(["trace", *PHONE]) == 1
    assert "publication 3 prints 22,5\u00a0%: it was made from other loads or settings" in capsys.readouterr().err
    assert cli.main(["trace", *PHONE, "--as-of", before]) == 0
    assert "22,5\u00a0%" in capsys.readouterr().out


def url(folder: Path) -> str:
    return databases.in_folder(databases.SQLITE, folder)
