"""Do both databases take every text and time that can come, and refuse the rest with a clear message?"""

import datetime as dt
import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows.steps import warehouse
from tests import databases
from tests.faults import ROWS, Place, Town

TOWN = Town("183", "Ishøj")


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Place:
    return Place(tmp_path, database_url=database_url)


def test_a_name_of_three_thousand_signs_is_kept_and_known_again(place: Place) -> None:
    name = "/".join(f"{letter}{'æb' * 66}" for letter in "abcdefghijklmnop") + "/tal.csv"
    folder = place.inbox
    for part in name.split("/")[:-1]:
        folder = folder / part
    descriptor = os.open(place.inbox, os.O_RDONLY)
    for part in name.split("/")[:-1]:
        os.mkdir(part, dir_fd=descriptor)
        descriptor = os.open(part, os.O_RDONLY, dir_fd=descriptor)
    with os.fdopen(os.open("tal.csv", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor), "wb") as file:
        file.write(TOWN.csv())
    for _ in range(2):
        assert place.run().code == 0
        (row,) = place.deliveries()
        assert (len(row["file_name"]), row["status"], row["rows_read"]) == (len(name), "accepted", ROWS)


def test_a_reason_may_be_long_and_oddly_encoded(place: Place) -> None:
    held = place.deliver("tal.csv", TOWN.csv(below=["I alt;1"]))
    assert held["status"] == "held"
    reason = "ok \udce6\udcff " + "rundt og rundt " * 10_000
    assert place.run("accept", str(held["delivery_id"]), "--reason", reason).code == 0
    (row,) = place.deliveries()
    assert row["status"] == "accepted"
    assert len(row["reason"]) > 100_000


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("kanalstatus.toml", 'strategy.name = "Strategi\\u0000"', "strategy.name"),
        ("kanalstatus.toml", 'strategy.purpose = "et\\u0007to"', "strategy.purpose"),
        ("tasks.csv", "pakke;kle;opgave;boelge\n35;00.01.00;Opg\0ave;1\n", "tasks.csv"),
    ],
    ids=["nul", "bell", "task"],
)
def test_settings_with_signs_that_no_database_or_page_takes_are_refused(place: Place, file, text, message) -> None:
    if file == "tasks.csv":
        (place.folder / file).write_text(text, encoding="utf-8")
    else:
        place.configure(more=text)
    finished = place.run()
    assert finished.code == 2
    assert message in finished.printed
    assert "Traceback" not in finished.printed


@pytest.mark.parametrize("moment", [-86_400.5, 0, 1_414_886_400.123456, 4_102_444_800, 7_258_118_400.999999])
def test_a_file_of_any_time_is_known_again(place: Place, moment: float) -> None:
    path = place.put("tal.csv", TOWN.csv())
    os.utime(path, (moment, moment))
    for _ in range(2):
        assert place.run().code == 0
        assert [row["status"] for row in place.deliveries()] == ["accepted"]
    (row,) = place.query("select modified_at from arrival")
    stored = dt.datetime.fromisoformat(row["modified_at"])
    assert abs(stored - dt.datetime.fromtimestamp(moment, dt.UTC)) < dt.timedelta(microseconds=2)


@pytest.mark.parametrize("day", ["2014-02-30", "2014-13-01", "2014-1-1x", "", "yesterday-ish"])
def test_a_day_that_is_none_is_refused_by_the_database_itself(place: Place, day: str) -> None:
    place.deliver("tal.csv", TOWN.csv())
    engine = warehouse.connect(databases.in_folder(place.database_url, place.folder))
    insert = "insert into enrolment values (1, '183', '{}', '65-74', 'exempt', 1)"
    with pytest.raises(sa.exc.DBAPIError) as caught, engine.begin() as connection:
        connection.exec_driver_sql(insert.format(day))
    assert not day or day not in str(caught.value).partition("[SQL")[0]
    with engine.begin() as connection:
        connection.exec_driver_sql(insert.format("2014-02-28"))
    engine.dispose()


def test_times_are_the_same_whatever_the_zone_of_the_machine(place: Place, monkeypatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    before = dt.datetime.now(dt.UTC)
    place.deliver("tal.csv", TOWN.csv())
    (row,) = place.query("select received_at from delivery")
    assert before <= dt.datetime.fromisoformat(row["received_at"]) <= dt.datetime.now(dt.UTC)
