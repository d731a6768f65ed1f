"""The moments of the past that views answer from."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table horizon, which stays empty."""
    op.create_table(
        "horizon",
        sa.Column("horizon_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("disclosure_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("disclosure_id >= 0", name="horizon_disclosure_id_1"),
        sa.CheckConstraint("horizon_id >= 1", name="horizon_horizon_id_1"),
        sa.CheckConstraint("load_id >= 0", name="horizon_load_id_1"),
        sa.CheckConstraint("run_id >= 0", name="horizon_run_id_1"),
        sa.CheckConstraint("verdict_id >= 0", name="horizon_verdict_id_1"),
        sa.PrimaryKeyConstraint("horizon_id"),
        sqlite_strict=True,
    )
