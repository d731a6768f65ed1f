"""The grid of a backfill: each source of each municipality in each count, as it stands and as it would become."""

from flows.steps.backfill import Trial
from flows.steps.backfill_work import Step
from flows.steps.standing import Cell, Scope, Standing
from schemas.codes import StandingState, StepOutcome
from transforms.backfill_text import GridRow

UNKNOWN = "-"
NOT_TAKEN = "left alone"
WORDS = {
    StepOutcome.LOADED: "load",
    StepOutcome.UNCHANGED: "unchanged",
    StepOutcome.GONE: "cannot be read again",
    StepOutcome.FAILED: "fail",
}


def rows(trial: Trial, scope: Scope) -> list[GridRow]:
    """Return a row a cell of the scope, oldest count first, that tells each kind of what its deliveries are."""
    by_standing = {id(step.standing): step for step in trial.steps}
    told: dict[Cell, list[tuple[StandingState, str, str]]] = {}
    for each in trial.standing:
        step = by_standing.get(id(each))
        for cell in _cells(each, step):
            if scope.covers(cell):
                told.setdefault(cell, []).append((each.state, _reason(each, step), _outcome(step)))
    for cell, weeks in trial.missing:
        told.setdefault(cell, []).append((StandingState.MISSING, f"no delivery of {', '.join(weeks)}", "wait"))
    place = {count_id: number for number, count_id in enumerate(scope.counts)}
    ordered = sorted(
        told, key=lambda cell: (place.get(cell.count_id or "", len(place)), *(part or "" for part in cell))
    )
    return [_row(cell, told[cell]) for cell in ordered]


def _cells(each: Standing, step: Step | None) -> tuple[Cell, ...]:
    return (step.cells if step else each.cells) or (Cell(None, None, None),)


def _reason(each: Standing, step: Step | None) -> str:
    """Return why a delivery stands as it does; of a file of the inbox that is left alone, also what takes it up."""
    is_left_in_inbox = step is None and each.file is not None
    return f"{each.reason}; --reprocess {each.state} takes it up" if is_left_in_inbox else each.reason


def _outcome(step: Step | None) -> str:
    return WORDS.get(step.outcome, f"{step.outcome}") if step else NOT_TAKEN


def _row(cell: Cell, told: list[tuple[StandingState, str, str]]) -> GridRow:
    order = list(StandingState)
    states, reasons, outcomes = (list(dict.fromkeys(each)) for each in zip(*told, strict=True))
    state = min((StandingState(each) for each in states), key=order.index)
    count_id, code, source = (part or UNKNOWN for part in cell)
    return GridRow(count_id, code, source, str(state), "; ".join(map(str, reasons)), ", ".join(map(str, outcomes)))
