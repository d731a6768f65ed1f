"""Do whole runs say what a second, independent count says? Worlds and figures come from tests/heldout.py."""

import contextlib
import hashlib
import itertools
import os
import random
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from flows.cli import main
from tests import databases, heldout
from tests.heldout import Delivery, Row, World

SEEDS = (5, 16, 33, 49, 61, 71)
"""Small worlds that between them hold every status and reason, week 53, and counts that wait."""
KEYS = {
    "channel_share": ("count_id", "municipality_code", "direction", "channel"),
    "digital_share": ("count_id", "municipality_code", "direction"),
    "self_service_rate": ("count_id", "municipality_code"),
    "task_channel_count": ("count_id", "municipality_code", "direction", "kle", "channel"),
    "comparable_channel_share": ("count_id", "municipality_code", "direction", "channel"),
    "national_channel_share": ("count_id", "direction", "channel", "method"),
    "digital_post_share": ("as_of_date", "municipality_code", "status"),
    "target_status": ("count_id", "municipality_code", "measure", "direction", "channel", "target_kind",
                      "target_value", "deadline", "baseline_count_id"),
}  # fmt: skip
FIRST_SECOND = 1_600_000_000

Elsewhere = Callable[[World], "Place"]
Finished = Callable[[int], tuple["Place", int]]

world_of = cache(heldout.make_world)


class Place:
    """A working folder with the settings of a world."""

    def __init__(self, world: World, folder: Path, database_url: str = databases.SQLITE) -> None:
        self.world, self.folder, self.database_url = world, folder, database_url
        self.config = world.write_settings(folder)
        self.clock = itertools.count(FIRST_SECOND, 60)
        self.file_names: dict[str, str] = {}

    def arrive(self, deliveries: list[Delivery], *, overwrite: bool = False) -> None:
        """Put deliveries in the inbox, each a minute after the one before; perhaps over the file it corrects."""
        present = set(self.file_names)
        for each in deliveries:
            may_overwrite = overwrite and each.same_name in present
            name = self.file_names[each.same_name] if may_overwrite else each.name
            self.file_names[each.name] = name
            path = self.folder / "deliveries" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(each.content)
            moment = next(self.clock)
            os.utime(path, (moment, moment))

    def run(self, *arguments: str) -> int:
        """Run `kanalstatus run`, or another command, here."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("KANALSTATUS_")]:
                patch.delenv(name)
            patch.setenv("KANALSTATUS_CONFIG", str(self.config))
            patch.setenv("KANALSTATUS_DATABASE_URL", self.database_url)
            return main(list(arguments) or ["run"])

    def query(self, text: str) -> list[Row]:
        """Return rows of the warehouse."""
        return databases.ask(databases.in_folder(self.database_url, self.folder), text)

    def names(self) -> list[str]:
        """Return every table and view."""
        return databases.names(databases.in_folder(self.database_url, self.folder))

    def rows(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return the rows of tables and views, as text and sorted."""
        return {
            name: sorted(repr(tuple(row.values())) for row in self.query(f"select * from {name}")) for name in names
        }

    def figures(self) -> dict[str, list[Row]]:
        """Return the rows of the views that are counted a second time."""
        return {view: self.query(f"select * from {view}") for view in KEYS}

    def files(self) -> dict[str, str]:
        """Return path -> hash of every published file but the run page."""
        root = self.folder / "published"
        return {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob("*")
            if path.is_file() and path != root / "run.html"
        }

    def pages(self) -> set[tuple[str, str]]:
        """Return the (count, municipality) that have a page."""
        found = (self.folder / "published").glob("[0-9][0-9][0-9]/*/index.html")
        return {(path.parent.name, path.parent.parent.name) for path in found}


def complete_and_published(world: World, deliveries: list[Delivery]) -> set[tuple[str, str]]:
    """Return the (count, municipality) that must have a page after one run over these deliveries."""
    found = heldout.complete(world, heldout.replay(deliveries))
    return {(count_id, code) for count_id, code in found if code in world.published}


def by_key(rows: list[Row], view: str) -> dict[tuple, Row]:
    """Return rows by the key of their view; a row that stands twice fails."""
    found = {}
    for row in rows:
        key = tuple(float(row[name]) if isinstance(row[name], Fraction) else row[name] for name in KEYS[view])
        assert key not in found, f"{view} has {key} twice"
        found[key] = row
    return found


def is_same(expected: object, actual: object) -> bool:
    """Tell whether a value is as counted: fractions to 1e-12, all else exactly."""
    if isinstance(expected, Fraction) and isinstance(actual, int | float):
        return abs(actual - float(expected)) <= 1e-12
    return type(expected) is type(actual) and expected == actual


