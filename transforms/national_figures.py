"""A count in all municipalities -> each one's figures and the country's, exact; a half count is in none of them."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from schemas.codes import CHANNELS, Direction, Measure
from transforms.danish import alphabetical, permille

Key = tuple[str, str, str | None]
"""Measure, direction, and the channel of a channel_share."""
SELF_SERVICE_RATE: Key = (Measure.SELF_SERVICE_RATE, Direction.INBOUND, None)


@dataclass(frozen=True)
class NationalData:
    """What the warehouse says of one count.

    names: code -> name of each municipality below; complete: codes of those that take part; unapproved and waiting:
    of those that do not, for a person's approval or for deliveries; values: rows of measure_value of those that take
    part; published: rows of national_channel_share by that method; newest_delivery_at: arrival of the newest delivery
    in force, UTC; min_municipalities: how many others must be complete before a municipality is compared with them.
    """

    count_id: str
    weeks_text: str
    names: dict[str, str]
    complete: list[str]
    unapproved: list[str]
    waiting: list[str]
    values: list[dict]
    published: list[dict]
    newest_delivery_at: dt.datetime
    min_municipalities: int

    def sorted_names(self, codes: list[str]) -> list[str]:
        """Return the names of municipalities as Danish sorts them."""
        return sorted((self.names[code] for code in codes), key=alphabetical)


@dataclass(frozen=True)
class CountryFigure:
    """One measure over the municipalities that take part and have counted it; shares are 0-1, None where unknown."""

    key: Key
    municipality_count: int
    numerator: int
    total_count: int
    mean: Fraction | None
    lowest: int | None
    highest: int | None
    published: float | None

    @property
    def pooled(self) -> Fraction | None:
        """Sum over sum."""
        return Fraction(self.numerator, self.total_count) if self.total_count else None


def key_of(row: dict) -> Key:
    """Return what a row of measure_value measures."""
    return row["measure"], row["direction"], row["channel"]


def by_municipality(data: NationalData) -> dict[str, dict[Key, tuple[int, int]]]:
    """Return municipality -> what it has counted -> (numerator, total), municipalities sorted by name."""
    codes = sorted(data.complete, key=lambda code: (alphabetical(data.names[code]), code))
    found: dict[str, dict[Key, tuple[int, int]]] = {code: {} for code in codes}
    for row in data.values:
        found[row["municipality_code"]][key_of(row)] = (row["numerator"], row["total_count"])
    return found


def country(data: NationalData) -> dict[Key, CountryFigure]:
    """Return every measure that was counted or published, in the order in which it is printed."""
    published: dict[Key, float] = {
        (Measure.CHANNEL_SHARE, row["direction"], row["channel"]): row["share"] for row in data.published
    }  # fmt: skip
    counted: dict[Key, list[tuple[int, int]]] = {}
    for own in by_municipality(data).values():
        for key, value in own.items():
            counted.setdefault(key, []).append(value)
    return {
        key: _figure(key, counted.get(key, []), published.get(key))
        for key in _order()
        if key in counted or key in published
    }


def _figure(key: Key, values: list[tuple[int, int]], published: float | None) -> CountryFigure:
    shares = [permille(*value) for value in values]
    return CountryFigure(
        key,
        len(values),
        sum(numerator for numerator, _ in values),
        sum(total for _, total in values),
        sum((Fraction(*value) for value in values), Fraction()) / len(values) if values else None,
        min(shares, default=None),
        max(shares, default=None),
        published,
    )


def _order() -> list[Key]:
    found: list[Key] = []
    for direction in Direction:
        found += [(Measure.CHANNEL_SHARE, direction, channel) for channel, facts in CHANNELS.items()
                  if direction in facts.directions and facts.is_in_share]  # fmt: skip
        found.append((Measure.DIGITAL_SHARE, direction, None))
    return [*found, SELF_SERVICE_RATE]
