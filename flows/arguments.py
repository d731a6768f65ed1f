"""Which words may follow `kanalstatus`: the commands and their options."""

import argparse
import datetime as dt
from collections.abc import Callable, Mapping

from flows.steps.runs import CODE_VERSION, DENMARK
from schemas.codes import Channel, Direction, Reprocess, Verdict
from transforms import figure

Command = Callable[[argparse.Namespace], int]


def parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Return the parser; what a command does is told by its docstring, `options.command` runs it.

    Args:
        commands: name -> function, in the order in which help lists them.
    """
    whole = argparse.ArgumentParser(
        prog="kanalstatus",
        description="Follow a municipality's channel strategy: from deliveries to a published status page.",
    )
    whole.add_argument("--version", action="version", version=f"kanalstatus {CODE_VERSION}")
    named = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, function in commands.items():
        own = named.add_parser(name, help=function.__doc__, description=function.__doc__)
        own.set_defaults(command=function)
        _OPTIONS.get(name, _none)(own)
    return whole


def _none(_command: argparse.ArgumentParser) -> None:
    """Take no options."""


def _demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dir", help="the scratch folder; else a new one")


def _run(command: argparse.ArgumentParser) -> None:
    command.add_argument("--count", nargs="+", default=[], metavar="2014E", help="publish these counts only")


def _check(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", nargs="+")


def _publish(command: argparse.ArgumentParser) -> None:
    command.add_argument("--count", metavar="2014E")
    command.add_argument("--municipality", nargs="+", default=[], metavar="183", help="else every published one")
    command.add_argument("--as-of", type=_moment, metavar="2014-12-24T12:00", help="write the page as it was then")
    command.add_argument("--publication", type=int, metavar="ID", help="write a publication's stored bytes again")
    command.add_argument("--dir", help="where --as-of (else a new folder) and --publication (else its place) write")
    command.add_argument(
        "--incomplete", action="store_true", help="also when it waits: with a banner, without verdicts"
    )
    command.add_argument("--no-mail", action="store_true", help="send staff no mail")


def _approve(command: argparse.ArgumentParser) -> None:
    command.add_argument("--count", required=True, metavar="2014E")
    command.add_argument("--municipality", metavar="183", help="needed when several municipalities' drafts wait")
    command.add_argument("--reason", required=True, help="why; kept with the approval")


def _deliveries(command: argparse.ArgumentParser) -> None:
    command.add_argument("--status", choices=[str(each) for each in Verdict])
    command.add_argument("--json", action="store_true")


def _rejects(command: argparse.ArgumentParser) -> None:
    command.add_argument("delivery_id", type=int)
    command.add_argument("--json", action="store_true")


def _accept(command: argparse.ArgumentParser) -> None:
    command.add_argument("delivery_id", type=int)
    command.add_argument("--reason", required=True, help="why; kept with the verdict")
    command.add_argument("--supersede", action="store_true", help="although a later delivery is in force")
    command.add_argument("--not-personal", action="store_true", help="what looks like CPR numbers is something else")
    command.add_argument(
        "--date", type=dt.date.fromisoformat, help="of an extract of persons whose name does not say it"
    )


def _backfill(command: argparse.ArgumentParser) -> None:
    command.add_argument("--from", dest="first", metavar="2012E", help="the first count; with --to")
    command.add_argument("--to", dest="last", metavar="2014E", help="the last count")
    command.add_argument("--counts", nargs="+", default=[], metavar="2012E", help="these counts, and not a span")
    command.add_argument("--municipality", nargs="+", default=[], metavar="183", help="else every one")
    command.add_argument("--reason", required=True, help="why; kept with the backfill")
    command.add_argument(
        "--reprocess",
        choices=[str(each) for each in Reprocess],
        default=str(Reprocess.MISSING),
        help="missing: what is not loaded (default); failed: also judge again what was held or refused; stale: also "
        "what other code, code lists or content loaded; all: every delivery in force",
    )
    command.add_argument("--dry-run", action="store_true", help="only print the grid and the figures that would change")
    command.add_argument("--mail", action="store_true", help="let staff have mail of the pages that are published")


def _trace(command: argparse.ArgumentParser) -> None:
    command.add_argument("--figure", metavar="183.2014E.channel_share.inbound.phone", help="as it stands on the page")
    command.add_argument("--count", default="", metavar="2014E")
    command.add_argument("--municipality", default="", metavar="183")
    command.add_argument("--measure", default="", choices=[str(each) for each in figure.Kind])
    command.add_argument("--direction", default="", choices=[str(each) for each in Direction])
    command.add_argument("--channel", default="", choices=[str(each) for each in Channel])
    command.add_argument("--task", default="", metavar="32.03.12", help="of task_channel_count")
    command.add_argument("--status", default="", choices=figure.STATUSES, help="of digital_post_share")
    command.add_argument("--ages", default="", metavar="15-44", help="of digital_post_share, as they are shown")
    command.add_argument("--date", default="", metavar="2014-12-01", help="of an extract, in place of --count")
    command.add_argument("--aspect", default="", metavar="national", help="national, change, previous …")
    command.add_argument("--as-of", type=_moment, metavar="2014-12-24T12:00", help="as it was then")
    command.add_argument("--total", action="store_true", help="list the rows of what it is a share of, too")
    command.add_argument("--json", action="store_true")


def _rebuild(command: argparse.ArgumentParser) -> None:
    command.add_argument("--manifest", metavar="NAME", help="which one, when the archive has several")
    command.add_argument(
        "--accept-changed", action="store_true", help="although this version reads deliveries otherwise"
    )


def _backup(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder")
    command.add_argument(
        "--keep", type=_positive, default=30, metavar="N", help="copies of the warehouse; 30 if not given"
    )


def _restore(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", help="the folder that `backup` was given")
    command.add_argument("--snapshot", help="a copy in it; else the newest")


def _moment(text: str) -> dt.datetime:
    """Return a point in time; without a zone it is Danish time."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=DENMARK)


def _positive(argument: str) -> int:
    number = int(argument)
    if number < 1:
        raise ValueError
    return number


_OPTIONS: Mapping[str, Callable[[argparse.ArgumentParser], None]] = {
    "demo": _demo,
    "run": _run,
    "check": _check,
    "publish": _publish,
    "approve": _approve,
    "deliveries": _deliveries,
    "rejects": _rejects,
    "accept": _accept,
    "backfill": _backfill,
    "trace": _trace,
    "rebuild": _rebuild,
    "backup": _backup,
    "restore": _restore,
}
