"""From deliveries to what staff and engineers get: one mail a publication, corrections with what changed, drafts."""

import email
import email.policy
import html
import json
import os
import re
import shutil
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from flows import cli
from flows.steps import archive, smtp, warehouse
from tests import databases
from tests.mail_lint import faults
from tests.smtp_server import SmtpServer
from transforms import edition
from transforms.danish import NBSP

PROJECT = Path(__file__).parent.parent
CALLS = re.compile(r"^(.*;Telefon.*;)(\d+)(?=\r?$)", re.MULTILINE)
TOTAL = re.compile(r"^(I alt;+)([\d.]+)", re.MULTILINE)


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What follows from the same rows on both databases is tried on one."""


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, server: SmtpServer) -> Path:
    """Give a working folder with the examples and a mail server, and make it the one in force."""
    for name in ("kanalstatus.toml", "tasks.csv"):
        shutil.copy(PROJECT / "examples" / name, tmp_path / name)
    shutil.copytree(PROJECT / "examples" / "deliveries", tmp_path / "deliveries")
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_DATABASE_URL", database_url)
    monkeypatch.setenv("KANALSTATUS_MAIL__SMTP_URL", server.url())
    return tmp_path


def publications(place: Path) -> list[dict]:
    url = databases.in_folder(os.environ["KANALSTATUS_DATABASE_URL"], place)
    return databases.ask(url, "select * from publication order by publication_id")


def subjects(server: SmtpServer) -> list[str]:
    return [str(message_of(each.content)["Subject"]) for each in server.received]


def message_of(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def count_more_calls(place: Path, year: int = 2014, more: int = 10) -> None:
    """Deliver a year's file again with more calls in one of its rows, and in its total."""
    path = place / "deliveries" / f"tracetool_183_{year}E.csv"
    encoding = "utf-8" if year == 2013 else "cp1252"
    text = path.read_bytes().decode(encoding)
    text, rows = CALLS.subn(lambda row: f"{row[1]}{int(row[2]) + more}", text, count=1)
    text = TOTAL.sub(lambda row: f"{row[1]}{int(row[2].replace('.', '')) + more}", text)
    assert rows == 1
    path.write_bytes(text.encode(encoding))


def set_key(place: Path, old: str, new: str) -> None:
    path = place / "kanalstatus.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_newest_count_is_mailed_once_and_history_never(place, server):
    assert cli.main(["run"]) == 0
    assert subjects(server) == ["Kanalstatus efterår 2014: 2 af 5 mål nået"]
    (mail,) = server.received
    assert mail.recipients == ("digitalisering@example.dk",)
    folder = place / "published" / "183" / "2014E"
    assert mail.content == (folder / "mail.eml").read_bytes()
    message = message_of(mail.content)
    assert not message.defects
    assert message.get_content_type() == "multipart/alternative"
    shown = message.get_body(("html",)).get_content().replace("\r\n", "\n")
    assert faults(shown) == []
    assert "http" not in shown
    pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert [f"cid:{part['Content-ID'].strip('<>')}" in shown for part in pictures] == [True]
    rows = publications(place)
    assert [(row["count_id"], row["kind"], row["mailed_at"] is not None) for row in rows] == [
        ("2012E", "first", False), ("2013E", "first", False), ("2014E", "first", True),
    ]  # fmt: skip
    assert message["Message-ID"] == rows[-1]["mail_message_id"]
    assert cli.main(["run"]) == 0
    assert len(server.received) == 1
    assert publications(place) == rows


def test_one_changed_number_sends_one_correction_that_lists_what_changed(place, server):
    assert cli.main(["run"]) == 0
    folder = place / "published" / "183" / "2014E"
    first = json.loads((folder / "status.json").read_text(encoding="utf-8"))["printed_figures"]
    old_page = (folder / "3" / "index.html").read_bytes()
    count_more_calls(place)
    assert cli.main(["run"]) == 0
    assert subjects(server)[1:] == ["Rettelse: efterår 2014, 2 af 5 mål nået"]
    newest = publications(place)[-1]
    assert (newest["kind"], newest["count_id"]) == ("correction", "2014E")
    after = json.loads((folder / "status.json").read_text(encoding="utf-8"))["printed_figures"]
    before, now = ({name: figures.get(name, "ikke vist") for name in first | after} for figures in (first, after))
    changed = {f"{name}: fra {before[name]} til {text}." for name, text in now.items() if before[name] != text}
    assert f"Indgående henvendelser: Telefon, mangler til mindst 35{NBSP}%: fra 1.250 til 1.244." in changed
    page = (folder / "index.html").read_text(encoding="utf-8")
    banner = page.partition('class="banner"')[2].partition("</div>")[0]
    assert set(re.findall(r"<li>(.*?)</li>", banner)) == changed
    mail = message_of(server.received[-1].content).get_body(("html",)).get_content()
    listed = mail.partition("Disse tal er rettet:")[2].partition("</ul>")[0].replace("\r\n", "\n")
    assert set(map(html.unescape, re.findall(r"<li[^>]*>(.*?)</li>", listed))) == changed
    assert (folder / "3" / "index.html").read_bytes() == old_page
    assert "../udgave-3.html" in page
    assert cli.main(["run"]) == 0
    assert len(server.received) == 2


