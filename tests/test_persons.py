"""CPR-shaped numbers planted everywhere: no byte that the program writes or prints holds one."""

import io
import os
import re
import shutil
from pathlib import Path

import fastexcel
import pytest
import xlsxwriter

from flows import cli

PROJECT = Path(__file__).parent.parent
CANARIES = {
    "of the 1900s": "2307714987",
    "of the 2000s": "2407056987",
    "of the 1800s": "2507885987",
    "replacement": "8607714987",
    "with hyphen": "270771-4987",
    "nine digits": "807714987",
    "float": "907714987.0",
}
"""Made-up numbers in the form of CPR numbers; the search is for their digits, with and without hyphen."""


def forms(number: str) -> set[bytes]:
    digits = re.sub(r"\D", "", number.removesuffix(".0"))
    whole = digits.zfill(10)
    return {
        text.encode(code) for text in (digits, whole, f"{whole[:6]}-{whole[6:]}") for code in ("utf-8", "utf-16-le")
    }


def plant(inbox: Path) -> None:
    """Write deliveries with a number in a cell, a count, a date, an extra column, a name, a hidden sheet, a comment."""
    base = (PROJECT / "tests" / "files" / "bad" / "101_good.csv").read_text(encoding="cp1252").splitlines()
    for number, (kind, cpr) in enumerate(CANARIES.items()):
        for column, place in (("unit", 5), ("count", 12), ("date", 2), ("task", 7)):
            lines = [line.split(";") for line in base]
            rows = lines[1:] if kind in ("nine digits", "float") else lines[1:2]
            for line in rows:
                line[place] = cpr
            text = "\r\n".join(";".join(line) for line in lines) + "\r\n"
            (inbox / f"{number}_{column}.csv").write_bytes(text.encode("cp1252"))
    cpr = CANARIES["of the 1900s"]
    (inbox / f"udtræk {cpr}.csv").write_bytes("\n".join(base).encode("cp1252") + b"\n")
    (inbox / f"mappe {CANARIES['with hyphen']}").mkdir()
    (inbox / f"mappe {CANARIES['with hyphen']}" / "fil.txt").write_text("x", encoding="utf-8")
    for name in ("hidden", "comment", "property", "sheet name"):
        (inbox / f"{name}.xlsx").write_bytes(_workbook(name, cpr))


def _workbook(place: str, cpr: str) -> bytes:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Indgående")
        sheet.write_row(0, 0, ["KLE-nr", "Opgave", "Henvendelsestype", "Telefon", "I alt"])
        notes = book.add_worksheet(cpr if place == "sheet name" else "Noter")
        notes.hide()
        if place == "hidden":
            notes.write(3, 3, cpr)
        if place == "comment":
            sheet.write_comment("A1", f"se {cpr}")
        if place == "property":
            book.set_properties({"comments": cpr})
    return output.getvalue()


def places_of_canaries(folder: Path, inbox: Path, printed: str, numbers: dict[str, str] = CANARIES) -> list[str]:
    """Return where a planted number stands outside the inbox: files, their names, and what was printed."""
    wanted = {form: kind for kind, cpr in numbers.items() for form in forms(cpr)}
    found = [f"printed: {kind}" for form, kind in wanted.items() if form in printed.encode()]
    for path in folder.rglob("*"):
        if inbox in path.parents or path == inbox:
            continue
        data = os.fsencode(path.relative_to(folder)) + (path.read_bytes() if path.is_file() else b"")
        found += [f"{path.name}: {kind}" for form, kind in wanted.items() if form in data]
    return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("kanalstatus.toml", "tasks.csv"):
        shutil.copy(PROJECT / "examples" / name, tmp_path / name)
    (tmp_path / "deliveries").mkdir()
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    return tmp_path


def test_the_search_finds_what_is_there(place):
    """Guard the guard: a number left in any form is found."""
    for number, cpr in enumerate(CANARIES.values()):
        (place / f"left_{number}.log").write_text(f"x{cpr}x", encoding="utf-8")
    assert len({kind.partition(": ")[2] for kind in places_of_canaries(place, place / "deliveries", "")}) == len(
        CANARIES
    )


def test_planted_numbers_are_in_no_byte_outside_the_inbox(place, capsys):
    plant(place / "deliveries")
    files = [path for path in (place / "deliveries").rglob("*") if path.is_file()]
    assert cli.main(["run"]) == 3
    for command in (
        ["deliveries"],
        ["deliveries", "--json"],
        ["plan"],
        ["check", *map(str, files)],
        ["run"],
        ["doctor"],
    ):
        cli.main(command)
    for number in range(1, len(files) + 1):
        cli.main(["rejects", str(number)])
    printed = capsys.readouterr()
    assert places_of_canaries(place, place / "deliveries", printed.out + printed.err) == []


def test_every_planted_number_refuses_its_delivery(place, capsys):
    plant(place / "deliveries")
    cli.main(["run"])
    capsys.readouterr()
    cli.main(["deliveries"])
    statuses = {line.split()[-1]: line.split()[1] for line in capsys.readouterr().out.splitlines() if line[:4].strip()}
    assert {status for name, status in statuses.items() if not name.endswith("fil.txt")} == {"refused"}


def test_persons_of_an_extract_are_in_no_byte_outside_the_inbox(place, capsys):
    sample = PROJECT / "tests" / "files" / "digitalpost_personer_183_2014-12-01.xlsx"
    shutil.copy(sample, place / "deliveries")
    sheet = fastexcel.read_excel(sample.read_bytes()).load_sheet(0, dtypes="string").to_polars()
    numbers = {f"row {row}": number for row, number in enumerate(sheet["CPR-nr"].to_list(), 2)}
    assert len(numbers) == 400
    assert cli.main(["run"]) == 0
    printed = capsys.readouterr()
    assert places_of_canaries(place, place / "deliveries", printed.out + printed.err, numbers) == []


def test_numbers_that_a_person_has_checked_are_read_again(place, capsys):
    base = (PROJECT / "tests" / "files" / "bad" / "101_good.csv").read_text(encoding="cp1252")
    p_number = base.replace(";Borgerservice;", f";P {CANARIES['of the 1900s']};", 1)
    (place / "deliveries" / "p_numre.csv").write_bytes(p_number.encode("cp1252"))
    assert cli.main(["run"]) == 3
    assert cli.main(["accept", "1", "--reason", "P-numre"]) == 2
    assert "--not-personal" in capsys.readouterr().err
    assert cli.main(["accept", "1", "--reason", "P-numre", "--not-personal"]) == 0
    assert "accepted" in capsys.readouterr().err
