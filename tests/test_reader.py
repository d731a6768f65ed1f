"""Reading in a child process: its limits, what becomes of a file that breaks them, and what the child costs."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from flows.steps import reader, reading_worker
from flows.steps.reader import Reader, open_reader
from flows.steps.reading_worker import Job
from flows.steps.settings import Limits
from tests import make, warm_readers
from tests.make import TERMS, findings

BAD = Path(__file__).parent / "files" / "bad"
GOOD = Job("good.csv"), (BAD / "101_good.csv").read_bytes()


@pytest.fixture(autouse=True)
def as_in_production(monkeypatch):
    monkeypatch.setattr(reader, "start_process", warm_readers.start_cold)


def test_a_file_is_read_as_in_this_process():
    with open_reader(Limits(), TERMS) as reader:
        child, own = reader.read(*GOOD), reading_worker.read(*GOOD, TERMS)
    assert child.facts["enquiry"].equals(own.facts["enquiry"])
    assert (child.findings, child.rows_read) == (own.findings, 300)


def test_a_child_that_is_killed_refuses_the_file_and_the_next_one_is_read():
    with open_reader(Limits(), TERMS) as reader:
        reader.start(*GOOD)
        os.kill(reader.processes[0].pid, signal.SIGKILL)
        assert findings(reader.finish()) == ["reader_died"]
        assert reader.read(*GOOD).rows_read == 300


def test_a_file_that_takes_too_long_is_refused_and_the_child_ended():
    with open_reader(Limits(wall_seconds=3), TERMS) as reader:
        reader.read(*GOOD)
        os.kill(reader.processes[0].pid, signal.SIGSTOP)
        began = time.monotonic()
        assert findings(reader.read(*GOOD)) == ["reader_too_slow"]
        assert time.monotonic() - began < 5
        assert reader.processes == []
        assert reader.read(*GOOD).rows_read == 300


def test_a_file_over_the_memory_limit_is_refused_and_the_next_one_is_read():
    many_fields = Job("large.csv"), b"x" + b";x" * 60_000_000
    with open_reader(Limits(memory_mb=1500), TERMS) as reader:
        assert findings(reader.read(*many_fields)) == ["reader_died"]
        assert reader.read(*GOOD).rows_read == 300


def test_a_file_over_the_time_of_the_processor_is_refused():
    slow = Job("slow.csv"), b"a;b;c\n" * 20_000_000
    with open_reader(Limits(cpu_seconds=1), TERMS) as reader:
        assert findings(reader.read(*slow)) == ["reader_died"]
        assert reader.read(*GOOD).rows_read == 300


def test_a_large_delivery_takes_less_than_three_times_its_bytes():
    header, *rows = make.csv_text(make.tallies(1_000)).splitlines(keepends=True)
    data = (header + 500 * "".join(rows)).encode("cp1252")
    with open_reader(Limits(), TERMS) as reader:
        reader.read(*GOOD)
        before = most_memory(reader)
        assert reader.read(Job("large.csv"), data).rows_read == 500_000
        assert most_memory(reader) - before < 3 * len(data)


def most_memory(reader: Reader) -> int:
    """Return the most bytes of memory that the one reading process has held."""
    (process,) = reader.processes
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def test_no_child_is_left_behind():
    with open_reader(Limits(), TERMS) as reader:
        reader.read(*GOOD)
        number = reader.processes[0].pid
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_small_deliveries_cost_little_more_in_the_child():
    """Small deliveries by a child that has started, against the same ones in this process: at most 1.5, undisturbed."""

    def seconds(read) -> float:
        began = time.perf_counter()
        for _ in range(30):
            read()
        return time.perf_counter() - began

    reading_worker.read(*GOOD, TERMS)
    ratios = [float("inf")]
    with open_reader(Limits(), TERMS) as reader:
        reader.read(*GOOD)
        while min(ratios) > 1.5 and len(ratios) <= 10:
            own = seconds(lambda: reading_worker.read(*GOOD, TERMS))
            ratios.append(seconds(lambda: reader.read(*GOOD)) / own)
    assert min(ratios) <= 1.5, ratios


def test_what_several_children_read_comes_in_the_order_in_which_it_was_handed_in(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})
    deliveries = [GOOD, (Job("none.csv"), b""), (Job("x.txt"), b"x")]
    with open_reader(Limits(), TERMS) as reader:
        assert reader.width == 3
        for each in deliveries:
            reader.start(*each)
        os.kill(reader.processes[1].pid, signal.SIGKILL)
        assert reader.finish().rows_read == 300
        assert findings(reader.finish()) in (["reader_died"], ["empty_file"])
        assert findings(reader.finish()) == ["extension_unknown"]
        assert reader.read(*GOOD).rows_read == 300


def test_small_deliveries_pass_a_child_that_stands_still_and_come_in_their_order(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    with open_reader(Limits(wall_seconds=3), TERMS) as reader:
        reader.start(*GOOD)
        reader.start(Job("none.csv"), b"")
        assert [findings(reader.finish()) for _ in range(2)] == [["outside_package"], ["empty_file"]]
        os.kill(reader.processes[0].pid, signal.SIGSTOP)
        reader.start(*GOOD)
        for _ in range(3):
            reader.start(Job("x.txt"), b"x")
        assert not reader.is_next_read
        assert [findings(reader.finish()) for _ in range(4)] == [["reader_too_slow"], *3 * [["extension_unknown"]]]
        assert reader.read(*GOOD).rows_read == 300


def test_the_reader_starts_no_child_before_there_is_a_file():
    assert Reader(Limits(), TERMS).processes == []
