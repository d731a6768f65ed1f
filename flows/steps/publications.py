"""Publications: what a municipality's page on a count prints, written with its mail in one transaction."""

import hashlib
import json
from collections.abc import Mapping

import sqlalchemy as sa

from flows.steps import archive, due, outbox, status_facts, warehouse
from flows.steps.answers import Answers
from flows.steps.runs import Run
from flows.steps.settings import Settings
from flows.steps.step_points import StepPoint, reach
from schemas.codes import UNSETTLED, PublicationKind
from transforms import edition, status_figures, status_page, status_report
from transforms.edition import Edition
from transforms.index_pages import short_name
from transforms.status_data import StatusData
from transforms.status_page import Earlier

NOT_SHOWN = "ikke vist"


def publish(
    engine: sa.Engine,
    settings: Settings,
    run: Run,
    count_id: str,
    code: str,
    *,
    incomplete: bool = False,
    mails: bool = True,
    answers: Answers | None = None,
) -> dict | None:
    """Publish a municipality's page on a count; None when there is nothing to print.

    The bytes are archived first, then the publication and its mail are written in one transaction. `pages.place_files`
    puts the files in their places, and `outbox.send_waiting` sends the mail, also after a crash.

    Args:
        incomplete: publish a half count, with a banner.
        mails: False sends staff no mail, whatever the kind.
        answers: kept from page to page where many are published.
    """
    answers = answers or Answers()
    with warehouse.reading(engine) as connection:
        data = status_facts.gather(connection, settings, count_id, code, answers)
        newest = due.newest(connection, count_id, code)
        draft = due.newest_draft(connection, count_id, code)
        wanted = due.of_count(connection, settings, count_id, code, answers)
        parts = due.own_parts(connection, count_id, code, answers)
        before = warehouse.view(connection, "publication", "publication_id", count_id=count_id, municipality_code=code)
    is_due = wanted is not None if data.is_complete else incomplete
    if not data.target_status or not is_due:
        return None
    report = status_report.build(data)
    # Not the run's time: what this run loaded before it publishes is part of the page, and of `--as-of` this moment.
    now = warehouse.utc_now()
    kind, told = kind_and_changes(wanted if data.is_complete else None, newest, report.figures)
    this = Edition(
        data=data,
        kind=kind,
        published_at=now,
        changes=told,
        earlier=_earlier(settings, before),
        public_url=settings.public_url,
        sender=settings.mail.sender,
        reply_to=settings.mail.reply_to,
    )
    files = edition.files(this, report)
    hashes = {name: _kept(settings, content) for name, content in files.items()}
    is_mailed = mails and _is_for_staff(settings, run, data, kind) and outbox.can_send(settings, code)
    row = {
        "run_id": run.run_id, "kind": kind, "count_id": count_id, "municipality_code": code,
        "published_at": now, "html_sha256": hashes[edition.PAGE],
        "rendering_version": status_page.RENDERING_VERSION, "inputs": due.inputs_json(settings, count_id, code),
        "figures": json.dumps(report.figures, ensure_ascii=False, sort_keys=True),
        "mail_message_id": edition.message_id(this) if is_mailed else None,
        "edition_sha256": _kept(settings, edition.dump(this)),
    }  # fmt: skip
    reach(StepPoint.PUBLICATION_ARCHIVED)
    with warehouse.writing(engine) as connection:
        answers.refresh(connection)
        is_as_seen = (
            due.newest(connection, count_id, code) == newest
            and due.newest_draft(connection, count_id, code) == draft
            and due.own_parts(connection, count_id, code, answers) == parts
        )
        # Where another run was here meanwhile, the next run publishes what is due now.
        written = _write(connection, run, row, parts, hashes) if is_as_seen else None
        reach(StepPoint.PUBLICATION_WRITTEN)
    reach(StepPoint.PUBLICATION_RECORDED)
    return written


