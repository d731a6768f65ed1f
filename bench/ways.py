"""The ways of loading that are measured side by side: what each is, and the command that takes it."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bench.project import PROJECT

OWN_PYTHON = sys.executable
BENCH_PYTHON = str(PROJECT / ".venv-bench" / "bin" / "python")
"""Of the environment in which the libraries stand that kanalstatus does not have."""


@dataclass(frozen=True)
class Way:
    """A way of loading: its name in tables, what it does, and its module with further arguments."""

    label: str
    text: str
    module: str = ""
    arguments: tuple[str, ...] = ()
    python: str = OWN_PYTHON
    answers: bool = True

    def command(self, inbox: Path, folder: Path) -> list[str]:
        """Return the command that loads an inbox into a database in a folder and writes its answer there."""
        places = [str(inbox), *((str(folder / "loaded.db"), str(folder / ANSWER)) if self.answers else ())]
        return [self.python, "-m", self.module, *places, *self.arguments]


ANSWER = "answer.json"
KANALSTATUS, WITH_PAGE, STRAIGHT_LINE, FLOOR = "kanalstatus", "with-page", "straight-line", "floor"
PANDAS, DUCKDB, DUCKDB_TOGETHER, DLT = "pandas", "duckdb", "duckdb-together", "dlt"
WAYS = {
    KANALSTATUS: Way(
        "kanalstatus run",
        "the real command: ledger, quarantine, archive, hashes and the scan for CPR numbers included; no page is due",
    ),
    WITH_PAGE: Way(
        "kanalstatus run, with pages",
        "the same, and the pages and mails of one municipality for every count",
    ),
    STRAIGHT_LINE: Way(
        "Polars + pandera + SQLite",
        "a script in a straight line: reads, checks, sets aside, sums up and inserts, a transaction a file",
        "bench.straight_line",
    ),
    PANDAS: Way(
        "pandas + pandera + to_sql",
        "the same steps with pandas, into SQLite",
        "bench.pandas_to_sql",
        python=BENCH_PYTHON,
    ),
    DUCKDB: Way(
        "DuckDB, a file at a time",
        "the same checks in SQL, into DuckDB's own file, a transaction a file",
        "bench.duckdb_sql",
        python=BENCH_PYTHON,
    ),
    DUCKDB_TOGETHER: Way(
        "DuckDB, all files at once",
        "the same in two statements over all files, one an encoding: a bad file does not stand alone",
        "bench.duckdb_sql",
        ("--together",),
        python=BENCH_PYTHON,
    ),
    DLT: Way(
        "dlt",
        "the straight line's checks as a resource of Arrow tables, loaded into SQLite in one package",
        "bench.dlt_pipeline",
        python=BENCH_PYTHON,
    ),
    FLOOR: Way("reading and hashing", "the bytes of every delivery, and nothing else", "bench.floor", answers=False),
}
LARGE = (KANALSTATUS, STRAIGHT_LINE, PANDAS, DUCKDB_TOGETHER, FLOOR)
"""The ways that are taken at the large size, where the slow ones would take all day."""
START_LIBRARIES = ("polars", "sqlalchemy", "great_tables")
