"""Measure kanalstatus against the other ways on made-up national counts, print it, and write docs/performance.md.

python -m bench --help says what can be chosen; make bench sets up what is needed first.
"""

import argparse
import itertools
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench import answer, growth, load_postgresql, mail_server, measure, national, page, project, services, terms
from bench.answer import Answer
from bench.measure import Cost
from bench.national import National
from bench.results import Results
from bench.services import Service
from bench.ways import (
    ANSWER,
    KANALSTATUS,
    LARGE,
    OWN_PYTHON,
    START_LIBRARIES,
    WAYS,
    WITH_PAGE,
)
from schemas.codes import MUNICIPALITIES

PAGE = project.PROJECT / "docs" / "performance.md"


class Differs(Exception):
    """A way arrived at other figures than kanalstatus: its speed says nothing."""


class Bench:
    """The measurements of one call: its sizes, its folder of work, and what was measured so far."""

    def __init__(self, options: argparse.Namespace, work: Path) -> None:
        self.options = options
        self.work = work
        self.results = Results(work / "results.json", resume=options.resume)
        self.started = time.monotonic()

    def tell(self, text: str) -> None:
        """Say how it goes, with the time since the start."""
        passed = int(time.monotonic() - self.started)
        print(f"[{passed // 60:>2}:{passed % 60:02}] {text}", file=sys.stderr, flush=True)

    def deliveries(self, name: str, rows: int, counts: int, municipalities: int | None = None) -> National:
        """Make the deliveries of a size, unless they are there."""
        self.tell(f"making {rows:,} rows")
        municipalities = municipalities or self.options.municipalities
        inbox = self.work / f"deliveries-{rows}-{counts}-{municipalities}"
        made = national.make(inbox, rows, counts, municipalities)
        self.results.facts |= {
            f"{name}/{fact}": getattr(made, fact) for fact in ("row_count", "file_count", "byte_count")
        }
        self.results.save()
        return made

    def run(self, key: str, command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
        """Measure one run of a command, and keep what it cost."""
        environment = environment or project.environment(folder)
        self.keep(key, measure.cost_of(command, environment, project.PROJECT, log=folder / "said.txt"))

    def keep(self, key: str, cost: Cost) -> None:
        """Keep what a run cost, and say it."""
        self.results.add(key, cost)
        self.tell(f"{key}: {cost.seconds:.2f} s, {cost.cpu_seconds:.2f} s of processor, {cost.peak_bytes / 1e6:.0f} MB")

    def new_folder(self, name: str) -> Path:
        """Return an empty folder of work."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def compare(self, size: str, rows: int, ways: list[str], repeats: int) -> None:
        """Take each way so many times, forwards and backwards in turn; a slow one once."""
        made = self.deliveries(size, rows, self.options.counts)
        kept = self.work / f"{size}-answer.json"
        reference = answer.read(kept) if self.options.resume and kept.exists() else None
        for number in range(repeats):
            for way in ways if number % 2 == 0 else reversed(ways):
                key = f"{size}/{way}"
                is_slow = self.results.count(key) and self.results.best(key).seconds > self.options.patience
                if self.results.count(key) > number or is_slow:
                    continue
                folder = self.new_folder(f"{size}-{way}")
                found = self._take(key, way, made, folder)
                if found is not None:
                    if reference is None:
                        reference = found
                        found.write(kept)
                    _assert_same(key, found, reference)
                shutil.rmtree(folder)

    def _take(self, key: str, way: str, made: National, folder: Path) -> Answer | None:
        """Measure one way once, and return the figures that it arrives at; the floor arrives at none."""
        if way in (KANALSTATUS, WITH_PAGE):
            project.set_up(folder, made, made.municipalities[:1] if way == WITH_PAGE else ())
            self.run(key, [project.COMMAND, "run"], folder)
            found, seconds = project.ask(folder)
            self.results.facts[f"{key}/question"] = seconds
            self.results.save()
            return found
        self.run(key, WAYS[way].command(made.inbox, folder), folder)
        return None if not WAYS[way].answers else answer.read(folder / ANSWER)

    def reruns_and_pages(self, size: str, rows: int) -> None:
        """Measure runs with nothing new against their floor, then runs with the pages of every municipality."""
        made = self.deliveries(size, rows, self.options.counts)
        folder = self.new_folder("loaded")
        project.set_up(folder, made)
        run, environment = [project.COMMAND, "run"], project.environment(folder)
        self.tell("loading for the runs with nothing new")
        measure.cost_of(run, environment, project.PROJECT, log=folder / "said.txt")
        start = [OWN_PYTHON, "-m", "bench.floor", str(made.inbox), *START_LIBRARIES]
        for number in range(self.options.repeats + 1):
            for key, command in (("nothing-new", run), ("start", start)):
                if self.results.count(key) <= number:
                    self.run(key, command, folder)
        self.pages(made, folder)
        shutil.rmtree(folder)

    def pages(self, made: National, loaded: Path) -> None:
        """Measure runs on copies of a loaded folder that publish and mail the newest count, and make the overviews."""
        published, newest = made.municipalities[: self.options.pages], made.counts[-1]
        for _ in range(self.results.count("pages"), self.options.repeats if published else 0):
            folder = self.new_folder("published")
            shutil.copytree(loaded, folder, dirs_exist_ok=True)
            with mail_server.open_server() as server:
                project.set_up(folder, made, published, server.url)
                self.run("pages", [project.COMMAND, "run", "--count", newest], folder)
            places = [folder / "published" / code / newest / "index.html" for code in published]
            overview = folder / "published" / "national" / newest / "index.html"
            self.results.facts |= {
                "pages/asked": len(published), "pages/pages": sum(place.exists() for place in places),
                "pages/mails": len(server.message_ids), "pages/overviews": int(overview.exists()),
            }  # fmt: skip
            self.results.save()
            shutil.rmtree(folder)

    def history(self, rows: int) -> None:
        """Load eight equal counts one by one, then all of them in one run."""
        counts = len(terms.CALENDAR)
        if not rows or self.results.count("history/together"):
            return
        made = self.deliveries("history", rows * counts, counts)
        folder = self.new_folder("history")
        arrived = folder / "arrived"
        project.set_up(folder, National(arrived, made.counts, made.municipalities, 0, 0, 0))
        for number, count_id in enumerate(made.counts, 1):
            shutil.copytree(made.inbox / count_id, arrived / count_id)
            if self.results.count(f"history/{number}"):
                self.tell("loading what was measured before")
                measure.cost_of(
                    [project.COMMAND, "run"], project.environment(folder), project.PROJECT, log=folder / "said.txt"
                )
            else:
                self.run(f"history/{number}", [project.COMMAND, "run"], folder)
        one_by_one, _ = project.ask(folder)
        folder = self.new_folder("history")
        project.set_up(folder, made)
        self.run("history/together", [project.COMMAND, "run"], folder)
        _assert_same("history/together", project.ask(folder)[0], one_by_one)
        shutil.rmtree(folder)

    def growth(self, rows: int) -> None:
        """Load the same history by each way to grow, into each database, once each."""
        keys = {f"growth/{database}/{way}": (database, way) for database, ways in growth.PLACES.items() for way in ways}
        left = [key for key in keys if not self.results.count(f"{key}{growth.NOTHING_TO_DO}")]
        if not rows or not left:
            return
        made = self.deliveries("growth", rows, growth.COUNTS, self.options.growth_municipalities)
        kept = self.work / "growth-answer.json"
        reference = answer.read(kept) if self.options.resume and kept.exists() else None
        with services.open_prefect(self.new_folder("prefect")) as prefect, load_postgresql.server() as postgresql_url:
            self._keep_service("prefect", prefect)
            for key in left:
                database, way = keys[key]
                folder = self.new_folder("growth")
                with growth.new_warehouse(database, folder, postgresql_url) as url:
                    taken = growth.take(way, made, folder, prefect, url)
                if reference is None:
                    reference = taken.answer
                    reference.write(kept)
                _assert_same(key, taken.answer, reference)
                if taken.dask:
                    self._keep_service("dask", taken.dask)
                self.keep(key, taken.loading)
                self.keep(f"{key}{growth.NOTHING_TO_DO}", taken.nothing_to_do)
        shutil.rmtree(folder)

    def _keep_service(self, name: str, service: Service) -> None:
        """Keep what a service cost before anything ran."""
        self.results.facts |= {
            f"growth/{name}/seconds": service.start_seconds, f"growth/{name}/bytes": service.byte_count,
        }  # fmt: skip
        self.results.save()

    def demo(self) -> None:
        """Measure the quick start on its examples, each time in a new folder."""
        for _ in range(self.results.count("demo"), self.options.repeats):
            folder = self.new_folder("demo")
            self.run("demo", [project.COMMAND, "demo", "--dir", str(folder / "demo")], folder)
            shutil.rmtree(folder)

    def postgresql(self, rows: int) -> None:
        """Measure a load into PostgreSQL against a bare COPY."""
        if not rows or "postgresql/rows" in self.results.facts:
            return
        self.tell(f"loading {rows:,} facts into PostgreSQL")
        with load_postgresql.server() as url:
            best = load_postgresql.measure(url, rows, self.options.repeats)
        self.results.facts |= {f"postgresql/{way}": seconds for way, seconds in best.items()}
        self.results.facts["postgresql/rows"] = rows
        self.results.save()


def _assert_same(key: str, found: Answer, reference: Answer) -> None:
    if found == reference:
        return
    pairs = itertools.zip_longest(found.channel_share, reference.channel_share)
    different = sum(own != other for own, other in pairs)
    raise Differs(
        f"{key}: {different} of {len(reference.channel_share)} shares differ;"
        f" rows read {found.rows_read} and {reference.rows_read},"
        f" set aside {found.rows_rejected} and {reference.rows_rejected}"
    )


def measure_all(bench: Bench) -> None:
    """Take every measurement that the options ask for."""
    options = bench.options
    bench.compare("main", options.rows, options.ways, options.repeats)
    if "reruns" not in options.skip:
        bench.reruns_and_pages("main", options.rows)
    bench.history(options.history_rows)
    if "demo" not in options.skip:
        bench.demo()
    bench.postgresql(options.postgresql_rows)
    bench.growth(options.growth_rows)
    if options.large_rows:
        large = [way for way in options.large_ways if way in options.ways]
        bench.compare("large", options.large_rows, large, options.large_repeats)


def parser() -> argparse.ArgumentParser:
    """Return the options: what is measured, and how large."""
    found = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    found.add_argument("--rows", type=int, default=2_000_000, help="rows for every way (%(default)s)")
    found.add_argument("--counts", type=int, default=4, choices=range(1, 9), help="over so many counts (%(default)s)")
    found.add_argument("--municipalities", type=int, default=98, choices=range(2, 99), metavar="2-98",
                       help="and so many municipalities, a file each for each count (%(default)s)")  # fmt: skip
    found.add_argument("--repeats", type=int, default=2, help="best of so many (%(default)s)")
    found.add_argument("--patience", type=float, default=45,
                       help="a way that takes more seconds is taken once (%(default)s)")  # fmt: skip
    found.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS), help="else all")
    found.add_argument("--large-rows", type=int, default=20_000_000, help="rows for the fast ways; 0: none")
    found.add_argument("--large-ways", nargs="+", choices=list(WAYS), default=list(LARGE), help="(%(default)s)")
    found.add_argument("--large-repeats", type=int, default=1, help="best of so many (%(default)s)")
    found.add_argument("--history-rows", type=int, default=50_000,
                       help="rows of each of eight counts that arrive one by one (%(default)s); 0: none")  # fmt: skip
    found.add_argument("--pages", type=int, default=len(MUNICIPALITIES),
                       help="publish so many municipalities in one run (%(default)s); 0: none")  # fmt: skip
    found.add_argument("--skip", nargs="+", choices=["reruns", "demo"], default=[], help="reruns: with their pages")
    found.add_argument("--postgresql-rows", type=int, default=1_000_000,
                       help="facts to load into PostgreSQL (%(default)s); 0: none")  # fmt: skip
    found.add_argument("--growth-rows", type=int, default=100_000,
                       help="rows of four counts to load by each way to grow (%(default)s); 0: none")  # fmt: skip
    found.add_argument("--growth-municipalities", type=int, default=24, choices=range(2, 99), metavar="2-98",
                       help="of so many municipalities, a file each for each count (%(default)s)")  # fmt: skip
    found.add_argument("--page", type=Path, default=PAGE, help="the page to write; else docs/performance.md")
    found.add_argument("--work", type=Path, help="a folder to keep deliveries and results in; else a new one, removed")
    found.add_argument(
        "--resume", action="store_true", help="go on with the results in --work; without it, measure anew"
    )
    return found


def main() -> None:
    """Measure, print and write."""
    options = parser().parse_args()
    if options.resume and options.work is None:
        sys.exit("--resume needs the --work of the bench that was stopped")
    work = (options.work or Path(tempfile.mkdtemp(prefix="kanalstatus-bench-"))).absolute()
    work.mkdir(parents=True, exist_ok=True)
    bench = Bench(options, work)
    try:
        measure_all(bench)
    except (Differs, measure.Failed) as error:
        sys.exit(f"the bench failed: {error}")
    finally:
        if options.work is None:
            shutil.rmtree(work, ignore_errors=True)
    seconds = time.monotonic() - bench.started + bench.results.facts.get("bench/seconds", 0)
    bench.results.facts["bench/seconds"] = seconds
    bench.results.save()
    text = page.render(bench.results, options, seconds)
    options.page.write_text(text, encoding="utf-8")
    print(text)
    bench.tell(f"all of it took {seconds / 60:.1f} minutes; written to {options.page.name}")


if __name__ == "__main__":
    main()
