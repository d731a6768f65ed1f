"""The doctor: configuration, database, inbox, archive, pages, SMTP and Prefect; what works and what to do."""

import os
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import httpx
import sqlalchemy as sa
from pandera.config import CONFIG

from flows.steps import inbox, migrations, scheduler, smtp, warehouse
from flows.steps.settings import ConfigurationError, Settings, config_path, load_settings, unknown_variables

PATIENCE_SECONDS = 5


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at."""

    subject: str
    is_well: bool
    text: str


def examine() -> list[Diagnosis]:
    """Look at everything that a run needs; each finding says what to do when it is not well."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [Diagnosis("configuration", is_well=False, text=str(error)), _environment()]
    found = [Diagnosis("configuration", is_well=True, text=f"{config_path()}, {len(settings.count)} counts")]
    found.append(_environment())
    found.append(_checks_are_on())
    found.append(_database(settings))
    found.append(_inbox(settings))
    found.append(_folder("archive", settings.path(settings.archive_dir)))
    found.append(_folder("pages", settings.path(settings.publish_dir)))
    found.append(_smtp(settings))
    found.append(_prefect())
    return found


def _environment() -> Diagnosis:
    unknown = unknown_variables()
    if unknown:
        return Diagnosis(
            "environment", is_well=False, text=f"no such settings: {', '.join(unknown)}; mend or unset them"
        )
    return Diagnosis("environment", is_well=True, text="every KANALSTATUS_ variable is a setting")


def _checks_are_on() -> Diagnosis:
    if CONFIG.validation_enabled:
        return Diagnosis("validation", is_well=True, text="pandera checks are on")
    return Diagnosis("validation", is_well=False, text="PANDERA_VALIDATION_ENABLED switches checks off; unset it")


def _database(settings: Settings) -> Diagnosis:
    url = sa.make_url(settings.sqlalchemy_url)
    shown = url.render_as_string(hide_password=True)
    if url.drivername.startswith("sqlite") and url.database and not Path(url.database).exists():
        return Diagnosis("database", is_well=True, text=f"{shown} is not there yet; the first run makes it")
    try:
        with warehouse.connect(settings.sqlalchemy_url).connect() as connection:
            is_current = migrations.is_current(connection)
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        text = f"{shown} cannot be opened ({type(error).__name__}); check database_url, server and rights"
        return Diagnosis("database", is_well=False, text=text)
    state = "tables and views are there" if is_current else "not of this version; `kanalstatus upgrade` makes it so"
    return Diagnosis("database", is_well=True, text=f"{shown}: {state}")


def _inbox(settings: Settings) -> Diagnosis:
    place = settings.remote_inbox or settings.path(settings.inbox)
    try:
        with inbox.opened(settings, is_patient=False) as deliveries:
            number = len(deliveries.list_files())
    except inbox.InboxClosed as closed:
        return Diagnosis("inbox", is_well=False, text=str(closed))
    except inbox.InboxUnreachable as error:
        return Diagnosis("inbox", is_well=False, text=f"{place}: {error.strerror}")
    except OSError as error:
        return Diagnosis("inbox", is_well=False, text=f"{place}: {error.strerror}; make it, or mend `inbox`")
    return Diagnosis("inbox", is_well=True, text=f"{place}: {number} files")


def _folder(subject: str, folder: Path) -> Diagnosis:
    parent = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        return Diagnosis(subject, is_well=False, text=f"{folder}: cannot be written ({error.strerror})")
    return Diagnosis(subject, is_well=True, text=f"{folder} can be written")


def _smtp(settings: Settings) -> Diagnosis:
    if not settings.mail.smtp_url:
        return Diagnosis("smtp", is_well=True, text="smtp_url is empty: nothing is sent")
    try:
        smtp.greet(settings.mail, PATIENCE_SECONDS)
    except smtp.MailError as error:
        return Diagnosis("smtp", is_well=False, text=str(error))
    return Diagnosis("smtp", is_well=True, text=f"{settings.mail.server} answers and would take mail")


def _prefect() -> Diagnosis:
    version = metadata.version("prefect")
    api = os.environ.get("PREFECT_API_URL")
    if not api:
        return Diagnosis("prefect", is_well=True, text=f"{version}; PREFECT_API_URL is not set: no schedule from here")
    try:
        faults = scheduler.faults(api.rstrip("/"), PATIENCE_SECONDS)
    except httpx.HTTPStatusError as error:
        text = f"{api} answers {error.response.status_code}; mend PREFECT_API_URL or PREFECT_API_AUTH_STRING"
        return Diagnosis("prefect", is_well=False, text=text)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        text = f"{api} does not answer ({type(error).__name__}); start the server or mend PREFECT_API_URL"
        return Diagnosis("prefect", is_well=False, text=text)
    if faults:
        return Diagnosis("prefect", is_well=False, text="; ".join(faults))
    return Diagnosis("prefect", is_well=True, text=f"{version}; {api} answers; schedules active, worker online")
