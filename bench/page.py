"""What was measured, as a page of docs/: tables of ratios, the goals, and what the numbers do not say."""

import argparse
import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterator
from importlib import metadata

from bench import growth, load_postgresql, services, ways
from bench.measure import Cost
from bench.results import Results
from bench.ways import WAYS

OWN_LIBRARIES = ("polars", "pandera", "sqlalchemy", "great-tables")
BENCH_LIBRARIES = ("pandas", "duckdb", "dlt")
GIGABYTE = 1e9
INTRODUCTION = """\
# Performance

Written by `make bench`, which measures everything below in one go; do not edit by hand. Only ratios within one table
can be compared: the seconds are those of one machine on one day.
"""
LIMITS = """\
## What this shows, and what it does not

- The deliveries are made up, from one seed: TraceTool files only, half in UTF-8 and half in cp1252, no workbook, no
  extract of persons, no control totals. A twentieth of the files hold a few rows that are set aside; no file is held
  or refused.
- Every way arrives at the same shares of every channel, and the same number of rows read and set aside, or the bench
  fails. Reading the shares once is part of the time of each way but the floor; kanalstatus has a view for it, which
  is read when its command has ended.
- Each way is a process of its own, its start and imports included, forwards and backwards in turn. Seconds, processor
  seconds and memory are each the least of the runs. The system's cache of files is warm; disks are not measured.
- Memory is the resident memory of a process and its children added up, seen some forty times a second: pages that they
  share count twice, and a short peak can be missed.
- The other ways do without a ledger of verdicts, versions of a delivery, an archive, hashes and the scan for CPR
  numbers, and read in their own process without limits. How they would take a corrected delivery is not measured.
- DuckDB and dlt keep no key on the facts; DuckDB writes its own file, all others write SQLite with its journal flushed
  at each commit, but dlt, which commits all in one package.
- The ways to grow share the cores and the disk of this one machine, and are measured once each. What they would do with
  cores or machines of their own is not measured; writers wait for each other there too. PostgreSQL's own processes are
  not in their numbers.
- dlt's own judging of values, a Pydantic model for each row, is not measured: it is given the straight line's checks.
- A rerun that another version of the code or the settings makes necessary, several users at once, a network between
  the process and its database, and machines with many cores are not measured.
"""


