"""The scheduler as the doctor sees it: does Prefect's API answer, and is all there that makes runs come and end."""

import os
from collections.abc import Iterator

import httpx

POOL = "kanalstatus"
TAG = "kanalstatus"
ZOMBIES = "kanalstatus: end runs whose process is gone"
SCHEDULED = ("count-week", "digital-post")
DEPLOY = "run `python -m flows.deploy`"


def faults(api_url: str, patience_seconds: float) -> list[str]:
    """Return what is wrong with the scheduler at a Prefect API, and what to do; nothing when all is well.

    Raises:
        httpx.HTTPError, httpx.InvalidURL: the API does not answer, or refuses us.
    """
    name, _, password = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
    auth = (name, password) if name else None
    with httpx.Client(base_url=api_url, timeout=patience_seconds, auth=auth) as client:
        client.get("/health").raise_for_status()
        pool = client.get(f"/work_pools/{POOL}")
        if pool.status_code == httpx.codes.NOT_FOUND:
            return [f"there is no work pool {POOL}: {DEPLOY}"]
        pool.raise_for_status()
        return [*_pool_faults(pool.json()), *_worker_faults(client), *_schedule_faults(client), *_zombie_faults(client)]


def _pool_faults(pool: dict) -> Iterator[str]:
    if pool["is_paused"]:
        yield f"the work pool {POOL} is paused: resume it in the Prefect UI"


def _worker_faults(client: httpx.Client) -> Iterator[str]:
    workers = _ask(client, f"/work_pools/{POOL}/workers/filter")
    if not any(worker["status"] == "ONLINE" for worker in workers):
        yield "no worker is online: start kanalstatus-worker"


def _schedule_faults(client: httpx.Client) -> Iterator[str]:
    for name in SCHEDULED:
        answer = client.get(f"/deployments/name/{name}/{name}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            yield f"{name} is not deployed: {DEPLOY}"
            continue
        deployment = answer.raise_for_status().json()
        if deployment["paused"] or not any(schedule["active"] for schedule in deployment["schedules"]):
            yield f"{name} has no active schedule: {DEPLOY}"


def _zombie_faults(client: httpx.Client) -> Iterator[str]:
    found = _ask(client, "/automations/filter", {"automations": {"name": {"any_": [ZOMBIES]}}})
    if not any(automation["enabled"] for automation in found):
        yield f"no automation ends runs whose process is gone: {DEPLOY}"


def _ask(client: httpx.Client, path: str, query: dict | None = None) -> list[dict]:
    return client.post(path, json=query or {}).raise_for_status().json()
