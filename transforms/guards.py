"""Does a readable delivery fit what the warehouse already holds? If not, a person must look."""

import polars as pl

from schemas.codes import CHANNELS, DIRECTION_LABELS, Channel, Direction
from schemas.rules import Finding, finding
from schemas.sources import SOURCE_LABELS, Source

FALL = 0.8
PART_SHARE = 0.01


def enquiry_findings(source: Source, new: pl.DataFrame, current: pl.DataFrame) -> list[Finding]:
    """Return where new enquiries fall, lose a part, or repeat another source's.

    Args:
        source: the delivery's source.
        new: its enquiries of one count and municipality (weeks, kle, channel, direction, enquiry_count …).
        current: the enquiries in force of the same count and municipality, with `source`.
    """
    found: list[Finding] = []
    own = current.filter(pl.col("source") == source)
    spans = new.select("weeks").unique()["weeks"].to_list()
    replaced = own.filter(_covered(spans))
    for (code,), before in replaced.group_by("municipality_code", maintain_order=True):
        after = new.filter(pl.col("municipality_code") == code)
        found += _fall(str(code), before, after)
        found += _vanished(str(code), before, after)
    for weeks in own.filter(~_covered(spans) & _touched(spans))["weeks"].unique().sort():
        found.append(finding("weeks_overlap", weeks=", ".join(spans), other=weeks))
    return found + _overlap(new, current.filter(pl.col("source") != source))


def _ends(weeks: str) -> tuple[str, str]:
    first, _, last = weeks.partition("/")
    return first, last or first


def _covered(spans: list[str]) -> pl.Expr:
    """Tell which rows' weeks lie wholly inside one of `spans`."""
    first, last = _row_ends()
    return pl.any_horizontal((first >= _ends(span)[0]) & (last <= _ends(span)[1]) for span in spans)


def _touched(spans: list[str]) -> pl.Expr:
    first, last = _row_ends()
    return pl.any_horizontal((first <= _ends(span)[1]) & (last >= _ends(span)[0]) for span in spans)


def _row_ends() -> tuple[pl.Expr, pl.Expr]:
    parts = pl.col("weeks").str.split("/")
    return parts.list.first(), parts.list.last()


def _fall(code: str, before: pl.DataFrame, after: pl.DataFrame) -> list[Finding]:
    old, new = int(before["enquiry_count"].sum()), int(after["enquiry_count"].sum())
    return [finding("total_fell", municipality=code, before=old, after=new)] if new < FALL * old else []


def _vanished(code: str, before: pl.DataFrame, after: pl.DataFrame) -> list[Finding]:
    """Return the channels and tasks that held over 1 % of the total and have no enquiry left."""
    total = int(before["enquiry_count"].sum())
    found = []
    for key in (["direction", "channel"], ["kle"]):
        large = before.group_by(key).agg(pl.col("enquiry_count").sum()).filter(
            pl.col("enquiry_count") > PART_SHARE * total
        )  # fmt: skip
        left = after.filter(pl.col("enquiry_count") > 0)
        for row in large.join(left, on=key, how="anti").sort(key).iter_rows(named=True):
            part = f"Opgave {row['kle']}" if "kle" in row else _channel(row["direction"], row["channel"])
            found.append(
                finding("part_vanished", part=part, municipality=code, before=row["enquiry_count"], total=total)
            )
    return found


def _channel(direction: str, channel: str) -> str:
    return f"{DIRECTION_LABELS[Direction(direction)]} {CHANNELS[Channel(channel)].label}"


def _overlap(new: pl.DataFrame, others: pl.DataFrame) -> list[Finding]:
    cell = ["count_id", "municipality_code", "direction", "channel", "kle"]
    counted = pl.col("enquiry_count") > 0
    both = new.filter(counted).join(others.filter(counted), on=cell, how="inner").select(*cell, "source").unique()
    return [
        finding("sources_overlap", cells=rows.height, source=SOURCE_LABELS[Source(str(name[0]))])
        for name, rows in both.group_by("source")
    ]


def enrolment_findings(new: pl.DataFrame, current: pl.DataFrame) -> list[Finding]:
    """Return the municipalities whose covered persons fell by over a fifth on a date stated anew."""
    key = ["municipality_code", "as_of_date"]
    found = []
    for (code, day), before in current.group_by(key, maintain_order=True):
        after = new.filter((pl.col("municipality_code") == code) & (pl.col("as_of_date") == day))
        old, now = int(before["person_count"].sum()), int(after["person_count"].sum())
        if now < FALL * old:
            found.append(finding("total_fell", municipality=code, before=old, after=now))
    return found
