"""Can the warehouse say at any time what it said before?"""

import datetime as dt
import itertools
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
