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
from importlib import resources
from pathlib import Path

import sqlalchemy as sa

from flows.steps import doctor, intake, ledger, publications, warehouse
from flows.steps.intake import NotPossible
from flows.steps.ledger import CODE_VERSION, Outcome, Run
from flows.steps.settings import CONFIG_VARIABLE, ConfigurationError, Settings, load_settings
from schemas.codes import Verdict

WELL, FAILED, USAGE, LOOK = 0, 1, 2, 3
NEEDS_A_LOOK = (Verdict.HELD, Verdict.REFUSED)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 well, 1 failed, 2 usage or settings, 3 look at a delivery."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (ConfigurationError, NotPossible) as error:
        print(f"kanalstatus: {error}", file=sys.stderr)
        return USAGE
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


def _open(*, must_write: bool = True) -> tuple[Settings, sa.Engine]:
    """Return the settings and the warehouse; for a mere look at one that is not there yet, an empty one in memory."""
    settings = load_settings()
    url = settings.sqlalchemy_url
    path = sa.make_url(url).database
    if url.startswith("sqlite") and path:
        if not must_write and not Path(path).exists():
            url = "sqlite://"
        else:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = warehouse.connect(url)
    warehouse.prepare(engine)
    return settings, engine


def run(options: argparse.Namespace) -> int:
    """Pull, check, load, and publish what is due."""
    settings, engine = _open()
    return _run(settings, engine, tuple(options.count))


def _run(settings: Settings, engine: sa.Engine, counts: tuple[str, ...] = ()) -> int:
    _check_counts(settings, counts)
    with warehouse.reading(engine) as connection:
        files = intake.new_files(connection, settings)
    with warehouse.writing(engine) as connection:
        this = ledger.begin_run(connection, settings, "run", warehouse.utc_now(), has_work=bool(files))
    outcomes = list(intake.judge_again(engine, settings, this))
    for number, file in enumerate(files, 1):
        outcome = intake.take_in(engine, settings, this, file)
        if outcome:
            outcomes.append(outcome)
            _show(outcome, f"[{number}/{len(files)}] ")
    published = _publish_due(settings, engine, this, counts)
    publications.place_files(engine, settings)
    report = publications.write_run_page(engine, settings, this, [each.delivery_id for each in outcomes], published)
    for count_id, code, missing in report.waiting:
        _tell(f"waiting: {count_id} {code}: {'; '.join(missing)}")
    _tell(f"run page: {settings.path(settings.publish_dir) / 'run.html'}")
    return LOOK if any(each.is_new and each.status in NEEDS_A_LOOK for each in outcomes) else WELL


def _publish_due(settings: Settings, engine: sa.Engine, this: Run, counts: tuple[str, ...]) -> list[dict]:
    with warehouse.reading(engine) as connection:
        due = publications.due(connection, settings, counts)
    published = []
    for number, each in enumerate(due, 1):
        row = publications.publish(engine, settings, this, each.count_id, each.municipality_code)
        if row:
            published.append(row)
            _tell(f"[{number}/{len(due)}] published {each.count_id} {each.municipality_code}: {row['kind']}")
    return published


def plan(_options: argparse.Namespace) -> int:
    """Print what the next run would do, and why; change nothing."""
    settings, engine = _open(must_write=False)
    with warehouse.trying(engine) as connection:
        files = intake.new_files(connection, settings)
        this = ledger.begin_run(connection, settings, "plan", warehouse.utc_now())
        for file in files:
            outcome = intake.foresee(connection, settings, this, file)
            if outcome:
                print(f"load: {_line(outcome)}")
        for each in publications.due(connection, settings):
            print(f"publish: {each.count_id} {each.municipality_code} ({each.kind}): {each.reason}")
        for count_id, code, missing in publications.waiting(connection):
            print(f"wait: {count_id} {code}: {'; '.join(missing)}")
    print("nothing was changed")
    return WELL


def check(options: argparse.Namespace) -> int:
    """Print the verdict on files without loading them."""
    settings, engine = _open(must_write=False)
    needs_a_look = False
    for name in options.file:
        path = Path(name)
        if not path.is_file():
            raise NotPossible(f"there is no file {name}")
        with warehouse.trying(engine) as connection:
            this = ledger.begin_run(connection, settings, "check", warehouse.utc_now())
            outcome, parsed = intake.check(connection, settings, this, path)
        print(_line(outcome))
        for line in intake.rejected_summary(parsed):
            print(f"  {line}")
        needs_a_look |= outcome.status in NEEDS_A_LOOK
    return LOOK if needs_a_look else WELL


