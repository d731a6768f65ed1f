"""A real Prefect server and process worker on loopback, between a real SFTP inbox and a real mail server.

One server serves all tests, and they tell of one year: each goes on where the one before it ended. What takes long
by waiting alone is begun by a fixture before tests that need no worker, or no inbox, and looked at after them.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psutil
import pytest
import sqlalchemy as sa
import yaml
from prefect.events.worker import EventsWorker
from prefect.flows import load_flow_from_entrypoint
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Failed

from flows import tasks
from flows.count_week import count_week
from flows.deploy import ZOMBIE_MESSAGE
from flows.steps import scheduler
from flows.steps.outbox import Trouble
from schemas.codes import MailOutcome
from tests import databases
from tests.inbox_servers import PASSWORD, SftpServer, free_port
from tests.proxies import proxy
from tests.smtp_server import Received, SmtpServer
from tests.test_persons import places_of_canaries, plant
from tests.test_publications import count_more_calls, message_of, set_key

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

PROJECT = Path(__file__).parent.parent
ZOMBIE_SECONDS = 45
"""A live run gives a sign of life every 30: Prefect takes no less."""
PREFECT = [str(Path(sys.executable).with_name("prefect")), "--no-prompt"]
MAIL_PASSWORD = "hemmelig.Postkasse-7"
STAFF, ENGINEERS = ("digitalisering@example.dk",), ("data@example.dk",)


def wait_for(ask: Callable[[], object], seconds: float, what: str, pause: float = 0.5) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            answer = ask()
        except httpx.HTTPError:
            answer = None
        if answer:
            return answer
        time.sleep(pause)
    raise AssertionError(f"{what}: not within {seconds} s")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prefect")
    shutil.copytree(PROJECT / "examples", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def inbox(folder: Path) -> Iterator[SftpServer]:
    """Give the SFTP server that shows the deliveries of the module's own folder, whose settings name it."""
    with SftpServer(folder / "deliveries") as server:
        set_key(folder, 'inbox = "deliveries"', f'inbox = "{server.url}"')
        (folder / "known_hosts").write_text(server.known_hosts(), encoding="utf-8")
        yield server


@pytest.fixture(scope="module")
def mail_server() -> Iterator[SmtpServer]:
    with SmtpServer(login=("kanal", MAIL_PASSWORD)) as server:
        yield server


@pytest.fixture(scope="module")
def environment(folder: Path, inbox: SftpServer, mail_server: SmtpServer) -> dict[str, str]:
    """Give the environment of server and worker; both passwords stand in it, as in deploy/worker.env."""
    return os.environ | {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_TASKS_DEFAULT_RETRIES": "1",
        "PREFECT_TASKS_DEFAULT_RETRY_DELAY_SECONDS": "0.5",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "DO_NOT_TRACK": "1",
        "KANALSTATUS_CONFIG": str(folder / "kanalstatus.toml"),
        "KANALSTATUS_INBOX_ACCESS__PASSWORD": PASSWORD,
        "KANALSTATUS_MAIL__SMTP_URL": mail_server.url(f"kanal:{MAIL_PASSWORD}"),
    }


class Background:
    """A Prefect server or worker in a process group of its own."""

    def __init__(self, environment: dict[str, str], folder: Path, *arguments: str) -> None:
        with (folder / f"{arguments[0]}.log").open("ab") as log:
            self.process = subprocess.Popen([*PREFECT, *arguments], env=environment, cwd=folder, stdout=log, stderr=log,
                                            start_new_session=True)  # fmt: skip

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to it, then to all below it: a run stands in a process group of its own."""
        if self.process.poll() is None:
            itself = psutil.Process(self.process.pid)
            send(how, itself, *itself.children(recursive=True))
        self.process.wait(30)

    def kill_run(self, path: str) -> None:
        """Kill a run's own processes, as a machine short of memory does; the worker goes on."""
        flow_run_id = path.rpartition("/")[2]
        below = psutil.Process(self.process.pid).children(recursive=True)
        own = [each for each in below if each.environ().get("PREFECT__FLOW_RUN_ID") == flow_run_id]
        assert own
        send(signal.SIGKILL, *own)


def send(how: signal.Signals, *processes: psutil.Process) -> None:
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.send_signal(how)


