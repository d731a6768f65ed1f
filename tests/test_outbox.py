"""Is every mail sent once: when the server is away, when a process dies, when two send at a time?"""

import datetime as dt
import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows.steps import archive, outbox, runs, smtp, warehouse
from flows.steps.outbox import Trouble
from flows.steps.runs import Run
from flows.steps.settings import Settings, load_settings
from schemas.codes import MailOutcome
from tests import databases
from tests.faults import Place
from tests.smtp_server import SmtpServer

RECIPIENTS = ["a@example.dk", "b@example.dk"]


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def engine(tmp_path: Path, database_url: str) -> Iterator[sa.Engine]:
    engine = warehouse.connect(databases.in_folder(database_url, tmp_path))
    warehouse.prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path, server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    place = Place(tmp_path)
    place.configure(
        more=f'mail = {{ smtp_url = "{server.url()}", sender = "k@example.dk", alert_recipients = {RECIPIENTS} }}'
    )
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    return load_settings()


@pytest.fixture
def run(engine: sa.Engine, settings: Settings) -> Run:
    with warehouse.writing(engine) as connection:
        return runs.begin_run(connection, settings, "run", dt.datetime.now(dt.UTC))


def put(engine: sa.Engine, settings: Settings, run: Run, *names: str) -> None:
    for name in names:
        raw = f"Message-ID: <{name}@example.dk>\r\nSubject: {name}\r\n\r\n{name}\r\n".encode()
        sha256 = hashlib.sha256(raw).hexdigest()
        archive.store(settings.path(settings.archive_dir), sha256, raw)
        with warehouse.writing(engine) as connection:
            outbox.put(connection, run, f"<{name}@example.dk>", sha256, about=(name,))


def outcomes(engine: sa.Engine) -> list[tuple[int, str]]:
    with warehouse.reading(engine) as connection:
        rows = warehouse.view(connection, "mail_attempt", "attempt_id")
    return [(row["mail_id"], row["outcome"]) for row in rows]


def subjects(server: SmtpServer) -> list[str]:
    return [each.content.decode().partition("Subject: ")[2].partition("\r\n")[0] for each in server.received]


def test_each_mail_goes_out_once_and_in_order(engine, settings, run, server) -> None:
    put(engine, settings, run, "one", "two")
    assert outbox.send_waiting(engine, settings, run) == []
    assert outbox.send_waiting(engine, settings, run) == []
    assert subjects(server) == ["one", "two"]
    assert server.received[0].recipients == tuple(RECIPIENTS)
    assert outcomes(engine) == [(1, "sent"), (2, "sent")]


def test_when_the_server_is_away_mail_waits_and_goes_out_later(engine, settings, run, server) -> None:
    put(engine, settings, run, "one", "two")
    server.stop()
    (trouble,) = outbox.send_waiting(engine, settings, run)
    assert (trouble.is_passing, trouble.text.partition(":")[0]) == (True, "mail 1 delayed")
    server.start()
    assert outbox.send_waiting(engine, settings, run) == []
    assert subjects(server) == ["one", "two"]
    assert outcomes(engine) == [(1, "delayed"), (1, "sent"), (2, "sent")]


def test_a_mail_refused_for_good_is_not_tried_again_and_holds_up_no_other(engine, settings, run, server) -> None:
    put(engine, settings, run, "one", "two")
    server.message_reply = "550 5.7.1 no"
    assert len(outbox.send_waiting(engine, settings, run)) == 2
    server.message_reply = "250 2.0.0 OK"
    put(engine, settings, run, "three")
    assert outbox.send_waiting(engine, settings, run) == []
    assert subjects(server) == ["three"]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x")])
def test_a_mail_whose_bytes_are_lost_holds_up_no_other_and_goes_out_when_they_are_back(
    engine, settings, run, server, damage
) -> None:
    put(engine, settings, run, "one", "two")
    with warehouse.reading(engine) as connection:
        first, _ = warehouse.view(connection, "unsent_mail", "mail_id")
    place = archive.path_of(settings.path(settings.archive_dir), first["sha256"])
    data = place.read_bytes()
    damage(place)
    (trouble,) = outbox.send_waiting(engine, settings, run)
    assert trouble.text == "mail 1 waits: the archive has lost its bytes; put them back from a backup"
    assert not trouble.is_passing
    assert subjects(server) == ["two"]
    place.write_bytes(data)
    assert outbox.send_waiting(engine, settings, run) == []
    assert subjects(server) == ["two", "one"]
    assert outcomes(engine) == [(2, "sent"), (1, "sent")]


