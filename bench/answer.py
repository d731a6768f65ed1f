"""What every way of loading must end with: the same tables, the same question, the same answer.

Only the standard library, for the reason given in bench/terms.py.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from bench import terms

TABLES = (
    """create table delivery (
        delivery_id integer not null, file_name text not null, rows_read integer not null,
        rows_rejected integer not null)""",
    """create table rejected_row (
        delivery_id integer not null, source_row integer not null, column_name text not null, rule text not null)""",
    """create table enquiry (
        delivery_id integer not null, count_id text not null, municipality_code text not null, week text not null,
        kle text not null, channel text not null, direction text not null, enquiry_type text not null,
        enquiry_count integer not null)""",
    "create table package_task (kle text not null)",
    "create table share_channel (channel text not null)",
)
GRAIN = ("count_id", "municipality_code", "week", "kle", "channel", "direction", "enquiry_type")
ENQUIRY_KEY = f"create unique index enquiry_key on enquiry (delivery_id, {', '.join(GRAIN)})"
"""The key that SQLite keeps; DuckDB's documentation advises against one on a table that grows by bulk."""

CHANNEL_SHARE = """
    select
        count_id, municipality_code, direction, channel, enquiry_count,
        cast(sum(enquiry_count) over (partition by count_id, municipality_code, direction) as bigint) as total_count
    from (
        select count_id, municipality_code, direction, channel, cast(sum(enquiry_count) as bigint) as enquiry_count
        from enquiry
        where kle in (select kle from package_task) and channel in (select channel from share_channel)
        group by count_id, municipality_code, direction, channel
    ) as by_channel
    order by count_id, municipality_code, direction, channel
"""
READ = "select coalesce(sum(rows_read), 0), coalesce(sum(rows_rejected), 0) from delivery"


class Database(Protocol):
    """What SQLite's and DuckDB's connections have in common."""

    def execute(self, query: str, /) -> Any:
        """Run a query."""

    def executemany(self, query: str, values: Any, /) -> Any:
        """Run a query once for each row of values."""


@dataclass(frozen=True)
class Answer:
    """The figures that a way of loading arrives at.

    `channel_share`: (count, municipality, direction, channel, enquiries, all enquiries of the direction), sorted.
    """

    rows_read: int
    rows_rejected: int
    channel_share: list[list]

    def write(self, path: Path) -> None:
        """Write the answer as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read(path: Path) -> Answer:
    """Return an answer that was written."""
    return Answer(**json.loads(path.read_text(encoding="utf-8")))


def make_tables(database: Database) -> None:
    """Make the tables, and fill those that say what the question is about."""
    for table in TABLES:
        database.execute(table)
    database.executemany("insert into package_task values (?)", [(kle,) for kle in terms.tasks()])
    database.executemany("insert into share_channel values (?)", [(channel,) for channel in terms.SHARE_CHANNELS])


def ask(database: Database) -> Answer:
    """Return the answer that a database's tables give."""
    (rows_read, rows_rejected) = database.execute(READ).fetchone()
    shares = [list(row) for row in database.execute(CHANNEL_SHARE).fetchall()]
    return Answer(int(rows_read), int(rows_rejected), shares)
