"""Do the guards hold what a person must see, with the figures, and does `accept` release it?"""

from pathlib import Path
from typing import Any

import pytest

from tests import databases, make
from tests.faults import CELL, CPR, ROWS, TALLY, TASKS, Place, Row, Town

TOWN = Town("183", "Ishøj")
WHOLE = ROWS * TALLY


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Place:
    return Place(tmp_path, database_url=database_url)


def summing(total: int, rows: list[Row] | None = None) -> list[Row]:
    """Return rows whose numbers sum to `total`, as even as can be."""
    rows = TOWN.rows() if rows is None else rows
    each, rest = divmod(total, len(rows))
    return [row | {"Antal": str(each + (index < rest))} for index, row in enumerate(rows)]


def tasks_alone(town: Town, *cells: tuple[str, str, int]) -> list[Row]:
    """Return rows of (task, channel, number) in one week."""
    (row,) = town.rows(1)
    return [row | {"KLE-nr": kle, "Kanal": channel, "Antal": str(number)} for kle, channel, number in cells]


def status(row: dict[str, Any]) -> tuple[str, str]:
    return row["status"], row["reason"]


# --- Control totals --------------------------------------------------------------------------------


def test_a_control_total_that_differs_holds_with_both_figures(place):
    row = place.deliver("tal.csv", TOWN.csv(below=[f"I alt;{WHOLE + 7}"]))
    assert row["status"] == "held"
    assert f"siger {WHOLE + 7}," in row["reason"]
    assert f"siger {WHOLE}." in row["reason"]
    assert f"linje {ROWS + 2} " in row["reason"]
    assert place.total("183") == 0


@pytest.mark.parametrize(
    ("changes", "figures"),
    [
        ([(1, 6, 31)], ("række 7", "31", "30")),
        ([(4, 3, 31)], ("Selvbetjening i række 10", "31", "30")),
        ([(4, 6, 71)], ("I alt i række 10", "71", "70")),
        ([(1, 3, 12)], ("række 7", "30", "32")),
    ],
    ids=["row", "column", "whole", "cell"],
)
def test_a_control_total_of_a_sheet_holds_with_its_place_and_both_figures(place, changes, figures):
    row = place.deliver("tal.xlsx", TOWN.book(*changes))
    assert row["status"] == "held"
    assert all(figure in row["reason"] for figure in figures), row["reason"]


def test_a_reason_with_many_differences_can_still_be_read_in_one_line(place):
    task = [[TASKS[0], "x", "Transaktion", CELL, CELL + 1] for _ in range(60)]
    table = [["KLE-nr", "Opgave", "Henvendelsestype", "Telefon", "I alt"], *task, ["I alt", None, None, 60 * CELL, 1]]
    row = place.deliver("tal.xlsx", make.workbook_bytes({"Indgående": TOWN.sheet(table=table)}))
    assert row["status"] == "held"
    assert "\n" not in row["reason"]
    assert len(row["reason"]) < 1000


def test_titles_that_name_two_municipalities_are_nobodys(place):
    rows = [["Kommune: Greve (253)"], *TOWN.sheet()]
    assert place.deliver("tal.xlsx", make.workbook_bytes({"Indgående": rows}))["status"] in ("held", "refused")
    assert (place.total("183"), place.total("253")) == (0, 0)


# --- What it was before ----------------------------------------------------------------------------


def test_a_fall_of_exactly_a_fifth_is_accepted(place):
    place.put("foer_tal.csv", TOWN.csv(summing(1000)))
    assert place.deliver("tal.csv", TOWN.csv(summing(800)))["status"] == "accepted"
    assert place.total("183") == 800


def test_a_fall_of_more_than_a_fifth_is_held_with_both_sums(place):
    place.put("foer_tal.csv", TOWN.csv(summing(1000)))
    row = place.deliver("tal.csv", TOWN.csv(summing(799)))
    assert row["status"] == "held"
    assert "1000" in row["reason"]
    assert "799" in row["reason"]
    assert "183" in row["reason"]
    assert place.total("183") == 1000


