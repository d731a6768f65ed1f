"""Publications: what is due, the page of a municipality's count, and its files in their places."""

import datetime as dt
import hashlib
import json
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, due, ledger, status_facts, warehouse
from flows.steps.runs import Run
from flows.steps.settings import Settings
from schemas.codes import PublicationKind
from transforms import index_pages, run_page, status_files, status_page, status_report
from transforms.status_data import StatusData
from transforms.status_report import Report

NOT_SHOWN = "ikke vist"
OWN_FILES = ("index.html", "status.csv", "status.json")


def publish(
    engine: sa.Engine, settings: Settings, run: Run, count_id: str, code: str, *, incomplete: bool = False
) -> dict | None:
    """Publish a municipality's page on a count; None when there is nothing to print.

    The page's bytes are archived first, then the publication is written in one transaction, then the
    files are put in place; `place_files` does the last step again after a crash.
    """
    with warehouse.reading(engine) as connection:
        data = status_facts.gather(connection, settings, count_id, code)
        newest = due.newest(connection, count_id, code)
        wanted = due.of_count(connection, settings, count_id, code)
        parts = due.own_parts(connection, count_id, code)
        this = {"count_id": count_id, "municipality_code": code}
        earlier = warehouse.view(connection, "publication", "publication_id", **this)
    if not data.target_status or (not data.is_complete and not incomplete):
        return None
    if data.is_complete and wanted is None:
        return None
    report = status_report.build(data)
    kind = wanted.kind if data.is_complete and wanted else "incomplete"
    changes = _changes(newest, report) if kind == "correction" else []
    if kind == "correction" and not changes:
        kind = "update"
    files = _render(settings, data, report, kind, run.now, changes, earlier)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    for name, content in files.items():
        archive.store(settings.path(settings.archive_dir), hashes[name], content)
    row = {
        "run_id": run.run_id, "kind": kind, "count_id": count_id, "municipality_code": code,
        "published_at": run.now, "html_sha256": hashes["index.html"],
        "rendering_version": status_page.RENDERING_VERSION, "inputs": due.inputs_json(settings, count_id, code),
        "figures": json.dumps(report.figures, ensure_ascii=False, sort_keys=True), "mail_message_id": None,
    }  # fmt: skip
    with warehouse.writing(engine) as connection:
        if due.newest(connection, count_id, code) != newest or due.own_parts(connection, count_id, code) != parts:
            return None  # another run was here meanwhile; what is due now, the next run publishes
        return _write(connection, row, parts, hashes)


def _write(connection: sa.Connection, row: dict, parts: set[due.Part], hashes: dict[str, str]) -> dict:
    """Write a publication, the parts of loads it prints from, and its files; return its row."""
    own = {"publication_id": warehouse.next_id(connection, "publication_log", "publication_id")}
    named = [{"load_id": load_id, "partition_name": name} for load_id, name in sorted(parts)]
    files = [{"file_name": name, "sha256": sha256} for name, sha256 in hashes.items()]
    warehouse.insert(connection, "publication_log", [own | row])
    warehouse.insert(connection, "publication_load", [own | each for each in named])
    warehouse.insert(connection, "publication_file", [own | each for each in files])
    return own | row


def _changes(newest: dict | None, report: Report) -> list[tuple[str, str, str]]:
    """Return (figure, from, to) of each printed figure that differs from the newest publication's.

    A figure that another version of the page did not print, or printed under another name, has not changed.
    """
    return _differences(newest, report.figures, status_page.RENDERING_VERSION)


def _differences(newest: dict | None, now: dict[str, str], rendering_version: str) -> list[tuple[str, str, str]]:
    before = json.loads(newest["figures"]) if newest else {}
    is_same_version = newest is not None and newest["rendering_version"] == rendering_version
    names = (
        [*now, *(name for name in before if name not in now)]
        if is_same_version
        else [name for name in now if name in before]
    )
    told = [(name, before.get(name, NOT_SHOWN), now.get(name, NOT_SHOWN)) for name in names]
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
                if each["publication_id"] < row["publication_id"] and each["kind"] not in due.UNSETTLED
            ]
            figures = json.loads(row["figures"])
            changes = _differences(settled[-1], figures, row["rendering_version"]) if settled else []
            numbers[row["publication_id"]] = len(changes)
    return numbers


