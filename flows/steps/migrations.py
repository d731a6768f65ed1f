"""The warehouse's shape: tables by migrations, views and rights by their text; brought up to date or refused."""

import graphlib
import hashlib
import re
from functools import cache
from importlib import resources
from pathlib import Path

import sqlalchemy as sa

from flows.steps import postgresql, sqlite
from schemas.tables import METADATA

SQL = resources.files("sql")
MIGRATIONS = Path(str(SQL / "migrations"))
VERSION_TABLE = "schema_revision"
SHAPE_VIEW = "warehouse_shape"
FIRST_REVISION = "0001"
FIRST_SHAPE_VIEW = "warehouse_version"
ROLES = ("kanalstatus_loader", "kanalstatus_reporter")


class WrongWarehouse(Exception):
    """The database cannot serve as this version's warehouse; the message says why and what to do."""


@cache
def views() -> dict[str, str]:
    """Return view name -> select, in an order in which each comes after those that it reads."""
    selects = {
        file.name.removesuffix(".sql"): file.read_text(encoding="utf-8")
        for file in (SQL / "views").iterdir()
        if file.name.endswith(".sql")
    }
    words = {name: set(re.findall(r"(?:from|join)\s+(\w+)", text)) for name, text in selects.items()}
    reads = {name: found & selects.keys() - {name} for name, found in words.items()}
    return {name: selects[name] for name in graphlib.TopologicalSorter(reads).static_order()}


@cache
def version() -> str:
    """Return a hash of everything that gives the warehouse its shape."""
    revisions = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    return hashlib.sha256("\0".join([*revisions, *views().values(), _grants()]).encode()).hexdigest()


def is_current(connection: sa.Connection) -> bool:
    """Tell whether the warehouse has this version's shape."""
    if not sa.inspect(connection).has_table(SHAPE_VIEW):
        return False
    marker: sa.Select = sa.select(sa.column("version")).select_from(sa.table(SHAPE_VIEW))
    return connection.execute(marker).scalar_one() == version()


def upgrade(connection: sa.Connection) -> None:
    """Bring a warehouse to this version's shape, in the transaction of a writer that `migrates`.

    Raises:
        WrongWarehouse: it is a newer version's, another program's, or ours but of another owner.
    """
    if is_current(connection):
        return
    try:
        _upgrade(connection)
    except sa.exc.ProgrammingError as error:
        if postgresql.sqlstate(error) != postgresql.INSUFFICIENT_PRIVILEGE:
            raise
        raise WrongWarehouse(
            "the warehouse is not of this version, and this role may not change it: "
            "run `kanalstatus upgrade` as its owner (docs/runbook.md)"
        ) from None


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 - slow to import, and only a change of version needs it
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    revision = _revision(connection)
    if revision is not None and revision not in known:
        raise WrongWarehouse(f"the warehouse is of a newer version (revision {revision}): install that kanalstatus")
    for name in reversed(_own_views(connection)):
        connection.exec_driver_sql(f"drop view {name}")
    if revision is None and _is_of_the_first_version(connection):
        command.stamp(config, FIRST_REVISION)
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and sqlite.broken_keys(connection):
        raise WrongWarehouse("the warehouse holds rows that point nowhere: restore a backup")
    _make_views(connection)
    if connection.dialect.name == "postgresql":
        _describe(connection)
        grant(connection)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))).scalar()


def _is_of_the_first_version(connection: sa.Connection) -> bool:
    """Tell whether the tables are those of version 0.1.0, which kept no revision.

    Raises:
        WrongWarehouse: there are tables of these names that are not ours.
    """
    present = set(sa.inspect(connection).get_table_names()) & METADATA.tables.keys()
    if present and not {"settings", "run", "arrival", "load", "enquiry", "publication_file"} <= present:
        raise WrongWarehouse(f"the database holds tables of other programs: {', '.join(sorted(present))}")
    return bool(present)


def _own_views(connection: sa.Connection) -> list[str]:
    """Return the views that an earlier version made, in the order it made them; others' views are left alone."""
    for marker in (SHAPE_VIEW, FIRST_SHAPE_VIEW):
        if sa.inspect(connection).has_table(marker):
            names: sa.Select = sa.select(sa.column("view_names")).select_from(sa.table(marker))
            return [*connection.execute(names).scalar_one().split(), marker]
    return []


def _make_views(connection: sa.Connection) -> None:
    as_written = {"no_parameters": True}  # a view's comment may hold a per cent sign
    for name, select in views().items():
        connection.exec_driver_sql(f"create view {name} as\n{select}", execution_options=as_written)
    marker = f"select cast('{version()}' as text) as version, cast('{' '.join(views())}' as text) as view_names"
    connection.exec_driver_sql(f"create view {SHAPE_VIEW} as {marker}", execution_options=as_written)


def _grants() -> str:
    return (SQL / "grants.sql").read_text(encoding="utf-8")


def _describe(connection: sa.Connection) -> None:
    """Put the models' and views' words beside what they describe."""
    for table in METADATA.tables.values():
        connection.execute(sa.schema.SetTableComment(table))
        for column in table.columns:
            connection.execute(sa.schema.SetColumnComment(column))
    for name, select in views().items():
        words = " ".join(line[2:].strip() for line in select.splitlines() if line.startswith("--"))
        text = sa.String().literal_processor(connection.dialect)(words)
        connection.exec_driver_sql(f"comment on view {name} is {text}", execution_options={"no_parameters": True})


def grant(connection: sa.Connection) -> None:
    """Give the roles of sql/roles.sql their rights, where there are these roles."""
    roles = sa.text("select rolname from pg_roles where rolname = any(:names)")
    if set(connection.execute(roles, {"names": list(ROLES)}).scalars()) == set(ROLES):
        connection.exec_driver_sql(_grants(), execution_options={"no_parameters": True})
