"""Whole runs with several municipalities: the national overview says what a second, independent count says."""

import copy
import csv
import io
import itertools
import json
import os
import random
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows.steps import due, national_facts, national_pages, warehouse
from flows.steps.settings import Settings, load_settings
from tests import databases, heldout
from tests.heldout import ALWAYS, IN, MUNICIPALITIES, OUT, WEBSITE, WEIGHTS, Count, Delivery, World
from tests.test_heldout import Place, world_of
from tests.transforms.test_national_page import NBSP, Tables, rows_of
from transforms.national_figures import country

CODES = ("183", "751", "492", "155", "430")
"""The last but one delivers but two weeks of the newest count; the last stays away from it."""
LATE, ABSENT = CODES[-2:]
LABELS = {"self_service": "Selvbetjening", "in_person": "Personligt fremmøde", "phone": "Telefon",
             "letter": "Brev"}  # fmt: skip
CHROMIUM = "/usr/bin/chromium"
PAGES = ("national/2014E/index.html", "index.html", "183/index.html")


def national_world(codes: tuple[str, ...] = CODES) -> World:
    """Return municipalities of very different sizes, each with channels of its own that it does not count."""
    rng = random.Random(11)
    counts = {each: Count(each, 43, 45, "A", ("tracetool",)) for each in ("2013E", "2014E")}
    kles = ["01.02.03", "04.05.06"]
    world = World(counts, {"A": kles}, kles, list(codes), list(codes[:2]), 100, 30)
    for count, (place, code) in itertools.product(counts.values(), enumerate(codes)):
        if (count.count_id, code) == ("2014E", ABSENT):
            continue
        left_out = set(random.Random(code).sample(sorted(set(WEIGHTS) - ALWAYS), place % 5))
        parts = {
            (code, count.week(week), count.week(week)): {
                (kle, channel, direction, kind): rng.randint(1, weight * (1 + 20 * (place % 3)))
                for kle, ((direction, channel), weight), kind in itertools.product(
                    kles, WEIGHTS.items(), ("transaction", "case_information")
                )
                if (direction, channel) not in left_out and channel != WEBSITE
            }
            for week in count.numbers
            if (count.count_id, code, week) != ("2014E", LATE, 45)
        }
        world.deliveries.append(heldout.tracetool_delivery(rng, count, parts, f"{code}.csv"))
    shares = {(IN, "self_service"): Fraction(419, 1000)}
    content = "Tælling;Måltal;Retning;Kanal;Andel\n2014E;Andel af henvendelser;Indgående;Selvbetjening;41,9 %\n"
    national = Delivery("landstal_2014E.csv", content.encode(), "landstal", "2014E", national=shares, rows_read=1)
    world.deliveries.append(national)
    return world


