"""The flow `backfill`, each run in a process of its own, as a process worker starts it.

python -m bench.backfill_flow [--threads N] FIRST:LAST [FIRST:LAST ...]

Several spans of counts are runs at once. --threads: so many at most; without it the environment chooses who takes the
counts up. Ends with 1 when a run did not complete.
"""

import argparse
import subprocess
import sys


def run(span: str, threads: int | None) -> bool:
    """Load a span of counts, and tell whether that was completed."""
    from prefect.task_runners import ThreadPoolTaskRunner  # noqa: PLC0415 - each run pays for its own imports

    from flows.backfill import backfill  # noqa: PLC0415

    first, _, last = span.partition(":")
    flow = backfill.with_options(task_runner=ThreadPoolTaskRunner(max_workers=threads)) if threads else backfill
    state = flow(reason="bench", first_count=first, last_count=last, return_state=True)
    print(state.name, state.message)
    return state.is_completed()


def run_together(spans: list[str], options: list[str]) -> bool:
    """Start a run for each span, and tell whether all were completed."""
    commands = [[sys.executable, "-m", "bench.backfill_flow", *options, span] for span in spans]
    started = [subprocess.Popen(command) for command in commands]  # noqa: S603 - this module
    return {process.wait() for process in started} == {0}


def main() -> None:
    """Load the spans."""
    parser = argparse.ArgumentParser(prog="python -m bench.backfill_flow")
    parser.add_argument("--threads", type=int)
    parser.add_argument("spans", nargs="+", metavar="FIRST:LAST")
    asked = parser.parse_args()
    options = ["--threads", str(asked.threads)] if asked.threads else []
    is_done = run(asked.spans[0], asked.threads) if len(asked.spans) == 1 else run_together(asked.spans, options)
    sys.exit(not is_done)


if __name__ == "__main__":
    main()
