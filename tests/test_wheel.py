"""What is installed: the built wheel runs the demo, and what is used where it lies is compiled beforehand."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_runs_the_demo_from_another_folder(tmp_path):
    uv = str(Path(sys.executable).with_name("uv"))
    source = tmp_path / "source"
    unwanted = shutil.ignore_patterns(".*", "build", "*.egg-info", "tests", "__pycache__")
    shutil.copytree(PROJECT, source, ignore=unwanted)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "env")], check=True, timeout=60)
    python = str(tmp_path / "env" / "bin" / "python")
    pins = ["--require-hashes", "-r", str(PROJECT / "requirements.txt")]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *pins], check=True, timeout=300)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, "--no-deps", str(wheel)], check=True, timeout=60
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [str(Path(python).with_name("kanalstatus")), "demo"]
    done = subprocess.run(command, cwd=elsewhere, check=True, capture_output=True, text=True, timeout=120)
    assert "52,5\u00a0%" in Path(done.stdout.splitlines()[-1]).read_text(encoding="utf-8")


def test_every_package_is_compiled_at_set_up():
    """Else a command compiles it at each start where Python may not write: in /opt, by another user."""
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    compiled = re.search(r"^PACKAGES := (.*)$", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert compiled
    assert set(compiled[1].split()) == {name.partition(".")[0] for name in declared}
