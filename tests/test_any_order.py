"""Whatever engineers and crashes do, in any order, the warehouse agrees with a simple model of it."""

import contextlib
import datetime as dt
import itertools
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flows.steps import step_points, warehouse
from flows.steps.step_points import StepPoint
from tests import databases
from tests.faults import Place, Town

TOWN = Town("183", "Ishøj")
COUNTS, WEEKS = ("2013E", "2014E"), (43, 44, 45)
TALLIES = (10, 9, 5)
"""What a row of a version counts; from the first two to the last the total falls by more than a fifth."""
PARTS = st.tuples(st.sampled_from(COUNTS), st.sampled_from(WEEKS))
Part = tuple[str, int]


@dataclass
class Delivered:
    """A delivery as the model has it."""

    part: Part
    tally: int
    status: str


class Model:
    """Deliveries and which of them is in force for each part; the rules of the design in a few lines."""

    def __init__(self) -> None:
        self.deliveries: dict[int, Delivered] = {}
        self.current: dict[Part, int] = {}

    def deliver(self, part: Part, tally: int) -> str:
        """Take in a file under a new name, and return its verdict."""
        number = len(self.deliveries) + 1
        status = self._verdict(part, tally)
        self.deliveries[number] = Delivered(part, tally, status)
        if status == "accepted":
            self.current[part] = number
        return status

    def _verdict(self, part: Part, tally: int) -> str:
        same = [number for number, each in self.deliveries.items()
                if (each.part, each.tally) == (part, tally) and each.status != "duplicate"]  # fmt: skip
        now = self.current.get(part)
        if same and self.deliveries[same[-1]].status == "accepted":
            return "duplicate" if now == same[-1] else "held"
        if same:
            return "held"
        return "held" if now is not None and tally < 0.8 * self.deliveries[now].tally else "accepted"

    def held(self) -> list[int]:
        return [number for number, each in self.deliveries.items() if each.status == "held"]

    def accept(self, number: int) -> None:
        each = self.deliveries[number]
        is_in_force_elsewhere = self._is_the_same_as_current(each)
        each.status = "duplicate" if is_in_force_elsewhere else "accepted"
        if not is_in_force_elsewhere:
            self.current[each.part] = number

    def _is_the_same_as_current(self, each: Delivered) -> bool:
        now = self.current.get(each.part)
        return now is not None and self.deliveries[now].tally == each.tally

    def is_superseded(self, number: int) -> bool:
        return self.current.get(self.deliveries[number].part, 0) > number

    def totals(self) -> dict[str, int]:
        """Return count -> enquiries in force."""
        found = dict.fromkeys(COUNTS, 0)
        for (count_id, _), number in self.current.items():
            found[count_id] += self.deliveries[number].tally * len(rows(count_id, 43, 1))
        return {count_id: total for count_id, total in found.items() if total}

    def complete(self) -> set[str]:
        return {count_id for count_id in COUNTS if all((count_id, week) in self.current for week in WEEKS)}


def rows(count_id: str, week: int, tally: int) -> list[dict[str, str]]:
    """Return a week's rows, by several channels and tasks."""
    return [row | {"Antal": str(tally)} for row in TOWN.rows(8, count_id, (week,))]