@on_sqlite
def test_a_corrected_file_of_last_year_corrects_both_pages(place, server):
    assert cli.main(["run"]) == 0
    count_more_calls(place, 2013, 40)
    assert cli.main(["run"]) == 0
    assert [(each["count_id"], each["kind"]) for each in publications(place)[3:]] == [
        ("2013E", "correction"), ("2014E", "correction"),
    ]  # fmt: skip
    assert sorted(subjects(server)[1:])[0].startswith("Rettelse: efterår 2013")
    assert len(server.received) == 3


@on_sqlite
def test_a_changed_note_updates_the_page_and_sends_nothing(place, server):
    assert cli.main(["run"]) == 0
    set_key(place, "Ishøjkviksvar er lukket i 2014", "Ishøjkviksvar lukkede i 2014")
    assert cli.main(["run"]) == 0
    assert publications(place)[-1]["kind"] == "update"
    assert len(server.received) == 1


def test_mail_that_could_not_be_sent_goes_out_with_the_next_run(place, server, capsys):
    server.stop()
    assert cli.main(["run"]) == 1
    assert "mail 1 delayed" in capsys.readouterr().err
    assert (place / "published" / "183" / "2014E" / "index.html").exists()
    assert publications(place)[-1]["mailed_at"] is None
    server.start()
    assert cli.main(["run"]) == 0
    assert subjects(server) == ["Kanalstatus efterår 2014: 2 af 5 mål nået"]
    assert publications(place)[-1]["mailed_at"] is not None


@on_sqlite
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_login_is_tried_once_a_run_whatever_there_is_to_send(place, server, monkeypatch, capsys):
    """A server locks an account whose login fails again and again: here mail of a page and an alert wait."""
    server.login = ("kanal", "secret")
    monkeypatch.setenv("KANALSTATUS_MAIL__SMTP_URL", server.url("kanal:wrong"))
    shutil.copy(PROJECT / "tests" / "files" / "bad" / "187_wrong_total.csv", place / "deliveries" / "bad.csv")
    assert cli.main(["run"]) == 3
    assert "mail: mail 1 blocked: " in capsys.readouterr().err
    url = databases.in_folder(os.environ["KANALSTATUS_DATABASE_URL"], place)
    assert databases.ask(url, "select mail_id, outcome from mail_attempt") == [{"mail_id": 1, "outcome": "blocked"}]
    assert len(databases.ask(url, "select * from unsent_mail")) == 2


def test_mail_of_a_municipality_without_recipients_is_set_down_and_told_once(place, server, capsys):
    server.stop()
    assert cli.main(["run"]) == 1
    server.start()
    path = place / "kanalstatus.toml"
    text = path.read_text(encoding="utf-8")
    nobody = re.sub(r'\[\[recipient\]\]\nmunicipality = "183".*\naddress = .*\n', "", text)
    assert nobody != text
    path.write_text(nobody, encoding="utf-8")
    capsys.readouterr()
    page = place / "published" / "run.html"
    assert cli.main(["run"]) == 1
    assert "mail: mail 1 refused: not sent: the settings name no recipients\n" in capsys.readouterr().err
    assert "Ishøj Kommune, efterår 2014: </strong>mail 1 blev ikke sendt" in page.read_text(encoding="utf-8")
    assert subjects(server) == ["Kanalstatus: 1 mailfejl"]
    path.write_text(text, encoding="utf-8")
    assert cli.main(["run"]) == 0
    assert "mail:" not in capsys.readouterr().err
    assert "ikke sendt" not in page.read_text(encoding="utf-8")
    assert len(server.received) == 1


