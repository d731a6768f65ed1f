"""Partitions are found by municipality, so that a load's cost does not grow with history."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Index the partitions."""
    op.create_index(
        "ix_load_partition_municipality_code", "load_partition", ["municipality_code"], postgresql_using="hash"
    )