def kind_and_changes(
    wanted: due.Due | None, newest: dict | None, figures: dict[str, str]
) -> tuple[PublicationKind, list[tuple[str, str, str]]]:
    """Return the kind of a publication and the (figure, from, to) that it corrects; correcting nothing is an update.

    Args:
        wanted: why it is due; None for a half count.
        newest: row of publication_log before it.
        figures: name -> text, as it prints them.
    """
    if wanted is None:
        return PublicationKind.INCOMPLETE, []
    kind = PublicationKind(wanted.kind)
    told = changes(newest, figures) if kind == PublicationKind.CORRECTION else []
    if kind == PublicationKind.CORRECTION and all(status_figures.is_national(name) for name, _, _ in told):
        kind, told = PublicationKind.UPDATE, []
    return PublicationKind.DRAFT if wanted.is_draft else kind, told


def _is_for_staff(settings: Settings, run: Run, data: StatusData, kind: PublicationKind) -> bool:
    """Tell whether staff hear of a publication: of every correction, and first of the newest count that is over."""
    if kind == PublicationKind.FIRST:
        over = [count for count in settings.calendar.values() if count.last_day < run.today]
        return data.count.count_id == max(over, key=lambda count: count.last_day).count_id
    return kind == PublicationKind.CORRECTION


def _kept(settings: Settings, content: bytes) -> str:
    """Archive bytes and return their hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    archive.store(settings.path(settings.archive_dir), sha256, content)
    return sha256


def _write(connection: sa.Connection, run: Run, row: dict, parts: set[due.Part], hashes: Mapping[str, str]) -> dict:
    """Write a publication, the parts of loads it prints from, its files and its mail; return its row."""
    own = {"publication_id": warehouse.next_id(connection, "publication_log", "publication_id")}
    named = [{"load_id": load_id, "partition_name": name} for load_id, name in sorted(parts)]
    files = [{"file_name": name, "sha256": sha256} for name, sha256 in hashes.items()]
    warehouse.insert(connection, "publication_log", [own | row])
    warehouse.insert(connection, "publication_load", [own | each for each in named])
    warehouse.insert(connection, "publication_file", [own | each for each in files])
    if row["mail_message_id"]:
        outbox.put(connection, run, row["mail_message_id"], hashes[edition.MAIL], publication_id=own["publication_id"])
    return own | row


def changes(
    newest: dict | None, figures: dict[str, str], rendering_version: str = status_page.RENDERING_VERSION
) -> list[tuple[str, str, str]]:
    """Return (figure, from, to) of each printed figure that differs from the newest publication's.

    A figure that another version of the page did not print, or printed under another name, has not changed.

    Args:
        newest: row of publication_log, None when nothing was published.
        figures: name -> text, as printed now.
        rendering_version: of what prints them.
    """
    before = json.loads(newest["figures"]) if newest else {}
    names = list(figures)
    if newest and newest["rendering_version"] == rendering_version:
        names += [name for name in before if name not in figures]
    else:
        names = [name for name in names if name in before]
    told = ((name, before.get(name, NOT_SHOWN), figures.get(name, NOT_SHOWN)) for name in names)
    return [(name, old, new) for name, old, new in told if old != new]


def changed_figure_counts(engine: sa.Engine, published: list[dict]) -> dict[int, int]:
    """Return publication_id -> how many figures it prints otherwise than the settled publication before it.

    `published` are rows of publication_log; one that is its count's first changes nothing.
    """
    numbers = {}
    with warehouse.reading(engine) as connection:
        for row in published:
            this = {"count_id": row["count_id"], "municipality_code": row["municipality_code"]}
            settled = [
                each
                for each in warehouse.view(connection, "publication_log", "publication_id", **this)
                if each["publication_id"] < row["publication_id"] and each["kind"] not in UNSETTLED
            ]
            told = changes(settled[-1], json.loads(row["figures"]), row["rendering_version"]) if settled else []
            numbers[row["publication_id"]] = len(told)
    return numbers


def _earlier(settings: Settings, before: list[dict]) -> list[Earlier]:
    """Return the publications of a count before this one that staff could see, newest first."""
    base = settings.public_url.rstrip("/")
    return [
        Earlier(row["kind"], row["published_at"],
                f"{base}/{row['municipality_code']}/{row['count_id']}/{row['publication_id']}/index.html"
                if base else f"../{short_name(row['publication_id'])}")
        for row in reversed(before) if row["kind"] != PublicationKind.DRAFT
    ]  # fmt: skip
