"""The command line: the steps of the flows without Prefect. What one command alone needs, only that command imports."""

import argparse
import datetime as dt
import getpass
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from flows.arguments import Command, parser
from flows.steps import alerts, due, inbox, intake, pipeline, release, runs, warehouse
from flows.steps.ledger import Outcome
from flows.steps.manifest import WrongManifest
from flows.steps.migrations import WrongWarehouse
from flows.steps.pipeline import Session
from flows.steps.release import NotPossible
from flows.steps.runs import Run
from flows.steps.settings import CONFIG_VARIABLE, ConfigurationError, load_settings
from schemas.codes import NOT_LOADED, Reprocess, StepOutcome
from transforms import figure
from transforms.run_page import RunReport

if TYPE_CHECKING:
    from flows.steps.backfill import Request

WELL, FAILED, USAGE, LOOK = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 well, 1 failed, 2 usage or settings, 3 look at a delivery."""
    options = parser(COMMANDS).parse_args(arguments)
    try:
        return options.command(options)
    except (ConfigurationError, NotPossible, WrongManifest, WrongWarehouse) as error:
        print(f"kanalstatus: {error}", file=sys.stderr)
        return USAGE
    except OperationalError as error:
        return _failed(options, _why_not(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WELL
    except KeyboardInterrupt:
        print("kanalstatus: stopped; what is written stands, and the next run goes on from there", file=sys.stderr)
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: every failure ends in one line and exit 1
        # An exception's text can hold values; its type and place say enough.
        place = traceback.extract_tb(error.__traceback__)[-1]
        own = [each for each in traceback.extract_tb(error.__traceback__) if "flows" in Path(each.filename).parts]
        step = own[-1] if own else place
        hint = f": {error.strerror}: {error.filename}" if isinstance(error, OSError) and error.strerror else ""
        name = f"{type(error).__module__}.{type(error).__name__}"
        where = f"{Path(step.filename).name}:{step.lineno}"
        return _failed(options, f"{name}{hint} (in {where}); kanalstatus doctor tells more")


def _why_not(error: OperationalError) -> str:
    """Return what is the matter with the database, and what to do."""
    if warehouse.is_full(error):
        return "the disk of the database is full; make room and run again"
    busy = warehouse.is_busy(error)
    hint = "another run holds the warehouse; try again" if busy else "kanalstatus doctor tells more"
    return f"the database does not answer; {hint}"


def _failed(options: argparse.Namespace, text: str) -> int:
    """Say why the command failed; where nobody looks at its output, by mail."""
    print(f"kanalstatus: failed: {text}", file=sys.stderr)
    if options.command in (run, load_history):
        alerts.tell_failure(text)
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
    return _publish_and_send(session, this, outcomes, counts)


def _publish_and_send(session: Session, this: Run, outcomes: list[Outcome], counts: tuple[str, ...] = ()) -> int:
    """Publish what is due, put pages in place, send mail, and return the exit code of the whole command."""
    for row in pipeline.publish_due(session, this, counts):
        _tell(f"published {row['count_id']} {row['municipality_code']}: {row['kind']}")
    report = pipeline.finish(session, this)
    for count_id, code, missing in report.waiting:
        _tell(f"waiting: {count_id} {code}: {'; '.join(missing)}")
    for count_id, code, _ in report.drafts:
        _tell(f"waiting: {count_id} {code}: for approval; see kanalstatus approve --help")
    _tell(f"run page: {session.settings.path(session.settings.publish_dir) / 'run.html'}")
    has_failed = _send(session, this, report)
    return LOOK if pipeline.needs_a_look(outcomes) else FAILED if has_failed else WELL


def _send(session: Session, this: Run, report: RunReport) -> bool:
    """Send mail, say what went wrong with it and with the pages, and tell whether anything did."""
    for publication_id, file_name in report.lost:
        _tell(f"archive: it has lost {file_name} of publication {publication_id}; put it back from a backup")
    troubles = pipeline.send_mail(session, this, report)
    for trouble in troubles:
        _tell(f"mail: {trouble.text}")
    return bool(troubles or report.lost)


def plan(_options: argparse.Namespace) -> int:
    """Print what the next run would do, and why; change nothing."""
    session = pipeline.open_session(must_write=False)
    settings = session.settings
    with (
        inbox.opened(settings) as deliveries,
        warehouse.trying(session.engine) as connection,
        pipeline.reader_of(session) as reader,
    ):
        this = runs.begin_run(connection, settings, "plan", warehouse.utc_now())
        for outcome in release.foresee_again(connection, settings, this, reader, deliveries):
            print(f"judge again: {_line(outcome)}")
        files = intake.new_files(connection, settings)
        for file in files:
            foreseen = intake.foresee(connection, settings, this, reader, deliveries, file)
            if foreseen:
                print(f"load: {_line(foreseen[0])}")
        for each in due.counts_due(connection, settings):
            print(f"publish: {each.count_id} {each.municipality_code} ({each.kind}): {each.reason}")
        for count_id, code, missing in due.waiting(connection, settings):
            print(f"wait: {count_id} {code}: {'; '.join(missing)}")
        for count_id, code, _ in due.waiting_for_approval(connection, settings):
            print(f"wait: {count_id} {code}: for approval; see kanalstatus approve --help")
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
                folder = inbox.Folder(path.absolute().parent)
                file = replace(folder.describe(path.absolute()), is_link=False)
                foreseen = intake.foresee(connection, settings, this, reader, folder, file, also_known=True)
            if foreseen is None:
                raise NotPossible(f"{file.name} changed while it was read; try again")
            outcome, parsed = foreseen
            print(_line(outcome))
            for line in intake.rejected_summary(parsed):
                print(f"  {line}")
            needs_a_look |= outcome.status in NOT_LOADED
    return LOOK if needs_a_look else WELL


def publish(options: argparse.Namespace) -> int:
    """Publish the pages of a count that are due, or write what a page was: --as-of a time, --publication as stored."""
    from flows.steps import publications

    if options.publication is not None or options.as_of is not None:
        return _publish_history(options)
    if options.count is None:
        raise NotPossible("--count 2014E says which count")
    session = pipeline.open_session()
    settings, engine = session.settings, session.engine
    pipeline.check_counts(settings, (options.count,))
    if options.incomplete and settings.require_approval:
        raise NotPossible("figures need an approval, and half a count gets none; publish --as-of shows it to you alone")
    codes = tuple(options.municipality) or settings.municipalities
    unknown = set(codes) - set(settings.municipalities)
    if unknown:
        raise ConfigurationError(f"not a published municipality: {', '.join(sorted(unknown))}")
    this = pipeline.begin_run(session, "publish")
    with warehouse.reading(engine) as connection:
        waiting = {(count_id, code): missing for count_id, code, missing in due.waiting(connection, settings)}
    for code in codes:
        row = publications.publish(
            engine, settings, this, options.count, code, incomplete=options.incomplete, mails=not options.no_mail
        )
        missing = waiting.get((options.count, code))
        if row:
            _tell(f"published {options.count} {code}: {row['kind']}")
        elif missing:
            _tell(f"not published {options.count} {code}: it waits for {'; '.join(missing)}")
        else:
            _tell(f"not published {options.count} {code}: its newest page is up to date")
    report = pipeline.finish(session, this)
    for code in codes:
        path = settings.path(settings.publish_dir) / code / options.count / "index.html"
        if path.exists():
            print(path)
    return FAILED if _send(session, this, report) else WELL


def _publish_history(options: argparse.Namespace) -> int:
    """Write stored bytes again, or pages as they were; neither makes a publication."""
    from flows.steps import history

    session = pipeline.open_session(must_write=False)
    settings, engine = session.settings, session.engine
    try:
        if options.publication is not None:
            folder = Path(options.dir or settings.path(settings.publish_dir)).absolute()
            print(history.write_publication(engine, settings, options.publication, folder))
            return WELL
        if options.count is None:
            raise NotPossible("--as-of needs --count 2014E")
        folder = Path(options.dir or tempfile.mkdtemp(prefix="kanalstatus-as-of-")).absolute()
        for code in options.municipality or settings.municipalities:
            print(history.write_as_of(engine, settings, options.as_of, options.count, code, folder))
    except history.NotThere as error:
        raise NotPossible(str(error)) from None
    except history.Damaged as error:
        print(f"kanalstatus: failed: {error}", file=sys.stderr)
        return FAILED
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
    by = _decided_by(options)
    session = pipeline.open_session()
    this = pipeline.begin_run(session, "accept")
    with pipeline.reader_of(session) as reader, inbox.opened(session.settings) as deliveries:
        outcome = release.release(
            session.engine,
            session.settings,
            this,
            reader,
            deliveries,
            options.delivery_id,
            by,
            supersede=options.supersede,
            not_personal=options.not_personal,
            as_of_date=options.date,
        )
    _tell(_line(outcome))
    return _publish_and_send(session, this, [outcome])


def approve(options: argparse.Namespace) -> int:
    """Let the draft of a count go to staff: publish it, and send its mail."""
    from flows.steps import approvals

    by = _decided_by(options)
    session = pipeline.open_session()
    settings = session.settings
    pipeline.check_counts(settings, (options.count,))
    this = pipeline.begin_run(session, "approve")
    if options.municipality:
        codes = [options.municipality]
    else:
        with warehouse.reading(session.engine) as connection:
            waiting = due.waiting_for_approval(connection, settings)
        codes = [code for count_id, code, _ in waiting if count_id == options.count]
    if len(codes) != 1:
        several = f"{len(codes)} drafts wait ({', '.join(codes)}): add --municipality" if codes else "no draft waits"
        raise NotPossible(f"{options.count}: {several}; see kanalstatus plan")
    number = approvals.approve(session.engine, settings, this, options.count, codes[0], by)
    _tell(f"approved draft {number} of {options.count} {codes[0]}")
    return _publish_and_send(session, this, [], (options.count,))


def trace_figure(options: argparse.Namespace) -> int:
    """Walk from a printed figure to the loads, files, hashes and source rows that sum to it."""
    from flows.steps import origins, trace
    from transforms import traced

    wanted = _figure(options)
    session = pipeline.open_session(must_write=False)
    try:
        with origins.open_readings(session.settings, with_origins=True) as readings:
            found = trace.trace(session.engine, session.settings, readings, wanted, options.as_of)
    except trace.NotTraced as error:
        raise NotPossible(str(error)) from None
    except origins.NotKept as error:
        print(f"kanalstatus: not proved: {error}", file=sys.stderr)
        return FAILED
    if options.json:
        _print_json(traced.as_rows(found))
    else:
        print("\n".join(traced.as_lines(found, with_totals=options.total)))
    for fault in found.faults:
        print(f"kanalstatus: NOT PROVED: {fault}", file=sys.stderr)
    return FAILED if found.faults else WELL


def _figure(options: argparse.Namespace) -> figure.Figure:
    """Return the figure that the options name: by its id, or by its parts."""
    parts = (options.municipality, options.date or options.count, options.measure, options.direction, options.channel,
             options.task, options.status, options.ages)  # fmt: skip
    name = options.figure or ".".join(each for each in parts if each)
    aspect = f":{options.aspect}" if options.aspect and not options.figure else ""
    try:
        return figure.parse(f"{name}{aspect}")
    except figure.NoFigure as error:
        raise NotPossible(f"{error}; kanalstatus trace --help") from None


def rebuild_warehouse(options: argparse.Namespace) -> int:
    """Fill an empty warehouse again from the archive and its manifest."""
    from flows.steps import origins, rebuild

    session = pipeline.open_session()
    try:
        done = rebuild.rebuild(
            session.engine, session.settings, options.manifest, accept_changed=options.accept_changed
        )
    except (rebuild.NotRebuilt, origins.NotKept) as error:
        print(f"kanalstatus: not rebuilt, nothing was written: {error}", file=sys.stderr)
        return FAILED
    for told in (*done.changed, *(f"lost: {each}" for each in done.lost)):
        _tell(told)
    if done.unproved:
        numbers = ", ".join(map(str, done.unproved))
        _tell(f"loaded before 0.2.0, so that their facts cannot be compared: loads {numbers}")
    _tell(f"rebuilt: {done.loads} loads; kanalstatus run goes on from here")
    return FAILED if done.lost else WELL


def load_history(options: argparse.Namespace) -> int:
    """Load or load again the deliveries of years of counts, from the inbox and the archive, oldest count first."""
    from flows.steps import backfill

    session = pipeline.open_session(must_write=not options.dry_run)
    asked = backfill.request(
        session.settings,
        first=options.first,
        last=options.last,
        counts=tuple(options.counts),
        municipalities=tuple(options.municipality),
        reprocess=Reprocess(options.reprocess),
        reason=_as_text(options.reason),
        asked_by=os.environ.get("KANALSTATUS_USER") or getpass.getuser(),
        sends_mail=options.mail,
    )
    if options.dry_run:
        return _foresee_history(session, asked)
    this = backfill.begin(session, asked)
    wanted = backfill.survey(session, asked)
    outcomes = []
    for number, step in enumerate(backfill.take_up(session, this, asked.scope, wanted), 1):
        outcomes.append(step.outcome if step.is_new or step.outcome not in backfill.NEEDS_A_LOOK else None)
        text = f"[{number}/{len(wanted)}] {step.standing.count_id or '-'} {step.outcome:<9} {step.standing.file_name}"
        _progress(text, step.message if step.outcome not in (StepOutcome.LOADED, StepOutcome.UNCHANGED) else "")
    if wanted and sys.stderr.isatty():
        _tell("")
    for row in backfill.publish_due(session, this, asked):
        _tell(f"published {row['count_id']} {row['municipality_code']}: {row['kind']}")
    report = pipeline.finish(session, this)
    _tell(report.backfill)
    has_failed = _send(session, this, report) or StepOutcome.FAILED in outcomes
    return FAILED if has_failed else LOOK if set(outcomes) & set(backfill.NEEDS_A_LOOK) else WELL


def _foresee_history(session: Session, asked: "Request") -> int:
    """Print the grid of a backfill, and the printed figures that would change; change nothing."""
    from flows.steps import backfill, backfill_grid
    from transforms import backfill_text

    trial = backfill.try_out(session, asked)
    for line in backfill_text.grid_lines(backfill_grid.rows(trial, asked.scope)):
        print(line)
    for page in trial.pages:
        print(f"publish: {page.count_id} {page.municipality_code} ({page.kind})")
        for line in backfill_text.change_lines(page.changes):
            print(line)
    print("nothing was changed")
    return WELL


def _progress(text: str, message: str) -> None:
    """Say how far it is: on a terminal in one line that is written over, unless there is a message to keep."""
    if not sys.stderr.isatty():
        _tell(f"{text}: {message}" if message else text)
        return
    width = shutil.get_terminal_size().columns - 1
    line = f"{text}: {message}\n" if message else f"{text[:width]:<{width}}"
    print(f"\r{line}", end="", file=sys.stderr, flush=True)


def upgrade(_options: argparse.Namespace) -> int:
    """Make the warehouse, or bring it to this version's tables and views: for its owner on PostgreSQL."""
    pipeline.open_session()
    _tell("the warehouse is of this version")
    return WELL


