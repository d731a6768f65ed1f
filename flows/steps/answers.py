"""Answers: what views say of every municipality, each asked once where many pages or counts are looked at."""

from collections import defaultdict

import sqlalchemy as sa

from flows.steps import warehouse
from schemas.tables import METADATA

GROWING = ("run", "verdict_log", "load", "disclosure")
"""What figures follow from; each of these tables numbers its rows. Publications do not change them."""
COUNTED = "channel_count"
"""The view that looks at every fact; what is asked together follows from it."""
COMPLETENESS = ("missing_part", "waiting_part", "complete_count", "publishable_count")
FIGURES = ("measure_value", "target_status")
_KEYS = [METADATA.tables[name].primary_key.columns[0] for name in GROWING]
_NEWEST = sa.select(*(sa.select(sa.func.max(key)).scalar_subquery() for key in _KEYS))


class Answers:
    """What the views say that look at every municipality to tell of one; asked anew once something was written.

    Not for views on publications: those change from page to page.
    """

    def __init__(self) -> None:
        self._rows: dict[str, list[dict]] = {}
        self._by_value: dict[tuple[str, str], dict[object, list[dict]]] = {}
        self._newest: tuple[int | None, ...] = ()

    def ask(self, connection: sa.Connection, *views: str) -> None:
        """Ask views that follow from COUNTED together, so that the facts are looked at once."""
        unknown = [view for view in views if view not in self._rows]
        if unknown:
            with warehouse.worked_out(connection, COUNTED):
                self._rows |= {view: warehouse.view(connection, view) for view in unknown}

    def all(self, connection: sa.Connection, view: str, *order: str) -> list[dict]:
        """Return what `warehouse.view` would."""
        if view not in self._rows:
            self._rows[view] = warehouse.view(connection, view)
        return warehouse.ordered(self._rows[view], *order)

    def where(
        self, connection: sa.Connection, view: str, column: str, value: object, *order: str, **equal: object
    ) -> list[dict]:
        """Return what `warehouse.view` would of the rows that have a value in a column."""
        if (view, column) not in self._by_value:
            found = self._by_value[view, column] = defaultdict(list)
            for row in self.all(connection, view):
                found[row[column]].append(row)
        rows = self._by_value[view, column].get(value, [])
        return warehouse.ordered([row for row in rows if equal.items() <= row.items()], *order)

    def of(self, connection: sa.Connection, view: str, code: str, *order: str, **equal: object) -> list[dict]:
        """Return what `warehouse.view` would of a municipality."""
        return self.where(connection, view, "municipality_code", code, *order, **equal)

    def refresh(self, connection: sa.Connection) -> None:
        """Forget what was said before something was written that it may follow from; first in each transaction."""
        newest = tuple(connection.execute(_NEWEST).one())
        if newest != self._newest:
            self._rows, self._by_value, self._newest = {}, {}, newest
