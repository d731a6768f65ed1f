"""The tables we keep: one model a table. A docstring says what one row is, Config.unique is the key.

Rows are only ever added. What is in force is asked by views (sql/views): the newest run's settings,
the newest verdict of a delivery, the newest accepted load of a partition.
`metadata={"references": "table.column"}` makes a foreign key, `{"indexed": True}` an index; a table's own
`{"is_large": True}` lets SQLite keep it by its key and compare its codes one by one.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pandera.polars as pa

from schemas.codes import (
    AgeGroup,
    Channel,
    Direction,
    EnquiryType,
    EnrolmentStatus,
    MailOutcome,
    Measure,
    PublicationKind,
    Reprocess,
    StandingState,
    StepOutcome,
    TargetKind,
    Verdict,
)
from schemas.sources import Source


def _key(description: str, references: str | None = None, *, indexed: bool = False, **checks: Any) -> Any:
    metadata = {"references": references, "indexed": indexed}
    return pa.Field(description=description, metadata=metadata, **checks)


def _value(description: str, *, indexed: bool = False, **checks: Any) -> Any:
    return pa.Field(description=description, metadata={"indexed": True} if indexed else None, **checks)


def _codes(description: str, codes: Iterable[str], **checks: Any) -> Any:
    return pa.Field(description=description, isin=[str(code) for code in codes], **checks)


class Table(pa.DataFrameModel):
    """A table of the warehouse: no column beside those declared."""

    class Config:
        strict = True


class Settings(Table):
    """One set of settings and code lists under which runs were made; without addresses and secrets."""

    settings_id: int = _key("number of the set", ge=1)
    settings_sha256: str = _value("hash of the content")
    content: str = _value("the settings as JSON, keys sorted")
    min_total: int = _value("enquiries; below it a target is not assessed")
    national_min_municipalities: int = _value("municipalities; below it no pooled figure is compared with")
    code_list_version: str = _value("version of schemas/codes.py")
    recorded_at: dt.datetime = _value("when it was first used, UTC")

    class Config:
        unique = ["settings_id"]


class Run(Table):
    """One run of a command or flow that may write; the newest one says what day it is."""

    run_id: int = _key("number of the run", ge=1)
    settings_id: int = _key("the settings in force", "settings.settings_id")
    command: str = _value("run, accept, publish …")
    started_at: dt.datetime = _value("when it started, UTC")
    today: dt.date = _value("the day in Danish time")
    code_version: str = _value("version of kanalstatus")

    class Config:
        unique = ["run_id"]


class CalendarCount(Table):
    """One count in the calendar of a set of settings."""

    settings_id: int = _key("the settings", "settings.settings_id")
    count_id: str = _key("the count, as 2014E")
    first_week: str = _value("first ISO week, as 2014-W43")
    last_week: str = _value("last ISO week")
    first_day: dt.date = _value("Monday of the first week")
    last_day: dt.date = _value("Sunday of the last week")
    last_day_number: int = _value("days from 0001-01-01 to the last day, for lines in time")
    previous_count_id: str = _value("same season a year earlier, in the calendar or not")
    task_package: str = _value("the package of mandatory tasks")

    class Config:
        unique = ["settings_id", "count_id"]


class CountWeek(Table):
    """One week of a count."""

    settings_id: int = _key("the settings", "settings.settings_id")
    count_id: str = _key("the count")
    week: str = _key("ISO week, as 2014-W43")

    class Config:
        unique = ["settings_id", "count_id", "week"]


class ExpectedSource(Table):
    """One source that a count waits for."""

    settings_id: int = _key("the settings", "settings.settings_id")
    count_id: str = _key("the count")
    source: str = _codes("the source", Source)

    class Config:
        unique = ["settings_id", "count_id", "source"]


class PackageTask(Table):
    """One mandatory task of a task package."""

    settings_id: int = _key("the settings", "settings.settings_id")
    task_package: str = _key("the package")
    kle: str = _key("task number of KLE, dd.dd.dd")
    task_name: str = _value("the task in words")

    class Config:
        unique = ["settings_id", "task_package", "kle"]


class PublishedMunicipality(Table):
    """One municipality whose pages are published."""

    settings_id: int = _key("the settings", "settings.settings_id")
    municipality_code: str = _key("three digits")

    class Config:
        unique = ["settings_id", "municipality_code"]


class ChannelCode(Table):
    """One channel of the code list."""

    settings_id: int = _key("the settings", "settings.settings_id")
    channel: str = _codes("the channel", Channel)
    is_digital: bool = _value("counts as digital")
    is_in_share: bool = _value("part of the shares; website visits are not")
    is_in_self_service_rate: bool = _value("part of the selvbetjeningsgrad's denominator")

    class Config:
        unique = ["settings_id", "channel"]


class Target(Table):
    """One target of a municipality's channel strategy."""

    settings_id: int = _key("the settings", "settings.settings_id")
    target_number: int = _key("place in the settings, from 1")
    municipality_code: str = _value("three digits")
    measure: str = _codes("what it is set on", Measure)
    direction: str = _codes("inbound or outbound", Direction)
    channel: str = _codes("the channel; null for measures over all channels", Channel, nullable=True)
    target_kind: str = _codes("at_least or at_most", TargetKind)
    target_value: float = _value("share 0-1", ge=0, le=1)
    target_millionths: int = _value("the same, exact, in millionths")
    deadline: dt.date = _value("last day to reach it")
    deadline_day_number: int = _value("days from 0001-01-01 to the deadline")
    baseline_count_id: str = _value("where the line starts; null: first count with a value", nullable=True)

    class Config:
        unique = ["settings_id", "target_number"]