def test_a_fall_is_judged_by_the_weeks_that_are_replaced(place):
    place.put("foer_tal.csv", TOWN.csv(summing(1000)))
    week = [row for row in summing(1000) if row["Uge"] == "44"]
    before = sum(int(row["Antal"]) for row in week)
    assert place.deliver("uge.csv", TOWN.csv(summing(before * 9 // 10, week)))["status"] == "accepted"
    assert place.deliver("uge.csv", TOWN.csv(summing(before // 2, week)))["status"] == "held"
    assert place.total("183") == 1000 - before + before * 9 // 10


def test_a_channel_of_more_than_one_per_cent_that_vanished_is_held_with_its_name_and_figures(place):
    cells = (TASKS[0], "Selvbetjening", 900), (TASKS[0], "Brev", 89)
    place.put("foer_tal.csv", TOWN.csv(tasks_alone(TOWN, *cells, (TASKS[0], "Telefon", 11))))
    row = place.deliver("tal.csv", TOWN.csv(tasks_alone(TOWN, *cells)))
    assert row["status"] == "held"
    assert "Indgående Telefon havde 11 af 1000" in row["reason"]


def test_a_channel_whose_rows_all_say_nought_has_vanished(place):
    cells = (TASKS[0], "Selvbetjening", 900), (TASKS[0], "Brev", 89)
    place.put("foer_tal.csv", TOWN.csv(tasks_alone(TOWN, *cells, (TASKS[0], "Telefon", 11))))
    row = place.deliver("tal.csv", TOWN.csv(tasks_alone(TOWN, *cells, (TASKS[0], "Telefon", 0))))
    assert row["status"] == "held"


@pytest.mark.parametrize("one_per_cent", [1, 7, 10, 29, 57])
def test_a_channel_of_exactly_one_per_cent_may_vanish(place, one_per_cent):
    rest = (TASKS[0], "Selvbetjening", 99 * one_per_cent)
    place.put("foer_tal.csv", TOWN.csv(tasks_alone(TOWN, rest, (TASKS[0], "Telefon", one_per_cent))))
    assert place.deliver("tal.csv", TOWN.csv(tasks_alone(TOWN, rest)))["status"] == "accepted"


def test_a_task_of_more_than_one_per_cent_that_vanished_is_held_with_its_number(place):
    cells = (TASKS[0], "Telefon", 950), (TASKS[1], "Telefon", 50)
    place.put("foer_tal.csv", TOWN.csv(tasks_alone(TOWN, *cells)))
    row = place.deliver("tal.csv", TOWN.csv(tasks_alone(TOWN, cells[0])))
    assert row["status"] == "held"
    assert f"{TASKS[1]} havde 50 af 1000" in row["reason"]


def test_a_fall_in_persons_is_held_with_both_sums(place):
    place.put("foer_post.csv", TOWN.enrolments())
    row = place.deliver("post.csv", TOWN.enrolments(Antal="10"))
    assert row["status"] == "held"
    assert "fra 400 til 310" in row["reason"]


def test_weeks_that_overlap_without_covering_are_held(place):
    def book(weeks: str) -> bytes:
        titles = [*TOWN.titles[:3], [f"Uger: {weeks} 2014"], []]
        return make.workbook_bytes({"Indgående": TOWN.sheet(titles=titles)})

    place.put("foer_tal.xlsx", book("43-44"))
    row = place.deliver("tal.xlsx", book("44-45"))
    assert row["status"] == "held"
    assert "2014-W44/2014-W45" in row["reason"]
    assert "2014-W43/2014-W44" in row["reason"]
    assert place.run("accept", str(row["delivery_id"]), "--reason", "ja", "--supersede").code == 2
    assert place.deliver("tal.xlsx", book("43-45"))["status"] == "accepted"
    assert place.total("183") == 7 * CELL


# --- Other sources, other tasks --------------------------------------------------------------------


def test_the_same_cells_from_another_source_are_held_with_their_number(place):
    place.put("foer_tal.csv", TOWN.csv(tasks_alone(TOWN, (TASKS[0], "Telefon", 100), (TASKS[1], "Brev", 100))))
    row = place.deliver("tal.xlsx", TOWN.book())
    assert row["status"] == "held"
    assert row["reason"].startswith("2 kombinationer")
    assert place.total("183") == 200
    assert place.run("accept", str(row["delivery_id"]), "--reason", "talt hver for sig").code == 0
    assert place.total("183") == 200 + 7 * CELL


def test_other_channels_from_another_source_are_accepted(place):
    place.put("foer_tal.csv", TOWN.csv(tasks_alone(TOWN, (TASKS[0], "Skranke", 100), (TASKS[3], "Brev", 100))))
    assert place.deliver("tal.xlsx", TOWN.book())["status"] == "accepted"
    assert place.total("183") == 200 + 7 * CELL


@pytest.mark.parametrize(("outside", "expected"), [(100, "accepted"), (101, "held")])
def test_a_tenth_may_be_outside_the_task_package(place, outside, expected):
    cells = (TASKS[0], "Telefon", 1000 - outside), ("99.99.99", "Telefon", outside)
    row = place.deliver("tal.csv", TOWN.csv(tasks_alone(TOWN, *cells)))
    assert row["status"] == expected
    assert expected == "accepted" or row["reason"].startswith("101 af 1000 ")


# --- The same content again ------------------------------------------------------------------------


def test_the_current_content_under_a_new_name_is_a_duplicate_and_alerts_nobody(place):
    place.put("foer_tal.csv", TOWN.csv())
    place.put("tal (1).csv", TOWN.csv())
    assert place.run().code == 0
    row = place.deliveries()[-1]
    assert row["status"] == "duplicate"
    assert "levering 1" in row["reason"]
    assert place.total("183") == WHOLE


@pytest.mark.parametrize(
    ("content", "expected"), [(TOWN.csv(final_newline=False), "held"), (b"intet;at;se\r\n", "refused")]
)
def test_held_and_refused_content_under_a_new_name_gets_that_verdict_again(place, content, expected):
    first = place.deliver("tal.csv", content)
    place.put("tal (1).csv", content)
    assert place.run().code == 3
    row = place.deliveries()[-1]
    assert row["status"] == expected
    assert "Samme indhold som levering 1" in row["reason"]
    assert first["reason"] in row["reason"]


def test_content_refused_for_its_name_is_judged_anew_under_a_right_one(place):
    assert place.deliver("tal.txt", TOWN.csv())["status"] == "refused"
    assert status(place.deliver("tal.csv", TOWN.csv())) == ("accepted", "")


def test_content_refused_for_a_number_in_its_name_is_judged_anew_under_a_right_one(place):
    assert place.deliver(f"{CPR[0]}.csv", TOWN.csv())["status"] == "refused"
    assert status(place.deliver("tal.csv", TOWN.csv())) == ("accepted", "")


def test_an_untouched_inbox_adds_nothing_and_a_held_file_alerts_once(place):
    place.deliver("tal.csv", TOWN.csv(final_newline=False))
    assert place.run().code == 0
    (place.inbox / "tal.csv").touch()
    assert place.run().code == 0
    assert len(place.deliveries()) == 1


def test_a_corrected_file_takes_the_place_of_the_one_before(place):
    place.put("foer_tal.csv", TOWN.csv(summing(1000)))
    row = place.deliver("tal.csv", TOWN.csv(summing(1100)))
    assert status(row) == ("accepted", "")
    assert place.total("183") == 1100
    assert [row["status"] for row in place.deliveries()] == ["accepted", "accepted"]


def test_a_correction_of_a_held_file_is_accepted(place):
    place.put("foer_tal.csv", TOWN.csv(below=["I alt;1"]))
    assert place.deliver("tal.csv", TOWN.csv(below=[f"I alt;{WHOLE}"]))["status"] == "accepted"
    assert [row["status"] for row in place.deliveries()] == ["held", "accepted"]


def test_an_older_version_that_comes_back_is_held_until_it_is_released(place):
    a, b = TOWN.csv(summing(1000)), TOWN.csv(summing(1100))
    place.deliver("tal.csv", a)
    place.deliver("tal.csv", b)
    row = place.deliver("tal.csv", a)
    assert row["status"] == "held"
    assert "levering 1" in row["reason"]
    assert place.total("183") == 1100
    assert place.run("accept", str(row["delivery_id"]), "--reason", "den første var rigtig").code == 0
    assert place.total("183") == 1000
    assert place.deliver("tal.csv", b)["status"] == "held"
    assert place.total("183") == 1000


# --- accept ----------------------------------------------------------------------------------------


def test_a_release_is_kept_with_who_when_and_why(place):
    row = place.deliver("tal.csv", TOWN.csv(TOWN.changed(1, Antal="<5")))
    assert place.run("accept", str(row["delivery_id"]), "--reason", "aftalt med Borgerservice").code == 0
    after = place.deliveries()[-1]
    assert after["status"] == "accepted"
    assert "aftalt med Borgerservice" in after["reason"]
    assert (after["rows_read"], after["rows_accepted"], after["rows_rejected"]) == (ROWS, ROWS - 1, 1)
    log = place.query("select status, decided_by, decided_at, reason from verdict_log order by verdict_id")
    assert [entry["status"] for entry in log] == ["held", "accepted"]
    assert [entry["decided_by"] for entry in log] == [None, "vagten"]
    assert log[1]["decided_at"] >= log[0]["decided_at"]
    assert place.total("183") == WHOLE - TALLY


def test_a_release_needs_a_reason(place):
    row = place.deliver("tal.csv", TOWN.csv(final_newline=False))
    with pytest.raises(SystemExit) as stopped:
        place.run("accept", str(row["delivery_id"]))
    assert stopped.value.code == 2
    assert place.total("183") == 0


def test_a_release_needs_words_for_a_reason(place):
    row = place.deliver("tal.csv", TOWN.csv(final_newline=False))
    assert place.run("accept", str(row["delivery_id"]), "--reason", "  ").code == 2
    assert place.total("183") == 0


def test_only_what_is_held_can_be_released(place):
    place.deliver("god.csv", TOWN.csv())
    place.deliver("tom.csv", b"")
    place.deliver("god (1).csv", TOWN.csv())
    held = place.deliver("uden.csv", TOWN.csv(summing(1000), final_newline=False))
    for number in (1, 2, 3, 99):
        assert place.run("accept", str(number), "--reason", "ja").code == 2
    assert place.run("accept", str(held["delivery_id"]), "--reason", "ja").code == 0
    assert place.run("accept", str(held["delivery_id"]), "--reason", "ja").code == 2
    assert place.total("183") == 1000


def test_an_older_one_is_released_over_a_newer_one_only_when_that_is_said(place):
    held = place.deliver("tal.csv", TOWN.csv(summing(1000), final_newline=False))
    place.deliver("tal.csv", TOWN.csv(summing(1100)))
    refused = place.run("accept", str(held["delivery_id"]), "--reason", "ja")
    assert refused.code == 2
    assert "--supersede" in refused.printed
    assert "delivery 2" in refused.printed
    assert place.total("183") == 1100
    assert place.run("accept", str(held["delivery_id"]), "--reason", "ja", "--supersede").code == 0
    assert place.total("183") == 1000


def test_a_held_one_is_released_from_the_archive_when_the_inbox_has_another(place):
    held = place.deliver("tal.csv", TOWN.csv(final_newline=False))
    (place.inbox / "tal.csv").unlink()
    assert place.run("accept", str(held["delivery_id"]), "--reason", "ja").code == 0
    assert place.total("183") == WHOLE


def test_a_name_that_disagrees_is_loaded_by_its_number_once_released(place):
    held = place.deliver("tal.csv", TOWN.csv([row | {"Kommune": "Greve"} for row in TOWN.rows()]))
    assert held["status"] == "held"
    assert place.run("accept", str(held["delivery_id"]), "--reason", "nummeret er rigtigt").code == 0
    assert (place.total("183"), place.total("253")) == (WHOLE, 0)


def test_what_looks_like_cpr_numbers_is_released_only_when_a_person_has_checked_it(place):
    content = TOWN.csv(TOWN.changed(2, Enhed=f"P-nr. {CPR[0]}"))
    row = place.deliver("tal.csv", content)
    assert row["status"] == "refused"
    assert "P-numre" in row["reason"]
    number = str(row["delivery_id"])
    assert place.run("accept", number, "--reason", "P-numre").code == 2
    assert place.run("accept", number, "--reason", "P-numre", "--not-personal").code == 0
    assert place.total("183") == WHOLE
    url = databases.in_folder(place.database_url, place.folder)
    assert not [name for name in databases.names(url) if CPR[0] in str(databases.ask(url, f"select * from {name}"))]


def test_a_second_look_at_cpr_numbers_does_not_pass_over_other_rules(place):
    rows = [row | {"Enhed": CPR[0]} for row in TOWN.rows()]
    row = place.deliver("tal.csv", TOWN.csv(rows, below=["I alt;1"]))
    place.run("accept", str(row["delivery_id"]), "--reason", "P-numre", "--not-personal")
    assert place.deliveries()[-1]["status"] == "held"
    assert place.total("183") == 0


# --- Other settings --------------------------------------------------------------------------------


def test_a_count_that_the_calendar_learns_is_released_by_itself(place):
    place.configure(counts=("2013E",))
    row = place.deliver("tal.csv", TOWN.csv())
    assert row["status"] == "held"
    assert "2014E" in row["reason"]
    assert place.run("accept", "1", "--reason", "ja").code == 2
    assert place.run().code == 0
    place.configure()
    assert place.run().code == 0
    assert status(place.deliveries()[-1]) == ("accepted", "")
    assert len(place.deliveries()) == 1
    assert place.total("183") == WHOLE


def test_what_the_calendar_learns_is_released_also_when_the_inbox_is_empty(place):
    place.configure(counts=("2013E",))
    place.deliver("tal.xlsx", TOWN.book())
    (place.inbox / "tal.xlsx").unlink()
    place.configure()
    assert place.run().code == 0
    assert place.deliveries()[-1]["status"] == "accepted"


def test_another_share_of_rejects_is_judged_again(place):
    row = place.deliver("tal.csv", TOWN.csv(TOWN.changed(5, Kanal="Røgsignal")))
    assert row["status"] == "held"
    assert "5 af 24" in row["reason"]
    assert place.run().code == 0
    assert len(place.query("select * from verdict_log")) == 1
    place.configure(more="max_reject_share = 0.25")
    assert place.run().code == 0
    assert place.deliveries()[-1]["status"] == "accepted"
    assert place.total("183") == WHOLE - 5 * TALLY


def test_a_stricter_share_of_rejects_takes_nothing_back(place):
    place.configure(more="max_reject_share = 0.25")
    place.deliver("tal.csv", TOWN.csv(TOWN.changed(5, Kanal="Røgsignal")))
    place.configure()
    assert place.run().code == 0
    assert place.deliveries()[-1]["status"] == "accepted"


@pytest.mark.parametrize(("bad", "expected"), [(7, "accepted"), (8, "held")])
def test_exactly_one_per_cent_may_be_set_aside(place, bad, expected):
    rows = TOWN.changed(bad, number=700, Kanal="Røgsignal")
    assert place.deliver("tal.csv", TOWN.csv(rows))["status"] == expected


def test_an_exporter_that_writes_no_line_end_can_be_trusted(place):
    place.deliver("tal.csv", TOWN.csv(final_newline=False))
    place.configure(more='[source.tracetool]\nfinal_newline = "optional"')
    assert place.run().code == 0
    assert place.deliveries()[-1]["status"] == "accepted"
    assert place.deliver("post.csv", TOWN.enrolments()[:-2])["status"] == "held"


def test_an_exporter_that_is_trusted_is_still_cut_off_inside_a_row(place):
    place.configure(more='[source.tracetool]\nfinal_newline = "optional"')
    row = place.deliver("tal.csv", TOWN.csv(final_newline=False)[:-20])
    assert (row["status"], row["rows_rejected"]) == ("accepted", 1)
