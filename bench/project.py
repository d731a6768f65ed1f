"""kanalstatus itself, as its users start it: the settings of a national count, the command, its answer."""

import os
import shutil
import sqlite3
import sys
import time
from pathlib import Path

from bench import terms
from bench.answer import Answer
from bench.national import National

PROJECT = Path(__file__).parent.parent
COMMAND = str(Path(sys.executable).with_name("kanalstatus"))
CONFIG = "kanalstatus.toml"
DATABASE = "warehouse.db"

_CHANNEL_SHARE = """
    select count_id, municipality_code, direction, channel, enquiry_count, total_count
    from channel_share
    order by count_id, municipality_code, direction, channel
"""
NOT_ACCEPTED = "select count(*) from delivery where status <> 'accepted'"
READ = "select coalesce(sum(rows_read), 0), coalesce(sum(rows_rejected), 0) from delivery where status = 'accepted'"


def set_up(folder: Path, national: National, published: tuple[str, ...] = (), smtp_url: str = "") -> None:
    """Write the settings of a national count into a folder.

    Args:
        published: the municipalities whose pages are published; each has a recipient.
        smtp_url: the server that takes their mail; without one it is written to a file and waits for nobody.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "examples" / "tasks.csv", folder)
    (folder / CONFIG).write_text(_settings(national, published, smtp_url), encoding="utf-8")


def _settings(national: National, published: tuple[str, ...], smtp_url: str) -> str:
    names = ", ".join(f'"{code}"' for code in published)
    lines = [
        f'database_url = "sqlite:///{DATABASE}"', f'inbox = "{national.inbox}"', f"municipalities = [{names}]",
        "[mail]", f'smtp_url = "{smtp_url}"',
        'sender = "Kanalstatus <kanalstatus@example.dk>"', 'reply_to = "digitalisering@example.dk"',
    ]  # fmt: skip
    for code in published:
        lines += ["[[recipient]]", f'municipality = "{code}"', f'address = "status-{code}@example.dk"']
        for channel, kind, value in (("self_service", "at_least", 0.4), ("in_person", "at_most", 0.14)):
            lines += [
                "[[target]]", f'municipality = "{code}"', 'measure = "channel_share"', 'direction = "inbound"',
                f'channel = "{channel}"', f'kind = "{kind}"', f"value = {value}", "deadline = 2017-12-31",
                f'baseline_count = "{national.counts[0]}"',
            ]  # fmt: skip
    for count in terms.CALENDAR:
        if count.count_id in national.counts:
            first, last = (f"{count.year}-W{week:02d}" for week in (count.weeks[0], count.weeks[-1]))
            lines += [
                "[[count]]", f'id = "{count.count_id}"', f'first_week = "{first}"', f'last_week = "{last}"',
                f'task_package = "{terms.PACKAGE}"', 'expected_sources = ["tracetool"]',
            ]  # fmt: skip
    return "\n".join(lines) + "\n"


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a command on the settings in a folder."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("KANALSTATUS_")}
    return others | {"KANALSTATUS_CONFIG": str(folder / CONFIG)}


def ask(folder: Path) -> tuple[Answer, float]:
    """Return the answer of the warehouse in a folder, and the seconds that asking took.

    Raises:
        ValueError: a delivery was not accepted.
    """
    with sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True) as connection:
        others = connection.execute(NOT_ACCEPTED).fetchone()[0]
        if others:
            raise ValueError(f"{others} deliveries were not accepted")
        rows_read, rows_rejected = connection.execute(READ).fetchone()
        started = time.perf_counter()
        shares = [list(row) for row in connection.execute(_CHANNEL_SHARE)]
        seconds = time.perf_counter() - started
    connection.close()
    return Answer(rows_read, rows_rejected, shares), seconds
