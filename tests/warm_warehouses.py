"""New warehouses without the walk through every migration: what that does is written down once, and done again.

Only in an empty database; test_migrations.py and test_roles.py walk every time.
"""

import sqlalchemy as sa

from flows.steps import migrations

walk = migrations._upgrade
"""As production does."""
Statements = dict[tuple[str, str], list[str]]
"""(dialect, version) -> what makes a warehouse."""
known: Statements = {}
AS_WRITTEN = {"no_parameters": True}


def upgrade(connection: sa.Connection) -> None:
    """Make a warehouse in an empty database as the first time in this process; bring any other to this version."""
    found = sa.inspect(connection)
    key = connection.dialect.name, migrations.version()
    if found.get_table_names() or found.get_view_names():
        walk(connection)
    elif key not in known:
        known[key] = _written_down(connection)
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql(";\n".join(known[key]), execution_options=AS_WRITTEN)
        migrations.grant(connection)
    else:
        for statement in known[key]:
            connection.exec_driver_sql(statement, execution_options=AS_WRITTEN)


def _written_down(connection: sa.Connection) -> list[str]:
    """Walk, and return the statements that changed something; which rights are granted depends on the server."""
    statements: list[str] = []

    def write_down(_connection, _cursor, statement, parameters, *_) -> None:
        if statement != grants and not statement.lstrip().lower().startswith(("select", "pragma")):
            assert not parameters, statement
            statements.append(statement)

    grants = migrations._grants()
    sa.event.listen(connection, "before_cursor_execute", write_down)
    try:
        walk(connection)
    finally:
        sa.event.remove(connection, "before_cursor_execute", write_down)
    return statements


def use(statements: Statements) -> None:
    """Let this process make warehouses as another one has written down."""
    known.update(statements)
    migrations._upgrade = upgrade
