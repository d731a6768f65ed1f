"""A backfill in words: one sentence for the run page, and the grid of what one would do."""

from dataclasses import asdict, dataclass

from schemas.codes import StepOutcome, count_label
from transforms.danish import listing

OUTCOME_WORDS = {
    StepOutcome.LOADED: "indlæst",
    StepOutcome.UNCHANGED: "uændret",
    StepOutcome.HELD: "tilbageholdt",
    StepOutcome.REFUSED: "afvist",
    StepOutcome.DUPLICATE: "gentaget",
    StepOutcome.GONE: "ikke længere at finde",
    StepOutcome.FAILED: "mislykket",
}


@dataclass(frozen=True)
class GridRow:
    """A source of a municipality in a count: how it stands, why, and what would come of it."""

    count_id: str
    municipality_code: str
    source: str
    state: str
    reason: str
    outcome: str


def summary(counts: tuple[str, ...], reason: str, outcomes: list[StepOutcome]) -> str:
    """Return what a backfill of some counts did, and why it was asked for, in Danish."""
    span = count_label(counts[0]) if len(counts) == 1 else f"{count_label(counts[0])} til {count_label(counts[-1])}"
    number = {outcome: outcomes.count(outcome) for outcome in StepOutcome}
    parts = [f"{number[outcome]} {word}" for outcome, word in OUTCOME_WORDS.items() if number[outcome]]
    return f"Efterindlæsning af {span}: {listing(parts) if parts else 'ingen leveringer'}. Grund: {reason}"


def grid_lines(rows: list[GridRow]) -> list[str]:
    """Return a line a row, in columns under a heading."""
    names = ("count", "municipality", "source", "state", "outcome", "reason")
    cells = [
        names,
        *((row.count_id, row.municipality_code, row.source, row.state, row.outcome, row.reason) for row in rows),
    ]
    wide = [max(len(line[place]) for line in cells) for place in range(len(names))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)).rstrip() for line in cells]


def as_table(rows: list[GridRow]) -> list[dict[str, str]]:
    """Return rows as a table of the Prefect UI."""
    return [asdict(row) for row in rows]


def change_lines(changes: list[tuple[str, str, str]]) -> list[str]:
    """Return a line a printed figure that changes."""
    return [f"  {name}: {before} -> {after}" for name, before, after in changes]
