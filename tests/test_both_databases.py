"""Do SQLite and PostgreSQL say the same, to the last digit and byte?"""

import datetime as dt
import random
from pathlib import Path

import pytest

from bench import load_postgresql
from flows.steps import warehouse
from tests import databases, heldout
from tests.test_heldout import KEYS, Place

MOMENT = dt.datetime(2026, 5, 1, 6, 30, tzinfo=dt.UTC)
SEEDS = (5, 33, 102, 103)
EXACT = ("delivery", "rejected_row", "publication", *(view for view in KEYS if view != "national_channel_share"))
"""The mean of national_channel_share is summed in no certain order: it is the same to 1e-12."""


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_deliveries_give_the_same_figures_and_bytes(
    seed: int, tmp_path: Path, schema_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = heldout.make_world(seed)
    moments = {}
    places = [Place(world, tmp_path / "a" / "work"), Place(world, tmp_path / "b" / "work", schema_url)]
    for place in places:
        order = heldout.shuffled(random.Random(seed), world.deliveries)
        for number, part in enumerate((order[: len(order) // 2], order[len(order) // 2 :])):
            monkeypatch.setattr(warehouse, "utc_now", lambda number=number: MOMENT + dt.timedelta(days=number))
            place.arrive(part)
            assert place.run() == 0
        files = {path for path in (place.folder / "published").rglob("*") if path.is_file()}
        moments[place] = {path.relative_to(place.folder): path.read_bytes() for path in files}
    on_sqlite, on_postgresql = (place.rows(EXACT) for place in places)
    for view in EXACT:
        assert on_postgresql[view] == on_sqlite[view], view
    assert on_sqlite["target_status"]
    assert moments[places[0]].keys() == moments[places[1]].keys()
    assert [path for path, content in moments[places[0]].items() if moments[places[1]][path] != content] == []


def test_the_same_mean(tmp_path: Path, schema_url: str) -> None:
    world = heldout.make_world(SEEDS[0])
    shares = []
    for folder, url in (("a", databases.SQLITE), ("b", schema_url)):
        place = Place(world, tmp_path / folder, url)
        place.arrive(world.deliveries)
        assert place.run() == 0
        rows = place.query("select * from national_channel_share order by count_id, direction, channel, method")
        shares.append({tuple(row.values())[:5]: row["share"] for row in rows})
    assert shares[0].keys() == shares[1].keys()
    assert shares[0] == pytest.approx(shares[1], abs=1e-12)


@pytest.mark.slow
def test_a_load_takes_little_longer_than_a_bare_copy(postgres_url: str) -> None:
    best = load_postgresql.measure(postgres_url, 200_000, rounds=2)
    assert best["a load"] <= load_postgresql.RATIO * best["a bare COPY"], best
