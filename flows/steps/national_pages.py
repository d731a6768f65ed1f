"""The national overviews in their places: derived from what is in force, and no publications."""

import sqlalchemy as sa

from flows.steps import archive, national_facts, warehouse
from flows.steps.settings import Settings
from transforms import national_files, national_page

FOLDER = "national"


def write_overviews(engine: sa.Engine, settings: Settings) -> list[str]:
    """Write the overview of each count that several municipalities take part in; return those counts, newest first.

    What is right is left alone. An overview whose count has fewer by now, so that its figures no longer hold, goes.
    """
    folder = settings.path(settings.publish_dir) / FOLDER
    with warehouse.reading(engine) as connection:
        counts = national_facts.gather(connection, settings)
    for data in counts:
        place = folder / data.count_id
        archive.write_changed(place / national_page.CSV_NAME, national_files.as_csv(data))
        archive.write_changed(place / "index.html", national_page.render(data).encode())
    shown = [data.count_id for data in counts]
    for page in folder.glob("*/index.html"):
        if page.parent.name not in shown:
            page.unlink()
            (page.parent / national_page.CSV_NAME).unlink(missing_ok=True)
    return shown
