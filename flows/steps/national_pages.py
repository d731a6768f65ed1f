"""The national overviews in their places: derived from what is in force, and no publications."""

import json
from pathlib import Path

import sqlalchemy as sa

from flows.steps import archive, migrations, national_facts, warehouse
from flows.steps.answers import Answers
from flows.steps.settings import Settings
from schemas.tables import METADATA
from transforms import national_files, national_page

FOLDER = "national"
MADE_FROM = ".national.json"
"""Beside that folder: what the overviews that stand there were made from; while that is so, they are right."""


def write_overviews(engine: sa.Engine, settings: Settings, answers: Answers | None = None) -> list[str]:
    """Write the overview of each count that several municipalities take part in; return those counts, newest first.

    What is right is left alone. An overview whose count has fewer by now, so that its figures no longer hold, goes.
    Where no municipality's pages are published, nothing is.
    """
    if not settings.municipalities:
        return []
    folder = settings.path(settings.publish_dir) / FOLDER
    with warehouse.reading(engine) as connection:
        made_from = _made_from(connection, settings)
        standing = _standing(folder, made_from)
        if standing is not None:
            return standing
        counts = national_facts.gather(connection, settings, answers)
    for data in counts:
        place = folder / data.count_id
        archive.write_changed(place / national_page.CSV_NAME, national_files.as_csv(data))
        archive.write_changed(place / "index.html", national_page.render(data).encode())
    shown = [data.count_id for data in counts]
    for page in folder.glob("*/index.html"):
        if page.parent.name not in shown:
            page.unlink()
            (page.parent / national_page.CSV_NAME).unlink(missing_ok=True)
    archive.write_whole(folder.parent / MADE_FROM, json.dumps(made_from | {"counts": shown}).encode())
    return shown


def _made_from(connection: sa.Connection, settings: Settings) -> dict:
    """Return what the overviews follow from: loads, publications, settings, the counts that are over, and the code."""
    load, publication = METADATA.tables["load"].c.load_id, METADATA.tables["publication_log"].c.publication_id
    newest = {key.name: connection.scalar(sa.select(sa.func.max(key))) for key in (load, publication)}
    (in_force,) = warehouse.view(connection, "settings_in_force")
    over = [row["count_id"] for row in warehouse.view(connection, "calendar_in_force", "count_id")
            if row["last_day"] < in_force["today"]]  # fmt: skip
    code = [migrations.version(), national_page.VERSION, settings.require_approval]
    return newest | {"settings": in_force["settings_id"], "over": over, "code": code}


def _standing(folder: Path, made_from: dict) -> list[str] | None:
    """Return the counts whose overviews stand there and are right; None when they must be made anew."""
    try:
        found = json.loads((folder.parent / MADE_FROM).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    counts = found.pop("counts", None)
    names = ("index.html", national_page.CSV_NAME)
    if found != made_from or not all((folder / count / name).exists() for count in counts for name in names):
        return None
    return counts
