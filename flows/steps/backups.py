"""Backups: the warehouse as it was at one moment, and every archived file that it names; and the way back.

The database is copied first and the archive after it. A file is archived before the row that names it is written, and
no archived file is ever changed or removed: so whatever the copied database names is there when the files are copied,
while runs go on. Files that came later do no harm. Pages are not copied: the next run puts them in place.
"""

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, warehouse
from flows.steps.settings import Settings
from schemas.tables import METADATA

ARCHIVE = "archive"
STEM = "warehouse-"
UNFINISHED = ".unfinished"
SUFFIXES = {"sqlite": ".db", "postgresql": ".dump"}
LOCK_WAIT = "60s"


class BackupFailed(Exception):
    """A backup was not made, or not put back; the message says why and what to do, and holds no value."""


@dataclass(frozen=True)
class Backup:
    """One copy of the warehouse, and how many files were copied for it."""

    snapshot: Path
    file_count: int


def back_up(settings: Settings, folder: Path, now: dt.datetime, keep: int) -> Backup:
    """Copy the warehouse, then what the archive has and the backup has not; keep the newest `keep` copies.

    A copy gets its name when everything it needs is there; archived files stay for good.

    Raises:
        BackupFailed: nothing was copied that could be trusted; earlier copies are untouched.
    """
    url = sa.make_url(settings.sqlalchemy_url)
    kind = url.get_backend_name()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    snapshot = folder / f"{STEM}{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}{SUFFIXES[kind]}"
    scratch = snapshot.with_name(f"{snapshot.name}{UNFINISHED}")
    try:
        scratch.touch(mode=0o600)
        if kind == "sqlite":
            _copy_sqlite(Path(url.database or ""), scratch)
        else:
            _dump(url, _schema_of(settings), scratch)
        _sync(scratch)
        file_count = _copy_files(settings.path(settings.archive_dir), folder / ARCHIVE)
        scratch.replace(snapshot)
        _sync(folder)
    finally:
        scratch.unlink(missing_ok=True)
    for old in snapshots(folder)[keep:]:
        old.unlink()
    return Backup(snapshot, file_count)


def restore(settings: Settings, folder: Path, snapshot: Path | None = None) -> Backup:
    """Put the newest or a named copy in the place of a warehouse that is not there, after the files that it names.

    On PostgreSQL the schema must be there and empty, and the settings must name its owner.

    Raises:
        BackupFailed: there is no such copy, something stands in its place, or it is not whole.
    """
    url = sa.make_url(settings.sqlalchemy_url)
    found = [path for path in snapshots(folder) if path.suffix == SUFFIXES[url.get_backend_name()]]
    chosen = snapshot or next(iter(found), None)
    if chosen is None or not chosen.is_file():
        raise BackupFailed(f"no copy of this kind of database in {folder}")
    _refuse_what_is_there(settings, url)
    file_count = _copy_files(folder / ARCHIVE, settings.path(settings.archive_dir))
    if url.get_backend_name() == "sqlite":
        _place_sqlite(chosen, Path(url.database or ""))
    else:
        _load(url, _schema_of(settings), chosen)
    missing = _missing_files(settings)
    if missing:
        raise BackupFailed(f"the warehouse is back, but {missing} files that it names are not in {folder / ARCHIVE}")
    return Backup(chosen, file_count)


def snapshots(folder: Path) -> list[Path]:
    """Return the copies in a folder, newest first."""
    return sorted((path for path in folder.glob(f"{STEM}*") if path.suffix in SUFFIXES.values()), reverse=True)


def _copy_sqlite(database: Path, target: Path) -> None:
    """Copy a SQLite database as one transaction sees it, while others write; and look at what was copied."""
    if not database.is_file():
        raise BackupFailed(f"there is no warehouse {database}")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.execute(f"pragma busy_timeout={warehouse.BUSY_SECONDS * 1000}")
        source.backup(copy)
        copy.execute("pragma journal_mode=delete")
        _check_sqlite(copy, target)