def finished(place: Place) -> Place:
    place.arrive(place.world.deliveries)
    assert place.run() == 0
    return place


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return finished(Place(national_world(), tmp_path_factory.mktemp("national") / "work"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a place after its run, on each database; the tests that use it only look."""
    if request.param == "sqlite":
        yield request.getfixturevalue("on_sqlite")
        return
    with databases.new_schema(request.getfixturevalue("postgres_url")) as url:
        yield finished(Place(national_world(), tmp_path_factory.mktemp("national") / "work", url))


def settings_of(place: Place, **changes: str) -> Settings:
    """Return the settings of a place, with some overridden by the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("KANALSTATUS_")]:
            patch.delenv(name)
        patch.setenv("KANALSTATUS_CONFIG", str(place.config))
        for key, value in changes.items():
            patch.setenv(f"KANALSTATUS_{key.upper()}", value)
        return load_settings()


def overview(place: Place, count_id: str) -> str:
    return (place.folder / "published" / "national" / count_id / "index.html").read_text(encoding="utf-8")


def csv_rows(place: Place, count_id: str) -> list[dict]:
    content = (place.folder / "published" / "national" / count_id / "national.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(content), delimiter=";"))


def printed(share: Fraction) -> str:
    """Return a share as per cent with one decimal, half away from zero, in exact arithmetic."""
    thousandths = (share * 2000 + 1) // 2
    return f"{thousandths // 10},{thousandths % 10} %"


def expected(world: World, count_id: str) -> tuple[list[str], dict[tuple, dict[str, Fraction]]]:
    """Return the complete municipalities of a count, and measure -> municipality -> numerator over total."""
    books = heldout.replay(world.deliveries)
    whole = sorted(code for count, code in heldout.complete(world, books) if count == count_id)
    found: dict[tuple, dict[str, tuple[int, int]]] = {}
    for (count, code, *what), pair in heldout.measures(world, books).items():
        if count == count_id and code in whole:
            found.setdefault(tuple(what), {})[code] = pair
    return whole, found


def pooled(values: dict[str, tuple[int, int]]) -> Fraction:
    return Fraction(sum(n for n, _ in values.values()), sum(total for _, total in values.values()))


def mean(values: dict[str, tuple[int, int]]) -> Fraction:
    return sum(Fraction(*value) for value in values.values()) / len(values)


def assert_overview(place: Place, count_id: str) -> None:
    """Compare the printed figures with the independent count."""
    document = overview(place, count_id)
    whole, measured = expected(place.world, count_id)
    text = document.replace(NBSP, " ")
    assert f"{len(whole)} af landets 98 kommuner er med" in text
    rows = rows_of(document, "municipalities")
    assert {MUNICIPALITIES[code] for code in whole} == rows.keys() & set(MUNICIPALITIES.values())
    headings = ["", *next(row for row in Tables(document).rows["municipalities"] if row[0] == "Selvbetjening")]
    columns = {name: headings.index(label) - 1 for name, label in LABELS.items() if label in headings}
    for channel, column in columns.items():
        values = measured["channel_share", IN, channel]
        for code in whole:
            cell = rows[MUNICIPALITIES[code]][column]
            assert cell == (printed(Fraction(*values[code])) if code in values else "ikke talt"), (code, channel)
        assert rows["Under ét"][column] == printed(pooled(values)), channel
        assert rows["Gennemsnit af kommunerne"][column] == printed(mean(values)), channel
        assert rows["Kommuner, der har talt"][column] == str(len(values)), channel
    for column, what in ((-2, ("channel_share", OUT, "digital_post")), (-1, ("self_service_rate", IN, None)),
                         (-3, ("digital_share", IN, None))):  # fmt: skip
        values = measured.get(what, {})
        for code in whole:
            cell = rows[MUNICIPALITIES[code]][column]
            assert cell == (printed(Fraction(*values[code])) if code in values else "ikke talt"), (code, what)
        assert rows["Under ét"][column] == (printed(pooled(values)) if values else "ikke talt"), what


def test_the_overview_says_what_an_independent_count_says(place):
    for count_id in ("2013E", "2014E"):
        assert_overview(place, count_id)
    whole, measured = expected(place.world, "2014E")
    assert whole == ["183", "492", "751"]
    assert any(len(values) < len(whole) for values in measured.values()), "some channel is not counted by all"
    assert rows_of(overview(place, "2014E"), "country")["Selvbetjening"][2] == "41,9 %"
    text = overview(place, "2014E").replace(NBSP, " ")
    assert "Venter på leveringer: </strong>Dragør." in text
    assert "Fra de øvrige 94 kommuner" in text


def test_the_figures_are_those_of_the_views(place):
    whole, _ = expected(place.world, "2014E")
    rows = csv_rows(place, "2014E")
    of_country = {(row["direction"], row["channel"], row["method"]): row for row in rows
                  if row["measure"] == "channel_share" and not row["municipality_code"]}  # fmt: skip
    view = place.query("select * from national_channel_share where count_id = '2014E'")
    assert of_country.keys() == {(row["direction"], row["channel"], row["method"]) for row in view}
    for row in view:
        found = of_country[row["direction"], row["channel"], row["method"]]
        assert float(found["share"].replace(",", ".")) == pytest.approx(row["share"], abs=1e-12)
        assert found["municipality_count"] == (
            "" if row["municipality_count"] is None else str(row["municipality_count"])
        )
    for name, number, total, share in (
        ("channel_share", "enquiry_count", "total_count", "share"),
        ("digital_share", "digital_count", "total_count", "share"),
        ("self_service_rate", "self_service_count", "transaction_count", "rate"),
    ):
        own = {
            (row["municipality_code"], row.get("direction", IN), row.get("channel") or ""):
            (row[number], row[total], row[share])
            for row in place.query(f"select * from {name} where count_id = '2014E'")
            if row["municipality_code"] in whole
        }  # fmt: skip
        assert own == {
            (row["municipality_code"], row["direction"], row["channel"]):
            (int(row["numerator"]), int(row["total_count"]), float(row["share"].replace(",", ".")))
            for row in rows if row["measure"] == name and row["municipality_code"]
        }  # fmt: skip


@pytest.mark.parametrize("seed", [16, 61])
def test_the_overviews_of_other_worlds(seed: int, tmp_path: Path) -> None:
    place = finished(Place(world_of(seed), tmp_path / "work"))
    several = {each for each in place.world.counts if len(expected(place.world, each)[0]) > 1}
    assert several, "a world without an overview shows nothing"
    assert {path.parent.name for path in (place.folder / "published/national").glob("*/index.html")} == several
    for count_id in several:
        assert_overview(place, count_id)
        assert f'href="national/{count_id}/index.html"' in (place.folder / "published/index.html").read_text("utf-8")


def test_one_municipality_alone_has_no_overview(tmp_path):
    place = finished(Place(national_world(CODES[:1]), tmp_path / "work"))
    assert not (place.folder / "published" / "national").exists()
    assert "national/" not in (place.folder / "published" / "index.html").read_text(encoding="utf-8")


def test_a_second_run_leaves_the_overview_alone(on_sqlite):
    path = on_sqlite.folder / "published" / "national" / "2014E" / "index.html"
    before = path.stat()
    assert on_sqlite.run() == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def gather(place: Place, settings: Settings) -> tuple[list, list[str]]:
    """Return what is gathered, and the statements that were asked for it."""
    engine = warehouse.connect(databases.in_folder(place.database_url, place.folder))
    asked: list[str] = []
    with warehouse.reading(engine) as connection:
        sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        found = national_facts.gather(connection, settings)
    engine.dispose()
    return found, asked


def test_each_view_is_asked_once_however_many_municipalities_and_counts(on_sqlite):
    found, asked = gather(on_sqlite, settings_of(on_sqlite))
    assert [data.count_id for data in found] == ["2014E", "2013E"]
    assert len(asked) == len(set(asked))
    assert len([each for each in asked if each.startswith("SELECT *")]) == 5
    assert len([each for each in asked if each.startswith("create temporary table")]) == 1, "the facts, once"


def publish(place: Place, code: str, kind: str) -> None:
    """Write a publication of the newest count as a run does: of the loads and settings in force."""
    engine = warehouse.connect(databases.in_folder(place.database_url, place.folder))
    with warehouse.writing(engine) as connection:
        number = warehouse.next_id(connection, "publication_log", "publication_id")
        row = {"publication_id": number, "run_id": 1, "kind": kind, "count_id": "2014E", "municipality_code": code,
               "published_at": warehouse.utc_now(), "html_sha256": "0" * 64, "rendering_version": "1",
               "inputs": due.inputs_json(settings_of(place), "2014E", code), "figures": json.dumps({}),
               "mail_message_id": None}  # fmt: skip
        parts = [
            {"publication_id": number, "load_id": load_id, "partition_name": name}
            for load_id, name in due.own_parts(connection, "2014E", code)
        ]
        warehouse.insert(connection, "publication_log", [row])
        warehouse.insert(connection, "publication_load", parts)
    engine.dispose()


def take_in_a_correction(place: Place, code: str) -> None:
    """Load one week of a municipality's newest count again, with one more enquiry in each cell; publish nothing."""
    (before,) = (each for each in place.world.deliveries if each.name == f"2014E_{code}.csv")
    part, cells = next(iter(before.parts.items()))
    more = {part: {cell: number + 1 for cell, number in cells.items()}}
    count = place.world.counts["2014E"]
    delivery = heldout.tracetool_delivery(random.Random(7), count, more, f"{code}_corrected.csv")
    place.world = copy.copy(place.world)
    place.world.deliveries = [*place.world.deliveries, delivery]
    place.arrive([delivery])
    assert place.run("run", "--count", "2013E") == 0
    assert not place.query("select * from publication_log where kind = 'correction'")


@pytest.fixture
def copied(on_sqlite: Place, tmp_path: Path) -> Place:
    """Give a copy of a finished place, to write in."""
    shutil.copytree(on_sqlite.folder, tmp_path / "work")
    place = copy.copy(on_sqlite)
    place.folder = tmp_path / "work"
    place.config = place.folder / on_sqlite.config.name
    return place


def test_what_nobody_has_approved_is_no_part_of_the_overview(copied):
    place = copied
    settings = settings_of(place, require_approval="true")
    newest = {data.count_id: data for data in gather(place, settings)[0]}["2014E"]
    assert (newest.complete, newest.unapproved, newest.waiting) == (["183", "751"], ["492"], ["155"])
    publish(place, "492", "first")
    newest = {data.count_id: data for data in gather(place, settings)[0]}["2014E"]
    assert (newest.complete, newest.unapproved) == (["183", "492", "751"], [])
    publish(place, "751", "incomplete")
    publish(place, "751", "draft")
    newest = {data.count_id: data for data in gather(place, settings)[0]}["2014E"]
    assert (newest.complete, newest.unapproved) == (["183", "492", "751"], []), "the figures in force are approved"
    take_in_a_correction(place, "751")
    newest = {data.count_id: data for data in gather(place, settings)[0]}["2014E"]
    assert (newest.complete, newest.unapproved) == (["183", "492"], ["751"])
    _, measured = expected(place.world, "2014E")
    own = {code: pair for code, pair in measured["channel_share", IN, "in_person"].items() if code != "751"}
    figure = country(newest)["channel_share", IN, "in_person"]
    assert (figure.pooled, figure.mean, figure.municipality_count) == (pooled(own), mean(own), 2)


def test_an_overview_whose_figures_no_longer_hold_goes(copied):
    place = copied
    folder = place.folder / "published" / "national"
    assert sorted(path.name for path in (folder / "2014E").iterdir()) == ["index.html", "national.csv"]
    take_in_a_correction(place, "183")
    engine = warehouse.connect(databases.in_folder(place.database_url, place.folder))
    assert national_pages.write_overviews(engine, settings_of(place, require_approval="true")) == ["2013E"]
    assert not list((folder / "2014E").iterdir())
    assert national_pages.write_overviews(engine, settings_of(place)) == ["2014E", "2013E"]
    engine.dispose()
    assert_overview(place, "2014E")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 768, 360])
@pytest.mark.parametrize("name", PAGES)
def test_the_overview_and_the_indexes_can_be_read_by_all(browser, on_sqlite, name, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    errors: list[str] = []
    fetched: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("request", lambda request: fetched.append(request.url))
    url = (on_sqlite.folder / "published" / name).as_uri()
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (errors, fetched) == ([], [url])
    tags = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    results = Axe().run(page, options=tags).response
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in results["violations"]] == []
    assert {"color-contrast", "link-name"} <= {each["id"] for each in results["passes"]}
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files(browser, on_sqlite, name):
    page = browser.new_page()
    page.goto((on_sqlite.folder / "published" / name).as_uri())
    found = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    assert found
    assert [link for link in found if not Path(link.removeprefix("file://")).is_file()] == []
    page.close()