class Arrival(Table):
    """One delivery: a file that arrived with content not last seen under its name."""

    delivery_id: int = _key("number of the delivery", ge=1)
    run_id: int = _key("the run that saw it first", "run.run_id")
    file_name: str = _value("path below the inbox; CPR-shaped numbers are masked", indexed=True)
    sha256: str = _value("hash of the content", indexed=True)
    byte_count: int = _value("size in bytes")
    modified_at: dt.datetime = _value("time of the file, UTC")
    received_at: dt.datetime = _value("when it was read, UTC")

    class Config:
        unique = ["delivery_id"]


class VerdictLog(Table):
    """One verdict on a delivery; the newest one holds."""

    verdict_id: int = _key("number of the verdict", ge=1)
    delivery_id: int = _key("the delivery", "arrival.delivery_id", indexed=True)
    run_id: int = _key("the run that judged", "run.run_id")
    source: str = _codes("the source; null when not recognised", Source, nullable=True)
    status: str = _codes("the verdict", Verdict)
    rules: str = _value("codes of the rules broken by the whole delivery, comma between")
    reason: str = _value("Danish: what is wrong and what to do; empty when nothing is")
    decided_by: str = _value("a person who released it; null: the rules", nullable=True)
    decided_at: dt.datetime = _value("when, UTC")
    count_id: str = _value("the delivery's one count; null: none or several", nullable=True)
    municipality_code: str = _value("its one municipality; null: none or several", nullable=True)
    rows_read: int = _value("rows (in a wide sheet: cells) read", ge=0)
    rows_accepted: int = _value("rows that keep every rule", ge=0)
    rows_rejected: int = _value("rows set aside", ge=0)
    terms_sha256: str = _value("hash of the calendar, packages and limits it was judged on")

    class Config:
        unique = ["verdict_id"]


class RejectedLog(Table):
    """One row set aside by a verdict."""

    verdict_id: int = _key("the verdict", "verdict_log.verdict_id")
    row_number: int = _key("from 1 within the verdict")
    source_row: int = _value("physical line, or the sheet's row")
    column_name: str = _value("the column, in the delivery's words; empty for the whole row")
    rule: str = _value("the rule, see docs/rules.md")
    message: str = _value("Danish sentence with what to do; never a value")

    class Config:
        unique = ["verdict_id", "row_number"]


class Load(Table):
    """One loading of a delivery's rows by one version of code and code lists."""

    load_id: int = _key("number of the load", ge=1)
    delivery_id: int = _key("the delivery", "arrival.delivery_id", indexed=True)
    verdict_id: int = _key("the verdict that accepted it", "verdict_log.verdict_id")
    source: str = _codes("the source", Source)
    code_version: str = _value("version of kanalstatus")
    code_list_version: str = _value("version of schemas/codes.py")
    loaded_at: dt.datetime = _value("when, UTC")
    first_load_id: int = _key(
        "the delivery's load in whose place this one stands; null: a place of its own", "load.load_id",
        indexed=True, nullable=True,
    )  # fmt: skip
    facts_sha256: str = _value("hash of the facts it brought; null: before 0.2.0", nullable=True)

    class Config:
        unique = ["load_id"]


class LoadPartition(Table):
    """One partition that a load states anew."""

    load_id: int = _key("the load", "load.load_id")
    partition_name: str = _key("count, municipality, weeks or date in one text")
    partition_group: str = _value("source, count, municipality and date: all but the weeks", indexed=True)
    count_id: str = _value("the count; null for Digital Post", nullable=True)
    municipality_code: str = _value("three digits; null for national figures", indexed=True, nullable=True)
    weeks: str = _value("2014-W43, or 2014-W43/2014-W45", nullable=True)
    first_week: str = _value("first ISO week", nullable=True)
    last_week: str = _value("last ISO week", nullable=True)
    as_of_date: dt.date = _value("date of a Digital Post extract", nullable=True)

    class Config:
        unique = ["load_id", "partition_name"]


