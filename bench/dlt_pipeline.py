"""The same work as a dlt pipeline into SQLite, through dlt's SQLAlchemy destination.

python -m bench.dlt_pipeline INBOX DATABASE ANSWER

dlt judges values one row at a time, by a Pydantic model, and drops what breaks it or stops; it has no place for rows
that are set aside. So it is given the straight line's checks and its frames as Arrow tables, which it takes without
a look at each row; its own are the contract on columns and types, the load package, and the loading.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import polars as pl

from bench import answer, straight_line, terms
from bench.answer import Answer

CONTRACT = {"tables": "evolve", "columns": "freeze", "data_type": "freeze"}
SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "LOAD__WORKERS": "1",  # SQLite has one writer
}


def load(inbox: Path, database: Path) -> Answer:
    """Load the deliveries of an inbox into a new SQLite file, in one load package; return what it then says."""
    os.environ.update(SETTINGS)
    with sqlite3.connect(database) as connection:
        connection.execute("pragma journal_mode=wal")
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(database.with_suffix(".dlt")),
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{database}"),
        dataset_name="main",
    )
    pipeline.run([deliveries(inbox), _words()], loader_file_format="parquet").raise_on_failed_jobs()
    connection = sqlite3.connect(database)
    found = answer.ask(connection)
    connection.close()
    return found


@dlt.resource(name="deliveries", schema_contract=CONTRACT)
def deliveries(inbox: Path) -> Iterator[Any]:
    """Give the rows of each delivery for its tables."""
    for delivery_id, path in enumerate(sorted(inbox.rglob("*.csv")), 1):
        frame = straight_line.read(path.read_bytes())
        facts, rejected = straight_line.check(frame)
        arrival = pl.DataFrame({"file_name": [path.name], "rows_read": frame.height, "rows_rejected": rejected.height})
        for table, rows in (("delivery", arrival), ("rejected_row", rejected), ("enquiry", facts)):
            if rows.height:
                numbered = rows.with_columns(pl.lit(delivery_id).alias("delivery_id"))
                yield dlt.mark.with_table_name(numbered.to_arrow(), table)


@dlt.source
def _words() -> Any:
    tasks = pl.DataFrame({"kle": list(terms.tasks())})
    channels = pl.DataFrame({"channel": list(terms.SHARE_CHANNELS)})
    return (
        dlt.resource(tasks.to_arrow(), name="package_task"),
        dlt.resource(channels.to_arrow(), name="share_channel"),
    )


if __name__ == "__main__":
    load(Path(sys.argv[1]), Path(sys.argv[2])).write(Path(sys.argv[3]))