def render(results: Results, options: argparse.Namespace, seconds: float) -> str:
    """Return the page."""
    parts = [INTRODUCTION, _machine(options, seconds), _comparison(results, "main", "Side by side")]
    if options.large_rows:
        parts.append(_comparison(results, "large", "The large size"))
    parts += [
        _goals(results),
        _history(results),
        _other_commands(results),
        _postgresql(results),
        _growth(results),
        LIMITS,
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


def _machine(options: argparse.Namespace, seconds: float) -> str:
    libraries = [f"{name} {metadata.version(name)}" for name in OWN_LIBRARIES]
    if any(WAYS[way].python == ways.BENCH_PYTHON for way in options.ways):
        asked = f"from importlib.metadata import version; print(*map(version, {BENCH_LIBRARIES}))"
        said = subprocess.run([ways.BENCH_PYTHON, "-c", asked], check=True, capture_output=True, text=True)  # noqa: S603
        libraries += [f"{name} {version}" for name, version in zip(BENCH_LIBRARIES, said.stdout.split(), strict=True)]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE
    return (
        f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GB of memory, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {', '.join(libraries)}."
        f" The whole bench took {seconds / 60:.1f} minutes, best of {options.repeats}"
        f" (of 1 for a way over {options.patience:.0f} s, and of {options.large_repeats} at the large size)."
    )


def _cost(results: Results, size: str, way: str) -> Cost:
    """Return the best cost of a way, the question asked of kanalstatus' warehouse included."""
    best = results.best(f"{size}/{way}")
    question = results.facts.get(f"{size}/{way}/question", 0)
    return Cost(best.seconds + question, best.cpu_seconds + question, best.peak_bytes)


def _comparison(results: Results, size: str, title: str) -> str:
    taken = [way for way in WAYS if results.count(f"{size}/{way}")]
    rows, files, size_bytes = (results.facts[f"{size}/{fact}"] for fact in ("row_count", "file_count", "byte_count"))
    base = _cost(results, size, ways.STRAIGHT_LINE) if ways.STRAIGHT_LINE in taken else None
    header = ["way", "x straight line", "x processor", "seconds", "processor s", "rows/s", "peak MB", "runs"]
    lines = []
    for way in taken:
        cost = _cost(results, size, way)
        lines.append([
            WAYS[way].label, f"{cost.seconds / base.seconds:.2f}" if base else "",
                f"{cost.cpu_seconds / base.cpu_seconds:.2f}" if base else "", f"{cost.seconds:.1f}",
            f"{cost.cpu_seconds:.1f}", f"{rows / cost.seconds:,.0f}", f"{cost.peak_bytes / 1e6:,.0f}",
            str(results.count(f"{size}/{way}")),
        ])  # fmt: skip
    what = [f"- **{WAYS[way].label}**: {WAYS[way].text}." for way in taken] if size == "main" else []
    about = f"{rows:,.0f} rows in {files:,.0f} files, {size_bytes / 1e6:,.0f} MB."
    return "\n".join([f"## {title}", "", about, "", *_table(header, lines), "", *what])


def _goals(results: Results) -> str:
    lines = [[goal, f"{value:.2f} {unit}".strip(), "yes" if is_met else "no"]
             for goal, value, unit, is_met in _measured_goals(results)]  # fmt: skip
    return "\n".join(["## Goals", "", *_table(["goal", "measured", "met"], lines)]) if lines else ""


def _measured_goals(results: Results) -> Iterator[tuple[str, float, str, bool]]:
    """Give (goal, measured value, its unit, whether it is met) of each goal whose parts were measured."""
    for size, name in (("main", ""), ("large", ", large size")):

        def seconds(way: str, size: str = size) -> float | None:
            return _cost(results, size, way).seconds if results.count(f"{size}/{way}") else None

        own, straight, paged = seconds(ways.KANALSTATUS), seconds(ways.STRAIGHT_LINE), seconds(ways.WITH_PAGE)
        if own is None:
            continue
        if straight:
            yield f"no page due: at most 1.0 x the straight line{name}", own / straight, "x", own <= straight
        if straight and paged:
            yield f"with a page: at most 1.3 x the straight line{name}", paged / straight, "x", paged <= 1.3 * straight
        for way, times in ((ways.PANDAS, 5), (ways.DUCKDB, 1), (ways.DUCKDB_TOGETHER, 1), (ways.DLT, 1)):
            if other := seconds(way):
                goal = f"at least {times} x as fast as {WAYS[way].label}{name}"
                yield goal, other / own, "x", other >= times * own
        peak = _cost(results, size, ways.KANALSTATUS).peak_bytes / GIGABYTE
        yield f"peak memory under 1 GB{name}", peak, "GB", peak < 1
    if results.count("history/together"):
        few, many = (results.best(f"history/{each}").peak_bytes for each in ("1", "together"))
        yield "peak memory of eight times as many files: at most 1.1 x", many / few, "x", many <= 1.1 * few
        first, last = (results.best(f"history/{each}").seconds for each in ("1", "8"))
        yield "a count after seven others: at most 1.1 x the first", last / first, "x", last <= 1.1 * first
    if results.count("nothing-new"):
        ratio = results.best("nothing-new").seconds / results.best("start").seconds
        yield "nothing new: at most 1.5 x start of Python and hashing", ratio, "x", ratio <= 1.5
    if results.count("pages"):
        wall, spent = _seconds_a_page(results)
        facts = [results.facts[f"pages/{what}"] for what in ("asked", "pages", "mails")]
        is_whole = len(set(facts)) == 1 and bool(results.facts["pages/overviews"])
        yield "a page and its mail: under 0.3 s on one core", spent, "s", is_whole and spent < 0.3
        yield "a page and its mail: under 0.3 s of time", wall, "s", is_whole and wall < 0.3


def _seconds_a_page(results: Results) -> tuple[float, float]:
    """Return the time and the processor time of a page and its mail: all that their run takes over one without."""
    whole, empty = results.best("pages"), results.best("nothing-new")
    pages = max(results.facts["pages/pages"], 1)
    return (whole.seconds - empty.seconds) / pages, (whole.cpu_seconds - empty.cpu_seconds) / pages


def _history(results: Results) -> str:
    if not results.count("history/together"):
        return ""
    first = results.best("history/1")
    runs = {f"count {number} of 8": results.best(f"history/{number}") for number in range(1, 9)}
    runs["all 8 in one run"] = results.best("history/together")
    lines = [
        [name, f"{cost.seconds / first.seconds:.2f}", f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}",
         f"{cost.peak_bytes / 1e6:,.0f}"]
        for name, cost in runs.items()
    ]  # fmt: skip
    rows, files = results.facts["history/row_count"] / 8, results.facts["history/file_count"] / 8
    about = f"Eight counts of {rows:,.0f} rows in {files:,.0f} files each arrive one by one, a run each; measured once."
    table = _table(["run", "x first", "seconds", "processor s", "peak MB"], lines)
    return "\n".join(["## How cost grows with history", "", about, "", *table])


