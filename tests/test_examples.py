"""The quick start on examples/: known answers, the golden page, and what a rerun and a correction do."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flows import cli
from tests import databases

PROJECT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "183_2014E.txt"
Place = Callable[[], Path]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of one demo."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KANALSTATUS_CONFIG", "overwritten by the demo")
        assert cli.main(["demo", "--dir", str(folder)]) == 0
    return folder


def url_of(folder: Path) -> str:
    return databases.in_folder(os.environ.get("KANALSTATUS_DATABASE_URL", databases.SQLITE), folder)


def ask(folder: Path, query: str) -> list[tuple]:
    return [tuple(row.values()) for row in databases.ask(url_of(folder), query)]


class _Text(HTMLParser):
    """The words of a page, a line a block; styles left out."""

    BLOCKS = frozenset({"h1", "h2", "p", "li", "tr", "dt", "dd", "div", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self._in_style = tag == "style"
        if tag in self.BLOCKS:
            self.lines.append("")
        elif tag in ("td", "th"):
            self.lines[-1] += " | "

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.lines[-1] += data.replace("\n", " ")


def words(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    lines = (re.sub(r" +", " ", line).strip(" |") for line in parser.lines)
    return "\n".join(line for line in lines if line) + "\n"


def page_words(folder: Path, count_id: str = "2014E") -> str:
    return words((folder / "published" / "183" / count_id / "index.html").read_text(encoding="utf-8"))


def test_the_demo_prints_the_page_alone_on_the_last_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KANALSTATUS_CONFIG", "overwritten by the demo")
    assert cli.main(["demo", "--dir", str(tmp_path)]) == 0
    path = Path(capsys.readouterr().out.splitlines()[-1])
    assert path.is_absolute()
    assert path == tmp_path / "published" / "183" / "2014E" / "index.html"
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "figure",
    ["52,5 %", "41,9 %", "0,3 %", "18,6 %", "38,8 %", "23,2 %", "−20,2 procentpoint", "92,7 %", "66,3 %", "89,9 %",
     "10,1 %", "10,6 %", "To af fem mål for 2015 er nået, to er godt på vej, og ét er ikke nået."],
)  # fmt: skip
def test_the_page_holds_what_the_memo_printed(demo, figure):
    assert figure in page_words(demo).replace("\u00a0", " ")


def test_the_page_is_the_golden_one(demo):
    """The page's words, but for the day of the run. When it differs on purpose, the new words go into the file."""
    shown = re.sub(r"\d{1,2}\.\u00a0\w+ 20[2-9]\d", "DAGS DATO", page_words(demo))
    assert shown == GOLDEN.read_text(encoding="utf-8")


def test_known_answers(demo):
    shares = dict(
        ask(demo, "select direction || ' ' || channel, enquiry_count from channel_share where count_id = '2014E'")
    )
    assert shares == {
        "inbound self_service": 5250, "inbound in_person": 1860, "inbound phone": 2250, "inbound letter": 30,
        "inbound email": 410, "inbound digital_post": 190, "inbound sms": 10,
        "outbound digital_post": 1854, "outbound letter": 96, "outbound remote_print": 30, "outbound email": 20,
    }  # fmt: skip
    rate = ask(demo, "select self_service_count, transaction_count from self_service_rate where count_id = '2014E'")
    assert rate == [(2742, 5073)]
    assert ask(demo, "select share from digital_share where count_id = '2014E' and direction = 'inbound'") == [(0.586,)]
    persons = dict(ask(demo, "select status, person_count from digital_post_share where as_of_date = '2014-12-01'"))
    assert persons == {"self_enrolled": 10698, "automatically_enrolled": 4585, "exempt": 1717, "enrolled": 15283}


def test_known_statuses(demo):
    query = (
        "select coalesce(channel, measure), status from target_status where count_id = '2014E' and target_kind <> ''"
    )
    assert dict(ask(demo, query)) == {
        "letter": "reached", "self_service": "reached", "in_person": "on_track", "phone": "behind",
        "digital_share": "on_track",
    }  # fmt: skip


def test_csv_and_json_stand_beside_the_page(demo):
    folder = demo / "published" / "183" / "2014E"
    rows = json.loads((folder / "status.json").read_text(encoding="utf-8"))["target_status"]
    (phone,) = [row for row in rows if row["direction"] == "inbound" and row["channel"] == "phone"]
    assert (phone["value"], phone["status"], phone["change_pp"]) == (0.225, "behind", -5.0)
    header, *lines = (folder / "status.csv").read_text(encoding="utf-8-sig").splitlines()
    assert header.split(";")[:3] == ["count_id", "municipality_code", "measure"]
    assert len(lines) == len(rows)


def test_every_page_but_the_newest_stays_and_the_index_lists_all(place):
    assert cli.main(["run"]) == 0
    before = {path: path.read_bytes() for path in (place / "published" / "183" / "2014E" / "3").iterdir()}
    note = '\n[[note]]\ncount = "2014E"\nmunicipality = "183"\ntext = "En ny bemærkning."\n'
    with (place / "kanalstatus.toml").open("a", encoding="utf-8") as file:
        file.write(note)
    assert cli.main(["run"]) == 0
    assert ask(place, "select kind from publication where count_id = '2014E' order by publication_id") == [
        ("first",), ("update",),
    ]  # fmt: skip
    assert "En ny bemærkning." in page_words(place)
    assert {path: path.read_bytes() for path in before} == before
    index = (place / "published" / "index.html").read_text(encoding="utf-8")
    assert index.index("183/2014E/4/index.html") < index.index("183/2014E/3/index.html") < index.index("183/2013E/2/")


