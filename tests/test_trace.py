"""Can every figure that a page prints be walked back to the source rows that sum to it?"""

import random
import re
from pathlib import Path

import pytest

from flows.steps import origins, pipeline, trace
from tests import heldout
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