class Enquiry(Table):
    """The enquiries of one load, municipality, weeks, task, channel, direction and type."""

    load_id: int = _key("the load", "load.load_id")
    count_id: str = _key("the count")
    municipality_code: str = _key("three digits")
    weeks: str = _key("the partition's weeks")
    kle: str = _key("task number of KLE")
    channel: str = _codes("the channel", Channel)
    direction: str = _codes("inbound or outbound", Direction)
    enquiry_type: str = _codes("kind of enquiry", EnquiryType)
    enquiry_count: int = _value("number of enquiries", ge=0)

    class Config:
        unique = ["load_id", "municipality_code", "count_id", "weeks", "kle", "channel", "direction",
                  "enquiry_type"]  # fmt: skip
        metadata = {"is_large": True}


class Enrolment(Table):
    """The persons of one load, municipality, date, age group and enrolment status."""

    load_id: int = _key("the load", "load.load_id")
    municipality_code: str = _key("three digits")
    as_of_date: dt.date = _key("date of the extract")
    age_group: str = _codes("age group", AgeGroup)
    status: str = _codes("enrolment status", EnrolmentStatus)
    person_count: int = _value("number of persons of 15 years or more", ge=0)

    class Config:
        unique = ["load_id", "municipality_code", "as_of_date", "age_group", "status"]


class NationalShare(Table):
    """One published national share of a channel."""

    load_id: int = _key("the load", "load.load_id")
    count_id: str = _key("the count")
    direction: str = _codes("inbound or outbound", Direction)
    channel: str = _codes("the channel", Channel)
    share: float = _value("share 0-1", ge=0, le=1)

    class Config:
        unique = ["load_id", "count_id", "direction", "channel"]


class NationalEnrolment(Table):
    """One published national share of an enrolment status."""

    load_id: int = _key("the load", "load.load_id")
    count_id: str = _key("the count")
    status: str = _codes("enrolment status", EnrolmentStatus)
    share: float = _value("share 0-1", ge=0, le=1)

    class Config:
        unique = ["load_id", "count_id", "status"]


class Disclosure(Table):
    """One decision on what may be shown of an extract of a load; the newest one holds."""

    disclosure_id: int = _key("number of the decision", ge=1)
    load_id: int = _key("the load", "load.load_id", indexed=True)
    municipality_code: str = _value("three digits")
    as_of_date: dt.date = _value("date of the extract")
    min_cell: int = _value("persons; a smaller cell that is not empty is not shown", ge=1)
    grouping: str = _value("groups of ages shown, blank between; all: only by status; covered: only the total")
    run_id: int = _key("the run that decided", "run.run_id")

    class Config:
        unique = ["disclosure_id"]


class DisclosedCell(Table):
    """One figure on persons that a decision lets out."""

    disclosure_id: int = _key("the decision", "disclosure.disclosure_id")
    age_groups: str = _key("age groups merged, as 15-44; all: of every age")
    status: str = _codes("enrolment status; covered: whatever the status", (*EnrolmentStatus, "covered"))
    person_count: int = _value("number of persons", ge=0)

    class Config:
        unique = ["disclosure_id", "age_groups", "status"]


class PublicationLog(Table):
    """One publication of a municipality's page on a count."""

    publication_id: int = _key("number of the publication", ge=1)
    run_id: int = _key("the run that published", "run.run_id")
    kind: str = _codes("first, correction, update, draft or incomplete", PublicationKind)
    count_id: str = _value("the count")
    municipality_code: str = _value("three digits")
    published_at: dt.datetime = _value("when, UTC")
    html_sha256: str = _value("hash of index.html")
    rendering_version: str = _value("version of what renders the page")
    inputs: str = _value("the settings that the page depends on, as JSON")
    figures: str = _value("the printed figures, as JSON: name -> text")
    mail_message_id: str = _value("Message-ID of its mail; null: none", nullable=True)
    edition_sha256: str = _value("hash of everything that the page is made from; null: before 0.2.0", nullable=True)

    class Config:
        unique = ["publication_id"]


class PublicationLoad(Table):
    """One partition of a load that a publication's printed figures come from."""

    publication_id: int = _key("the publication", "publication_log.publication_id")
    load_id: int = _key("the load", "load.load_id")
    partition_name: str = _key("the partition, as in load_partition")

    class Config:
        unique = ["publication_id", "load_id", "partition_name"]


