"""Drafts and their approval, and mail: what is to be sent, and each attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
KINDS = "'first', 'correction', 'update', 'draft', 'incomplete'"


def upgrade() -> None:
    """Make the tables of approvals and mails, and let publications be drafts made from an edition."""
    op.create_table(
        "approval",
        sa.Column("approval_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("publication_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("approval_id >= 1", name="approval_approval_id_1"),
        sa.ForeignKeyConstraint(["publication_id"], ["publication_log.publication_id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("approval_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_approval_publication_id", "approval", ["publication_id"])

    op.create_table(
        "outbox",
        sa.Column("mail_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("publication_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.CheckConstraint("mail_id >= 1", name="outbox_mail_id_1"),
        sa.ForeignKeyConstraint(["publication_id"], ["publication_log.publication_id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("mail_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "mail_attempt",
        sa.Column("attempt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mail_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("refused_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('sent', 'delayed', 'blocked', 'refused', 'uncertain')", name="mail_attempt_outcome_1"
        ),
        sa.CheckConstraint("attempt_id >= 1", name="mail_attempt_attempt_id_1"),
        sa.CheckConstraint("refused_count >= 0", name="mail_attempt_refused_count_1"),
        sa.ForeignKeyConstraint(["mail_id"], ["outbox.mail_id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("attempt_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_mail_attempt_mail_id", "mail_attempt", ["mail_id"])

    strict = {"sqlite_strict": True}
    with op.batch_alter_table("publication_log", table_kwargs=strict) as publication_log:
        publication_log.add_column(sa.Column("edition_sha256", sa.Text(), nullable=True))
        publication_log.drop_constraint("publication_log_kind_1", type_="check")
        publication_log.create_check_constraint("publication_log_kind_1", f"kind IN ({KINDS})")