def _render(
    settings: Settings,
    data: StatusData,
    report: Report,
    kind: str,
    now: dt.datetime,
    changes: list[tuple[str, str, str]],
    publications: list[dict],
) -> dict[str, bytes]:
    """Return the files of a publication; `publications` are those of the same count before it."""
    base = settings.public_url.rstrip("/")
    place = f"{base}/{data.municipality_code}/{data.count.count_id}"
    earlier = [
        status_page.Edition(
            row["kind"], row["published_at"],
            f"{place}/{row['publication_id']}/index.html" if base else f"../{_short_name(row)}",
        )
        for row in reversed(publications) if row["kind"] != PublicationKind.DRAFT
    ]  # fmt: skip
    html = status_page.render(
        data,
        report,
        kind=kind,
        published_at=now,
        changes=changes,
        newest_url=f"{place}/index.html" if base else "../index.html",
        earlier=earlier,
    )
    contents = (html.encode(), status_files.as_csv(data), status_files.as_json(data, report, kind, now))
    return dict(zip(OWN_FILES, contents, strict=True))


def _short_name(row: dict) -> str:
    return f"udgave-{row['publication_id']}.html"


def place_files(engine: sa.Engine, settings: Settings) -> None:
    """Put the files of every publication in their places, and the indexes; what is right is left alone."""
    folder = settings.path(settings.publish_dir)
    with warehouse.reading(engine) as connection:
        publications = warehouse.view(connection, "publication", "publication_id")
        files = warehouse.view(connection, "publication_file", "publication_id", "file_name")
    newest: dict[tuple[str, str], dict] = {}
    for row in publications:
        key = (row["municipality_code"], row["count_id"])
        if row["kind"] != "incomplete" or newest.get(key, row)["kind"] == "incomplete":
            newest[key] = row
    by_id = {row["publication_id"]: row for row in publications}
    store = settings.path(settings.archive_dir)
    for file in files:
        row = by_id[file["publication_id"]]
        place = folder / row["municipality_code"] / row["count_id"]
        data = archive.fetch(store, file["sha256"])
        _put(place / str(row["publication_id"]) / file["file_name"], data)
        if newest[row["municipality_code"], row["count_id"]] is row:
            _put(place / file["file_name"], data)
    for row in (each for each in publications if each["kind"] != PublicationKind.DRAFT):
        # A page and its copy one folder up both name earlier editions by ../udgave-<id>.html, so it stands twice.
        own = f"{row['publication_id']}/index.html"
        for above, url in ((row["count_id"], own), (".", f"{row['count_id']}/{own}")):
            name = folder / row["municipality_code"] / above / _short_name(row)
            _put(name, index_pages.edition_page(row, url).encode())
    for code in {row["municipality_code"] for row in publications}:
        _put(folder / code / "index.html", index_pages.municipality_page(code, publications).encode())
    _put(folder / "index.html", index_pages.index_page(publications).encode())


def _put(path: Path, data: bytes) -> None:
    """Write a file unless it stands there already."""
    if not path.exists() or path.read_bytes() != data:
        archive.write_whole(path, data)


def write_run_page(engine: sa.Engine, settings: Settings, run: Run) -> run_page.RunReport:
    """Write run.html, and return what it says of this run."""
    with warehouse.reading(engine) as connection:
        report = _run_report(connection, settings, run)
    archive.write_whole(settings.path(settings.publish_dir) / "run.html", run_page.render(report).encode())
    return report


def _run_report(connection: sa.Connection, settings: Settings, run: Run) -> run_page.RunReport:
    ahead = sorted(
        (count.last_day, count.count_id) for count in settings.calendar.values() if count.last_day >= run.today
    )
    published = warehouse.view(connection, "publication_log", "publication_id", run_id=run.run_id)
    return run_page.RunReport(
        run.now,
        ledger.outcomes(connection, run),
        due.waiting(connection),
        [row for row in published if row["published_at"] == run.now],
        (ahead[0][1], ahead[0][0]) if ahead else None,
    )
