"""A delivered TraceTool table -> enquiries: manual tallies, one row a registration."""

import polars as pl

from schemas.codes import (
    CHANNEL_WORDS,
    CHANNELS,
    DIRECTION_WORDS,
    ENQUIRY_TYPE_WORDS,
    MUNICIPALITY_NAME_WORDS,
    Direction,
    count_order,
)
from schemas.rules import Finding, finding
from schemas.sources import COUNT_ID, Source, Tracetool
from schemas.terms import Terms
from transforms import control_totals, danish, rejects
from transforms.distinct import as_text, reckoned
from transforms.parsed import Parsed, coded, municipality, partitions, rows_by_municipality
from transforms.rejects import MUNICIPALITY
from transforms.table import SOURCE_ROW, Table

VOCABULARIES = ("Kommunenr", "Kanal", "Retning", "Henvendelsestype")
GRAIN = ["count_id", MUNICIPALITY, "weeks", "kle", "channel", "direction", "enquiry_type"]


def parse(tables: list[Table], terms: Terms) -> Parsed:
    """Return the enquiries of a TraceTool delivery, each week of each municipality a partition."""
    (table,) = tables
    frame = table.frame.with_columns(
        reckoned(table.frame, municipality("Kommunenr"), *(danish.folded(name) for name in VOCABULARIES))
    )
    if "Straksafsluttet" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias("Straksafsluttet"))
    kept, broken = rejects.split(Tracetool, frame)
    count_id, count_findings = delivered_count(frame, terms)
    named_code = danish.folded("Kommune").replace_strict(MUNICIPALITY_NAME_WORDS, default=None)
    day = danish.day("Dato")
    typed = kept.select(
        SOURCE_ROW,
        MUNICIPALITY,
        pl.col("Tælling").alias("count_id"),
        pl.col("KLE-nr").alias("kle"),
        *reckoned(
            kept,
            numbered(pl.col("Tælling")).alias("count_number"),
            pl.col("Uge").cast(pl.Int64).alias("week_number"),
            day.alias("day"),
            danish.iso_week(day).alias("weeks"),
            named_code.alias("named_code"),
            coded("Kanal", CHANNEL_WORDS).alias("channel"),
            coded("Retning", DIRECTION_WORDS).alias("direction"),
            coded("Henvendelsestype", ENQUIRY_TYPE_WORDS).alias("enquiry_type"),
            pl.col("Antal").cast(pl.Int64).alias("enquiry_count"),
        ),
    )
    good, unfit = rejects.split_by(typed, _row_rules(count_id, terms))
    facts = enquiries(good)
    rejected = pl.concat([broken, unfit])
    read = rows_by_municipality(frame)
    findings = [
        *rejects.share_findings(read, rejected, terms.max_reject_share),
        *control_totals.text_findings(table, "Antal", newline_optional=table.source in terms.newline_optional),
        *count_findings,
        *name_findings(good),
        *package_findings(facts, terms),
    ]
    weeks = pl.col("weeks")
    return Parsed(
        Source.TRACETOOL,
        tuple(findings),
        {"enquiry": facts},
        partitions(
            facts,
            count_id=pl.col("count_id"),
            municipality_code=pl.col(MUNICIPALITY),
            weeks=weeks,
            first_week=weeks,
            last_week=weeks,
        ),
        rejected,
        read,
        {"enquiry": good},
    )


def delivered_count(frame: pl.DataFrame, terms: Terms) -> tuple[str | None, list[Finding]]:
    """Return the one count that a delivery is of, and what is wrong with the counts that it names."""
    named = as_text(frame["Tælling"].value_counts(name="rows")).filter(pl.col("Tælling").str.contains(COUNT_ID))
    known = sorted(set(named["Tælling"]) & set(terms.counts))
    if len(known) > 1:
        return None, [finding("several_counts")]
    if known:
        return known[0], []
    unknown = named.filter(pl.col("rows") == pl.col("rows").max())["Tælling"].sort()
    return None, [finding("count_not_in_calendar", count=unknown[0])] if len(unknown) else []


def channel_rules(count_number: pl.Expr, column: str) -> dict[str, tuple[str, pl.Expr]]:
    """Return the rules of the channel table: the direction it may have, and since when it is counted."""
    channel = pl.col("channel")
    channels_of = {way: [str(each) for each, facts in CHANNELS.items() if way in facts.directions] for way in Direction}
    inbound, outbound = (channel.is_in(channels_of[way]) for way in (Direction.INBOUND, Direction.OUTBOUND))
    since = {str(each): count_order(facts.since) for each, facts in CHANNELS.items() if facts.since}
    return {
        "channel_not_in_direction": (
            column, ~pl.when(pl.col("direction") == str(Direction.INBOUND)).then(inbound).otherwise(outbound)
        ),
        "channel_before_its_time": (
            column, pl.any_horizontal((channel == each) & (count_number < first) for each, first in since.items())
        ),
    }  # fmt: skip


def numbered(count_id: pl.Expr) -> pl.Expr:
    """Return a count's place among all counts; the same rule as schemas.codes.count_order."""
    season = count_id.str.slice(4, 1) == "E"
    return count_id.str.slice(0, 4).cast(pl.Int64) * 2 + season.cast(pl.Int64)


def _row_rules(count_id: str | None, terms: Terms) -> dict[str, tuple[str, pl.Expr]]:
    rules = {"date_invalid": ("Dato", pl.col("day").is_null())}
    if count_id:
        count = terms.counts[count_id]
        rules["count_unknown"] = ("Tælling", pl.col("count_id") != count_id)
        rules["date_outside_count"] = ("Dato", ~pl.col("day").is_between(count.first_day, count.last_day))
    rules["week_date_disagree"] = ("Uge", pl.col("day").dt.week() != pl.col("week_number"))
    return rules | channel_rules(pl.col("count_number"), "Kanal")


def name_findings(good: pl.DataFrame) -> list[Finding]:
    """Return a finding when the municipality's name is not that of its code in any good row."""
    rows = good.filter(pl.col("named_code").ne_missing(pl.col(MUNICIPALITY))).height
    return [finding("name_disagrees", rows=rows)] if rows else []


def enquiries(good: pl.DataFrame) -> pl.DataFrame:
    """Return the enquiries of each grain: (count, municipality, weeks, task, channel, direction, type)."""
    return as_text(good.group_by(GRAIN).agg(pl.col("enquiry_count").sum())).sort(GRAIN)


def package_findings(facts: pl.DataFrame, terms: Terms) -> list[Finding]:
    """Return a finding when over a tenth of the enquiries are outside their count's task package."""
    outside = total = 0
    for count_id, tasks in facts.group_by("count_id"):
        if (count := terms.counts.get(str(count_id[0]))) is None:
            continue
        package = list(terms.task_packages[count.task_package])
        outside += int(tasks.filter(~pl.col("kle").is_in(package))["enquiry_count"].sum())
        total += int(tasks["enquiry_count"].sum())
    return [finding("outside_package", outside=outside, total=total)] if outside * 10 > total else []
