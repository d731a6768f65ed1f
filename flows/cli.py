"""The command line: the steps of the flows without Prefect."""

import argparse
import datetime as dt
import getpass
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

from sqlalchemy.exc import OperationalError

from flows.steps import backups, due, inbox, intake, pipeline, publications, release, runs, warehouse
from flows.steps.ledger import Outcome
from flows.steps.migrations import WrongWarehouse
from flows.steps.pipeline import Session
from flows.steps.release import NotPossible
from flows.steps.runs import CODE_VERSION, Run
from flows.steps.settings import CONFIG_VARIABLE, ConfigurationError, load_settings
from schemas.codes import Verdict

WELL, FAILED, USAGE, LOOK = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 well, 1 failed, 2 usage or settings, 3 look at a delivery."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (ConfigurationError, NotPossible, WrongWarehouse) as error:
        print(f"kanalstatus: {error}", file=sys.stderr)
        return USAGE
    except OperationalError as error:
        busy = warehouse.is_busy(error)
        hint = "another run holds the warehouse; try again" if busy else "kanalstatus doctor tells more"
        print(f"kanalstatus: failed: the database does not answer; {hint}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WELL
    except Exception as error:  # noqa: BLE001 - the last resort: every failure ends in one line and exit 1
        # An exception's text can hold values; its type and place say enough.
        place = traceback.extract_tb(error.__traceback__)[-1]
        own = [each for each in traceback.extract_tb(error.__traceback__) if "flows" in Path(each.filename).parts]
        step = own[-1] if own else place
        hint = f": {error.strerror}: {error.filename}" if isinstance(error, OSError) and error.strerror else ""
        name = f"{type(error).__module__}.{type(error).__name__}"
        where = f"{Path(step.filename).name}:{step.lineno}"
        print(f"kanalstatus: failed: {name}{hint} (in {where}); kanalstatus doctor tells more", file=sys.stderr)
        return FAILED


def run(options: argparse.Namespace) -> int:
    """Pull, check, load, and publish what is due."""
    return _run(pipeline.open_session(), tuple(options.count))


def _run(session: Session, counts: tuple[str, ...] = ()) -> int:
    pipeline.check_counts(session.settings, counts)
    files = pipeline.new_files(session)
    this = pipeline.begin_run(session, "run", has_work=bool(files))
    outcomes = []
    for number, outcome in enumerate(pipeline.take_in(session, this, files), 1):
        outcomes.append(outcome)
        _tell(f"[{number}/{max(number, len(files))}] {_line(outcome)}")
    _publish_due(session, this, counts)
    report = pipeline.finish(session, this)
    for count_id, code, missing in report.waiting:
        _tell(f"waiting: {count_id} {code}: {'; '.join(missing)}")
    _tell(f"run page: {session.settings.path(session.settings.publish_dir) / 'run.html'}")
    return LOOK if pipeline.needs_a_look(outcomes) else WELL


def _publish_due(session: Session, this: Run, counts: tuple[str, ...] = ()) -> None:
    for row in pipeline.publish_due(session, this, counts):
        _tell(f"published {row['count_id']} {row['municipality_code']}: {row['kind']}")


def plan(_options: argparse.Namespace) -> int:
    """Print what the next run would do, and why; change nothing."""
    session = pipeline.open_session(must_write=False)
    settings = session.settings
    with warehouse.trying(session.engine) as connection, pipeline.reader_of(session) as reader:
        this = runs.begin_run(connection, settings, "plan", warehouse.utc_now())
        for outcome in release.foresee_again(connection, settings, this, reader):
            print(f"judge again: {_line(outcome)}")
        files = intake.new_files(connection, settings)
        for file in files:
            foreseen = intake.foresee(connection, settings, this, reader, file)
            if foreseen:
                print(f"load: {_line(foreseen[0])}")
        for each in due.counts_due(connection, settings):
            print(f"publish: {each.count_id} {each.municipality_code} ({each.kind}): {each.reason}")
        for count_id, code, missing in due.waiting(connection):
            print(f"wait: {count_id} {code}: {'; '.join(missing)}")
    print("nothing was changed")
    return WELL


def check(options: argparse.Namespace) -> int:
    """Print the verdict on files without loading them."""
    session = pipeline.open_session(must_write=False)
    settings = session.settings
    needs_a_look = False
    with pipeline.reader_of(session) as reader:
        for name in options.file:
            path = Path(name)
            if not path.is_file():
                raise NotPossible(f"there is no file {name}")
            with warehouse.trying(session.engine) as connection:
                this = runs.begin_run(connection, settings, "check", warehouse.utc_now())
                file = replace(inbox.describe(path.absolute(), path.absolute().parent), is_link=False)
                foreseen = intake.foresee(connection, settings, this, reader, file, also_known=True)
            if foreseen is None:
                raise NotPossible(f"{file.name} changed while it was read; try again")
            outcome, parsed = foreseen
            print(_line(outcome))
            for line in intake.rejected_summary(parsed):
                print(f"  {line}")
            needs_a_look |= outcome.status in pipeline.NEEDS_A_LOOK
    return LOOK if needs_a_look else WELL


def publish(options: argparse.Namespace) -> int:
    """Publish the pages of a count that are due, or an incomplete one with a banner."""
    session = pipeline.open_session()
    settings, engine = session.settings, session.engine
    pipeline.check_counts(settings, (options.count,))
    codes = tuple(options.municipality) or settings.municipalities
    unknown = set(codes) - set(settings.municipalities)
    if unknown:
        raise ConfigurationError(f"not a published municipality: {', '.join(sorted(unknown))}")
    this = pipeline.begin_run(session, "publish")
    with warehouse.reading(engine) as connection:
        waiting = {(count_id, code): missing for count_id, code, missing in due.waiting(connection)}
    for code in codes:
        row = publications.publish(engine, settings, this, options.count, code, incomplete=options.incomplete)
        missing = waiting.get((options.count, code))
        if row:
            _tell(f"published {options.count} {code}: {row['kind']}")
        elif missing:
            _tell(f"not published {options.count} {code}: it waits for {'; '.join(missing)}")
        else:
            _tell(f"not published {options.count} {code}: its newest page is up to date")
    publications.place_files(engine, settings)
    for code in codes:
        path = settings.path(settings.publish_dir) / code / options.count / "index.html"
        if path.exists():
            print(path)
    return WELL


def deliveries(options: argparse.Namespace) -> int:
    """List deliveries with their verdicts."""
    session = pipeline.open_session(must_write=False)
    with warehouse.looking(session.engine) as connection:
        rows = warehouse.view(connection, "delivery", "delivery_id")
    if options.status:
        rows = [row for row in rows if row["status"] == options.status]
    if options.json:
        return _print_json(rows)
    for row in rows:
        print(
            f"{row['delivery_id']:>4}  {row['status']:<9}  {row['source']:<10}  {row['rows_read']:>7} read"
            f"  {row['rows_rejected']:>5} set aside  {row['file_name']}"
        )
        if row["reason"]:
            print(f"      {row['reason']}")
    if not rows:
        print("no deliveries")
    return WELL


def rejects(options: argparse.Namespace) -> int:
    """Print the rows of a delivery that were set aside."""
    session = pipeline.open_session(must_write=False)
    with warehouse.looking(session.engine) as connection:
        known = warehouse.view(connection, "delivery", delivery_id=options.delivery_id)
        rows = warehouse.view(connection, "rejected_row", "source_row", "column_name", delivery_id=options.delivery_id)
    if not known:
        raise NotPossible(f"there is no delivery {options.delivery_id}; see kanalstatus deliveries")
    if options.json:
        return _print_json(rows)
    print(f"{known[0]['file_name']}: {known[0]['status']}. {known[0]['reason']}".rstrip())
    wide = max((len(row["column_name"]) for row in rows), default=0)
    for row in rows:
        print(f"  række {row['source_row']:>6}  {row['column_name']:<{wide}}  {row['rule']:<24}  {row['message']}")
    if not rows:
        print("no rows were set aside")
    return WELL


def accept(options: argparse.Namespace) -> int:
    """Release a held delivery, load it, and publish what is due by it."""
    if not options.reason.strip():
        raise NotPossible("--reason is empty: say why, it is kept with the verdict")
    session = pipeline.open_session()
    this = pipeline.begin_run(session, "accept")
    with pipeline.reader_of(session) as reader:
        outcome = release.release(
            session.engine,
            session.settings,
            this,
            reader,
            options.delivery_id,
            (os.environ.get("KANALSTATUS_USER") or getpass.getuser(), _as_text(options.reason)),
            supersede=options.supersede,
            not_personal=options.not_personal,
            as_of_date=options.date,
        )
    _tell(_line(outcome))
    _publish_due(session, this)
    pipeline.finish(session, this)
    return LOOK if pipeline.needs_a_look([outcome]) else WELL


def upgrade(_options: argparse.Namespace) -> int:
    """Make the warehouse, or bring it to this version's tables and views: for its owner on PostgreSQL."""
    pipeline.open_session()
    _tell("the warehouse is of this version")
    return WELL


def backup(options: argparse.Namespace) -> int:
    """Copy the warehouse and the archive to a folder, while runs go on."""
    settings = load_settings()
    try:
        made = backups.back_up(settings, Path(options.folder).absolute(), warehouse.utc_now(), options.keep)
    except backups.BackupFailed as error:
        print(f"kanalstatus: no backup: {error}", file=sys.stderr)
        return FAILED
    _tell(f"{made.file_count} files copied")
    print(made.snapshot)
    return WELL


def restore(options: argparse.Namespace) -> int:
    """Put a backup in the place of a warehouse that is gone."""
    settings = load_settings()
    snapshot = Path(options.snapshot).absolute() if options.snapshot else None
    try:
        used = backups.restore(settings, Path(options.folder).absolute(), snapshot)
    except backups.BackupFailed as error:
        print(f"kanalstatus: not restored: {error}", file=sys.stderr)
        return FAILED
    _tell(f"{used.file_count} files and {used.snapshot} are back; the next run puts the pages in place")
    return WELL


def demo(options: argparse.Namespace) -> int:
    """Run everything on the examples in a scratch folder, and print the page's path last."""
    folder = Path(options.dir or tempfile.mkdtemp(prefix="kanalstatus-demo-")).absolute()
    with resources.as_file(resources.files("examples")) as examples:
        shutil.copytree(examples, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    for name in [name for name in os.environ if name.startswith("KANALSTATUS_")]:
        del os.environ[name]
    os.environ[CONFIG_VARIABLE] = str(folder / "kanalstatus.toml")
    session = pipeline.open_session()
    settings = session.settings
    code = _run(session)
    newest = max(settings.calendar.values(), key=lambda count: count.first_day)
    print(settings.path(settings.publish_dir) / settings.municipalities[0] / newest.count_id / "index.html")
    return code


def diagnose(_options: argparse.Namespace) -> int:
    """Say what works, what does not, and what to do."""
    from flows.steps import doctor  # noqa: PLC0415 - only this command needs an HTTP client

    findings = doctor.examine()
    for each in findings:
        print(f"{'ok ' if each.is_well else 'NO '} {each.subject}: {each.text}")
    if findings[0].subject == "configuration" and not findings[0].is_well:
        return USAGE
    return WELL if all(each.is_well for each in findings) else FAILED


def _positive(argument: str) -> int:
    number = int(argument)
    if number < 1:
        raise ValueError
    return number


def _as_text(argument: str) -> str:
    """Return an argument as text; signs in another encoding than the machine's are replaced."""
    return os.fsencode(argument).decode(errors="replace")


def _line(outcome: Outcome) -> str:
    aside = f", {outcome.rows_rejected} set aside" if outcome.rows_rejected else ""
    text = f"{outcome.status:<9} {outcome.file_name} ({outcome.rows_read} rows{aside})"
    return f"{text}: {outcome.reason}" if outcome.reason else text


def _tell(text: str) -> None:
    """Say how it goes; standard output is kept for results."""
    print(text, file=sys.stderr)


def _print_json(rows: list[dict]) -> int:
    def plain(value: object) -> str:
        return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)

    print(json.dumps(rows, ensure_ascii=False, indent=1, default=plain))
    return WELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kanalstatus",
        description="Follow a municipality's channel strategy: from deliveries to a published status page.",
    )
    parser.add_argument("--version", action="version", version=f"kanalstatus {CODE_VERSION}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, function: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.set_defaults(command=function)
        return command

    command = add("demo", demo)
    command.add_argument("--dir", help="the scratch folder; else a new one")
    command = add("run", run)
    command.add_argument("--count", nargs="+", default=[], metavar="2014E", help="publish these counts only")
    add("plan", plan)
    command = add("check", check)
    command.add_argument("file", nargs="+")
    command = add("publish", publish)
    command.add_argument("--count", required=True, metavar="2014E")
    command.add_argument("--municipality", nargs="+", default=[], metavar="183", help="else every published one")
    command.add_argument(
        "--incomplete", action="store_true", help="also when it waits: with a banner, without verdicts"
    )
    command.add_argument("--no-mail", action="store_true", help="send no mail; none is sent yet in any case")
    command = add("deliveries", deliveries)
    command.add_argument("--status", choices=[str(each) for each in Verdict])
    command.add_argument("--json", action="store_true")
    command = add("rejects", rejects)
    command.add_argument("delivery_id", type=int)
    command.add_argument("--json", action="store_true")
    command = add("accept", accept)
    command.add_argument("delivery_id", type=int)
    command.add_argument("--reason", required=True, help="why; kept with the verdict")
    command.add_argument("--supersede", action="store_true", help="although a later delivery is in force")
    command.add_argument("--not-personal", action="store_true", help="what looks like CPR numbers is something else")
    command.add_argument(
        "--date", type=dt.date.fromisoformat, help="of an extract of persons whose name does not say it"
    )
    add("upgrade", upgrade)
    command = add("backup", backup)
    command.add_argument("folder")
    command.add_argument(
        "--keep", type=_positive, default=30, metavar="N", help="copies of the warehouse; 30 if not given"
    )
    command = add("restore", restore)
    command.add_argument("folder", help="the folder that `backup` was given")
    command.add_argument("--snapshot", help="a copy in it; else the newest")
    add("doctor", diagnose)
    return parser


if __name__ == "__main__":
    sys.exit(main())