WORKER = ("worker", "start", "--pool", "kanalstatus", "--limit", "2")


def deploy(environment: dict[str, str], where: Path, *options: str) -> str:
    command = [sys.executable, "-m", "flows.deploy", "--zombie-seconds", str(ZOMBIE_SECONDS), *options]
    return subprocess.run(
        command, env=environment, cwd=where, check=True, timeout=240, stdout=subprocess.PIPE, text=True
    ).stdout


@pytest.fixture(scope="module")
def server(folder: Path, environment: dict[str, str]) -> Iterator[httpx.Client]:
    """Give a client of a server on which everything in prefect.yaml is deployed."""
    client = httpx.Client(base_url=environment["PREFECT_API_URL"], timeout=10, trust_env=False)
    started = Background(
        environment, folder, "server", "start", "--host", "127.0.0.1", "--port", str(client.base_url.port)
    )
    try:
        deploy(environment, folder, "--file", str(PROJECT / "prefect.yaml"))
        yield client
    finally:
        started.end()


@pytest.fixture(scope="module")
def worker(server: httpx.Client, folder: Path, environment: dict[str, str]) -> Iterator[Background]:
    """Give a worker of the module's own folder."""
    started = Background(environment, folder, *WORKER)
    yield started
    started.end()


@pytest.fixture(scope="module")
def api(server: httpx.Client, worker: Background) -> httpx.Client:
    """Give a client of a server on which everything is deployed, and a worker waits."""
    return server


def deployment(api: httpx.Client, name: str) -> dict:
    return api.get(f"/deployments/name/{name}/{name}").raise_for_status().json()


def trigger(api: httpx.Client, name: str, **facts: Any) -> str:
    """Start a deployment, and return the path of its run."""
    created = create(api, f"/deployments/{deployment(api, name)['id']}/create_flow_run", facts)
    return f"/flow_runs/{created['id']}"


def create(api: httpx.Client, path: str, facts: dict | list) -> Any:
    """Post; a Prefect server on SQLite answers 503 while its database is busy."""
    return wait_for(lambda: api.post(path, json=facts).raise_for_status().json(), 60, f"an answer of {path}")


def end_of(api: httpx.Client, path: str) -> dict:
    """Wait for the end of a run, and return the run in the state that it ended in.

    A Prefect server on SQLite loses events while its database is busy, and may then take an ended run for a zombie.
    """
    history = {"flow_run_id": path.rpartition("/")[2]}

    def ended() -> dict | None:
        states = api.get("/flow_run_states/", params=history).raise_for_status().json()
        ends = [each for each in states if each["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")]
        return min(ends, key=lambda each: each["timestamp"], default=None)

    state = wait_for(ended, 150, f"the end of {path}")
    return wait_for(lambda: api.get(path).raise_for_status().json(), 60, path) | {"state": state}


def change(api: httpx.Client, path: str, **facts: bool) -> None:
    wait_for(lambda: api.patch(path, json=facts).raise_for_status(), 60, f"a change of {path}")


def run_to_its_end(api: httpx.Client, name: str, **parameters: object) -> dict:
    return end_of(api, trigger(api, name, parameters=parameters))


def artifacts(api: httpx.Client, run: dict) -> dict[str, Any]:
    """Return what a run left, by key; tables as rows."""
    query = {"flow_runs": {"id": {"any_": [run["id"]]}}}
    found = api.post("/artifacts/filter", json=query).raise_for_status().json()
    return {each["key"]: json.loads(each["data"]) if each["type"] == "table" else each["data"] for each in found}


def upload_correction(folder: Path) -> None:
    """Let a delivery with more calls lie in the inbox, for longer than it takes to settle."""
    count_more_calls(folder)
    path = folder / "deliveries" / "tracetool_183_2014E.csv"
    moment = path.stat().st_mtime - 3600
    os.utime(path, (moment, moment))


def mails_to(mail_server: SmtpServer, recipients: tuple[str, ...]) -> list[Received]:
    return [mail for mail in mail_server.received if mail.recipients == recipients]


def message_id(mail: Received) -> str:
    return str(message_of(mail.content)["Message-ID"])


