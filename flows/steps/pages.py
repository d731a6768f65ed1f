"""Pages: every publication's files in their places, the indexes, and the page of the run."""

import hashlib
import json
import os
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, backfill_log, due, ledger, national_pages, outbox, warehouse
from flows.steps.answers import Answers
from flows.steps.runs import CODE_VERSION, Run
from flows.steps.settings import Settings
from flows.steps.step_points import StepPoint, reach
from schemas.codes import CODE_LIST_VERSION, UNSETTLED, PublicationKind
from transforms import index_pages, run_page

INDEXES_MADE_FROM = ".indexes.json"
"""Beside the indexes: what they were made from, and the hash of each."""


def place_files(engine: sa.Engine, settings: Settings, answers: Answers | None = None) -> list[tuple[int, str]]:
    """Put the files of every publication in their places, and the indexes; what is right is left alone.

    Returns:
        (publication_id, file_name) of files that the archive has lost; they do not keep the others from their places.
    """
    folder, store = settings.path(settings.publish_dir), settings.path(settings.archive_dir)
    with warehouse.reading(engine) as connection:
        publications = warehouse.view(connection, "publication", "publication_id")
        files = warehouse.view(connection, "publication_file", "publication_id", "file_name")
    shown = _shown(publications)
    by_id = {row["publication_id"]: row for row in publications}
    lost = []
    for file in files:
        row = by_id[file["publication_id"]]
        place = folder / row["municipality_code"] / row["count_id"]
        places = [place / str(row["publication_id"])]
        places += [place] if shown[row["municipality_code"], row["count_id"]] is row else []
        try:
            for each in places:
                _copy(store, file["sha256"], each / file["file_name"])
        except archive.LOST:
            lost.append((row["publication_id"], file["file_name"]))
    for row in (each for each in publications if each["kind"] != PublicationKind.DRAFT):
        # A page and its copy one folder up both name earlier editions by ../udgave-<id>.html, so it stands twice.
        own = f"{row['publication_id']}/index.html"
        for above, url in ((row["count_id"], own), (".", f"{row['count_id']}/{own}")):
            name = folder / row["municipality_code"] / above / index_pages.short_name(row["publication_id"])
            if not name.exists():
                archive.write_whole(name, index_pages.edition_page(row, url).encode())
    _place_indexes(folder, publications, national_pages.write_overviews(engine, settings, answers))
    reach(StepPoint.PAGES_PLACED)
    return lost


def _place_indexes(folder: Path, publications: list[dict], overviews: list[str]) -> None:
    """Write the index of all pages and that of each municipality, unless they were made from the same and stand there.

    A page of them takes longer to write than to read.
    """
    facts = [publications, overviews, index_pages.VERSION, CODE_VERSION, CODE_LIST_VERSION]
    made_from = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
    if _indexes_stand(folder, made_from):
        return
    pages = {
        f"{code}/index.html": index_pages.municipality_page(code, publications).encode()
        for code in {row["municipality_code"] for row in publications}
    }
    pages["index.html"] = index_pages.index_page(publications, overviews).encode()
    for name, content in pages.items():
        archive.write_changed(folder / name, content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in pages.items()}
    written = {"made_from": made_from, "pages": hashes}
    archive.write_whole(folder / INDEXES_MADE_FROM, json.dumps(written).encode())


def _indexes_stand(folder: Path, made_from: str) -> bool:
    """Tell whether every index stands in its place as it was made from this."""
    try:
        found = json.loads((folder / INDEXES_MADE_FROM).read_bytes())
        hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in found["pages"]}
    except (FileNotFoundError, ValueError):
        return False
    return found == {"made_from": made_from, "pages": hashes}


def _shown(publications: list[dict]) -> dict[tuple[str, str], dict]:
    """Return (municipality, count) -> the publication that stands for it: the newest of the most settled ones.

    A draft stands only where nothing was published, not even half a count: the indexes lead to what stands here.
    """

    def rank(row: dict) -> tuple[bool, bool, int]:
        return row["kind"] not in UNSETTLED, row["kind"] != PublicationKind.DRAFT, row["publication_id"]

    return {(row["municipality_code"], row["count_id"]): row for row in sorted(publications, key=rank)}


def _copy(store: Path, sha256: str, place: Path) -> None:
    """Put a copy of an archived file in its place unless one of its size and time stands there."""
    wanted = archive.path_of(store, sha256).stat()
    if place.exists():
        found = place.stat()
        if (found.st_size, found.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns):
            return
    archive.write_whole(place, archive.fetch(store, sha256))
    reach(StepPoint.PAGE_PLACED)
    os.utime(place, ns=(wanted.st_atime_ns, wanted.st_mtime_ns))


def write_run_page(
    engine: sa.Engine, settings: Settings, run: Run, answers: Answers, lost: list[tuple[int, str]]
) -> run_page.RunReport:
    """Write run.html, and return what it says of this run.

    Args:
        lost: what `place_files` returned.
    """
    with warehouse.reading(engine) as connection:
        report = _run_report(connection, settings, run, answers, lost)
    archive.write_whole(settings.path(settings.publish_dir) / "run.html", run_page.render(report).encode())
    reach(StepPoint.RUN_PAGE_WRITTEN)
    return report


def _run_report(
    connection: sa.Connection, settings: Settings, run: Run, answers: Answers, lost: list[tuple[int, str]]
) -> run_page.RunReport:
    ahead = sorted(
        (count.last_day, count.count_id) for count in settings.calendar.values() if count.last_day >= run.today
    )
    published = warehouse.view(connection, "publication_log", "publication_id", run_id=run.run_id)
    return run_page.RunReport(
        run.now,
        ledger.outcomes(connection, run),
        due.waiting(connection, settings, answers),
        [row for row in published if row["published_at"] >= run.now],
        (ahead[0][1], ahead[0][0]) if ahead else None,
        due.waiting_for_approval(connection, settings),
        backfill_log.summary(connection, run.run_id),
        outbox.set_down_in(connection, run),
        lost,
    )