def assert_figures(place: Place, arrived: list[Delivery]) -> None:
    """Compare every row of every view with the independent count."""
    expected, actual = heldout.figures(place.world, arrived), place.figures()
    for view in KEYS:
        wanted, found = by_key(expected[view], view), by_key(actual[view], view)
        assert wanted.keys() == found.keys(), f"{view}: {sorted(wanted.keys() ^ found.keys(), key=repr)[:5]}"
        wrong = [
            f"{key} {name}: {value!r} expected, {found[key][name]!r} found"
            for key, row in wanted.items()
            for name, value in row.items()
            if not is_same(value, found[key][name])
        ]
        assert not wrong, f"{view}: {len(wrong)} values differ:\n" + "\n".join(wrong[:10])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_database_url(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Give new empty warehouses, on each database."""
    if request.param == "sqlite":
        yield lambda: databases.SQLITE
        return
    server_url = request.getfixturevalue("postgres_url")
    with contextlib.ExitStack() as schemas:
        yield lambda: schemas.enter_context(databases.new_schema(server_url))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, new_database_url: Callable[[], str]) -> Elsewhere:
    """Give new working folders."""
    return lambda world: Place(world, tmp_path_factory.mktemp("heldout") / "work", new_database_url())


@pytest.fixture(scope="module")
def finished(elsewhere: Elsewhere) -> Finished:
    """Give the world of a seed whose deliveries were all there at one run, and the run's exit code."""

    @cache
    def run_once(seed: int) -> tuple[Place, int]:
        place = elsewhere(world_of(seed))
        place.arrive(place.world.deliveries)
        return place, place.run()

    return run_once


@pytest.mark.parametrize("seed", SEEDS)
def test_one_run_gives_every_delivery_its_verdict(seed: int, finished: Finished) -> None:
    place, code = finished(seed)
    ledger = {row["file_name"]: row for row in place.query("select * from delivery")}
    wrong = [
        f"{each.name}: {dict(ledger[each.name])}"
        for each in place.world.deliveries
        if ledger[each.name]["status"] != each.status
        or (
            each.status == "accepted"
            and (ledger[each.name]["rows_read"], ledger[each.name]["rows_rejected"], ledger[each.name]["source"])
            != (each.rows_read, each.rows_rejected, each.source)
        )
    ]
    assert not wrong, "\n".join(wrong)
    assert ledger.keys() == {each.name for each in place.world.deliveries}
    assert code == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_one_run_gives_the_figures(seed: int, finished: Finished) -> None:
    place, _ = finished(seed)
    assert_figures(place, place.world.deliveries)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_run_publishes_what_is_complete(seed: int, finished: Finished) -> None:
    place, _ = finished(seed)
    assert place.pages() == complete_and_published(place.world, place.world.deliveries)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_run_changes_nothing(seed: int, finished: Finished) -> None:
    place, _ = finished(seed)
    rows, files = place.rows(place.names()), place.files()
    assert place.run() == 0
    assert place.rows(place.names()) == rows
    assert place.files() == files


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_content_at_another_time_is_not_new(seed: int, finished: Finished) -> None:
    place, _ = finished(seed)
    views = ("delivery", "rejected_row", "publication", *KEYS)
    rows, files = place.rows(views), place.files()
    for path in sorted((place.folder / "deliveries").rglob("*.*"))[:3]:
        os.utime(path, (FIRST_SECOND + 9_000_000, FIRST_SECOND + 9_000_000))
    assert place.run() == 0
    assert place.rows(views) == rows
    assert place.files() == files


@pytest.mark.parametrize(
    ("new_database_url", "seed"),
    [*(("sqlite", seed) for seed in SEEDS), *(("postgresql", seed) for seed in SEEDS[:2])],
    indirect=["new_database_url"],
)
def test_batches_in_any_order_end_the_same(seed: int, elsewhere: Elsewhere) -> None:
    """On PostgreSQL two worlds are enough: what is in force follows from views whose every row is compared above."""
    world, rng = world_of(seed), random.Random(seed)
    place = elsewhere(world)
    order = heldout.shuffled(rng, world.deliveries)
    cuts = [0, *sorted(rng.sample(range(1, len(order)), 3)), len(order)]
    was_complete: set[tuple[str, str]] = set()
    for begin, end in itertools.pairwise(cuts):
        place.arrive(order[begin:end], overwrite=rng.random() < 0.5)
        assert place.run() == 0
        was_complete |= complete_and_published(world, order[:end])
        assert place.pages() == was_complete
        newest = {
            f"{row['municipality_code']}/{row['count_id']}/index.html": row["html_sha256"]
            for row in place.query("select * from publication order by publication_id")
        }
        assert newest.items() <= place.files().items()
    assert_figures(place, order)


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_the_order_of_unrelated_deliveries_does_not_matter(seed: int, finished: Finished, elsewhere: Elsewhere) -> None:
    usual, _ = finished(seed)
    place = elsewhere(usual.world)
    place.arrive(heldout.shuffled(random.Random(-seed), usual.world.deliveries))
    assert place.run() == 0
    assert place.rows(KEYS) == usual.rows(KEYS)


def test_verdicts_on_their_edges(elsewhere: Elsewhere) -> None:
    world = heldout.edge_world()
    place = elsewhere(world)
    place.arrive(world.deliveries)
    assert place.run() == 0
    assert_figures(place, world.deliveries)