def _other_commands(results: Results) -> str:
    named = {
        "nothing-new": "kanalstatus run with nothing new",
        "start": f"start of Python with {', '.join(ways.START_LIBRARIES)}, and hashing the inbox",
        "pages": "kanalstatus run with the newest count's pages, mails and overview due",
        "demo": "kanalstatus demo, in a new folder",
    }
    lines = [
        [name, f"{cost.seconds:.2f}", f"{cost.cpu_seconds:.2f}", f"{cost.peak_bytes / 1e6:,.0f}"]
        for key, name in named.items() if results.count(key) for cost in [results.best(key)]
    ]  # fmt: skip
    if not lines:
        return ""
    text = ["## Reruns, pages and the quick start", "", *_table(["what", "seconds", "processor s", "peak MB"], lines)]
    if results.count("pages"):
        asked, pages, mails, overviews = (
            int(results.facts[f"pages/{what}"]) for what in ("asked", "pages", "mails", "overviews")
        )
        wall, spent = _seconds_a_page(results)
        overview = "the national overview was made" if overviews else "no national overview was made"
        text += [
            "",
            f"Of {asked} municipalities, {pages} had a page made in that one run and {mails} a mail, which a server on"
            f" this machine took; {overview} in it too. Over a run with nothing new, a page and its mail took"
            f" {wall:.2f} s of time and {spent:.2f} s of processor, their part of overview and indexes included.",
        ]
    return "\n".join(text)


def _postgresql(results: Results) -> str:
    if "postgresql/rows" not in results.facts:
        return ""
    rows, bare = results.facts["postgresql/rows"], results.facts["postgresql/a bare COPY"]
    loads = {way: results.facts[f"postgresql/{way}"] for way in load_postgresql.WAYS}
    lines = [[way, f"{value / bare:.2f}", f"{value:.2f}", f"{rows / value:,.0f}"] for way, value in loads.items()]
    about = f"{rows:,.0f} facts into an empty warehouse on PostgreSQL; `python -m bench.load_postgresql` alone."
    table = _table(["what", "x a bare COPY", "seconds", "rows/s"], lines)
    return "\n".join(["## Into PostgreSQL", "", about, "", *table])