class AnyOrder(RuleBasedStateMachine):
    """A municipality whose weekly files come, are corrected and reverted while runs die."""

    server_url = databases.SQLITE

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="any-order-"))
        self.stack = contextlib.ExitStack()
        url = databases.SQLITE
        if self.server_url != databases.SQLITE:
            url = self.stack.enter_context(databases.new_schema(self.server_url))
        self.place = Place(self.folder / "work", published=("183",), database_url=url)
        self.place.configure(counts=COUNTS)
        self.model = Model()
        self.names = itertools.count(1)
        self.moments: list[tuple[dt.datetime, dict[str, int]]] = []
        self.published: set[str] = set()
        assert self.place.run().code == 0

    def put(self, part: Part, tally: int) -> None:
        self.place.put(f"{next(self.names):03}.csv", TOWN.csv(rows(*part, tally)))

    @rule(part=PARTS, tally=st.sampled_from(TALLIES))
    def deliver(self, part: Part, tally: int) -> None:
        """A file arrives: new, a correction, a return to an older version, or the same again."""
        self.put(part, tally)
        verdict = self.model.deliver(part, tally)
        assert self.place.run().code == (3 if verdict == "held" else 0)
        self.remember()

    @rule(counts=st.sampled_from(COUNTS), tally=st.sampled_from(TALLIES))
    def deliver_a_whole_count(self, counts: str, tally: int) -> None:
        """Three weekly files arrive at once."""
        verdicts = []
        for week in WEEKS:
            self.put((counts, week), tally)
            verdicts.append(self.model.deliver((counts, week), tally))
        assert self.place.run().code == (3 if "held" in verdicts else 0)
        self.remember()

    @rule(part=PARTS, tally=st.sampled_from(TALLIES), point=st.sampled_from(StepPoint))
    def deliver_and_die(self, part: Part, tally: int, point: StepPoint) -> None:
        """A file arrives, and the run breaks off where it reaches a point; the next one ends what it began."""
        self.put(part, tally)
        self.model.deliver(part, tally)

        def die(reached: StepPoint) -> None:
            if reached == point:
                raise ZeroDivisionError

        step_points.watch(die)
        try:
            assert self.place.run().code in (0, 1, 3)
        finally:
            step_points.unwatch(die)
        assert self.place.run().code in (0, 3)
        self.remember()

    @precondition(lambda self: self.model.held())
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        """A person releases what is held; something newer in force must be superseded by name."""
        number = data.draw(st.sampled_from(self.model.held()))
        command = ("accept", str(number), "--reason", "set efter")
        if self.model.is_superseded(number):
            assert self.place.run(*command).code == 2
            command = (*command, "--supersede")
        assert self.place.run(*command).code == 0
        self.model.accept(number)
        self.remember()

    @rule(count_id=st.sampled_from(COUNTS))
    def publish(self, count_id: str) -> None:
        """An engineer asks for a page: nothing to do when it is right, and never a half one."""
        before = self.publications()
        assert self.place.run("publish", "--count", count_id).code == 0
        assert self.publications() == before

    @rule(mode=st.sampled_from(["missing", "failed", "stale", "all"]))
    def backfill(self, mode: str) -> None:
        """An engineer loads everything again: what is in force stays."""
        before = self.publications()
        command = ("backfill", "--from", "2013E", "--to", "2014E", "--reprocess", mode, "--reason", "igen")
        assert self.place.run(*command).code in (0, 3)
        assert self.publications() == before
        self.remember()

    def remember(self) -> None:
        self.moments.append((dt.datetime.now(dt.UTC), self.model.totals()))

    def publications(self) -> list[dict]:
        return self.place.query("select * from publication_log order by publication_id")

    @invariant()
    def the_warehouse_agrees(self) -> None:
        """Verdicts, figures, completeness and pages are the model's."""
        if not (self.folder / "work" / "published").exists():
            return
        verdicts = {row["delivery_id"]: row["status"] for row in self.place.deliveries()}
        assert verdicts == {number: each.status for number, each in self.model.deliveries.items()}
        figures = "select count_id, sum(enquiry_count) as n from channel_share group by count_id"
        assert {row["count_id"]: row["n"] for row in self.place.query(figures)} == self.model.totals()
        complete = {row["count_id"] for row in self.place.query("select count_id from complete_count")}
        assert complete == self.model.complete()
        self.published |= complete
        newest = {row["count_id"]: row for row in self.publications()}
        assert newest.keys() == self.published, "complete counts are published, half ones never"
        for count_id in complete:
            page = self.folder / "work" / "published" / "183" / count_id
            shown = json.loads((page / "status.json").read_text(encoding="utf-8"))["target_status"]
            assert {row["total_count"] for row in shown if row["measure"] == "digital_share"
                    and row["direction"] == "inbound"} == {self.inbound(count_id)}  # fmt: skip

    def inbound(self, count_id: str) -> int:
        total = 0
        for (of_count, week), number in self.model.current.items():
            if of_count == count_id:
                tallies = rows(count_id, week, self.model.deliveries[number].tally)
                total += sum(int(row["Antal"]) for row in tallies if row["Retning"] == "Indgående")
        return total

    def teardown(self) -> None:
        """The past answers as it was."""
        if not hasattr(self, "folder"):
            return
        engine = warehouse.connect(databases.in_folder(self.place.database_url, self.place.folder))
        for moment, totals in self.moments:
            with warehouse.as_of(engine, moment) as connection:
                found: dict[str, int] = {}
                for row in warehouse.view(connection, "channel_share"):
                    found[row["count_id"]] = found.get(row["count_id"], 0) + row["enquiry_count"]
            assert found == totals, moment
        engine.dispose()
        self.stack.close()
        shutil.rmtree(self.folder)


CALM = settings(
    max_examples=5, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.mark.slow
def test_any_order_on_sqlite() -> None:
    run_state_machine_as_test(AnyOrder, settings=CALM)


@pytest.mark.slow
def test_any_order_on_postgresql(postgres_url: str) -> None:
    machine = type("AnyOrderOnPostgresql", (AnyOrder,), {"server_url": postgres_url})
    run_state_machine_as_test(machine, settings=settings(CALM, max_examples=3))
