"""Backfills: who asked for them and why, what came of each delivery, and loads made again in the place of a first."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables of backfills, and let a load stand in the place of an earlier one of its delivery."""
    op.create_table(
        "backfill",
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("reprocess", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("municipalities", sa.Text(), nullable=False),
        sa.CheckConstraint("reprocess IN ('missing', 'failed', 'stale', 'all')", name="backfill_reprocess_1"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("run_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "backfill_step",
        sa.Column("step_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count_id", sa.Text(), nullable=True),
        sa.Column("delivery_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('missing', 'failed', 'stale', 'loaded')", name="backfill_step_state_1"),
        sa.CheckConstraint(
            "outcome IN ('loaded', 'unchanged', 'held', 'refused', 'duplicate', 'gone', 'failed')",
            name="backfill_step_outcome_1",
        ),
        sa.CheckConstraint("step_id >= 1", name="backfill_step_step_id_1"),
        sa.ForeignKeyConstraint(["delivery_id"], ["arrival.delivery_id"]),
        sa.ForeignKeyConstraint(["run_id"], ["backfill.run_id"]),
        sa.PrimaryKeyConstraint("step_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_backfill_step_run_id", "backfill_step", ["run_id"])
    with op.batch_alter_table("load", table_kwargs={"sqlite_strict": True}) as load:
        load.add_column(sa.Column("first_load_id", sa.BigInteger(), autoincrement=False, nullable=True))
        load.create_foreign_key("load_first_load_id_fkey", "load", ["first_load_id"], ["load_id"])
        load.create_index("ix_load_first_load_id", ["first_load_id"])