def _growth(results: Results) -> str:
    taken = [(database, way) for database, each in growth.PLACES.items() for way in each
             if results.count(_growth_key(database, way))]  # fmt: skip
    if not taken:
        return ""
    base = results.best(_growth_key(growth.SQLITE, growth.COMMAND))
    header = ["into", "way", "x the command", "x processor", "seconds", "processor s", "peak MB", "nothing to do: s"]
    lines = []
    for database, way in taken:
        cost, nothing = (results.best(f"{_growth_key(database, way)}{end}") for end in ("", growth.NOTHING_TO_DO))
        lines.append([
            database, growth.WAYS[way].label, f"{cost.seconds / base.seconds:.2f}",
            f"{cost.cpu_seconds / base.cpu_seconds:.2f}", f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}",
            f"{cost.peak_bytes / 1e6:,.0f}", f"{nothing.seconds:.1f}",
        ])  # fmt: skip
    rows, files = (results.facts[f"growth/{fact}"] for fact in ("row_count", "file_count"))
    about = (
        f"The same {growth.COUNTS} counts, {rows:,.0f} rows in {files:,.0f} files, loaded by a backfill in every way;"
        " all arrive at the same share of every channel, to the last digit, on both databases. Ratios are against the"
        " command on SQLite. The last column is the same once more, with nothing left to load. Processor time and"
        " memory are those of all that a way needs, Prefect's server and Dask's scheduler and workers included. That"
        " server keeps its records in SQLite here, on which runs at once can wait for each other for up to a minute"
        ' ("database is locked" in its log); in production it has PostgreSQL.'
    )
    named = {"prefect": "Prefect's server", "dask": f"Dask's scheduler and {services.DASK_WORKERS} workers"}
    ready = [
        _service(results, name, label) for name, label in named.items() if f"growth/{name}/seconds" in results.facts
    ]
    before = f"Before the first run, {', '.join(ready)}."
    bullets = [_growth_bullet(results, way) for way in growth.PLACES[growth.SQLITE]]
    return "\n".join(["## Ways to grow", "", about, "", *_table(header, lines, texts=2), "", before, "", *bullets])


def _growth_key(database: str, way: str) -> str:
    return f"growth/{database}/{way}"


def _service(results: Results, name: str, label: str) -> str:
    seconds, byte_count = (results.facts[f"growth/{name}/{fact}"] for fact in ("seconds", "bytes"))
    return f"{label} took {seconds:.1f} s to start and held {byte_count / 1e6:,.0f} MB"


def _growth_bullet(results: Results, way: str) -> str:
    """Return what a way is, what it needs, and what it costs by itself on SQLite."""
    own, base = (_growth_key(growth.SQLITE, each) for each in (way, growth.COMMAND))
    whole, nothing = results.best(own), results.best(f"{own}{growth.NOTHING_TO_DO}")
    whole_base, nothing_base = results.best(base), results.best(f"{base}{growth.NOTHING_TO_DO}")
    seconds, spent = nothing.seconds, nothing.cpu_seconds
    byte_count, than = whole.peak_bytes, ""
    if way != growth.COMMAND:
        seconds, spent = seconds - nothing_base.seconds, spent - nothing_base.cpu_seconds
        byte_count, than = byte_count - whole_base.peak_bytes, ", more than the command"
    cost = f"{seconds:.1f} s ({spent:.1f} s of processor) with nothing to do and {byte_count / 1e6:,.0f} MB{than}"
    return f"- **{growth.WAYS[way].label}**: {growth.WAYS[way].text}. Costs {cost}; needs {growth.WAYS[way].needs}."


def _table(header: list[str], lines: list[list[str]], texts: int = 1) -> list[str]:
    """Return a Markdown table that also reads well as text: the first columns to the left, numbers to the right."""
    widths = [max(len(line[place]) for line in [header, *lines]) for place in range(len(header))]

    def row(cells: list[str]) -> str:
        padded = [
            f"{cell:{'<' if place < texts else '>'}{width}}"
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rules = ["-" * (width + 2) if place < texts else "-" * (width + 1) + ":" for place, width in enumerate(widths)]
    rule = f"|{'|'.join(rules)}|"
    return [row(header), rule, *map(row, lines)]