def _check_sqlite(connection: sqlite3.Connection, path: Path) -> None:
    try:
        answers = [row[0] for row in connection.execute("pragma integrity_check")]
    except sqlite3.DatabaseError:
        answers = []
    if answers != ["ok"]:
        raise BackupFailed(f"{path.name} is damaged; use an earlier copy")


def _place_sqlite(snapshot: Path, database: Path) -> None:
    database.parent.mkdir(parents=True, exist_ok=True)
    scratch = database.with_name(f".{database.name}{UNFINISHED}")
    try:
        shutil.copyfile(snapshot, scratch)
        with closing(sqlite3.connect(scratch)) as copy:
            _check_sqlite(copy, snapshot)
        _sync(scratch)
        scratch.replace(database)
        _sync(database.parent)
    finally:
        scratch.unlink(missing_ok=True)


def _dump(url: sa.URL, schema: str, target: Path) -> None:
    options = ["--format=custom", f"--schema={schema}", f"--lock-wait-timeout={LOCK_WAIT}", f"--file={target}"]
    _run("pg_dump", options, url)


def _load(url: sa.URL, schema: str, snapshot: Path) -> None:
    options = ["--single-transaction", "--exit-on-error", "--no-owner", f"--schema={schema}", str(snapshot)]
    _run("pg_restore", options, url)


def _run(program: str, options: list[str], url: sa.URL) -> None:
    """Run a program of PostgreSQL's client; the password goes by the environment, unseen in lists."""
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(f"{program} is not there: install postgresql-client, at least of the server's version")
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    place = sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    command = [path, "--no-password", f"--dbname={place.render_as_string()}", *options]
    done = subprocess.run(command, env=os.environ | password, capture_output=True, check=False, text=True)  # noqa: S603
    if done.returncode:
        # The lines after the first may quote rows.
        first = next((line for line in done.stderr.splitlines() if "error" in line), f"exit {done.returncode}")
        raise BackupFailed(first)


def _schema_of(settings: Settings) -> str:
    engine = warehouse.connect(settings.sqlalchemy_url)
    with engine.connect() as connection:
        name = connection.execute(sa.select(sa.func.current_schema())).scalar()
    engine.dispose()
    if name is None:
        raise BackupFailed("there is no schema for the warehouse: run sql/roles.sql first")
    return name


def _refuse_what_is_there(settings: Settings, url: sa.URL) -> None:
    if url.get_backend_name() == "sqlite":
        # A log of another database beside the copy would be played into it.
        there = [path for end in ("", "-wal", "-shm") if (path := Path(f"{url.database}{end}")).exists()]
        if there:
            raise BackupFailed(f"{there[0]} is there: move it away first")
        return
    engine = warehouse.connect(settings.sqlalchemy_url)
    with engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names()) & set(METADATA.tables)
    engine.dispose()
    if tables:
        raise BackupFailed("the schema holds a warehouse: restore into an empty one")


def _copy_files(source: Path, target: Path) -> int:
    """Copy the archived files that the target has not; where bytes are named by their hash, only those with it."""
    copied = 0
    for path in _files(source):
        if archive.path_of(target, path.name).exists():
            continue
        data = path.read_bytes()
        if not archive.is_whole(path, data):
            raise BackupFailed(f"{path} is damaged: put it back from an earlier backup")
        archive.store(target, path.name, data)
        copied += 1
    return copied


def _files(folder: Path) -> Iterator[Path]:
    """Give what is kept under a hash, aggregates of persons too, but no file that is being written."""
    return (path for path in sorted(folder.glob("??/*")) if path.name.startswith(path.parent.name))


def _missing_files(settings: Settings) -> int:
    engine = warehouse.connect(settings.sqlalchemy_url)
    with warehouse.reading(engine) as connection:
        named = {row["sha256"] for row in warehouse.view(connection, "publication_file")}
    engine.dispose()
    folder = settings.path(settings.archive_dir)
    return sum(not archive.path_of(folder, sha256).exists() for sha256 in named)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
