"""The same content again: under other names and dates, and after a person has decided; and totals in one cell."""

from pathlib import Path

import pytest

from tests.faults import CPR, ROWS, TALLY, Place, Town

TOWN = Town("183", "Ishøj")
WHOLE = ROWS * TALLY
PERSONS = Path(__file__).parent / "files" / "digitalpost_personer_183_2014-12-01.xlsx"


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Place:
    return Place(tmp_path, database_url=database_url)


def corrected() -> bytes:
    rows = TOWN.rows()
    return TOWN.csv([rows[0] | {"Antal": str(TALLY + 1)}, *rows[1:]])


def test_an_older_version_is_held_also_when_it_was_refused_for_its_name_in_between(place):
    assert place.deliver("a.csv", TOWN.csv())["status"] == "accepted"
    assert place.deliver("a.csv", corrected())["status"] == "accepted"
    assert place.deliver("a.txt", TOWN.csv())["status"] == "refused"
    row = place.deliver("a3.csv", TOWN.csv())
    assert row["status"] == "held"
    assert "levering 1" in row["reason"]
    assert place.total("183") == WHOLE + 1


def test_what_is_in_force_is_a_duplicate_also_when_it_was_refused_for_its_name_in_between(place):
    place.deliver("a.csv", TOWN.csv())
    assert place.deliver("x.txt", TOWN.csv())["status"] == "refused"
    assert place.deliver("y.csv", TOWN.csv())["status"] == "duplicate"


def test_a_copy_of_what_a_person_has_checked_is_a_duplicate(place):
    first, *others = TOWN.rows()
    content = TOWN.csv([first | {"Enhed": CPR[1]}, *others])
    assert place.deliver("a.csv", content)["status"] == "refused"
    assert place.run("accept", "1", "--reason", "P-numre", "--not-personal").code == 0
    assert place.deliver("b.csv", content)["status"] == "duplicate"


def test_an_extract_held_for_its_name_is_read_under_a_right_one(place):
    assert place.deliver("udtræk.xlsx", PERSONS.read_bytes())["status"] == "held"
    assert place.deliver("udtræk_2014-12-01.xlsx", PERSONS.read_bytes())["status"] == "accepted"


def test_the_same_persons_on_another_date_wait_for_a_person(place):
    assert place.deliver("e_2014-12-01.xlsx", PERSONS.read_bytes())["status"] == "accepted"
    row = place.deliver("e_2014-11-01.xlsx", PERSONS.read_bytes())
    assert row["status"] == "held"
    assert "anden opgørelsesdato" in row["reason"]


def test_nobody_can_release_a_date_in_the_future(place):
    place.deliver("udtræk.xlsx", PERSONS.read_bytes())
    assert place.run("accept", "1", "--reason", "x", "--date", "2941-01-01").code == 2
    assert place.deliveries()[0]["status"] == "held"


@pytest.mark.parametrize("line", ["I alt: {}", "I alt {}", "I ALT = {}", "Ishøj;I alt;{}", "I alt registreringer;{}"])
def test_a_control_total_counts_however_its_line_is_written(place, line):
    whole = place.deliver("hel.csv", TOWN.csv(below=[line.format(f"{WHOLE:,}".replace(",", "."))]))
    assert (whole["status"], whole["rows_rejected"]) == ("accepted", 0)
    cut = place.deliver("halv.csv", TOWN.csv(TOWN.rows()[:-1], below=[line.format(WHOLE)]))
    assert cut["status"] == "held"
    assert f"siger {WHOLE}," in cut["reason"]
