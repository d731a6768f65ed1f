"""What does the warehouse let out of groups of persons, delivery by delivery and setting by setting?"""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.codes import AGE_GROUP_LABELS, ENROLMENT_LABELS, MUNICIPALITIES, EnrolmentStatus
from tests import databases, make
from tests.faults import Place

LARGE = [100, 200, 300, 200, 100]
PERSONS = Path(__file__).parent / "files" / "digitalpost_personer_183_2014-12-01.xlsx"

Figures = dict[tuple[str, str], int]


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Place:
    return Place(tmp_path, database_url=database_url)


def extract(exempt: list[int], code: str = "183", date: str = "01-12-2014") -> bytes:
    """Return a delivery of persons by age group, from the youngest, who are enrolled or exempt."""
    persons = {EnrolmentStatus.SELF_ENROLLED: LARGE, EnrolmentStatus.EXEMPT: exempt}
    town = {"Opgørelsesdato": date, "Kommunekode": code, "Kommune": MUNICIPALITIES[code]}
    return make.csv_bytes(
        make.enrolment(**town, Aldersgruppe=label, Status=ENROLMENT_LABELS[status], Antal=str(count))
        for status, counts in persons.items()
        for label, count in zip(AGE_GROUP_LABELS.values(), counts, strict=True)
    )


def accept(place: Place, name: str, content: bytes) -> None:
    assert place.deliver(name, content)["status"] == "accepted"


def under(place: Place, min_cell: int) -> None:
    """Run under another min_cell, with nothing new in the inbox."""
    place.configure(more=f"min_cell = {min_cell}")
    assert place.run().code == 0


def disclosed(place: Place, code: str = "183", date: str = "2014-12-01") -> Figures:
    query = "select * from disclosed_enrolment where municipality_code = ? and as_of_date = ?"
    found = place.query(query.replace("as_of_date =", "cast(as_of_date as text) ="), code, date)
    return {(row["age_groups"], row["status"]): row["person_count"] for row in found}


def groups(place: Place, code: str = "183", date: str = "2014-12-01") -> set[str]:
    return {ages for ages, _ in disclosed(place, code, date)}


def decisions(place: Place) -> list[tuple[int, int, str]]:
    rows = place.query("select load_id, min_cell, grouping from disclosure order by disclosure_id")
    return [tuple(row.values()) for row in rows]


def test_small_groups_of_a_delivery_are_merged_from_its_first_run_on(place):
    accept(place, "dp.csv", extract([2, 20, 30, 40, 50]))
    assert disclosed(place) == {
        ("all", "covered"): 1042, ("all", "self_enrolled"): 900, ("all", "exempt"): 142,
        ("15-44", "self_enrolled"): 300, ("15-44", "exempt"): 22,
        ("45-64", "self_enrolled"): 300, ("45-64", "exempt"): 30,
        ("65-74", "self_enrolled"): 200, ("65-74", "exempt"): 40,
        ("75+", "self_enrolled"): 100, ("75+", "exempt"): 50,
    }  # fmt: skip


def test_a_correction_that_would_be_finer_shows_its_own_figures_by_the_groups_of_what_it_corrects(place):
    accept(place, "dp.csv", extract([2, 20, 30, 40, 50]))
    accept(place, "dp.csv", extract([3, 20, 30, 40, 50]))
    figures = disclosed(place)
    assert figures["all", "covered"] == 1043
    assert figures["15-44", "exempt"] == 23
    assert groups(place) == {"all", "15-44", "45-64", "65-74", "75+"}


def test_a_correction_that_must_be_coarser_is_and_stays_so_for_the_next_one(place):
    accept(place, "dp.csv", extract([10, 20, 30, 40, 50]))
    assert groups(place) == {"all", "15-24", "25-44", "45-64", "65-74", "75+"}
    accept(place, "dp.csv", extract([10, 20, 2, 40, 50]))
    assert groups(place) == {"all", "15-64", "65+"}
    accept(place, "dp.csv", extract([10, 20, 31, 40, 50]))
    assert groups(place) == {"all", "15-64", "65+"}


