"""Wherever a run dies, the next one ends as if nothing had been: nothing lost, nothing twice, nothing half."""

import email
import email.policy
import hashlib
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.steps.step_points import StepPoint
from tests import databases, stopping
from tests.faults import Place, Town
from tests.smtp_server import SmtpServer
from tests.stopping import Job

TOWN, OTHER = Town("183", "Ishøj"), Town("101", "København")
MAIL = 'mail = { sender = "k@example.dk", alert_recipients = ["data@example.dk"] }'
RECIPIENT = '[[recipient]]\nmunicipality = "183"\naddress = "staff@example.dk"'
TARGET = """[[target]]
municipality = "183"
measure = "channel_share"
direction = "inbound"
channel = "phone"
kind = "at_most"
value = 0.1
deadline = 2015-12-31"""
FAILED = "Kanalstatus: kørslen fejlede"
MAILS = {"Kanalstatus efterår 2014: mål ikke vurderet": 1, "Kanalstatus: 1 tilbageholdt": 1}


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def job_in(folder: Path, database_url: str, server: SmtpServer) -> Job:
    """Return a run over two counts of a published municipality and a delivery that will be held."""
    place = Place(folder, published=("183",), database_url=database_url)
    place.configure(counts=("2013E", "2014E"), more=MAIL)
    settings = folder / "kanalstatus.toml"
    settings.write_text("\n".join([settings.read_text(encoding="utf-8"), RECIPIENT, TARGET]), encoding="utf-8")
    place.put("2013.csv", TOWN.csv(TOWN.rows(count_id="2013E")))
    place.put("2014.csv", TOWN.csv())
    place.put("held.csv", OTHER.csv(below=["I alt;7"]))
    return Job(folder, databases.in_folder(database_url, folder), server.url())


@pytest.fixture
def job(tmp_path: Path, database_url: str, server: SmtpServer) -> Job:
    return job_in(tmp_path / "work", database_url, server)


def ask(job: Job, query: str) -> list[dict[str, Any]]:
    return databases.ask(job.database_url, query)


def subjects(server: SmtpServer) -> Counter[str]:
    messages = (email.message_from_bytes(each.content, policy=email.policy.default) for each in server.received)
    return Counter(str(message["Subject"]) for message in messages)


def state(job: Job) -> dict[str, Any]:
    """Return everything that must be the same whatever happened on the way."""
    published = job.folder / "published"
    pages = sorted(path for path in published.rglob("*") if path.is_file() and not path.name.startswith("."))
    queries = {
        "ledger": "select file_name, status, reason, rows_read, rows_accepted, rows_rejected from delivery",
        "rejected": "select delivery_id, source_row, rule from rejected_row",
        "figures": "select count_id, direction, channel, enquiry_count, total_count from channel_share",
        "targets": "select count_id, channel, status, value from target_status",
        "publications": "select publication_id, kind, count_id, figures from publication_log",
        "unsent": "select mail_id from unsent_mail",
        "loads": "select count(*) as n from load",
    }
    found: dict[str, Any] = {name: sorted(map(repr, ask(job, query))) for name, query in queries.items()}
    hashes = ask(job, "select municipality_code, count_id, publication_id, html_sha256 from publication_log")
    whole = [
        (published / row["municipality_code"] / row["count_id"] / place / "index.html").read_bytes()
        == (job.folder / "archive" / row["html_sha256"][:2] / row["html_sha256"]).read_bytes()
        for row in hashes
        for place in (".", str(row["publication_id"]))
    ]
    return found | {"pages": [str(path.relative_to(published)) for path in pages], "pages are whole": whole}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Counter[str]]:
    """Give the end state of a run that nothing happened to, and the points that it reached."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with SmtpServer() as server:
        job = job_in(folder / "work", databases.SQLITE, server)
        code, points = stopping.run(job)
        assert code == 3
        assert subjects(server) == MAILS
        assert set(points) == set(StepPoint)
        return state(job), Counter(points)


def assert_whole(job: Job) -> None:
    """Nothing half-done is visible: archived bytes are those that their name says, and so are those of publications."""
    archive, published = job.folder / "archive", job.folder / "published"
    for path in archive.rglob("[!.]*"):
        if path.is_file() and len(path.name) == 64:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    for path in published.glob("*/*/[0-9]*/[!.]*"):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        assert (archive / sha256[:2] / sha256).exists()
    for page in published.rglob("[!.]*.html"):
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")


def finish_and_compare(job: Job, server: SmtpServer, wanted: dict[str, Any], *, may_repeat: bool = False) -> None:
    """Look at what the stopped run left; run once more, undisturbed, and compare what is there with what should be."""
    assert_whole(job)
    code, _ = stopping.run(replace(job, point="", mode="note"))
    assert code in (0, 3)
    found = state(job)
    for name, value in wanted.items():
        assert found[name] == value, name
    sent = subjects(server)
    sent.pop(FAILED, None)
    assert sent.keys() == MAILS.keys(), "no mail is lost"
    assert all(number == 1 or may_repeat for number in sent.values()), "no mail is sent twice"
    assert len({each.content for each in server.received if FAILED not in str(each.content)}) >= len(MAILS)


@pytest.mark.slow
@pytest.mark.parametrize("point", StepPoint)
def test_a_run_killed_at_a_step_is_finished_by_the_next(job, server, undisturbed, point):
    wanted, points = undisturbed
    nth = 1 + hash_of(point, job) % points[point]
    code, reached = stopping.run(replace(job, point=point, nth=nth, mode="kill"))
    assert code == -9
    assert reached[-1] == point
    finish_and_compare(job, server, wanted, may_repeat=point == StepPoint.MAIL_ACCEPTED)


def hash_of(point: StepPoint, job: Job) -> int:
    """Return a number that chooses which time a point is reached: another one on each database."""
    return len(point) + ("postgresql" in job.database_url)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("point", StepPoint)
def test_a_run_that_fails_at_a_step_is_finished_by_the_next(job, server, undisturbed, point):
    code, _ = stopping.run(replace(job, point=point, mode="raise"))
    assert code == 1
    assert subjects(server)[FAILED] == 1
    finish_and_compare(job, server, undisturbed[0], may_repeat=point == StepPoint.MAIL_ACCEPTED)


# --- Would the matrix notice? ----------------------------------------------------------------------


def commit_before_outbox() -> None:
    """Write the mail in a transaction of its own, after the publication's."""
    from flows.steps import outbox, publications, warehouse

    later: list[tuple] = []
    put = outbox.put
    publish = publications.publish

    def put_later(_connection, *arguments, **options):
        later.append((arguments, options))

    def publish_then_put(engine, *arguments, **options):
        row = publish(engine, *arguments, **options)
        for each, more in later:
            with warehouse.writing(engine) as connection:
                put(connection, *each, **more)
        later.clear()
        return row

    publications.outbox.put = put_later
    publications.publish = publish_then_put


