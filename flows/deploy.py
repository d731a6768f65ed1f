"""The command that makes a Prefect server be as prefect.yaml says: `python -m flows.deploy`.

It may be run at any time and any number of times: work pool, queues, automation and deployments are made or brought up
to date, and what the file no longer names is removed.
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.workers.process import ProcessWorker

from flows.steps.scheduler import POOL, TAG, ZOMBIES

POOL_DESCRIPTION = "Runs of kanalstatus, each in a process of its own on the machine of the worker."
QUEUES = {
    "default": (2, "What the schedule starts."),
    "by-hand": (1, "What a person starts: it does not wait for the schedule, nor the schedule for it."),
}
"""Queue -> (priority, description); each lets one run go at a time, in order."""
SIGNS_OF_LIFE = ("Pending", "Submitting", "InfrastructurePending", "Running", "heartbeat")
"""States and events after which another must come; a run that has ended sends none of them."""
ZOMBIE_SECONDS = 180
SERVER_SECONDS = 120
ZOMBIE_MESSAGE = "No sign of life: the process of the run is gone. The next run finishes its work."


def main(arguments: list[str] | None = None) -> None:
    """Make the server be as the file says, and print what is deployed and what was removed."""
    parser = argparse.ArgumentParser(prog="python -m flows.deploy", description=main.__doc__)
    parser.add_argument("--file", type=Path, default=Path("prefect.yaml"), help="the deployments; else ./prefect.yaml")
    parser.add_argument(
        "--zombie-seconds", type=int, default=ZOMBIE_SECONDS, metavar="N",
        help="a run that gave no sign of life for so long is Crashed; at least twice the worker's "
        f"PREFECT_FLOWS_HEARTBEAT_FREQUENCY; {ZOMBIE_SECONDS} if not given",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if not os.environ.get("PREFECT_API_URL"):
        parser.error("PREFECT_API_URL is not set: which server?")
    declared = yaml.safe_load(options.file.read_text(encoding="utf-8"))["deployments"]
    with get_client(sync_client=True) as client:
        wait_for_server(client)
        make_pool(client)
        make_automation(client, dt.timedelta(seconds=options.zombie_seconds))
        command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file"]
        subprocess.run([*command, str(options.file)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        for line in remove_dropped(client, declared):
            print(line)
        for each in declared:
            print(f"deployed {each['name']}")


def wait_for_server(client: SyncPrefectClient) -> None:
    """Wait for a server that has just been started; its first start makes its database."""
    deadline = time.monotonic() + SERVER_SECONDS
    while (error := client.api_healthcheck()) is not None:
        if time.monotonic() > deadline:
            sys.exit(f"{client.api_url} does not answer ({type(error).__name__}): start the server")
        time.sleep(1)


def make_pool(client: SyncPrefectClient) -> None:
    """Make the work pool and its queues, or bring them up to date."""
    template = ProcessWorker.get_default_base_job_template()
    try:
        client.read_work_pool(POOL)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template))
    client.update_work_pool(POOL, WorkPoolUpdate(description=POOL_DESCRIPTION, base_job_template=template))
    for name, (priority, description) in QUEUES.items():
        facts = {"priority": priority, "description": description, "concurrency_limit": 1}
        try:
            queue = client.read_work_queue_by_name(name, work_pool_name=POOL)
        except ObjectNotFound:
            queue = client.create_work_queue(name, work_pool_name=POOL)
        client.update_work_queue(queue.id, **facts)


def make_automation(client: SyncPrefectClient, patience: dt.timedelta) -> None:
    """Make the automation that ends runs whose process is gone, or bring it up to date.

    Any change of state is a sign of life, whatever its name: our flows end in states with names of their own.
    """
    automation = AutomationCore(
        name=ZOMBIES,
        description="A run that was killed cannot say so: without a sign of life it is Crashed, and its queue goes on.",
        trigger=EventTrigger(
            after={f"prefect.flow-run.{sign}" for sign in SIGNS_OF_LIFE},
            expect={"prefect.flow-run.*"},
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification(
                {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"}
            ),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=patience,
        ),
        actions=[ChangeFlowRunState(name="Crashed", state=StateType.CRASHED, message=ZOMBIE_MESSAGE, force=True)],
    )
    existing = client.read_automations_by_name(ZOMBIES)
    if not existing:
        client.create_automation(automation)
    for each in existing[:1]:
        client.update_automation(each.id, automation)
    for double in existing[1:]:
        client.delete_automation(double.id)


def remove_dropped(client: SyncPrefectClient, declared: list[dict]) -> list[str]:
    """Remove the pool's deployments and schedules that the file does not name; return a line for each.

    Prefect deploys what a file names and leaves everything else as it was. This comes after, so that no moment is
    without the schedules that the file does name.
    """
    names = {f"{load_flow_from_entrypoint(each['entrypoint']).name}/{each['name']}": each for each in declared}
    kept = {client.read_deployment_by_name(name).id: each for name, each in names.items()}
    lines = []
    for deployment in _deployments(client):
        if deployment.id not in kept:
            client.delete_deployment(deployment.id)
            lines.append(f"removed deployment {deployment.name}")
            continue
        slugs = {schedule["slug"] for schedule in kept[deployment.id].get("schedules") or []}
        for schedule in deployment.schedules:
            if schedule.slug not in slugs:
                client.delete_deployment_schedule(deployment.id, schedule.id)
                lines.append(f"removed schedule {schedule.slug or 'without a name'} of {deployment.name}")
    return lines


def _deployments(client: SyncPrefectClient) -> list[DeploymentResponse]:
    pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
    return client.read_deployments(work_pool_filter=pool, limit=200)


if __name__ == "__main__":
    main()
