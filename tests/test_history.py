"""Can the warehouse say at any time what it said before?"""

import datetime as dt
import itertools
import json
import random
from pathlib import Path

import pytest

from flows.steps import warehouse
from tests import databases, heldout
from tests.test_heldout import KEYS, Place

VIEWS = (
    "delivery", "rejected_row", "missing_part", "complete_count", "disclosed_enrolment", "settings_in_force", *KEYS,
)  # fmt: skip


def answers(connection) -> dict[str, list[str]]:
    """Return every row of the views, sorted."""
    return {view: sorted(repr(row) for row in warehouse.view(connection, view)) for view in VIEWS}


@pytest.mark.parametrize("seed", [5, 33, 61])
def test_each_moment_answers_as_it_did(seed: int, tmp_path: Path, database_url: str) -> None:
    world, rng = heldout.make_world(seed), random.Random(seed)
    place = Place(world, tmp_path / "work", database_url)
    order = heldout.shuffled(rng, world.deliveries)
    cuts = [0, *sorted(rng.sample(range(1, len(order)), 3)), len(order)]
    engine = warehouse.connect(databases.in_folder(database_url, place.folder))
    history = []
    for begin, end in itertools.pairwise(cuts):
        place.arrive(order[begin:end], overwrite=True)
        assert place.run() == 0
        with warehouse.reading(engine) as connection:
            history.append((dt.datetime.now(dt.UTC), answers(connection)))
    assert len({str(said) for _, said in history}) == len(history)
    for moment, said in history:
        with warehouse.as_of(engine, moment) as connection:
            then = answers(connection)
        for view in VIEWS:
            assert then[view] == said[view], (view, moment)
    with warehouse.as_of(engine, history[0][0] - dt.timedelta(days=1)) as connection:
        assert set(map(len, answers(connection).values())) == {0}
    with warehouse.reading(engine) as connection:
        assert answers(connection) == history[-1][1]
    engine.dispose()


def test_a_page_as_of_a_moment_is_the_page_published_then(tmp_path: Path, database_url: str, capsys) -> None:
    world, rng = heldout.make_world(33), random.Random(33)
    place = Place(world, tmp_path / "work", database_url)
    order = heldout.shuffled(rng, world.deliveries)
    cuts = [0, *sorted(rng.sample(range(1, len(order)), 2)), len(order)]
    published = {}
    for begin, end in itertools.pairwise(cuts):
        place.arrive(order[begin:end], overwrite=True)
        assert place.run() == 0
        now = dt.datetime.now(dt.UTC)
        for page in sorted((place.folder / "published").glob("[0-9]*/*/index.html")):
            published[now, page.parent.parent.name, page.parent.name] = [
                (page.parent / name).read_bytes() for name in ("index.html", "status.csv", "status.json")
            ]
    rows, files = place.rows(place.names()), place.files()
    with (place.folder / "kanalstatus.toml").open("a", encoding="utf-8") as file:
        _, code, count_id = next(iter(published))
        file.write(f'\n[[note]]\ncount = "{count_id}"\nmunicipality = "{code}"\ntext = "Senere."\n')
    for (moment, code, count_id), then in rng.sample(sorted(published.items()), min(6, len(published))):
        folder = tmp_path / f"{moment:%H%M%S%f}"
        options = ("--count", count_id, "--municipality", code, "--as-of", moment.isoformat(), "--dir", str(folder))
        assert place.run("publish", *options) == 0
        page, *others = [folder / code / count_id / name for name in ("index.html", "status.csv", "status.json")]
        assert capsys.readouterr().out == f"{page}\n"
        assert sections(page.read_bytes()) == sections(then[0])
        assert "Et tilbageblik." in page.read_text(encoding="utf-8")
        assert others[0].read_bytes() == then[1]
        was, then_was = json.loads(others[1].read_bytes()), json.loads(then[2])
        assert was["kind"] == "as_of"
        assert {**was, "kind": None, "published_at": None} == {**then_was, "kind": None, "published_at": None}
    assert place.rows(place.names()) == rows, "nothing was published or written"
    assert place.files() == files
    assert place.run("publish", "--count", count_id, "--municipality", code, "--as-of", "2001-01-01") == 2


def test_as_of_the_moment_of_a_publication_is_what_it_prints(tmp_path: Path) -> None:
    world = heldout.make_world(33)
    place = Place(world, tmp_path / "work")
    place.arrive(world.deliveries)
    assert place.run() == 0
    (row, *_) = place.query("select * from publication order by publication_id")
    count_id, code, folder = row["count_id"], row["municipality_code"], tmp_path / "then"
    moment = row["published_at"].replace(" ", "T")
    options = ("--count", count_id, "--municipality", code, "--as-of", moment, "--dir", str(folder))
    assert place.run("publish", *options) == 0
    published = place.folder / "published" / code / count_id / str(row["publication_id"])
    assert (folder / code / count_id / "status.csv").read_bytes() == (published / "status.csv").read_bytes()


def sections(page: bytes) -> list[str]:
    """Return the parts of a page but the last, which names its editions."""
    return page.decode().split("<section")[1:-1]


def test_a_publication_is_given_again_byte_for_byte(tmp_path: Path, capsys) -> None:
    world = heldout.make_world(5)
    place = Place(world, tmp_path / "work")
    place.arrive(world.deliveries)
    assert place.run() == 0
    capsys.readouterr()
    (row, *_) = place.query("select * from publication order by publication_id")
    own = Path(row["municipality_code"]) / row["count_id"] / str(row["publication_id"])
    stored = {path.name: path.read_bytes() for path in (place.folder / "published" / own).iterdir()}
    for path in (place.folder / "published" / own).iterdir():
        path.unlink()
    assert place.run("publish", "--publication", str(row["publication_id"]), "--dir", str(tmp_path / "again")) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'again' / own / 'index.html'}\n"
    assert {path.name: path.read_bytes() for path in (tmp_path / "again" / own).iterdir()} == stored
    assert place.run("publish", "--publication", str(row["publication_id"])) == 0
    assert {path.name: path.read_bytes() for path in (place.folder / "published" / own).iterdir()} == stored
    assert place.run("publish", "--publication", "999") == 2
    kept = place.folder / "archive" / row["html_sha256"][:2] / row["html_sha256"]
    kept.write_bytes(kept.read_bytes().replace(b"22", b"23"))
    capsys.readouterr()
    assert place.run("publish", "--publication", str(row["publication_id"])) == 1
    assert "the archived bytes of index.html are not those that were published" in capsys.readouterr().err
