"""Settings: kanalstatus.toml, overridden by KANALSTATUS_<KEY> (nested keys with `__`)."""

import csv
import datetime as dt
import hashlib
import itertools
import json
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

import sqlalchemy as sa
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from flows.steps.inbox_settings import InboxAccess, InboxName, RemotePlace, is_remote, remote_place
from flows.steps.mail_settings import Mail, MailAddress
from schemas.codes import CODE_LIST_VERSION, MUNICIPALITIES, Channel, Direction, Measure, TargetKind
from schemas.sources import COUNT_ID, KLE, Source
from schemas.terms import Count, Terms, parse_week

PREFIX = "KANALSTATUS_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
CONFIG_NAME = "kanalstatus.toml"
_UNKEPT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Signs that no database or page takes; line breaks and tabs they do."""


class ConfigurationError(Exception):
    """The settings cannot be used; the message says which key and why, never its value."""


def _municipality(code: str) -> str:
    if code not in MUNICIPALITIES:
        raise ValueError("not the three-digit code of a municipality")
    return code


def _week(text: str) -> str:
    parse_week(text)
    return text


MunicipalityCode = Annotated[str, AfterValidator(_municipality)]
Week = Annotated[str, AfterValidator(_week)]
CountId = Annotated[str, Field(pattern=COUNT_ID)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Strategy(_Part):
    """The channel strategy's name, purpose and contact, as printed."""

    name: str = "Kanalstrategi"
    purpose: str = ""
    contact: str = ""


class Recipient(_Part):
    """One address that gets a municipality's status."""

    municipality: MunicipalityCode
    address: MailAddress


class CountSetting(_Part):
    """One count in the calendar."""

    id: CountId
    first_week: Week
    last_week: Week
    task_package: str = Field(min_length=1, max_length=100)
    expected_sources: tuple[Source, ...]


class TargetSetting(_Part):
    """One target on a measure of a municipality."""

    municipality: MunicipalityCode
    measure: Measure
    direction: Direction
    channel: Channel | None = None
    kind: TargetKind
    value: Share
    deadline: dt.date
    baseline_count: CountId | None = None

    @model_validator(mode="after")
    def _channel_fits(self) -> Self:
        if (self.measure == Measure.CHANNEL_SHARE) != (self.channel is not None):
            raise ValueError("a channel_share target names a channel, the others none")
        if self.measure == Measure.SELF_SERVICE_RATE and self.direction != Direction.INBOUND:
            raise ValueError("the self_service_rate is inbound")
        return self


class Event(_Part):
    """A dated mark on lines and in the data basis."""

    date: dt.date
    text: str


class Note(_Part):
    """A person's remark on a count, and if wanted on a measure and channel."""

    count: CountId
    municipality: MunicipalityCode
    measure: Measure | Literal["digital_post"] | None = None
    direction: Direction | None = None
    channel: Channel | None = None
    text: str


class Limits(_Part):
    """What reading one delivery may cost; over it the delivery is refused, and the run goes on."""

    file_mb: int = Field(default=500, ge=1)
    memory_mb: int = Field(default=4000, ge=1000)
    cpu_seconds: int = Field(default=120, ge=1)
    wall_seconds: int = Field(default=180, ge=1)


def _database_url(text: str) -> str:
    try:
        name = sa.make_url(text).get_backend_name()
    except sa.exc.ArgumentError:
        name = ""
    if name not in ("sqlite", "postgresql"):
        raise ValueError("neither sqlite:///… nor postgresql+psycopg://…")
    return text


class SourceSetting(_Part):
    """What is known of the exporter of a source."""

    final_newline: Literal["required", "optional"] = "required"