def backup(options: argparse.Namespace) -> int:
    """Copy the warehouse and the archive to a folder, while runs go on."""
    from flows.steps import backups

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
    from flows.steps import backups

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
    from flows.steps import doctor

    findings = doctor.examine()
    for each in findings:
        print(f"{'ok ' if each.is_well else 'NO '} {each.subject}: {each.text}")
    if findings[0].subject == "configuration" and not findings[0].is_well:
        return USAGE
    return WELL if all(each.is_well for each in findings) else FAILED


def _decided_by(options: argparse.Namespace) -> tuple[str, str]:
    """Return (who, why) of a decision that is kept."""
    if not options.reason.strip():
        raise NotPossible("--reason is empty: say why, it is kept with the decision")
    return os.environ.get("KANALSTATUS_USER") or getpass.getuser(), _as_text(options.reason)


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


def _print_json(rows: list[dict] | dict) -> int:
    def plain(value: object) -> str:
        return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)

    print(json.dumps(rows, ensure_ascii=False, indent=1, default=plain))
    return WELL


COMMANDS: Mapping[str, Command] = {
    "demo": demo,
    "run": run,
    "plan": plan,
    "check": check,
    "publish": publish,
    "approve": approve,
    "deliveries": deliveries,
    "rejects": rejects,
    "accept": accept,
    "backfill": load_history,
    "trace": trace_figure,
    "backup": backup,
    "restore": restore,
    "rebuild": rebuild_warehouse,
    "upgrade": upgrade,
    "doctor": diagnose,
}


if __name__ == "__main__":
    sys.exit(main())
