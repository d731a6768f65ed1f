"""Making a lost warehouse again: the ledger from the archive's manifest, the facts from the archived deliveries."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from flows.steps import archive, manifest, origins, warehouse
from flows.steps.settings import Settings
from schemas.tables import METADATA
from transforms.parsed import Parsed

ROWS_AT_ONCE = 10_000


class NotRebuilt(Exception):
    """The warehouse was not made again, and nothing was written; the message says why and what to do."""


@dataclass
class Rebuilt:
    """What was made: loads, and of those the ones whose facts are others now or cannot be compared; lost files."""

    loads: int = 0
    changed: list[str] = field(default_factory=list)
    unproved: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def rebuild(engine: sa.Engine, settings: Settings, name: str | None = None, *, accept_changed: bool = False) -> Rebuilt:
    """Fill an empty warehouse from a manifest and the archived deliveries, in one transaction.

    Args:
        name: of the manifest; needed when the archive has several.
        accept_changed: write the facts as this version reads them although others were loaded.

    Raises:
        NotRebuilt: the warehouse is not empty, or the facts read now are not those that were loaded.
        manifest.WrongManifest: the manifest is damaged or of another version.
        origins.NotKept: the archive has lost a delivery.
    """
    folder = settings.path(settings.archive_dir)
    chosen = _chosen(folder, name)
    done = Rebuilt()
    with warehouse.writing(engine) as connection:
        filled = [table for table in METADATA.tables if _has_rows(connection, table)]
        if filled:
            raise NotRebuilt("the warehouse is not empty; name a new one in database_url")
        for entry in manifest.entries(folder, chosen):
            _write(connection, entry)
        _read_facts(connection, settings, done)
        if done.changed and not accept_changed:
            raise NotRebuilt(
                "\n".join([*done.changed, "install the version that loaded them, or add --accept-changed"])
            )
        done.lost = _lost_files(connection, folder)
    return done


def _chosen(folder: Path, name: str | None) -> str:
    names = manifest.names(folder)
    if name in names:
        return str(name)
    if not names or name:
        raise NotRebuilt(f"the archive has no manifest{f' {name}' if name else ''} in {folder / manifest.FOLDER}")
    if len(names) > 1:
        raise NotRebuilt(f"the archive has several manifests: choose by --manifest {' or '.join(names)}")
    return names[0]


def _has_rows(connection: sa.Connection, table: str) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(METADATA.tables[table]).limit(1)).first() is not None


def _write(connection: sa.Connection, entry: manifest.Entry) -> None:
    """Write an entry's rows, those of a table together."""
    for table, pairs in itertools.groupby(entry.rows(), lambda pair: pair[0]):
        rows = (row for _, row in pairs)
        while some := list(itertools.islice(rows, ROWS_AT_ONCE)):
            warehouse.insert(connection, table, some)


def _read_facts(connection: sa.Connection, settings: Settings, done: Rebuilt) -> None:
    """Write the facts of every load, read from the archive again, and note those that were others when loaded."""
    numbers = [row["load_id"] for row in warehouse.view(connection, "load", "load_id")]
    with origins.open_readings(settings) as readings:
        for origin in sorted(origins.of_loads(connection, numbers), key=lambda each: each["settings_id"]):
            _read_load(connection, origin, readings.once(origin), done)


def _read_load(connection: sa.Connection, origin: dict, parsed: Parsed, done: Rebuilt) -> None:
    done.loads += 1
    load_id = origin["load_id"]
    if origin["facts_sha256"] is None:
        done.unproved.append(load_id)
    elif parsed.facts_sha256 != origin["facts_sha256"]:
        done.changed.append(
            f"load {load_id} (delivery {origin['delivery_id']}, {origin['file_name']}) reads otherwise than when "
            f"it was loaded by code {origin['code_version']}, code lists {origin['code_list_version']}"
        )
    for table, facts in parsed.facts.items():
        warehouse.insert(connection, table, facts.with_columns(pl.lit(load_id, pl.Int64).alias("load_id")))


def _lost_files(connection: sa.Connection, folder: Path) -> list[str]:
    """Return the files of publications, and mails, whose bytes the archive has not."""
    pages = warehouse.view(connection, "publication_file", "publication_id", "file_name")
    known = [(f"{row['file_name']} of publication {row['publication_id']}", row["sha256"]) for row in pages]
    mails = warehouse.view(connection, "outbox", "mail_id")
    known += [(f"mail {row['mail_id']}", row["sha256"]) for row in mails]
    return [text for text, sha256 in known if not archive.path_of(folder, sha256).exists()]
