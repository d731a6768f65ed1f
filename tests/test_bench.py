"""Does the bench hold every way to the same figures, and measure what it says it does?"""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__, growth, measure, national, page
from bench.answer import Answer

PROJECT = Path(__file__).parent.parent
SMALL = ("--rows", "600", "--counts", "2", "--municipalities", "3", "--repeats", "1", "--large-rows", "0",
         "--history-rows", "0", "--postgresql-rows", "0", "--growth-rows", "0", "--pages", "2", "--skip", "demo",
         "--ways", "kanalstatus", "straight-line", "floor")  # fmt: skip


@pytest.mark.slow
def test_a_small_bench_agrees_and_prints_its_tables(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    command = [sys.executable, "-m", "bench", *SMALL, "--work", str(tmp_path / "work"), "--page", str(page)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert text in done.stdout
    assert "600 rows in 6 files" in text
    for label in ("kanalstatus run", "Polars + pandera + SQLite", "reading and hashing"):
        assert f"| {label} " in text
    assert "no page due: at most 1.0 x the straight line" in text
    assert "Of 2 municipalities, 2 had a page made in that one run and 2 a mail" in text
    assert "the national overview was made in it too" in text
    assert str(tmp_path) not in text
    resumed = [*command, "--resume", "--skip", "demo", "reruns"]
    again = subprocess.run(resumed, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True)
    assert "main/kanalstatus:" not in again.stderr


@pytest.mark.slow
def test_ways_to_grow_agree_on_both_databases_and_tell_what_they_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    """One flow stands for all: tests/test_prefect.py spreads one over Dask."""
    monkeypatch.setenv("KANALSTATUS_TEST_POSTGRES_URL", postgres_url)
    monkeypatch.setattr(growth, "PLACES", {growth.SQLITE: (growth.COMMAND,), growth.POSTGRESQL: (growth.THREADS,)})
    options = __main__.parser().parse_args(["--growth-municipalities", "2"])
    bench = __main__.Bench(options, tmp_path)
    bench.growth(400)
    command, flow = "growth/SQLite/command", "growth/PostgreSQL/threads"
    for key in (command, flow):
        loading, nothing = bench.results.best(key), bench.results.best(f"{key}{growth.NOTHING_TO_DO}")
        assert nothing.cpu_seconds < loading.cpu_seconds
    held = bench.results.facts["growth/prefect/bytes"]
    assert bench.results.best(flow).peak_bytes > held + bench.results.best(command).peak_bytes
    text = page._growth(bench.results)
    assert "400 rows in 8 files" in text
    assert len([line for line in text.splitlines() if line.startswith(("| SQLite ", "| PostgreSQL "))]) == 2
    assert str(tmp_path) not in text


def test_other_figures_fail_the_bench() -> None:
    right = Answer(100, 2, [["2014E", "101", "inbound", "phone", 7, 40], ["2014E", "101", "inbound", "letter", 3, 40]])
    __main__._assert_same("main/duckdb", right, dataclasses.replace(right))
    shares = [right.channel_share[0], ["2014E", "101", "inbound", "letter", 4, 40]]
    for wrong in (dataclasses.replace(right, channel_share=shares), dataclasses.replace(right, rows_rejected=1)):
        with pytest.raises(__main__.Differs):
            __main__._assert_same("main/duckdb", wrong, right)


def test_a_national_count_is_the_same_each_time(tmp_path: Path) -> None:
    made = [national.make(tmp_path / name, 1000, 2, 5) for name in ("first", "second")]
    contents = [
        {path.relative_to(each.inbox): (path.read_bytes(), path.stat().st_mtime) for path in each.inbox.rglob("*.csv")}
        for each in made
    ]
    assert contents[0] == contents[1]
    assert len(contents[0]) == made[0].file_count == 10
    assert sum(content.count(b"\n") - 1 for content, _ in contents[0].values()) == made[0].row_count == 1000


def test_the_memory_of_children_counts_and_that_of_the_bench_does_not(tmp_path: Path) -> None:
    megabytes = 60
    hold = f"import time; held = b'x' * ({megabytes} << 20); time.sleep(0.5)"
    parent = (
        f"import subprocess, sys; {hold.partition('time.sleep')[0]} subprocess.run([sys.executable, '-c', {hold!r}])"
    )
    own = bytearray(300 << 20)
    cost = measure.cost_of([sys.executable, "-c", parent], dict(os.environ), tmp_path, log=tmp_path / "said.txt")
    assert 2 * megabytes < cost.peak_bytes / (1 << 20) < 2 * megabytes + 80
    assert cost.seconds >= 0.5
    assert len(own) > cost.peak_bytes


def test_what_services_spend_meanwhile_is_part_of_the_cost(tmp_path: Path) -> None:
    megabytes = 60
    busy = f"held = b'x' * ({megabytes} << 20); print(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", busy], stdout=subprocess.PIPE) as service:
        assert service.stdout
        service.stdout.readline()
        wait = [sys.executable, "-c", "import time; time.sleep(1)"]
        alone, helped = (
            measure.cost_of(wait, dict(os.environ), tmp_path, log=tmp_path / "said.txt", services=services)
            for services in ((), (service.pid,))
        )
        service.kill()
    assert helped.cpu_seconds > alone.cpu_seconds + 0.1
    assert helped.peak_bytes > alone.peak_bytes + (megabytes << 20)


def test_a_command_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(measure.Failed, match="no such thing"):
        measure.cost_of([sys.executable, "-c", "raise SystemExit('no such thing')"], dict(os.environ), tmp_path,
                        log=tmp_path / "said.txt")  # fmt: skip