def test_a_second_run_changes_nothing(place):
    def state() -> tuple:
        tables = databases.names(url_of(place))
        files = sorted(path for path in place.rglob("*") if path.is_file() and "warehouse" not in path.name)
        return (
            {table: ask(place, f"select * from {table}") for table in tables},
            {path: path.read_bytes() for path in files if path.name != "run.html"},
        )

    assert cli.main(["run"]) == 0
    before = state()
    assert cli.main(["run"]) == 0
    assert state() == before


def test_a_correction_lists_exactly_the_printed_figures_that_changed(place):
    assert cli.main(["run"]) == 0
    path = place / "deliveries" / "tracetool_183_2014E.csv"
    text = path.read_text(encoding="cp1252")
    one = next(
        line for line in text.splitlines() if ";Telefonisk henvendelse;Indgående;" in line and line.endswith(";3")
    )
    corrected = text.replace(one, f"{one[:-1]}53", 1).replace(";4.676", ";4.726")
    path.write_text(corrected, encoding="cp1252", newline="")
    assert cli.main(["run"]) == 0
    kinds = ask(place, "select count_id, kind from publication order by publication_id")
    assert kinds == [("2012E", "first"), ("2013E", "first"), ("2014E", "first"), ("2014E", "correction")]
    shown = page_words(place)
    assert "Indgående henvendelser: Telefon, efterår 2014: fra 22,5\u00a0% til 22,9\u00a0%." in shown
    assert "Personligt fremmøde, efterår 2013: fra" not in shown
    old = words((place / "published" / "183" / "2014E" / "3" / "index.html").read_text(encoding="utf-8"))
    assert "22,9" not in old


def test_no_page_before_its_count_is_complete(place):
    late = place / "deliveries" / "systemtal_183_2014E.xlsx"
    kept = late.rename(place / "late.xlsx")
    assert cli.main(["run"]) == 0
    assert not (place / "published" / "183" / "2014E").exists()
    run_page = words((place / "published" / "run.html").read_text(encoding="utf-8"))
    assert "Ishøj Kommune, efterår 2014: Systemtal for uge 43, 44 og 45." in run_page
    assert cli.main(["publish", "--count", "2014E", "--incomplete"]) == 0
    shown = page_words(place)
    assert "Foreløbige tal." in shown
    assert "Nået" not in shown
    kept.rename(late)
    assert cli.main(["run"]) == 0
    assert "Foreløbige tal." not in page_words(place)
    assert ask(place, "select kind from publication where count_id = '2014E' order by publication_id") == [
        ("incomplete",), ("first",),
    ]  # fmt: skip


def test_lost_pages_are_put_back_by_the_next_run(place):
    assert cli.main(["run"]) == 0
    page = place / "published" / "183" / "2014E" / "index.html"
    bytes_before = page.read_bytes()
    shutil.rmtree(place / "published")
    assert cli.main(["run"]) == 0
    assert page.read_bytes() == bytes_before
    assert len(ask(place, "select * from publication")) == 3


def test_a_half_count_is_never_a_previous_figure(place):
    (place / "deliveries" / "tracetool_183_2013E.csv").unlink()
    assert cli.main(["run"]) == 0
    shown = page_words(place)
    assert "Selvbetjening | ✓ Nået | 15,0\u00a0% | ikke komplet | 52,5\u00a0% | kan ikke beregnes" in shown
    assert "fælles opgaver" not in shown
    assert not re.search(r"ændring siden efteråret 2013|nået i efteråret 2013", shown, re.IGNORECASE)
    rows = json.loads((place / "published" / "183" / "2014E" / "status.json").read_text(encoding="utf-8"))
    assert {row["previous_value"] for row in rows["target_status"]} == {None}


def test_a_new_digital_post_extract_is_an_update_and_no_correction(place):
    late = place / "deliveries" / "digitalpost_183_2014-12-01.csv"
    kept = late.rename(place / "late.csv")
    assert cli.main(["run"]) == 0
    kept.rename(late)
    assert cli.main(["run"]) == 0
    kinds = ask(place, "select kind from publication where count_id = '2014E' order by publication_id")
    assert kinds == [("first",), ("update",)]
    assert "Rettelse" not in page_words(place)


def test_an_incomplete_page_has_no_verdicts_and_the_newest_stands_in_its_place(place):
    (place / "deliveries" / "tracetool_183_2014E.csv").unlink()
    assert cli.main(["run"]) == 0
    for _ in range(2):
        assert cli.main(["publish", "--count", "2014E", "--incomplete"]) == 0
    folder = place / "published" / "183" / "2014E"
    rows = json.loads((folder / "status.json").read_text(encoding="utf-8"))["target_status"]
    assert {row["status"] for row in rows} <= {"not_assessed", "no_target"}
    newest = max(int(path.name) for path in folder.iterdir() if path.is_dir())
    assert (folder / "index.html").read_bytes() == (folder / str(newest) / "index.html").read_bytes()


def test_two_runs_at_once_end_as_one(place):
    command = [sys.executable, "-m", "flows.cli", "run"]
    runs = [subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for each in runs:
        assert each.wait(timeout=60) == 0, each.stderr.read()
        each.stderr.close()
    assert ask(place, "select status, count(*) from delivery group by status") == [("accepted", 9)]
    assert ask(place, "select count_id, kind, count(*) from publication group by count_id, kind order by count_id") == [
        ("2012E", "first", 1), ("2013E", "first", 1), ("2014E", "first", 1),
    ]  # fmt: skip