def mark_before_send() -> None:
    """Mark a mail as sent, then send it."""
    from flows.steps import outbox
    from flows.steps.step_points import StepPoint, reach
    from schemas.codes import MailOutcome

    mark, send = outbox._mark, outbox._send
    engines: list[tuple] = []

    def mark_first(settings, mail, addresses):
        engine, run = engines[0]
        mark(engine, run, mail["mail_id"], MailOutcome.SENT, 0, "")
        reach(StepPoint.MAIL_MARKED)
        return send(settings, mail, addresses)

    send_waiting = outbox.send_waiting

    def remember(engine, settings, run):
        engines[:] = [(engine, run)]
        return send_waiting(engine, settings, run)

    outbox._send, outbox._mark, outbox.send_waiting = mark_first, lambda *_: None, remember


def write_in_place() -> None:
    """Write a file where it stands, half of it first."""
    from flows.steps import archive
    from flows.steps.step_points import StepPoint, reach

    def write(path, data):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data[: len(data) // 2])
        reach(StepPoint.FILE_WRITTEN)
        path.write_bytes(data)

    archive.write_whole = write


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("mutant", "point", "nth"),
    [(commit_before_outbox, StepPoint.PUBLICATION_RECORDED, 2), (mark_before_send, StepPoint.MAIL_MARKED, 1),
     (write_in_place, StepPoint.FILE_WRITTEN, 1), (write_in_place, StepPoint.FILE_WRITTEN, 16)],
)  # fmt: skip
def test_a_run_that_does_its_steps_in_the_wrong_order_is_caught(job, server, undisturbed, mutant, point, nth):
    assert stopping.run(replace(job, point=point, nth=nth, mode="kill", mutant=mutant))[0] == -9
    with pytest.raises((AssertionError, FileNotFoundError)):
        finish_and_compare(replace(job, mutant=mutant), server, undisturbed[0])


# --- A disk that is full ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("full", ["archive", "published", "everything"])
def test_a_full_disk_leaves_the_old_data_whole_and_says_so(job, server, undisturbed, full):
    """The folder that is full lies on a small file system of its own; then room is made, and the next run ends all."""
    folder = job.folder if full == "everything" else job.folder / full
    kept = job.folder.with_name("kept")
    shutil.copytree(job.folder, kept)
    folder.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder))
    try:
        if full == "everything":
            shutil.copytree(kept, folder, dirs_exist_ok=True)
        code, _ = stopping.run(job)
        assert code == 1
        said = job.folder.with_name("said.txt").read_text(encoding="utf-8")
        assert re.search(r"failed: .*(No space left on device|is full)", said), said
        assert subjects(server).keys() <= {*MAILS, FAILED}
        subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
        finish_and_compare(job, server, undisturbed[0])
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    if done.returncode:
        assert os.geteuid() != 0 or re.search(rb"permission denied|not permitted", done.stderr), done.stderr
        pytest.skip("this machine lets nobody mount a small file system")