def test_an_old_page_that_the_archive_has_lost_keeps_no_run_from_its_work(place, server, capsys):
    assert cli.main(["run"]) == 0
    url = databases.in_folder(os.environ["KANALSTATUS_DATABASE_URL"], place)
    file = "select sha256 from publication_file where publication_id = 1 and file_name = 'index.html'"
    archived = archive.path_of(place / "archive", databases.ask(url, file)[0]["sha256"])
    data = archived.read_bytes()
    archived.unlink()
    (page,) = (place / "published").glob("183/*/1/index.html")
    page.unlink()
    count_more_calls(place)
    told = "archive: it has lost index.html of publication 1; put it back from a backup\n"
    run_page = place / "published" / "run.html"
    assert cli.main(["run"]) == 1
    assert told in capsys.readouterr().err
    assert "<li>Udgivelse 1: index.html</li>" in run_page.read_text(encoding="utf-8")
    assert subjects(server)[1:] == ["Rettelse: efterår 2014, 2 af 5 mål nået", "Kanalstatus: 1 mangler i arkivet"]
    assert cli.main(["run"]) == 1
    assert told in capsys.readouterr().err
    assert len(server.received) == 3
    archived.write_bytes(data)
    assert cli.main(["run"]) == 0
    assert page.read_bytes() == data
    assert "Udgivelse 1" not in run_page.read_text(encoding="utf-8")


@on_sqlite
def test_without_a_server_the_mail_stands_beside_the_page_and_is_never_sent_later(place, server, monkeypatch):
    monkeypatch.setenv("KANALSTATUS_MAIL__SMTP_URL", "")
    assert cli.main(["run"]) == 0
    assert (place / "published" / "183" / "2014E" / "mail.eml").exists()
    monkeypatch.setenv("KANALSTATUS_MAIL__SMTP_URL", server.url())
    assert cli.main(["run"]) == 0
    assert server.received == []


@on_sqlite
def test_publish_without_mail_sends_none(place, server):
    assert cli.main(["run", "--count", "2013E"]) == 0
    assert cli.main(["publish", "--count", "2014E", "--no-mail"]) == 0
    assert cli.main(["run"]) == 0
    assert [each["count_id"] for each in publications(place)] == ["2013E", "2014E", "2012E"]
    assert server.received == []


def run_page_of_drafts(place: Path) -> str:
    """Return what the run page says of drafts that wait."""
    text = (place / "published" / "run.html").read_text(encoding="utf-8")
    return text.partition("Venter på godkendelse")[2].partition("<h2")[0]


def test_a_draft_waits_for_approval_and_goes_to_staff_when_it_is_given(place, server, capsys):
    set_key(place, "public_url", "require_approval = true\npublic_url")
    assert cli.main(["run"]) == 0
    assert "waiting: 2014E 183: for approval" in capsys.readouterr().err
    assert {each["kind"] for each in publications(place)} == {"draft"}
    page = place / "published" / "183" / "2014E" / "index.html"
    assert "Kladde. " in page.read_text(encoding="utf-8")
    assert "kanalstatus approve --count 2014E" in (place / "published" / "run.html").read_text(encoding="utf-8")
    assert "2014" not in (place / "published" / "index.html").read_text(encoding="utf-8").partition("<main")[2]
    assert cli.main(["run"]) == 0, "the draft stands, another one is not made"
    assert len(publications(place)) == 3
    assert server.received == []
    assert cli.main(["approve", "--count", "2014E", "--reason", "Godkendt af direktionen"]) == 0
    assert publications(place)[-1]["kind"] == "first"
    assert "Kladde" not in page.read_text(encoding="utf-8")
    assert subjects(server) == ["Kanalstatus efterår 2014: 2 af 5 mål nået"]
    assert cli.main(["approve", "--count", "2014E", "--reason", "igen"]) == 2
    count_more_calls(place)
    assert cli.main(["run"]) == 0
    assert publications(place)[-1]["kind"] == "draft"
    assert "Kladde" not in page.read_text(encoding="utf-8"), "the approved page stays until the draft is approved"
    (draft,) = re.findall(r'href="(183/2014E/[^"]+)"', run_page_of_drafts(place))
    assert "Kladde. " in (place / "published" / draft).read_text(encoding="utf-8")
    assert len(server.received) == 1
    assert cli.main(["approve", "--count", "2014E", "--municipality", "183", "--reason", "Rettet tal"]) == 0
    assert publications(place)[-1]["kind"] == "correction"
    assert subjects(server)[1:] == ["Rettelse: efterår 2014, 2 af 5 mål nået"]


@on_sqlite
def test_a_draft_does_not_stand_where_a_half_count_was_published(place, server):
    late = place / "deliveries" / "tracetool_183_2014E.csv"
    content = late.read_bytes()
    late.unlink()
    assert cli.main(["run"]) == 0
    assert cli.main(["publish", "--count", "2014E", "--incomplete"]) == 0
    set_key(place, "public_url", "require_approval = true\npublic_url")
    assert cli.main(["publish", "--count", "2014E", "--incomplete"]) == 2, "nobody can approve half a count"
    late.write_bytes(content)
    assert cli.main(["run"]) == 0
    assert [each["kind"] for each in publications(place)][-2:] == ["incomplete", "draft"]
    folder = place / "published" / "183"
    assert 'href="2014E/index.html"' in (folder / "index.html").read_text(encoding="utf-8")
    page = folder / "2014E" / "index.html"
    assert "Kladde. " not in page.read_text(encoding="utf-8"), "the index leads here"
    assert "Foreløbige tal. " in page.read_text(encoding="utf-8")
    assert cli.main(["approve", "--count", "2014E", "--reason", "Godkendt"]) == 0
    assert "Første udgivelse" in page.read_text(encoding="utf-8")


