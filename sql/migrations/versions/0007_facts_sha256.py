"""A hash of what each load brought."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add load.facts_sha256; loads from before have none."""
    op.add_column("load", sa.Column("facts_sha256", sa.Text(), nullable=True))
