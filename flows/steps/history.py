"""What stood on a page before: as it was at a moment, by the loads in force then, or byte for byte as published."""

import datetime as dt
import json
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, status_facts, warehouse
from flows.steps.settings import Settings
from transforms import status_files, status_page, status_report

AS_OF = "as_of"
"""What stands as kind in the JSON of a page that is no publication."""


class NotThere(Exception):
    """There is no such page; the message says why."""


class Damaged(Exception):
    """The archive holds other bytes than were published."""


def write_as_of(
    engine: sa.Engine, settings: Settings, moment: dt.datetime, count_id: str, code: str, folder: Path
) -> Path:
    """Write a municipality's page, CSV and JSON on a count as they were at a moment; return the page's path.

    The views answer from the loads, verdicts and settings in force then; nothing is published by it.

    Raises:
        NotThere: there was nothing to print then.
    """
    with warehouse.as_of(engine, moment) as connection:
        then = _settings_then(connection, settings)
        if then is None or count_id not in then.calendar:
            raise NotThere(f"at that time no run knew of {count_id}")
        data = status_facts.gather(connection, then, count_id, code)
    if not data.target_status:
        raise NotThere(f"at that time nothing was loaded of {count_id} {code}")
    report = status_report.build(data)
    html = status_page.render(data, report, kind=None, published_at=moment, changes=[], newest_url="")
    files = {
        "index.html": html.encode(),
        "status.csv": status_files.as_csv(data),
        "status.json": status_files.as_json(data, report, AS_OF, moment),
    }
    place = folder / code / count_id
    for name, content in files.items():
        archive.write_whole(place / name, content)
    return place / "index.html"


def _settings_then(connection: sa.Connection, settings: Settings) -> Settings | None:
    """Return the settings in force at the connection's moment; None before the first run."""
    for in_force in warehouse.view(connection, "settings_in_force"):
        (row,) = warehouse.view(connection, "settings", settings_id=in_force["settings_id"])
        return settings.as_recorded(json.loads(row["content"]))
    return None


def write_publication(engine: sa.Engine, settings: Settings, publication_id: int, folder: Path) -> Path:
    """Write the stored files of a publication, byte for byte, where they stand below a folder; return its page's path.

    Raises:
        NotThere: there is no such publication, or the archive has lost a file of it.
        Damaged: the archive holds other bytes than were published.
    """
    with warehouse.reading(engine) as connection:
        rows = warehouse.view(connection, "publication_log", publication_id=publication_id)
        files = warehouse.view(connection, "publication_file", "file_name", publication_id=publication_id)
    if not rows:
        raise NotThere(f"there is no publication {publication_id}")
    contents = {file["file_name"]: _stored(settings, file) for file in files}
    place = folder / rows[0]["municipality_code"] / rows[0]["count_id"] / str(publication_id)
    for name, content in contents.items():
        archive.write_whole(place / name, content)
    return place / "index.html"


def _stored(settings: Settings, file: dict) -> bytes:
    try:
        return archive.fetch(settings.path(settings.archive_dir), file["sha256"])
    except FileNotFoundError:
        raise NotThere(f"the archive has lost {file['file_name']} ({file['sha256']})") from None
    except archive.Damaged:
        raise Damaged(f"the archived bytes of {file['file_name']} are not those that were published") from None
