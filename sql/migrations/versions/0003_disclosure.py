"""What may be shown of groups of persons."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of decisions and of the figures that they let out."""
    op.create_table(
        "disclosure",
        sa.Column("disclosure_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("as_of_date", sa.Date(), nullable=False),
        sa.Column("min_cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("grouping", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("as_of_date is date(as_of_date, '+0 days')", name="disclosure_as_of_date_day").ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("disclosure_id >= 1", name="disclosure_disclosure_id_1"),
        sa.CheckConstraint("min_cell >= 1", name="disclosure_min_cell_1"),
        sa.ForeignKeyConstraint(["load_id"], ["load.load_id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("disclosure_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_disclosure_load_id", "disclosure", ["load_id"])

    op.create_table(
        "disclosed_cell",
        sa.Column("disclosure_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("age_groups", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("person_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "status IN ('self_enrolled', 'automatically_enrolled', 'exempt', 'not_enrolled', 'covered')",
            name="disclosed_cell_status_1",
        ),
        sa.CheckConstraint("person_count >= 0", name="disclosed_cell_person_count_1"),
        sa.ForeignKeyConstraint(["disclosure_id"], ["disclosure.disclosure_id"]),
        sa.PrimaryKeyConstraint("disclosure_id", "age_groups", "status"),
        sqlite_strict=True,
    )
