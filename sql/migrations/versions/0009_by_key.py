"""SQLite keeps enquiries once, in the order of their key; it kept an index of nearly the same size beside them."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table anew in SQLite; PostgreSQL knows no such difference."""
    if op.get_bind().dialect.name == "sqlite":
        by_key = {"sqlite_strict": True, "sqlite_with_rowid": False}
        with op.batch_alter_table("enquiry", recreate="always", table_kwargs=by_key):
            pass