def publish(options: argparse.Namespace) -> int:
    """Publish the pages of a count that are due, or an incomplete one with a banner."""
    settings, engine = _open()
    _check_counts(settings, (options.count,))
    codes = tuple(options.municipality) or settings.municipalities
    unknown = set(codes) - set(settings.municipalities)
    if unknown:
        raise ConfigurationError(f"not a published municipality: {', '.join(sorted(unknown))}")
    with warehouse.writing(engine) as connection:
        this = ledger.begin_run(connection, settings, "publish", warehouse.utc_now())
    for code in codes:
        row = publications.publish(engine, settings, this, options.count, code, incomplete=options.incomplete)
        if row:
            _tell(f"published {options.count} {code}: {row['kind']}")
            continue
        with warehouse.reading(engine) as connection:
            missing = {(count, place): parts for count, place, parts in publications.waiting(connection)}
        parts = missing.get((options.count, code))
        reason = f"it waits for {'; '.join(parts)}" if parts else "its newest page is up to date"
        _tell(f"not published {options.count} {code}: {reason}")
    publications.place_files(engine, settings)
    for code in codes:
        path = settings.path(settings.publish_dir) / code / options.count / "index.html"
        if path.exists():
            print(path)
    return WELL


def deliveries(options: argparse.Namespace) -> int:
    """List deliveries with their verdicts."""
    _, engine = _open(must_write=False)
    with warehouse.reading(engine) as connection:
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
    _, engine = _open(must_write=False)
    with warehouse.reading(engine) as connection:
        known = warehouse.view(connection, "delivery", delivery_id=options.delivery_id)
        rows = warehouse.view(connection, "rejected_row", "source_row", "column_name", delivery_id=options.delivery_id)
    if not known:
        raise NotPossible(f"there is no delivery {options.delivery_id}; see kanalstatus deliveries")
    if options.json:
        return _print_json(rows)
    print(f"{known[0]['file_name']}: {known[0]['status']}. {known[0]['reason']}".rstrip())
    for row in rows:
        column = f"  {row['column_name']}" if row["column_name"] else ""
        print(f"  række {row['source_row']}{column}  [{row['rule']}]  {row['message']}")
    if not rows:
        print("no rows were set aside")
    return WELL


def accept(options: argparse.Namespace) -> int:
    """Release a held delivery, load it, and publish what is due by it."""
    settings, engine = _open()
    with warehouse.writing(engine) as connection:
        this = ledger.begin_run(connection, settings, "accept", warehouse.utc_now())
    outcome = intake.release(
        engine,
        settings,
        this,
        options.delivery_id,
        (os.environ.get("KANALSTATUS_USER") or getpass.getuser(), options.reason),
        supersede=options.supersede,
        not_personal=options.not_personal,
    )
    _show(outcome, "")
    published = _publish_due(settings, engine, this, ())
    publications.place_files(engine, settings)
    publications.write_run_page(engine, settings, this, [outcome.delivery_id], published)
    return LOOK if outcome.status in NEEDS_A_LOOK else WELL


def demo(options: argparse.Namespace) -> int:
    """Run everything on the examples in a scratch folder, and print the page's path last."""
    folder = Path(options.dir or tempfile.mkdtemp(prefix="kanalstatus-demo-")).absolute()
    with resources.as_file(resources.files("examples")) as examples:
        shutil.copytree(examples, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    for name in [name for name in os.environ if name.startswith("KANALSTATUS_")]:
        del os.environ[name]
    os.environ[CONFIG_VARIABLE] = str(folder / "kanalstatus.toml")
    settings, engine = _open()
    code = _run(settings, engine)
    newest = max(settings.calendar.values(), key=lambda count: count.first_day)
    print(settings.path(settings.publish_dir) / settings.municipalities[0] / newest.count_id / "index.html")
    return code


def diagnose(_options: argparse.Namespace) -> int:
    """Say what works, what does not, and what to do."""
    findings = doctor.examine()
    for each in findings:
        print(f"{'ok ' if each.is_well else 'NO '} {each.subject}: {each.text}")
    return WELL if all(each.is_well for each in findings) else FAILED


def _check_counts(settings: Settings, counts: tuple[str, ...]) -> None:
    unknown = set(counts) - set(settings.calendar)
    if unknown:
        raise ConfigurationError(f"not in the calendar: {', '.join(sorted(unknown))}")


def _line(outcome: Outcome) -> str:
    aside = f", {outcome.rows_rejected} set aside" if outcome.rows_rejected else ""
    text = f"{outcome.status:<9} {outcome.file_name} ({outcome.rows_read} rows{aside})"
    return f"{text}: {outcome.reason}" if outcome.reason else text


def _show(outcome: Outcome, progress: str) -> None:
    _tell(f"{progress}{_line(outcome)}")


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
    add("doctor", diagnose)
    return parser


if __name__ == "__main__":
    sys.exit(main())