class PublicationFile(Table):
    """One file of a publication; its bytes stand in the archive under the hash."""

    publication_id: int = _key("the publication", "publication_log.publication_id")
    file_name: str = _key("index.html, status.csv …")
    sha256: str = _value("hash of the bytes")

    class Config:
        unique = ["publication_id", "file_name"]


class Horizon(Table):
    """One moment of the past that the views answer from; only ever inside a transaction that is undone."""

    horizon_id: int = _key("number of the moment", ge=1)
    run_id: int = _value("newest run that had begun", ge=0)
    verdict_id: int = _value("newest verdict that was given", ge=0)
    load_id: int = _value("newest load that was there", ge=0)
    disclosure_id: int = _value("newest decision on what may be shown", ge=0)

    class Config:
        unique = ["horizon_id"]


class Backfill(Table):
    """One backfill: who asked for it, why, and what it was to take up."""

    run_id: int = _key("the run", "run.run_id")
    reason: str = _value("why, in the words of who asked")
    asked_by: str = _value("who")
    reprocess: str = _codes("which deliveries it takes up", Reprocess)
    counts: str = _value("the counts, oldest first, comma between")
    municipalities: str = _value("the municipalities, comma between; empty: all")

    class Config:
        unique = ["run_id"]


class BackfillStep(Table):
    """One delivery that a backfill took up, and what came of it: also where it failed."""

    step_id: int = _key("number of the step", ge=1)
    run_id: int = _key("the backfill", "backfill.run_id", indexed=True)
    count_id: str = _value("the count it was taken up for; null: not known", nullable=True)
    delivery_id: int = _key("the delivery; null: none was written", "arrival.delivery_id", nullable=True)
    file_name: str = _value("path below the inbox; CPR-shaped numbers are masked")
    state: str = _codes("how it stood before", StandingState)
    outcome: str = _codes("what came of it", StepOutcome)
    message: str = _value("why; never a value of the delivery")
    done_at: dt.datetime = _value("when, UTC")

    class Config:
        unique = ["step_id"]


class Approval(Table):
    """One decision of a person that a draft may be published to staff."""

    approval_id: int = _key("number of the approval", ge=1)
    publication_id: int = _key("the draft", "publication_log.publication_id", indexed=True)
    run_id: int = _key("the run that wrote it", "run.run_id")
    approved_by: str = _value("who")
    reason: str = _value("why")
    approved_at: dt.datetime = _value("when, UTC")

    class Config:
        unique = ["approval_id"]


class Outbox(Table):
    """One mail that is to be sent; its bytes stand in the archive under the hash."""

    mail_id: int = _key("number of the mail", ge=1)
    run_id: int = _key("the run that wrote it", "run.run_id")
    publication_id: int = _key("the publication; null: an alert", "publication_log.publication_id", nullable=True)
    message_id: str = _value("its Message-ID, the same at each attempt")
    sha256: str = _value("hash of the bytes")
    about: str = _value("what an alert tells, one code a line; empty for a publication")

    class Config:
        unique = ["mail_id"]


class MailAttempt(Table):
    """One attempt to send a mail; after `sent` or `refused` there is no other."""

    attempt_id: int = _key("number of the attempt", ge=1)
    mail_id: int = _key("the mail", "outbox.mail_id", indexed=True)
    run_id: int = _key("the run that tried", "run.run_id")
    attempted_at: dt.datetime = _value("when, UTC")
    outcome: str = _codes("what the server answered; refused also when nobody was left to get it", MailOutcome)
    refused_count: int = _value("recipients whom the server refused", ge=0)
    message: str = _value("why not, without addresses; empty when all is well")

    class Config:
        unique = ["attempt_id"]


TABLES: dict[str, type[Table]] = {
    "settings": Settings,
    "run": Run,
    "calendar_count": CalendarCount,
    "count_week": CountWeek,
    "expected_source": ExpectedSource,
    "package_task": PackageTask,
    "published_municipality": PublishedMunicipality,
    "channel_code": ChannelCode,
    "target": Target,
    "arrival": Arrival,
    "verdict_log": VerdictLog,
    "rejected_log": RejectedLog,
    "load": Load,
    "load_partition": LoadPartition,
    "enquiry": Enquiry,
    "enrolment": Enrolment,
    "national_share": NationalShare,
    "national_enrolment": NationalEnrolment,
    "publication_log": PublicationLog,
    "publication_load": PublicationLoad,
    "publication_file": PublicationFile,
    "disclosure": Disclosure,
    "disclosed_cell": DisclosedCell,
    "horizon": Horizon,
    "backfill": Backfill,
    "backfill_step": BackfillStep,
    "approval": Approval,
    "outbox": Outbox,
    "mail_attempt": MailAttempt,
}
"""Every table, in an order in which foreign keys point backwards."""
