"""The catalogue of rules: every rule says in Danish what is wrong and what to do, and no value."""

import ast
import string
from pathlib import Path

import pytest

import schemas
from schemas.rules import RULES, Level, Refused, finding

ROOT = Path(schemas.__file__).parents[1]
PLACES = {
    "row", "sheet", "cell", "limit", "seconds", "columns", "title", "where", "kind", "rejected", "read", "municipality",
    "rows", "place", "total", "sum", "count", "weeks", "outside", "before", "after", "part", "delivery", "cells",
    "source", "other", "check", "found", "date",
}  # fmt: skip
"""What a message may be filled with: figures, places and names of codes; never a cell's value."""


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_what_is_wrong_and_what_to_do_in_whole_sentences(rule):
    assert rule.message.endswith(".")
    assert rule.remedy.endswith(".")
    assert rule.code == rule.code.lower()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_message_is_filled_with_places_and_figures_only(rule):
    assert fields(rule.message) <= PLACES
    assert not fields(rule.remedy)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.level == Level.ROW], ids=lambda rule: rule.code
)
def test_a_rule_on_one_row_has_a_fixed_message(rule):
    assert not fields(rule.message)


def test_a_finding_reads_as_message_and_remedy():
    assert finding("count_not_in_calendar", count="2037E").text.startswith("Tællingen 2037E står ikke i kalenderen. ")


def test_a_finding_of_a_rule_that_is_not_in_the_catalogue_is_an_error():
    with pytest.raises(KeyError):
        finding("no_such_rule")


def test_a_refusal_carries_its_finding():
    assert Refused("empty_file").finding == finding("empty_file")
    assert str(Refused("empty_file")) == "Filen er tom. Lav udtrækket igen."


def calls() -> list[tuple[str, str, set[str] | None]]:
    """(where, rule, names given) of each finding("…", …) and Refused("…", …) in the source; None: a **dict."""
    found = []
    for path in sorted(ROOT.glob("[sft][clr]*/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("finding", "Refused"):
                given = {keyword.arg for keyword in node.keywords}
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                found.append((place, node.args[0].value, None if None in given else given))
    return found


@pytest.mark.parametrize(("rule", "given"), [each[1:] for each in calls()], ids=[each[0] for each in calls()])
def test_every_finding_in_the_source_fills_its_message(rule, given):
    assert rule in RULES
    assert given is None or given == fields(RULES[rule].message)


def test_the_source_was_searched():
    assert len(calls()) > 30
