"""Names of any length can be looked up on PostgreSQL."""

from alembic import op

revision = "0002"
down_revision = "0001"
COLUMNS = (("arrival", "file_name"), ("arrival", "sha256"), ("load_partition", "partition_group"))


def upgrade() -> None:
    """Make the indexes on texts anew, of the kind that takes texts over 2 700 bytes; SQLite's do."""
    if op.get_context().dialect.name == "postgresql":
        for table, column in COLUMNS:
            op.drop_index(f"ix_{table}_{column}", table)
            op.create_index(f"ix_{table}_{column}", table, [column], postgresql_using="hash")
