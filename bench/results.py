"""What was measured: kept in a file after each run, so that a bench that was stopped goes on where it was."""

import json
from dataclasses import asdict
from pathlib import Path

from bench.measure import Cost


class Results:
    """The costs measured so far under each key, and single facts beside them."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        kept = json.loads(path.read_text(encoding="utf-8")) if resume and path.exists() else {}
        self._costs = {key: [Cost(**each) for each in costs] for key, costs in kept.get("costs", {}).items()}
        self.facts: dict[str, float] = kept.get("facts", {})

    def count(self, key: str) -> int:
        """Return how many runs were measured."""
        return len(self._costs.get(key, []))

    def add(self, key: str, cost: Cost) -> None:
        """Keep the cost of a run."""
        self._costs.setdefault(key, []).append(cost)
        self.save()

    def save(self) -> None:
        """Write everything to the file."""
        costs = {key: [asdict(each) for each in costs] for key, costs in self._costs.items()}
        self._path.write_text(json.dumps({"costs": costs, "facts": self.facts}, indent=1), encoding="utf-8")

    def best(self, key: str) -> Cost:
        """Return the least of each number over the runs of a key: what disturbs a run only ever adds."""
        costs = self._costs[key]
        return Cost(
            min(each.seconds for each in costs),
            min(each.cpu_seconds for each in costs),
            min(each.peak_bytes for each in costs),
        )
