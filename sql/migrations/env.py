"""What Alembic asks for: the connection of the writer that migrates, and the tables as the models declare them."""

from typing import Literal

import sqlalchemy as sa
from alembic import context

from schemas.tables import METADATA, UtcTimestamp


def _plain_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write a migration in SQLAlchemy's own types: it must not change when ours do."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTimestamp) else False


def _migrate(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        version_table="schema_revision",
        render_as_batch=True,
        render_item=_plain_type,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:  # `make migration`: a scratch database, named on Alembic's command line
    with sa.create_engine(context.get_x_argument(as_dictionary=True)["url"]).begin() as scratch:
        _migrate(scratch)
