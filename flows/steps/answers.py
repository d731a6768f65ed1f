"""Answers: what views say of every municipality, each asked once where many pages or counts are looked at."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from flows.steps import warehouse
from schemas.tables import METADATA

GROWING = ("run", "verdict_log", "load", "disclosure")
"""What figures follow from; each of these tables numbers its rows. Publications do not change them."""


class Answers:
    """What the views say that look at every municipality to tell of one; asked anew once something was written."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[Any, list[dict]]] = {}
        self._newest: list[int | None] = []

    def of(self, connection: sa.Connection, view: str, code: str, *order: str, **equal: object) -> list[dict]:
        """Return what `warehouse.view` would of a municipality."""
        rows = self._grouped(connection, view, "municipality_code").get(code, [])
        return warehouse.ordered([row for row in rows if equal.items() <= row.items()], *order)

    def printed_from(self, connection: sa.Connection, publication_id: int) -> list[dict]:
        """Return the parts of loads that a publication prints from, rows of publication_load."""
        return self._grouped(connection, "publication_load", "publication_id").get(publication_id, [])

    def _grouped(self, connection: sa.Connection, view: str, column: str) -> dict[Any, list[dict]]:
        if view not in self._rows:
            grouped = self._rows[view] = defaultdict(list)
            for row in warehouse.view(connection, view):
                grouped[row[column]].append(row)
        return self._rows[view]

    def municipalities(self, connection: sa.Connection, view: str, **equal: object) -> set[str]:
        """Return the municipalities that a view has such a row of."""
        self.of(connection, view, "")
        return {code for code, rows in self._rows[view].items() if any(equal.items() <= row.items() for row in rows)}

    def refresh(self, connection: sa.Connection) -> None:
        """Forget what was said before something was written that it may follow from; once a transaction."""
        newest = [connection.execute(sa.select(sa.func.max(key))).scalar() for key in _keys()]
        if newest != self._newest:
            self._rows, self._newest = {}, newest


def _keys() -> list[sa.Column]:
    return [METADATA.tables[name].primary_key.columns[0] for name in GROWING]
