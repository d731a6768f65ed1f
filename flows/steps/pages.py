"""Pages: every publication's files in their places, the indexes, and the page of the run."""

import os
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, backfill_log, due, ledger, national_pages, warehouse
from flows.steps.answers import Answers
from flows.steps.runs import Run
from flows.steps.settings import Settings
from flows.steps.step_points import StepPoint, reach
from schemas.codes import PublicationKind
from transforms import index_pages, run_page
from transforms.edition import is_settled
from transforms.status_page import short_name


def place_files(engine: sa.Engine, settings: Settings, answers: Answers | None = None) -> None:
    """Put the files of every publication in their places, and the indexes; what is right is left alone."""
    folder, store = settings.path(settings.publish_dir), settings.path(settings.archive_dir)
    with warehouse.reading(engine) as connection:
        publications = warehouse.view(connection, "publication", "publication_id")
        files = warehouse.view(connection, "publication_file", "publication_id", "file_name")
    shown = _shown(publications)
    by_id = {row["publication_id"]: row for row in publications}
    for file in files:
        row = by_id[file["publication_id"]]
        place = folder / row["municipality_code"] / row["count_id"]
        _copy(store, file["sha256"], place / str(row["publication_id"]) / file["file_name"])
        if shown[row["municipality_code"], row["count_id"]] is row:
            _copy(store, file["sha256"], place / file["file_name"])
    for row in (each for each in publications if each["kind"] != PublicationKind.DRAFT):
        # A page and its copy one folder up both name earlier editions by ../udgave-<id>.html, so it stands twice.
        own = f"{row['publication_id']}/index.html"
        for above, url in ((row["count_id"], own), (".", f"{row['count_id']}/{own}")):
            name = folder / row["municipality_code"] / above / short_name(row["publication_id"])
            if not name.exists():
                archive.write_whole(name, index_pages.edition_page(row, url).encode())
    for code in {row["municipality_code"] for row in publications}:
        place = folder / code / "index.html"
        archive.write_changed(place, index_pages.municipality_page(code, publications).encode())
    overviews = national_pages.write_overviews(engine, settings, answers)
    archive.write_changed(folder / "index.html", index_pages.index_page(publications, overviews).encode())
    reach(StepPoint.PAGES_PLACED)


def _shown(publications: list[dict]) -> dict[tuple[str, str], dict]:
    """Return (municipality, count) -> the publication that stands for it: the newest of the most settled ones.

    A draft stands only where nothing was published, not even half a count: the indexes lead to what stands here.
    """

    def rank(row: dict) -> tuple[bool, bool, int]:
        return is_settled(row["kind"]), row["kind"] != PublicationKind.DRAFT, row["publication_id"]

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
    engine: sa.Engine, settings: Settings, run: Run, answers: Answers | None = None
) -> run_page.RunReport:
    """Write run.html, and return what it says of this run."""
    with warehouse.reading(engine) as connection:
        report = _run_report(connection, settings, run, answers)
    archive.write_whole(settings.path(settings.publish_dir) / "run.html", run_page.render(report).encode())
    reach(StepPoint.RUN_PAGE_WRITTEN)
    return report


def _run_report(connection: sa.Connection, settings: Settings, run: Run, answers: Answers | None) -> run_page.RunReport:
    ahead = sorted(
        (count.last_day, count.count_id) for count in settings.calendar.values() if count.last_day >= run.today
    )
    published = warehouse.view(connection, "publication_log", "publication_id", run_id=run.run_id)
    return run_page.RunReport(
        run.now,
        ledger.outcomes(connection, run),
        due.waiting(connection, answers),
        [row for row in published if row["published_at"] >= run.now],
        (ahead[0][1], ahead[0][0]) if ahead else None,
        due.waiting_for_approval(connection, settings),
        backfill_log.summary(connection, run.run_id),
    )
