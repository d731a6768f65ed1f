"""Models, rules and views -> docs/data-dictionary.md and docs/rules.md; `--check` fails when they are stale."""

import inspect
import sys
from importlib import resources
from pathlib import Path

import pandera.polars as pa

from schemas.rules import RULES, Level
from schemas.sources import LAYOUTS
from schemas.warehouse import TABLES

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Made by `make docs` from the code; do not edit. -->"
LEVEL_WORDS = {
    Level.ROW: "Rows set aside",
    Level.HELD: "Deliveries held",
    Level.REFUSED: "Deliveries refused",
    Level.DUPLICATE: "Duplicates",
}


def data_dictionary() -> str:
    """Return the dictionary of deliveries, tables and views in Markdown."""
    parts = ["# Data dictionary", NOTE, "## Deliveries", "Every cell arrives as text; see schemas/sources.py."]
    parts += [_model(f"{source}", layout.model) for source, layout in LAYOUTS.items()]
    parts += ["## Tables", "Rows are only ever added. Keys are marked with *."]
    parts += [_model(name, model) for name, model in TABLES.items()]
    parts += ["## Views", "The first comment of each sql/views/*.sql says what one row is."]
    views = sorted((resources.files("sql") / "views").iterdir(), key=lambda file: file.name)
    parts += [_view(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in views]
    return "\n\n".join(parts) + "\n"


def _model(name: str, model: type[pa.DataFrameModel]) -> str:
    schema = model.to_schema()
    keys = schema.unique or []
    lines = ["| column | type | null | values | what it is |", "|---|---|---|---|---|"]
    for column, field in schema.columns.items():
        allowed = next((check.statistics.get("allowed_values") for check in field.checks), None)
        values = ", ".join(map(str, allowed)) if allowed and len(allowed) <= 12 else "code list" if allowed else ""
        star = "*" if column in keys else ""
        kind = str(field.dtype).removesuffix("(time_unit='us', time_zone=None)")
        lines.append(
            f"| {column}{star} | {kind} | {'yes' if field.nullable else ''} | {values} | {field.description} |"
        )
    return f"### {name}\n\n{inspect.getdoc(model)}\n\n" + "\n".join(lines)


def _view(name: str, select: str) -> str:
    comment = " ".join(line.removeprefix("--").strip() for line in select.splitlines() if line.startswith("--"))
    return f"### {name}\n\n{comment}"


def rule_list() -> str:
    """Return the catalogue of rules in Markdown."""
    parts = ["# Rules", NOTE, "What can be wrong with a delivery, what is said of it, and what to do."]
    for level, words in LEVEL_WORDS.items():
        lines = [f"## {words}", "", "| rule | message | what to do |", "|---|---|---|"]
        lines += [f"| {rule.code} | {rule.message} | {rule.remedy} |" for rule in RULES.values() if rule.level == level]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


PAGES = {"data-dictionary.md": data_dictionary, "rules.md": rule_list}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check say which are stale and return 1."""
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    print(f"{'stale' if '--check' in arguments else 'written'}: {', '.join(stale)}" if stale else "docs are current")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