def words(mail: Received) -> str:
    """Return a mail's subject and text."""
    message = message_of(mail.content)
    body = message.get_body(("plain",))
    assert body
    return f"{message['Subject']}\n{body.get_content()}"


def told_engineers(mail_server: SmtpServer, what: str) -> str:
    """Wait for a mail to the engineers that holds some words, and return all of it."""
    found = wait_for(
        lambda: [text for text in map(words, mails_to(mail_server, ENGINEERS)) if what in text], 60, f"a mail: {what}"
    )
    return found[-1]


def rows_of(folder: Path, table: str) -> list[dict]:
    try:
        return databases.ask(f"sqlite:///{folder / 'warehouse.db'}?mode=ro", f"select * from {table}")
    except sa.exc.OperationalError:
        return []


def scheduled(api: httpx.Client, name: str) -> list[dt.datetime]:
    query = {
        "deployments": {"id": {"any_": [deployment(api, name)["id"]]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    runs = api.post("/flow_runs/filter", json=query).raise_for_status().json()
    moments = [dt.datetime.fromisoformat(run["expected_start_time"]) for run in runs if run["auto_scheduled"]]
    return [moment.astimezone(ZoneInfo("Europe/Copenhagen")) for moment in moments]


@pytest.mark.slow
def test_the_schedule_makes_runs_on_weekday_mornings(api: httpx.Client) -> None:
    moments = wait_for(lambda: scheduled(api, "count-week"), 90, "scheduled runs of count-week")
    assert {(moment.hour, moment.minute) for moment in moments} == {(6, 0)}
    assert all(moment.weekday() < 5 for moment in moments)


@pytest.mark.slow
def test_the_extracts_are_fetched_each_month(api: httpx.Client) -> None:
    moments = wait_for(lambda: scheduled(api, "digital-post"), 90, "scheduled runs of digital-post")
    assert {(moment.day, moment.hour) for moment in moments} == {(2, 7)}


@pytest.mark.slow
def test_a_triggered_run_publishes_and_mails_once_and_the_next_one_skips(
    api: httpx.Client, folder: Path, inbox: SftpServer, mail_server: SmtpServer
) -> None:
    first = run_to_its_end(api, "count-week")
    assert first["state"]["type"] == "COMPLETED", first["state"]["message"]
    assert first["state"]["message"].startswith("9 deliveries, 3 pages published")
    page = (folder / "published" / "183" / "2014E" / "index.html").read_text(encoding="utf-8")
    assert "52,5\u00a0%" in page
    assert re.fullmatch(r"count-week \d{4}-\d\d-\d\d", first["name"])
    left = artifacts(api, first)
    assert [(row["verdict"], row["file"]) for row in left["deliveries"]] == [
        ("accepted", f"`{path.name}`") for path in sorted((folder / "deliveries").iterdir())
    ]
    assert [(row["count"], row["kind"], row["figures changed"]) for row in left["published"]] == [
        ("2012E", "first", 0), ("2013E", "first", 0), ("2014E", "first", 0),
    ]  # fmt: skip
    assert left["published"][2]["page"] == "`183/2014E/3/index.html`"
    assert "52,5" not in str(left)
    second = run_to_its_end(api, "count-week")
    assert second["state"]["name"] == "Skipped"
    assert artifacts(api, second).keys() == {"run"}
    (mail,) = mail_server.received
    assert (mail.recipients, mail.user) == (STAFF, "kanal")
    assert mail.content == (folder / "published" / "183" / "2014E" / "mail.eml").read_bytes()
    newest = rows_of(folder, "publication")[-1]
    assert (newest["mail_message_id"], newest["mailed_at"] is not None) == (message_id(mail), True)
    assert set(inbox.logins) == {"levering"}
    assert inbox.changes == []


@pytest.mark.slow
def test_a_backfill_has_a_form_and_ends_as_its_counts_do(
    api: httpx.Client, folder: Path, mail_server: SmtpServer
) -> None:
    form = deployment(api, "backfill")["parameter_openapi_schema"]
    assert form["required"] == ["reason"]
    assert "written as 2012E" in form["properties"]["first_count"]["description"]
    assert form["definitions"]["Reprocess"]["enum"] == ["missing", "failed", "stale", "all"]
    asked = {"reason": "prøve", "first_count": "2012E", "last_count": "2014E", "reprocess": "all"}
    tried = run_to_its_end(api, "backfill", **asked, dry_run=True)
    assert tried["state"]["message"] == "9 deliveries would be taken up, 0 pages published; nothing was changed"
    lost = folder / "deliveries" / "systemtal_183_2013E.xlsx"
    sha256 = hashlib.sha256(lost.read_bytes()).hexdigest()
    lost.unlink()
    (folder / "archive" / sha256[:2] / sha256).unlink()
    failed = run_to_its_end(api, "backfill", **asked)
    assert failed["state"]["type"] == "FAILED"
    assert "8 uændret og 1 mislykket" in failed["state"]["message"]
    assert "1 of 3 counts failed" in failed["state"]["message"]
    assert told_engineers(mail_server, "backfill: ").startswith("Kanalstatus: kørslen fejlede\n")


@pytest.mark.slow
def test_while_the_mail_server_is_away_pages_are_published_and_mail_waits(
    api: httpx.Client, folder: Path, mail_server: SmtpServer
) -> None:
    sent = len(mail_server.received)
    mail_server.stop()
    try:
        upload_correction(folder)
        run = run_to_its_end(api, "count-week")
    finally:
        mail_server.start()
    assert (run["state"]["type"], run["state"]["name"]) == ("FAILED", "MailWaits")
    assert run["state"]["message"].startswith("1 deliveries, 1 pages published; not all mail was sent")
    newest = rows_of(folder, "publication")[-1]
    assert (newest["kind"], newest["mailed_at"]) == ("correction", None)
    assert 'class="banner"' in (folder / "published" / "183" / "2014E" / "index.html").read_text(encoding="utf-8")
    (waiting,) = rows_of(folder, "unsent_mail")
    assert (waiting["message_id"], waiting["attempt_count"]) == (newest["mail_message_id"], 2), (
        "tried again within the run"
    )
    assert len(mail_server.received) == sent


@pytest.fixture(scope="module")
def run_without_inbox(api: httpx.Client, folder: Path, inbox: SftpServer) -> str:
    """Give the path of a run that began when its inbox was away, and a correction there: it tries for a minute."""
    inbox.stop()
    upload_correction(folder)
    return trigger(api, "count-week")


@pytest.mark.slow
def test_publish_can_be_started_by_hand_needs_no_inbox_and_sends_what_waits(
    api: httpx.Client, folder: Path, mail_server: SmtpServer, run_without_inbox: str
) -> None:
    schema = deployment(api, "publish")["parameter_openapi_schema"]["properties"]
    assert "as 2014E" in schema["counts"]["description"]
    sent = len(mails_to(mail_server, STAFF))
    assert run_to_its_end(api, "publish")["state"]["type"] == "COMPLETED"
    newest = rows_of(folder, "publication")[-1]
    (mail,) = mails_to(mail_server, STAFF)[sent:]
    assert (message_id(mail), newest["mailed_at"] is not None) == (newest["mail_message_id"], True)
    assert words(mail).startswith("Rettelse: efterår 2014")


@pytest.mark.slow
def test_a_run_whose_process_is_killed_is_crashed_and_its_worker_tells_the_engineers(
    api: httpx.Client, worker: Background, mail_server: SmtpServer, run_without_inbox: str
) -> None:
    path = trigger(api, "count-week", work_queue_name="by-hand")
    wait_for(lambda: api.get(path).json()["state_type"] == "RUNNING", 60, "a run that looks for its inbox")
    worker.kill_run(path)
    assert end_of(api, path)["state"]["name"] == "Crashed"
    assert "count-week: the run broke off (Crashed)" in told_engineers(mail_server, "Crashed")


@pytest.mark.slow
def test_what_prefect_yaml_no_longer_names_is_removed(server: httpx.Client, environment: dict[str, str]) -> None:
    known = deployment(server, "count-week")
    schedules = f"/deployments/{known['id']}/schedules"
    evening = {"cron": "0 20 * * *", "timezone": "Europe/Copenhagen"}
    create(server, schedules, [{"schedule": evening, "active": True, "slug": "evenings"}])
    create(server, "/deployments/", {"name": "of-old", "flow_id": known["flow_id"], "work_pool_name": "kanalstatus"})
    (morning,) = known["schedules"]
    change(server, f"{schedules}/{morning['id']}", active=False)
    told = deploy(environment, PROJECT)
    assert "removed schedule evenings of count-week" in told
    assert "removed deployment of-old" in told
    (kept,) = deployment(server, "count-week")["schedules"]
    assert (kept["slug"], kept["active"]) == ("weekday-mornings", True)
    assert server.get("/deployments/name/count-week/of-old").status_code == httpx.codes.NOT_FOUND


@pytest.mark.slow
def test_the_doctor_tells_what_the_scheduler_lacks(
    api: httpx.Client, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> list[str]:
        return wait_for(lambda: [scheduler.faults(environment["PREFECT_API_URL"], 10)], 20, "the doctor's answer")[0]

    wait_for(lambda: told() == [], 30, "a scheduler that is well")
    where = f"/deployments/{deployment(api, 'digital-post')['id']}"
    change(api, where, paused=True)
    (zombies,) = api.post("/automations/filter", json={}).raise_for_status().json()
    change(api, f"/automations/{zombies['id']}", enabled=False)
    change(api, "/work_pools/kanalstatus", is_paused=True)
    assert [line.partition(":")[0] for line in told()] == [
        "the work pool kanalstatus is paused",
        "digital-post has no active schedule",
        "no automation ends runs whose process is gone",
    ]
    change(api, "/work_pools/kanalstatus", is_paused=False)
    change(api, f"/automations/{zombies['id']}", enabled=True)
    change(api, where, paused=False)
    monkeypatch.setattr(scheduler, "POOL", "another")
    assert told() == ["there is no work pool another: run `python -m flows.deploy`"]


def test_the_doctor_knows_what_is_scheduled() -> None:
    declared = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert {each["name"] for each in declared if each.get("schedules")} == set(scheduler.SCHEDULED)
    assert {each["work_pool"]["name"] for each in declared} == {scheduler.POOL}
    assert all(scheduler.TAG in each["tags"] and each["description"] for each in declared)


def test_every_deployed_flow_tells_when_it_breaks_off_and_tries_again_as_the_runbook_says() -> None:
    declared = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    for each in declared:
        flow = load_flow_from_entrypoint(each["entrypoint"])
        assert flow.on_failure_hooks == flow.on_crashed_hooks == [tasks.tell_failure], flow.name
    waits = ",".join(map(str, tasks.send_mail.retry_delay_seconds))
    written = (PROJECT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert f"PREFECT_TASKS_DEFAULT_RETRY_DELAY_SECONDS={waits}`" in written
    assert f"PREFECT_TASKS_DEFAULT_RETRIES={tasks.send_mail.retries}`" in written


@pytest.mark.parametrize(
    ("outcomes", "is_tried_again"),
    [
        (["delayed"], True),
        (["refused", "delayed"], True),
        (["blocked"], False),
        (["refused"], False),
        (["uncertain"], False),
        (["sent"], False),
    ],
)
def test_mail_is_tried_again_within_a_run_only_while_its_trouble_may_pass(
    monkeypatch: pytest.MonkeyPatch, outcomes: list[str], is_tried_again: bool
) -> None:
    troubles = [Trouble(MailOutcome(each), f"mail 1 {each}: …") for each in outcomes]
    monkeypatch.setattr("flows.steps.pipeline.send_mail", lambda *_: troubles)
    with pytest.raises((tasks.MailWaits, tasks.MailStuck), match=f"mail 1 {outcomes[0]}: …") as told:
        tasks.send_mail.fn(None, None, None)
    assert tasks.send_mail.retry_condition_fn(tasks.send_mail, None, Failed(data=told.value)) is is_tried_again


@pytest.mark.slow
def test_while_the_inbox_is_away_a_run_fails_and_tells_the_engineers_and_the_next_one_heals(
    api: httpx.Client, folder: Path, inbox: SftpServer, mail_server: SmtpServer, run_without_inbox: str
) -> None:
    failed = end_of(api, run_without_inbox)["state"]
    assert failed["name"] == "Failed"
    assert f"sftp://127.0.0.1:{inbox.port}/" in failed["message"]
    assert "cannot be reached" in failed["message"]
    alert = told_engineers(mail_server, "(Failed)")
    assert alert.startswith("Kanalstatus: kørslen fejlede\n")
    assert "count-week: the run broke off (Failed)" in alert
    sent = len(mails_to(mail_server, STAFF))
    inbox.start()
    healed = run_to_its_end(api, "count-week")["state"]
    assert (healed["name"], healed["message"]) == ("Completed", "1 deliveries, 1 pages published")
    (mail,) = mails_to(mail_server, STAFF)[sent:]
    assert message_id(mail) == rows_of(folder, "publication")[-1]["mail_message_id"]
    ids = [message_id(each) for each in mail_server.received]
    assert len(ids) == len(set(ids)), "nothing was sent twice"


@pytest.mark.slow
def test_planted_numbers_and_passwords_are_in_no_byte_of_prefect_of_the_run_or_of_a_mail(
    api: httpx.Client, folder: Path, mail_server: SmtpServer
) -> None:
    plant(folder / "deliveries")
    for path in (folder / "deliveries").rglob("*"):
        os.utime(path, (path.stat().st_mtime - 3600,) * 2)
    run = run_to_its_end(api, "count-week")
    assert run["state"]["name"] == "NeedsALook"
    assert (folder / "prefect" / "prefect.db").stat().st_size > 100_000
    assert {row["verdict"] for row in artifacts(api, run)["deliveries"]} >= {"refused"}
    assert "afvist" in told_engineers(mail_server, "Afvist")
    printed = "\n".join([str(run), *map(words, mail_server.received), *(str(mail) for mail in mail_server.received)])
    assert places_of_canaries(folder, folder / "deliveries", printed) == []
    assert (folder / "server.log").stat().st_size * (folder / "worker.log").stat().st_size
    for path in (each for each in folder.rglob("*") if each.is_file()):
        assert not any(secret.encode() in path.read_bytes() for secret in (PASSWORD, MAIL_PASSWORD)), path.name


@pytest.fixture(scope="module")
def killed(
    server: httpx.Client, worker: Background, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, list[str]]]:
    """Give a folder, and the paths of three runs: two that were killed with their worker, and one after them.

    The queue of the first run waits for its end; the second one does not stand in it.
    """
    place = tmp_path_factory.mktemp("killed")
    shutil.copytree(PROJECT / "examples", place, dirs_exist_ok=True)
    own = {"job_variables": {"env": {"KANALSTATUS_CONFIG": str(place / "kanalstatus.toml")}}}
    runs, current = [], worker
    try:
        for how, table, queue in (
            (signal.SIGKILL, "arrival", "default"),
            (signal.SIGTERM, "publication_log", "by-hand"),
        ):
            runs.append(trigger(server, "count-week", work_queue_name=queue, **own))
            wait_for(lambda table=table: rows_of(place, table), 60, f"a row of {table}", pause=0.05)
            current.end(how)
            current = Background(environment, place, *WORKER)
        assert len(rows_of(place, "publication_log")) < 3
        yield place, [*runs, trigger(server, "count-week", **own)]
    finally:
        current.end()


@pytest.mark.slow
@pytest.mark.usefixtures("killed")
def test_dask_workers_load_the_same_to_the_last_digit_although_one_is_killed(
    server: httpx.Client, environment: dict[str, str], tmp_path: Path
) -> None:
    for name in ("threads", "dask"):
        shutil.copytree(PROJECT / "examples", tmp_path / name)
    plain, spread = (f"sqlite:///{tmp_path / name / 'warehouse.db'}" for name in ("threads", "dask"))
    port = str(free_port())
    scheduler = f"tcp://127.0.0.1:{port}"
    own = {"KANALSTATUS_CONFIG": str(tmp_path / "dask" / "kanalstatus.toml"), "POLARS_MAX_THREADS": "1"}
    in_dask = environment | own | {"KANALSTATUS_TASK_RUNNER": "dask", "KANALSTATUS_DASK_ADDRESS": scheduler}
    started: list[subprocess.Popen] = []

    def start(*command: str) -> subprocess.Popen:
        with (tmp_path / f"{len(started)}.log").open("wb") as log:
            started.append(
                subprocess.Popen([sys.executable, *command], env=in_dask, cwd=PROJECT, stdout=log, stderr=log)
            )
        return started[-1]

    try:
        start("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port,
              "--no-dashboard")  # fmt: skip
        alone = ("--no-nanny", "--nthreads", "1", "--no-dashboard")
        workers = [start("-m", "distributed.cli.dask_worker", scheduler, *alone) for _ in range(2)]
        asked = "reason='prøve', first_count='2012E', last_count='2014E'"
        run = start("-c", f"from flows.backfill import backfill; print(backfill({asked}, return_state=True).message)")

        def steps() -> list[dict]:
            try:
                return databases.ask(spread, "select outcome from backfill_step")
            except sa.exc.OperationalError:
                return []

        wait_for(steps, 200, "the first delivery")
        workers[0].kill()
        ended = run.wait(200)
        printed = (tmp_path / "3.log").read_text(encoding="utf-8")
        assert ended == 0, printed[-2000:]
        assert "Efterindlæsning af efterår 2012 til efterår 2014: 9 indlæst. Grund: prøve" in printed
    finally:
        for process in started:
            process.kill()
            process.wait()
    command = [str(Path(sys.executable).with_name("kanalstatus")), "run"]
    subprocess.run(command, env=os.environ | {"KANALSTATUS_CONFIG": str(tmp_path / "threads" / "kanalstatus.toml")},
                   check=True, timeout=120)  # fmt: skip
    for view in ("channel_share", "digital_share", "task_channel_count", "target_status", "digital_post_share"):
        ours, theirs = (sorted(map(repr, databases.ask(url, f"select * from {view}"))) for url in (spread, plain))
        assert ours == theirs, view
    assert len(databases.ask(spread, "select * from delivery")) == 9


@pytest.mark.slow
@pytest.mark.usefixtures("killed")
def test_what_is_stopped_gives_a_clear_state_and_the_next_run_is_whole(
    server: httpx.Client, environment: dict[str, str], tmp_path: Path, schema_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PROJECT / "examples", tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    for each in (tasks.open_session, tasks.new_files):
        monkeypatch.setattr(each, "retry_delay_seconds", [0.0] * tasks.RETRIES)
    inbox, away = tmp_path / "deliveries", tmp_path / "away"
    updates = {PREFECT_API_URL: environment["PREFECT_API_URL"], PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(updates), proxy(schema_url) as line:
        monkeypatch.setenv("KANALSTATUS_DATABASE_URL", line.url)
        line.is_closed = True
        state = count_week(return_state=True)
        assert (state.name, "OperationalError" in state.message) == ("Failed", True)
        line.is_closed = False
        inbox.rename(away)
        state = count_week(return_state=True)
        assert (state.name, str(inbox) in state.message) == ("Failed", True)
        away.rename(inbox)
        state = count_week(return_state=True)
        assert (state.name, state.message) == ("Completed", "9 deliveries, 3 pages published")
        # Else the end of this process would wait for a server that is gone by then.
        EventsWorker.drain_all()
        APILogWorker.drain_all()


@pytest.mark.slow
def test_a_killed_run_is_ended_and_the_next_one_finishes_its_work(
    server: httpx.Client, killed: tuple[Path, list[str]], mail_server: SmtpServer
) -> None:
    place, paths = killed
    silent, warned, last = (end_of(server, path)["state"] for path in paths)
    assert last["type"] == "COMPLETED", last["message"]
    assert {row["status"] for row in rows_of(place, "delivery")} == {"accepted"}
    assert len(rows_of(place, "delivery")) == 9
    publications = rows_of(place, "publication")
    assert sorted((row["count_id"], row["kind"]) for row in publications) == [
        ("2012E", "first"), ("2013E", "first"), ("2014E", "first"),
    ]  # fmt: skip
    (mailed,) = [row["mail_message_id"] for row in publications if row["mailed_at"]]
    assert [message_id(mail) for mail in mail_server.received].count(mailed) == 1
    assert "52,5\u00a0%" in (place / "published" / "183" / "2014E" / "index.html").read_text(encoding="utf-8")
    assert (silent["name"], silent["message"]) == ("Crashed", ZOMBIE_MESSAGE)
    assert warned["name"] == "Crashed", "by itself when there was time, else by the automation"