def test_what_showed_the_total_alone_shows_no_status_when_it_is_corrected(place):
    accept(place, "dp.csv", extract([1, 0, 0, 0, 0]))
    assert disclosed(place) == {("all", "covered"): 901}
    accept(place, "dp.csv", extract([10, 20, 30, 40, 50]))
    assert disclosed(place) == {("all", "covered"): 1050}


def test_other_dates_and_municipalities_are_decided_for_themselves(place):
    accept(place, "dp.csv", extract([1, 0, 0, 0, 0]))
    accept(place, "dp_oktober.csv", extract([10, 20, 30, 40, 50], date="01-10-2014"))
    accept(place, "dp_101.csv", extract([10, 20, 30, 40, 2], code="101"))
    assert groups(place) == {"all"}
    assert groups(place, date="2014-10-01") == {"all", "15-24", "25-44", "45-64", "65-74", "75+"}
    assert groups(place, code="101") == {"all", "15-44", "45-64", "65+"}


def test_another_min_cell_decides_anew_on_what_is_in_force(place):
    accept(place, "dp.csv", extract([10, 20, 30, 40, 50]))
    under(place, 11)
    assert groups(place) == {"all", "15-44", "45-64", "65-74", "75+"}
    under(place, 151)
    assert disclosed(place) == {("all", "covered"): 1050}
    under(place, 10)
    assert groups(place) == {"all", "15-24", "25-44", "45-64", "65-74", "75+"}
    assert [min_cell for _, min_cell, _ in decisions(place)] == [3, 11, 151, 10]


def test_another_min_cell_lets_out_no_difference_to_what_was_corrected(place):
    accept(place, "dp.csv", extract([2, 20, 30, 40, 50]))
    accept(place, "dp.csv", extract([3, 20, 30, 40, 50]))
    for min_cell in (1, 2, 3):
        under(place, min_cell)
        assert groups(place) == {"all", "15-44", "45-64", "65-74", "75+"}
    assert {load_id for load_id, *_ in decisions(place)[2:]} == {2}


def test_a_run_without_news_decides_nothing(place):
    accept(place, "dp.csv", extract([2, 20, 30, 40, 50]))
    under(place, 4)
    before = decisions(place)
    assert len(before) == 2
    for command in (["run"], ["plan"], ["check", str(place.inbox / "dp.csv")], ["run"]):
        place.run(*command)
    assert decisions(place) == before


def test_an_extract_from_before_there_were_decisions_gets_one(place):
    accept(place, "dp.csv", extract([2, 20, 30, 40, 50]))
    before = decisions(place), disclosed(place)
    engine = sa.create_engine(databases.in_folder(place.database_url, place.folder))
    with engine.begin() as connection:
        for table in ("disclosed_cell", "disclosure"):
            connection.execute(sa.delete(sa.table(table)))
    engine.dispose()
    shutil.rmtree(place.folder / "archive" / "manifest")  # nor was there one of these
    assert disclosed(place) == {}
    assert place.run().code == 0
    assert (decisions(place), disclosed(place)) == before


def test_an_extract_of_persons_is_decided_on_too(place):
    accept(place, PERSONS.name, PERSONS.read_bytes())
    figures = disclosed(place)
    assert figures["all", "covered"] == place.total("183")
    assert all(count == 0 or count >= 3 for count in figures.values())
    under(place, 1000)
    assert disclosed(place) == {("all", "covered"): place.total("183")}


def test_a_delivery_that_is_held_is_not_decided_on_until_it_is_released(place):
    accept(place, "dp.csv", extract([10, 20, 30, 40, 50]))
    fewer = extract([10, 20, 30, 40, 2]).replace(b";300\r\n", b";3\r\n")
    assert place.deliver("dp.csv", fewer)["status"] == "held"
    assert len(decisions(place)) == 1
    assert place.run("accept", "2", "--reason", "tjekket").code == 0
    assert [grouping for *_, grouping in decisions(place)][1:] == ["15-44 45-64 65+"]
