"""The docs are about this project as it is: every command, setting, deployment, library and rule stands in them."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from flows import cli
from flows.steps.settings import Settings
from schemas import dictionary

PROJECT = Path(__file__).parent.parent
RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    return list(cli.COMMANDS)


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command):
    assert f"kanalstatus {command}" in README


@pytest.mark.parametrize("key", list(Settings.model_fields))
def test_every_setting_is_in_the_runbook(key):
    assert f"| `{key}` |" in RUNBOOK


def test_every_deployment_is_in_the_runbook_and_has_a_flow_file():
    deployments = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    for each in deployments:
        assert f"`{each['name']}`" in RUNBOOK
        _, module, flow = each["entrypoint"].split(".")
        assert f"def {flow}(" in (PROJECT / "flows" / f"{module}.py").read_text(encoding="utf-8")


def test_every_library_is_named_with_its_reason_and_used():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = "\n".join(path.read_text(encoding="utf-8") for room in ("schemas", "transforms", "flows")
                       for path in (PROJECT / room).rglob("*.py"))  # fmt: skip
    modules = {"vl-convert-python": "vl_convert", "pyyaml": "yaml"}
    not_imported = {"fastapi", "psycopg", "tzdata"}  # a pin for Prefect, a driver, data
    for requirement in project["dependencies"]:
        name = re.match(r"[\w-]+", requirement)[0]
        assert re.search(rf"\b{name}\b", ARCHITECTURE), name
        module = modules.get(name, name.replace("-", "_"))
        assert name in not_imported or re.search(rf"^\s*(import|from) {module}\b", source, re.M), name
    extras = project["optional-dependencies"]
    for requirement in (*extras["dev"], *extras["bench"]):
        assert re.match(r"[\w-]+", requirement)[0] in ARCHITECTURE, requirement


@pytest.mark.parametrize("name", list(dictionary.PAGES))
def test_generated_pages_are_current(name):
    assert (PROJECT / "docs" / name).read_text(encoding="utf-8") == dictionary.PAGES[name]()


def test_pins_name_no_registry():
    for path in PROJECT.glob("requirements*.txt"):
        assert not re.search(r"https?://|--index|--find-links|file:", path.read_text(encoding="utf-8")), path.name


def test_the_changelog_has_what_is_unreleased():
    assert "## Unreleased" in (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