class Settings(BaseSettings):
    """Every key of kanalstatus.toml; docs/runbook.md explains them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[str, AfterValidator(_database_url)] = "sqlite:///warehouse.db"
    inbox: InboxName = "deliveries"
    inbox_access: InboxAccess = InboxAccess()
    archive_dir: Path = Path("archive")
    publish_dir: Path = Path("published")
    municipalities: tuple[MunicipalityCode, ...] = ()
    task_packages: Path = Path("tasks.csv")
    max_reject_share: Share = 0.01
    min_cell: int = Field(default=3, ge=1)
    min_total: int = Field(default=100, ge=0)
    national_min_municipalities: int = Field(default=30, ge=1)
    require_approval: bool = False
    waiting_alert_days: int = Field(default=14, ge=0)
    public_url: str = ""
    strategy: Strategy = Strategy()
    mail: Mail = Mail()
    recipient: tuple[Recipient, ...] = ()
    count: tuple[CountSetting, ...] = ()
    target: tuple[TargetSetting, ...] = ()
    event: tuple[Event, ...] = ()
    note: tuple[Note, ...] = ()
    source: dict[Source, SourceSetting] = {}
    limits: Limits = Limits()

    _folder: Path = PrivateAttr(default_factory=Path)
    _tasks: dict[str, dict[str, str]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _calendar_fits(self) -> Self:
        counts = sorted(self.calendar.values(), key=lambda count: count.first_day)
        if len(counts) != len(self.count):
            raise ValueError("a count stands twice")
        for count in counts:
            if count.last_day < count.first_day:
                raise ValueError(f"count {count.count_id} ends before it begins")
        for before, after in itertools.pairwise(counts):
            if after.first_day <= before.last_day:
                raise ValueError(f"counts {before.count_id} and {after.count_id} overlap")
        named = [each.baseline_count for each in self.target] + [each.count for each in self.note]
        unknown = {each for each in named if each} - set(self.calendar)
        if unknown:
            raise ValueError(f"targets or notes name counts that the calendar has not: {sorted(unknown)}")
        return self

    @model_validator(mode="after")
    def _texts_can_be_kept(self) -> Self:
        for place, text in _texts(self.model_dump(mode="json")):
            if not text.isprintable() and _UNKEPT.search(text):
                raise ValueError(f"{place}: holds a control character")
        return self

    def model_post_init(self, context: object, /) -> None:
        """Find the folder that paths are relative to, and read the task packages."""
        super().model_post_init(context)
        self._folder = config_path().parent
        self._tasks = _read_tasks(self.path(self.task_packages))
        missing = {each.task_package for each in self.count} - set(self._tasks)
        if missing:
            raise ConfigurationError(f"{self.task_packages}: no tasks for package {', '.join(sorted(missing))}")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, and the file over defaults."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=config_path())
        return init_settings, env_settings, toml

    @property
    def calendar(self) -> dict[str, Count]:
        """The counts by id."""
        return {
            each.id: Count(each.id, each.first_week, each.last_week, each.task_package, each.expected_sources)
            for each in self.count
        }

    @property
    def tasks(self) -> dict[str, dict[str, str]]:
        """Task package -> KLE number -> task in words."""
        return self._tasks

    @property
    def terms(self) -> Terms:
        """What deliveries are judged on."""
        return Terms(
            self.calendar,
            {package: frozenset(tasks) for package, tasks in self._tasks.items()},
            self.max_reject_share,
            frozenset(source for source, each in self.source.items() if each.final_newline == "optional"),
        )

    @property
    def terms_sha256(self) -> str:
        """Hash of what deliveries are judged on, code lists included."""
        terms = self.terms
        packages = {package: sorted(tasks) for package, tasks in terms.task_packages.items()}
        parts = [
            repr(terms.counts),
            packages,
            terms.max_reject_share,
            sorted(terms.newline_optional),
            CODE_LIST_VERSION,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def path(self, path: str | Path) -> Path:
        """Return a path of the settings; relative ones are relative to the settings file."""
        return (self._folder / path).resolve()

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL with a relative SQLite path made absolute."""
        prefix, separator, rest = self.database_url.partition(":///")
        if prefix.startswith("sqlite") and rest and not rest.startswith((":memory:", "/")):
            return f"{prefix}{separator}{self.path(rest)}"
        return self.database_url

    @property
    def remote_inbox(self) -> RemotePlace | None:
        """The place on another machine that deliveries arrive in; None when that is a folder."""
        return remote_place(self.inbox) if is_remote(self.inbox) else None

    def public_content(self) -> dict:
        """Return the settings that figures depend on, as JSON values: no addresses, no secrets."""
        places = {"database_url", "inbox", "inbox_access", "archive_dir", "publish_dir", "task_packages"}
        private = places | {"mail", "recipient", "limits"}
        return self.model_dump(mode="json", exclude=private) | {"tasks": self._tasks, "codes": CODE_LIST_VERSION}

    def as_recorded(self, content: dict) -> Self:
        """Return the settings that a run recorded as `public_content`, with the places and limits of these."""
        fields = {name: field for name, field in type(self).model_fields.items() if name in content}
        then = {
            name: TypeAdapter(field.rebuild_annotation()).validate_python(content[name])
            for name, field in fields.items()
        }
        copy = self.model_copy(update=then)
        copy._tasks = content["tasks"]  # noqa: SLF001 - a copy of this
        return copy


def _texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Give (key, text) of every text among settings."""
    if isinstance(value, str):
        yield place, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _texts(part, f"{place}.{name}".lstrip("."))


def config_path() -> Path:
    """Return the settings file: KANALSTATUS_CONFIG, else kanalstatus.toml in the working folder."""
    return Path(os.environ.get(CONFIG_VARIABLE) or CONFIG_NAME).absolute()


def unknown_variables() -> list[str]:
    """Return the variables of the environment that look like settings and are none: misspelt ones."""
    others = ("CONFIG", "USER", "TEST_POSTGRES_URL", "TASK_RUNNER", "DASK_ADDRESS")
    known = {f"{PREFIX}{name}" for name in (*others, *(key.upper() for key in Settings.model_fields))}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name.partition("__")[0] not in known)


def load_settings() -> Settings:
    """Return the settings in force.

    Raises:
        ConfigurationError: no file, no TOML, a key unknown or wrong; the message names the key.
    """
    path = config_path()
    if not path.is_file():
        raise ConfigurationError(f"no settings: {path} is not there; set {CONFIG_VARIABLE} or change folder")
    try:
        settings = Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, SettingsError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    except ValidationError as errors:
        lines = (f"{path}: {'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg']}" for each in errors.errors())
        raise ConfigurationError("\n".join(lines)) from None
    return settings


def _read_tasks(path: Path) -> dict[str, dict[str, str]]:
    """Return package -> KLE -> task from a CSV `pakke;kle;opgave;boelge`."""
    packages: dict[str, dict[str, str]] = defaultdict(dict)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, row in enumerate(csv.DictReader(file, delimiter=";"), 2):
                package, kle, task = row.get("pakke"), row.get("kle"), row.get("opgave")
                if not package or not kle or not task or not re.match(KLE, kle.strip()) or _UNKEPT.search(task):
                    raise ConfigurationError(f"{path}: line {line}: needs pakke;kle;opgave with kle as dd.dd.dd")
                packages[package.strip()][kle.strip()] = task.strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"task packages: {path} cannot be read ({type(error).__name__})") from None
    return dict(packages)
