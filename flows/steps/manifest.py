"""The archive's manifest: every row of the ledger, entry by entry, so that a lost warehouse can be made again.

An entry holds the rows that came since the entry before. Rows are only ever added, each table is in the order of a
number, and a row stands with those that it belongs to in one transaction: so the newest numbers of an entry say where
the next one begins. Facts are not in it: they are read from the archived deliveries again.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, warehouse
from schemas.tables import METADATA, UtcTimestamp

FOLDER = "manifest"
FORMAT = 1
_KEPT_ELSEWHERE = {"horizon"}
FACTS = tuple(
    name
    for name, table in METADATA.tables.items()
    if table.primary_key.columns[0].name == "load_id" and name not in ("load", "load_partition")
)
"""Tables of what deliveries state; every other table is the ledger's."""
LEDGER = tuple(name for name in METADATA.tables if name not in {*FACTS, *_KEPT_ELSEWHERE})
"""In an order in which foreign keys point backwards."""


class WrongManifest(Exception):
    """The manifest does not fit the warehouse, or is damaged; the message says how and what to do."""


@dataclass(frozen=True)
class Entry:
    """An entry of a manifest: its number, the hash of the entry before, the newest numbers in it, and its lines."""

    number: int
    after: str
    until: dict[str, int]
    sha256: str
    lines: list[str]

    def rows(self) -> Iterator[tuple[str, dict]]:
        """Give (table, row) in the order in which they can be written."""
        for line in self.lines:
            content = json.loads(line)
            yield content["table"], _typed(content["table"], content["row"])


def _key(table: str) -> sa.Column:
    """Return the column by whose number a table's rows are in order: its own, or that of what they belong to."""
    return METADATA.tables[table].primary_key.columns[0]


def _numbered() -> list[str]:
    """Return the tables whose rows have a number of their own, and not that of what they belong to."""
    return [
        name for name in LEDGER if len(METADATA.tables[name].primary_key.columns) == 1 and not _key(name).foreign_keys
    ]


def name_of(connection: sa.Connection) -> str | None:
    """Return the name of a warehouse's manifest, made from its first run; None before that."""
    run = METADATA.tables["run"]
    first = connection.execute(sa.select(run).order_by(run.c.run_id).limit(1)).mappings().first()
    if first is None:
        return None
    digest = hashlib.sha256(_as_json(dict(first)).encode()).hexdigest()
    return f"{first['started_at']:%Y%m%dT%H%M%S}-{digest[:8]}"


def keep(engine: sa.Engine, archive_dir: Path) -> None:
    """Write what came since the newest entry as one more; nothing when there is nothing new.

    What a run that died did not write is written by the next one.

    Raises:
        WrongManifest: the manifest knows of more than the warehouse, which is then an older copy of itself.
    """
    is_written = False
    while not is_written:
        with warehouse.reading(engine) as connection:
            name = name_of(connection)
            if name is None:
                return
            folder = archive_dir / FOLDER / name
            newest = _newest(folder)
            begins = newest.until if newest else {}
            until = {_key(table).name: _greatest(connection, table) for table in _numbered()}
            if any(until.get(key, 0) < number for key, number in begins.items()):
                raise WrongManifest(
                    f"{folder} knows of more than this warehouse, which is an older copy: put the newest one back, "
                    "or let `kanalstatus rebuild` fill an empty one"
                )
            if until == begins:
                return
            number = newest.number + 1 if newest else 1
            head = {"format": FORMAT, "entry": number, "after": newest.sha256 if newest else "", "until": until}
            lines = [_as_json(head), *_lines(connection, begins, until)]
        is_written = archive.write_new(folder / f"{number:06d}.jsonl", "\n".join([*lines, ""]).encode())


def _greatest(connection: sa.Connection, table: str) -> int:
    return connection.execute(sa.select(sa.func.max(_key(table)))).scalar() or 0


def _lines(connection: sa.Connection, begins: dict[str, int], until: dict[str, int]) -> Iterator[str]:
    for name in LEDGER:
        table, key = METADATA.tables[name], _key(name)
        new = sa.select(table).where(key > begins.get(key.name, 0), key <= until[key.name])
        for row in connection.execute(new.order_by(*table.primary_key.columns)).mappings():
            yield _as_json({"table": name, "row": dict(row)})


def _as_json(content: dict) -> str:
    return json.dumps(content, ensure_ascii=False, default=_as_text)


def _as_text(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"a manifest cannot hold a {type(value).__name__}")


def _typed(table: str, row: dict) -> dict:
    """Return a row of an entry with dates and times as such.

    Raises:
        WrongManifest: its table or a column is not one of this version.
    """
    columns = dict(METADATA.tables[table].columns.items()) if table in METADATA.tables else {}
    if not columns or not row.keys() <= columns.keys():
        raise WrongManifest(f"the manifest has a row of {table} that this version does not know; install the newer one")
    return {name: _value(columns[name], value) for name, value in row.items()}


def _value(column: sa.Column, value: object) -> object:
    if isinstance(value, str) and isinstance(column.type, UtcTimestamp):
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if isinstance(value, str) and isinstance(column.type, sa.Date) else value


def _paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.jsonl"))


def _newest(folder: Path) -> Entry | None:
    paths = _paths(folder)
    return _read(paths[-1]) if paths else None


def _read(path: Path) -> Entry:
    data = path.read_bytes()
    head, *lines = data.decode().removesuffix("\n").split("\n")
    known = json.loads(head)
    if known["format"] != FORMAT:
        raise WrongManifest(f"{path} has format {known['format']}: install the kanalstatus that wrote it")
    return Entry(known["entry"], known["after"], known["until"], hashlib.sha256(data).hexdigest(), lines)


def names(archive_dir: Path) -> list[str]:
    """Return the names of the manifests in an archive: one a warehouse that was filled beside it."""
    return sorted(path.name for path in (archive_dir / FOLDER).glob("*") if _paths(path))


def entries(archive_dir: Path, name: str) -> Iterator[Entry]:
    """Give the entries of a manifest, oldest first.

    Raises:
        WrongManifest: one is missing, or is not the one that the next was written after.
    """
    before = ""
    for number, path in enumerate(_paths(archive_dir / FOLDER / name), 1):
        entry = _read(path)
        if (entry.number, entry.after) != (number, before):
            raise WrongManifest(f"{path} does not follow the entry before it: an entry was lost or changed")
        yield entry
        before = entry.sha256
