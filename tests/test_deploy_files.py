"""The files of production: units that systemd takes, environments that name settings and hold no secret."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prefect import settings

from flows.deploy import ZOMBIE_SECONDS
from flows.steps.settings import CONFIG_VARIABLE

PROJECT = Path(__file__).parent.parent
DEPLOY = PROJECT / "deploy"


def environment(name: str) -> dict[str, str]:
    """Return the variables of an environment file as a shell reads them."""
    script = f"env -i sh -c 'set -a; . {DEPLOY / name}; env'"
    lines = subprocess.run(script, shell=True, check=True, capture_output=True, text=True).stdout.splitlines()
    return {
        key: value for key, _, value in (line.partition("=") for line in lines) if key not in ("PWD", "_", "OLDPWD")
    }


def verify(folder: Path) -> str:
    units = [str(path) for path in sorted(folder.iterdir())]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, check=False, text=True)
    return f"{done.returncode} {done.stderr}".strip()


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]:
        shutil.copy(path, tmp_path / path.name)
        text = path.read_text(encoding="utf-8").replace("/opt/kanalstatus/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    assert verify(tmp_path) == "0"
    worker = tmp_path / "kanalstatus-worker.service"
    worker.write_text(worker.read_text(encoding="utf-8").replace("Restart=always", "Restart=often"), encoding="utf-8")
    assert "restart specifier" in verify(tmp_path)


@pytest.mark.parametrize("name", ["prefect.env", "server.env", "worker.env"])
def test_an_environment_names_settings_and_holds_no_secret(name: str) -> None:
    for key, value in environment(name).items():
        assert hasattr(settings, key) or key in ("DO_NOT_TRACK", CONFIG_VARIABLE), key
        assert not (re.search("PASSWORD|AUTH|SECRET", key) and value), key
        assert not re.search(r"://[^/@]*:[^/@]+@", value), key


def test_server_and_worker_keep_to_themselves() -> None:
    both = environment("prefect.env")
    assert both["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert both["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] == "false"
    assert both["DO_NOT_TRACK"] == "1"
    assert environment("server.env")["PREFECT_SERVER_DATABASE_CONNECTION_URL"].startswith("postgresql+asyncpg://")
    assert 2 * int(environment("worker.env")["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]) <= ZOMBIE_SECONDS


def test_every_file_is_used_by_the_runbook() -> None:
    runbook = (PROJECT / "docs" / "runbook.md").read_text(encoding="utf-8")
    for path in DEPLOY.iterdir():
        assert path.name in runbook or f"*{path.suffix}" in runbook, path.name