@on_sqlite
def test_an_outdated_draft_cannot_be_approved(place, server, capsys):
    set_key(place, "public_url", "require_approval = true\npublic_url")
    assert cli.main(["run"]) == 0
    set_key(place, "Ishøjkviksvar er lukket i 2014", "Ishøjkviksvar lukkede i 2014")
    assert cli.main(["approve", "--count", "2014E", "--municipality", "183", "--reason", "Fint"]) == 2
    assert "outdated" in capsys.readouterr().err
    assert server.received == []


@on_sqlite
def test_a_publication_can_be_rendered_again_to_the_byte(place):
    assert cli.main(["run"]) == 0
    count_more_calls(place)
    assert cli.main(["run"]) == 0
    url = databases.in_folder(os.environ["KANALSTATUS_DATABASE_URL"], place)
    engine = warehouse.connect(url)
    with warehouse.reading(engine) as connection:
        rows = warehouse.view(connection, "publication_log", "publication_id")
        kept = warehouse.view(connection, "publication_file", "publication_id")
    engine.dispose()
    assert len(rows) == 4
    for row in rows:
        files = edition.render(edition.load(archive.fetch(place / "archive", row["edition_sha256"])))
        stored = {each["file_name"]: archive.fetch(place / "archive", each["sha256"])
                  for each in kept if each["publication_id"] == row["publication_id"]}  # fmt: skip
        assert files == stored


@on_sqlite
def test_engineers_hear_once_of_what_was_refused_and_of_what_is_overdue(place, server):
    for name in ("187_wrong_total.csv", "230_not_a_zip.xlsx"):
        shutil.copy(PROJECT / "tests" / "files" / "bad" / name, place / "deliveries" / name)
    (place / "deliveries" / "systemtal_183_2014E.xlsx").unlink()
    assert cli.main(["run"]) == 3
    assert subjects(server) == ["Kanalstatus: 1 afvist, 1 tilbageholdt m.m."]
    (alert,) = server.received
    assert alert.recipients == ("data@example.dk",)
    text = message_of(alert.content).get_content()
    for words in (
        "187_wrong_total.csv",
        "230_not_a_zip.xlsx",
        "Efterår 2014, Ishøj Kommune (183)",
        "kanalstatus accept",
    ):
        assert words in text
    assert cli.main(["run"]) == 0
    assert len(server.received) == 1


@on_sqlite
def test_what_a_run_that_died_did_not_tell_the_next_one_tells(place, server, monkeypatch):
    shutil.copy(PROJECT / "tests" / "files" / "bad" / "187_wrong_total.csv", place / "deliveries" / "bad.csv")

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("flows.steps.pipeline.send_mail", die)
        assert cli.main(["run"]) == 1
    assert server.received == []
    assert cli.main(["run"]) == 0
    assert sorted(subjects(server)) == ["Kanalstatus efterår 2014: 2 af 5 mål nået", "Kanalstatus: 1 tilbageholdt"]


@on_sqlite
def test_engineers_hear_of_a_run_that_failed(place, server, monkeypatch):
    def fail(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("0101701234")

    monkeypatch.setattr("flows.steps.pipeline.publish_due", fail)
    assert cli.main(["run"]) == 1
    assert subjects(server) == ["Kanalstatus: kørslen fejlede"]
    assert "0101701234" not in server.received[0].content.decode()


@on_sqlite
def test_a_mail_that_is_refused_for_good_is_told_to_the_engineers(place, server):
    server.recipient_replies = {"digitalisering@example.dk": "550 5.1.1 no such user"}
    assert cli.main(["run"]) == 1
    assert subjects(server) == ["Kanalstatus: 1 mailfejl"]
    assert "digitalisering@example.dk" not in message_of(server.received[0].content).get_content()
    assert cli.main(["run"]) == 0
    assert len(server.received) == 1


@on_sqlite
def test_a_mail_links_to_the_page_where_it_is_served(place, server, monkeypatch):
    monkeypatch.setenv("KANALSTATUS_PUBLIC_URL", "https://kanal.example.dk/")
    assert cli.main(["run"]) == 0
    shown = message_of(server.received[0].content).get_body(("html",)).get_content()
    assert 'href="https://kanal.example.dk/183/2014E/index.html"' in shown
    assert smtp.SENDABLE.fullmatch(server.received[0].content)
