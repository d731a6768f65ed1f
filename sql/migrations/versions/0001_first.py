"""The tables of version 0.1.0."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
CHANNELS = (
    "'self_service', 'in_person', 'phone', 'letter', 'email', 'sms', 'digital_post', 'remote_print', 'social_media', "
    "'systems', 'website_visit'"
)


def _is_a_day(table: str, column: str) -> sa.CheckConstraint:
    """Keep SQLite's texts to real days; PostgreSQL's dates are."""
    is_day = sa.CheckConstraint(f"{column} is date({column}, '+0 days')", name=f"{table}_{column}_day")
    return is_day.ddl_if(dialect="sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "settings",
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settings_sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("min_total", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("national_min_municipalities", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code_list_version", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("settings_id >= 1", name="settings_settings_id_1"),
        sa.PrimaryKeyConstraint("settings_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "calendar_count",
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count_id", sa.Text(), nullable=False),
        sa.Column("first_week", sa.Text(), nullable=False),
        sa.Column("last_week", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("last_day_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous_count_id", sa.Text(), nullable=False),
        sa.Column("task_package", sa.Text(), nullable=False),
        _is_a_day("calendar_count", "first_day"),
        _is_a_day("calendar_count", "last_day"),
        sa.ForeignKeyConstraint(["settings_id"], ["settings.settings_id"]),
        sa.PrimaryKeyConstraint("settings_id", "count_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "channel_code",
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("is_digital", sa.Boolean(), nullable=False),
        sa.Column("is_in_share", sa.Boolean(), nullable=False),
        sa.Column("is_in_self_service_rate", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            f"channel IN ({CHANNELS})",
            name="channel_code_channel_1",
        ),
        sa.ForeignKeyConstraint(["settings_id"], ["settings.settings_id"]),
        sa.PrimaryKeyConstraint("settings_id", "channel"),
        sqlite_strict=True,
    )
    op.create_table(
        "count_week",
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count_id", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["settings_id"], ["settings.settings_id"]),
        sa.PrimaryKeyConstraint("settings_id", "count_id", "week"),
        sqlite_strict=True,
    )
    op.create_table(
        "expected_source",
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "source IN ('tracetool', 'systemtal', 'landstal', 'digitalpost', 'digitalpost_personer')",
            name="expected_source_source_1",
        ),
        sa.ForeignKeyConstraint(["settings_id"], ["settings.settings_id"]),
        sa.PrimaryKeyConstraint("settings_id", "count_id", "source"),
        sqlite_strict=True,
    )
    op.create_table(
        "package_task",
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task_package", sa.Text(), nullable=False),
        sa.Column("kle", sa.Text(), nullable=False),
        sa.Column("task_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["settings_id"], ["settings.settings_id"]),
        sa.PrimaryKeyConstraint("settings_id", "task_package", "kle"),
        sqlite_strict=True,
    )
    op.create_table(
        "published_municipality",
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["settings_id"], ["settings.settings_id"]),
        sa.PrimaryKeyConstraint("settings_id", "municipality_code"),
        sqlite_strict=True,
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("today", sa.Date(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        _is_a_day("run", "today"),
        sa.CheckConstraint("run_id >= 1", name="run_run_id_1"),
        sa.ForeignKeyConstraint(["settings_id"], ["settings.settings_id"]),
        sa.PrimaryKeyConstraint("run_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "target",
        sa.Column("settings_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_value", sa.Double(), nullable=False),
        sa.Column("target_millionths", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("deadline_day_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("baseline_count_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            f"channel IN ({CHANNELS})",
            name="target_channel_1",
        ),
        _is_a_day("target", "deadline"),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="target_direction_1"),
        sa.CheckConstraint(
            "measure IN ('channel_share', 'digital_share', 'self_service_rate')", name="target_measure_1"
        ),
        sa.CheckConstraint("target_kind IN ('at_least', 'at_most')", name="target_target_kind_1"),
        sa.CheckConstraint("target_value <= 1", name="target_target_value_2"),
        sa.CheckConstraint("target_value >= 0", name="target_target_value_1"),
        sa.ForeignKeyConstraint(["settings_id"], ["settings.settings_id"]),
        sa.PrimaryKeyConstraint("settings_id", "target_number"),
        sqlite_strict=True,
    )
    op.create_table(
        "arrival",
        sa.Column("delivery_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("delivery_id >= 1", name="arrival_delivery_id_1"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("delivery_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_arrival_file_name", "arrival", ["file_name"])
    op.create_index("ix_arrival_sha256", "arrival", ["sha256"])
    op.create_table(
        "publication_log",
        sa.Column("publication_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("count_id", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("html_sha256", sa.Text(), nullable=False),
        sa.Column("rendering_version", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("mail_message_id", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('first', 'correction', 'update', 'incomplete')", name="publication_log_kind_1"),
        sa.CheckConstraint("publication_id >= 1", name="publication_log_publication_id_1"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("publication_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "publication_file",
        sa.Column("publication_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication_log.publication_id"]),
        sa.PrimaryKeyConstraint("publication_id", "file_name"),
        sqlite_strict=True,
    )
    op.create_table(
        "verdict_log",
        sa.Column("verdict_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count_id", sa.Text(), nullable=True),
        sa.Column("municipality_code", sa.Text(), nullable=True),
        sa.Column("rows_read", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows_accepted", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows_rejected", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terms_sha256", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "source IN ('tracetool', 'systemtal', 'landstal', 'digitalpost', 'digitalpost_personer')",
            name="verdict_log_source_1",
        ),
        sa.CheckConstraint("status IN ('accepted', 'held', 'refused', 'duplicate')", name="verdict_log_status_1"),
        sa.CheckConstraint("rows_accepted >= 0", name="verdict_log_rows_accepted_1"),
        sa.CheckConstraint("rows_read >= 0", name="verdict_log_rows_read_1"),
        sa.CheckConstraint("rows_rejected >= 0", name="verdict_log_rows_rejected_1"),
        sa.CheckConstraint("verdict_id >= 1", name="verdict_log_verdict_id_1"),
        sa.ForeignKeyConstraint(["delivery_id"], ["arrival.delivery_id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("verdict_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_verdict_log_delivery_id", "verdict_log", ["delivery_id"])
    op.create_table(
        "load",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("code_list_version", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source IN ('tracetool', 'systemtal', 'landstal', 'digitalpost', 'digitalpost_personer')",
            name="load_source_1",
        ),
        sa.CheckConstraint("load_id >= 1", name="load_load_id_1"),
        sa.ForeignKeyConstraint(["delivery_id"], ["arrival.delivery_id"]),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdict_log.verdict_id"]),
        sa.PrimaryKeyConstraint("load_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_load_delivery_id", "load", ["delivery_id"])
    op.create_table(
        "rejected_log",
        sa.Column("verdict_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdict_log.verdict_id"]),
        sa.PrimaryKeyConstraint("verdict_id", "row_number"),
        sqlite_strict=True,
    )
    op.create_table(
        "enquiry",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count_id", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("weeks", sa.Text(), nullable=False),
        sa.Column("kle", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("enquiry_type", sa.Text(), nullable=False),
        sa.Column("enquiry_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint(
            f"channel IN ({CHANNELS})",
            name="enquiry_channel_1",
        ),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="enquiry_direction_1"),
        sa.CheckConstraint(
            "enquiry_type IN ('transaction', 'general_information', 'case_information')", name="enquiry_enquiry_type_1"
        ),
        sa.CheckConstraint("enquiry_count >= 0", name="enquiry_enquiry_count_1"),
        sa.ForeignKeyConstraint(["load_id"], ["load.load_id"]),
        sa.PrimaryKeyConstraint(
            "load_id", "count_id", "municipality_code", "weeks", "kle", "channel", "direction", "enquiry_type"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "enrolment",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("as_of_date", sa.Date(), nullable=False),
        sa.Column("age_group", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("person_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("age_group IN ('15-24', '25-44', '45-64', '65-74', '75+')", name="enrolment_age_group_1"),
        _is_a_day("enrolment", "as_of_date"),
        sa.CheckConstraint(
            "status IN ('self_enrolled', 'automatically_enrolled', 'exempt', 'not_enrolled')", name="enrolment_status_1"
        ),
        sa.CheckConstraint("person_count >= 0", name="enrolment_person_count_1"),
        sa.ForeignKeyConstraint(["load_id"], ["load.load_id"]),
        sa.PrimaryKeyConstraint("load_id", "municipality_code", "as_of_date", "age_group", "status"),
        sqlite_strict=True,
    )
    op.create_table(
        "load_partition",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partition_name", sa.Text(), nullable=False),
        sa.Column("partition_group", sa.Text(), nullable=False),
        sa.Column("count_id", sa.Text(), nullable=True),
        sa.Column("municipality_code", sa.Text(), nullable=True),
        sa.Column("weeks", sa.Text(), nullable=True),
        sa.Column("first_week", sa.Text(), nullable=True),
        sa.Column("last_week", sa.Text(), nullable=True),
        sa.Column("as_of_date", sa.Date(), nullable=True),
        _is_a_day("load_partition", "as_of_date"),
        sa.ForeignKeyConstraint(["load_id"], ["load.load_id"]),
        sa.PrimaryKeyConstraint("load_id", "partition_name"),
        sqlite_strict=True,
    )
    op.create_index("ix_load_partition_partition_group", "load_partition", ["partition_group"])
    op.create_table(
        "national_enrolment",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "status IN ('self_enrolled', 'automatically_enrolled', 'exempt', 'not_enrolled')",
            name="national_enrolment_status_1",
        ),
        sa.CheckConstraint("share <= 1", name="national_enrolment_share_2"),
        sa.CheckConstraint("share >= 0", name="national_enrolment_share_1"),
        sa.ForeignKeyConstraint(["load_id"], ["load.load_id"]),
        sa.PrimaryKeyConstraint("load_id", "count_id", "status"),
        sqlite_strict=True,
    )
    op.create_table(
        "national_share",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.CheckConstraint(
            f"channel IN ({CHANNELS})",
            name="national_share_channel_1",
        ),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="national_share_direction_1"),
        sa.CheckConstraint("share <= 1", name="national_share_share_2"),
        sa.CheckConstraint("share >= 0", name="national_share_share_1"),
        sa.ForeignKeyConstraint(["load_id"], ["load.load_id"]),
        sa.PrimaryKeyConstraint("load_id", "count_id", "direction", "channel"),
        sqlite_strict=True,
    )
    op.create_table(
        "publication_load",
        sa.Column("publication_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partition_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.load_id"]),
        sa.ForeignKeyConstraint(["publication_id"], ["publication_log.publication_id"]),
        sa.PrimaryKeyConstraint("publication_id", "load_id", "partition_name"),
        sqlite_strict=True,
    )