def test_one_recipient_refused_is_told_without_the_address(engine, settings, run, server) -> None:
    put(engine, settings, run, "one")
    server.recipient_replies = {RECIPIENTS[1]: "550 5.1.1 no such user"}
    assert outbox.send_waiting(engine, settings, run) == [
        Trouble(MailOutcome.SENT, "mail 1 sent: 1 of 2 recipients were refused")
    ]
    assert server.received[0].recipients == (RECIPIENTS[0],)
    assert outbox.send_waiting(engine, settings, run) == []


def test_a_mail_that_may_have_arrived_is_sent_again_under_its_message_id(engine, settings, run, server) -> None:
    put(engine, settings, run, "one")
    server.trouble, server.trouble_at = "hang up", "message"
    (trouble,) = outbox.send_waiting(engine, settings, run)
    assert (trouble.is_passing, trouble.outcome) == (False, "uncertain")
    server.trouble = server.trouble_at = ""
    assert outbox.send_waiting(engine, settings, run) == []
    assert outcomes(engine) == [(1, "uncertain"), (1, "sent")]


def test_without_a_server_mail_waits(engine, settings, run, server) -> None:
    put(engine, settings, run, "one")
    silent = settings.model_copy(update={"mail": settings.mail.model_copy(update={"smtp_url": ""})})
    assert outbox.send_waiting(engine, silent, run) == [Trouble(MailOutcome.BLOCKED, "mail waits: smtp_url is empty")]
    nobody = settings.model_copy(update={"mail": settings.mail.model_copy(update={"alert_recipients": ()})})
    assert outbox.send_waiting(engine, nobody, run) == []
    assert server.received == []
    assert outbox.send_waiting(engine, settings, run) == []
    assert subjects(server) == ["one"]


def test_mail_whose_recipients_are_gone_is_set_down_once_and_never_sent(engine, settings, run, server) -> None:
    put(engine, settings, run, "one")
    nobody = settings.model_copy(update={"mail": settings.mail.model_copy(update={"alert_recipients": ()})})
    for _ in range(2):
        outbox.set_down(engine, nobody, run)
    assert outcomes(engine) == [(1, "refused")]
    with warehouse.reading(engine) as connection:
        assert outbox.set_down_in(connection, run) == [(1, None, None)]
    put(engine, settings, run, "two")
    outbox.set_down(engine, settings, run)
    assert outbox.send_waiting(engine, settings, run) == []
    assert subjects(server) == ["two"]


def _send_slowly(url: str, settings: Settings, run: Run, is_sending) -> None:
    """Send in a process of its own that sleeps between the server's answer and the mark."""
    send = smtp.send

    def slow(*arguments):
        sent = send(*arguments)
        is_sending.set()
        time.sleep(1.5)
        return sent

    smtp.send = slow
    outbox.send_waiting(warehouse.connect(url), settings, run)


def test_two_that_send_at_once_send_each_mail_once(engine, settings, run, server, tmp_path, database_url) -> None:
    put(engine, settings, run, "one", "two")
    fork = multiprocessing.get_context("fork")
    is_sending = fork.Event()
    url = databases.in_folder(database_url, tmp_path)
    other = fork.Process(target=_send_slowly, args=(url, settings, run, is_sending))
    engine.dispose()
    other.start()
    assert is_sending.wait(10)
    assert outbox.send_waiting(engine, settings, run) == []
    other.join(10)
    assert subjects(server) == ["one", "two"]
    assert outcomes(engine) == [(1, "sent"), (2, "sent")]


def test_who_dies_while_sending_holds_up_nobody(engine, settings, run, server, tmp_path, database_url) -> None:
    put(engine, settings, run, "one", "two")
    fork = multiprocessing.get_context("fork")
    is_sending = fork.Event()
    url = databases.in_folder(database_url, tmp_path)
    other = fork.Process(target=_send_slowly, args=(url, settings, run, is_sending))
    engine.dispose()
    other.start()
    assert is_sending.wait(10)
    os.kill(other.pid, signal.SIGKILL)
    other.join(10)
    assert outbox.send_waiting(engine, settings, run) == []
    assert subjects(server) == ["one", "one", "two"], "the one window for a duplicate"
    assert len({each.content for each in server.received}) == 2
