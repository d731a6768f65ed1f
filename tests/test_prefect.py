"""A real Prefect server and process worker on loopback: deployed, scheduled, triggered, published."""

import datetime as dt
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa

from tests import databases
from tests.test_persons import places_of_canaries, plant

PROJECT = Path(__file__).parent.parent
PREFECT = [str(Path(sys.executable).with_name("prefect")), "--no-prompt"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(ask: Callable[[], object], seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            answer = ask()
        except httpx.HTTPError:
            answer = None
        if answer:
            return answer
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds} s")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prefect")
    shutil.copytree(PROJECT / "examples", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "DO_NOT_TRACK": "1",
        "KANALSTATUS_CONFIG": str(folder / "kanalstatus.toml"),
    }


@pytest.fixture(scope="module")
def api(folder: Path, environment: dict[str, str]) -> Iterator[httpx.Client]:
    """Give a client of a server on which everything in prefect.yaml is deployed, and a worker waits."""
    client = httpx.Client(base_url=environment["PREFECT_API_URL"], timeout=10, trust_env=False)
    port = client.base_url.port
    started: list[subprocess.Popen] = []

    def start(*arguments: str) -> None:
        with (folder / f"{arguments[0]}.log").open("wb") as log:
            started.append(
                subprocess.Popen([*PREFECT, *arguments], env=environment, cwd=folder, stdout=log, stderr=log,
                                 start_new_session=True)
            )  # fmt: skip

    try:
        start("server", "start", "--host", "127.0.0.1", "--port", str(port))
        wait_for(lambda: client.get("/health").is_success, 120, "the server's health")
        pool = [*PREFECT, "work-pool", "create", "kanalstatus", "--type", "process"]
        subprocess.run(pool, env=environment, cwd=folder, check=True, timeout=120, capture_output=True)
        deploy = [*PREFECT, "deploy", "--all"]
        subprocess.run(deploy, env=environment, cwd=PROJECT, check=True, timeout=120, capture_output=True)
        start("worker", "start", "--pool", "kanalstatus", "--limit", "1")
        yield client
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def deployment(api: httpx.Client, name: str) -> dict:
    return api.get(f"/deployments/name/{name}/{name}").raise_for_status().json()


def run_to_its_end(api: httpx.Client, name: str, **parameters: object) -> dict:
    where = f"/deployments/{deployment(api, name)['id']}/create_flow_run"
    # A Prefect server on SQLite answers 503 while its database is busy.
    created = wait_for(
        lambda: api.post(where, json={"parameters": parameters}).raise_for_status().json(), 60, f"a run of {name}"
    )
    path = f"/flow_runs/{created['id']}"

    def ended() -> dict | None:
        run = api.get(path).json()
        return run if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

    return wait_for(ended, 150, f"the end of {name}")


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
def test_a_triggered_run_publishes_and_the_next_one_skips(api: httpx.Client, folder: Path) -> None:
    first = run_to_its_end(api, "count-week")
    assert first["state"]["type"] == "COMPLETED", first["state"]["message"]
    assert first["state"]["message"].startswith("9 deliveries, 3 pages published")
    page = (folder / "published" / "183" / "2014E" / "index.html").read_text(encoding="utf-8")
    assert "52,5\u00a0%" in page
    assert run_to_its_end(api, "count-week")["state"]["name"] == "Skipped"


@pytest.mark.slow
def test_publish_can_be_started_by_hand(api: httpx.Client) -> None:
    schema = deployment(api, "publish")["parameter_openapi_schema"]["properties"]
    assert "as 2014E" in schema["counts"]["description"]
    assert run_to_its_end(api, "publish")["state"]["type"] == "COMPLETED"


@pytest.mark.slow
def test_a_backfill_has_a_form_and_ends_as_its_counts_do(api: httpx.Client, folder: Path) -> None:
    form = deployment(api, "backfill")["parameter_openapi_schema"]
    assert form["required"] == ["reason"]
    assert "written as 2012E" in form["properties"]["first_count"]["description"]
    assert form["definitions"]["Reprocess"]["enum"] == ["missing", "failed", "stale", "all"]
    asked = {"reason": "prøve", "first_count": "2012E", "last_count": "2014E", "reprocess": "all"}
    tried = run_to_its_end(api, "backfill", **asked, dry_run=True)
    assert tried["state"]["message"] == "9 deliveries would be taken up, 0 pages published; nothing was changed"
    done = run_to_its_end(api, "backfill", **asked)
    assert done["state"]["type"] == "COMPLETED"
    assert done["state"]["message"] == "Efterindlæsning af efterår 2012 til efterår 2014: 9 uændret. Grund: prøve"
    lost = folder / "deliveries" / "systemtal_183_2013E.xlsx"
    sha256 = hashlib.sha256(lost.read_bytes()).hexdigest()
    lost.unlink()
    (folder / "archive" / sha256[:2] / sha256).unlink()
    failed = run_to_its_end(api, "backfill", **asked)
    assert failed["state"]["type"] == "FAILED"
    assert "8 uændret og 1 mislykket" in failed["state"]["message"]
    assert "1 of 3 counts failed" in failed["state"]["message"]


@pytest.mark.slow
def test_dask_workers_load_the_same_to_the_last_digit_although_one_is_killed(
    api: httpx.Client, environment: dict[str, str], tmp_path: Path
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
        run = start("-c", f"from flows.backfill import backfill; backfill({asked})")

        def steps() -> list[dict]:
            try:
                return databases.ask(spread, "select outcome from backfill_step")
            except sa.exc.OperationalError:
                return []

        wait_for(steps, 200, "the first delivery")
        workers[0].kill()
        assert run.wait(200) == 0, (tmp_path / "3.log").read_text(encoding="utf-8")[-2000:]
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
def test_planted_numbers_are_in_no_byte_of_prefect_or_of_the_run(api: httpx.Client, folder: Path) -> None:
    plant(folder / "deliveries")
    run = run_to_its_end(api, "count-week")
    assert run["state"]["name"] == "NeedsALook"
    assert (folder / "prefect" / "prefect.db").stat().st_size > 100_000
    assert places_of_canaries(folder, folder / "deliveries", str(run)) == []
