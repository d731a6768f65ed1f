"""Delivered national figures -> published shares. Their method and number of municipalities are unknown."""

import polars as pl

from schemas.codes import CHANNEL_WORDS, DIRECTION_WORDS, ENROLMENT_WORDS
from schemas.rules import finding
from schemas.sources import Landstal, Source
from schemas.terms import Terms
from transforms import danish, rejects
from transforms.parsed import Parsed, coded, partitions, rows_by_municipality
from transforms.rejects import MUNICIPALITY
from transforms.table import SOURCE_ROW, Table
from transforms.tracetool import channel_rules, delivered_count, numbered

VOCABULARIES = ("Måltal", "Retning", "Kanal")


def parse(tables: list[Table], terms: Terms) -> Parsed:
    """Return the national figures of a count: shares 0-1 of channels, and of enrolment statuses."""
    (table,) = tables
    frame = table.text.with_columns(
        pl.lit(None, pl.String).alias(MUNICIPALITY), *(danish.folded(name) for name in VOCABULARIES)
    )
    kept, broken = rejects.split(Landstal, frame)
    count_id, count_findings = delivered_count(frame, terms)
    is_share = pl.col("Måltal") == "andel af henvendelser"
    fits = (
        pl.when(is_share)
        .then(pl.col("Kanal").is_in(list(CHANNEL_WORDS)))
        .otherwise(pl.col("Kanal").is_in(list(ENROLMENT_WORDS)))
    )
    known, unknown = rejects.split_by(
        kept,
        {
            "direction_unknown": ("Retning", pl.col("Retning").is_null() == is_share),
            "channel_unknown": ("Kanal", ~fits),
            "count_unknown": ("Tælling", pl.col("Tælling") != (count_id or pl.col("Tælling"))),
        },
    )
    typed = known.select(
        SOURCE_ROW,
        MUNICIPALITY,
        pl.col("Tælling").alias("count_id"),
        pl.col("Måltal").alias("measure"),
        pl.col("Retning").replace_strict(DIRECTION_WORDS, default=None).alias("direction"),
        coded("Kanal", CHANNEL_WORDS | ENROLMENT_WORDS).alias("channel"),
        pl.col("Andel").str.extract(r"^([0-9,]+)").str.replace(",", ".").alias("percent"),
    )
    once, twice = rejects.keys_twice(typed, ["count_id", "measure", "direction", "channel"], "Kanal")
    published = once.with_columns((pl.col("percent").cast(pl.Float64) / 100).round(6).alias("share"))
    shares = published.filter(pl.col("direction").is_not_null())
    placed, misplaced = rejects.split_by(shares, channel_rules(numbered(pl.col("count_id")), "Kanal"))
    enrolments = published.filter(pl.col("direction").is_null())
    rejected = pl.concat([broken, unknown, twice, misplaced])
    read = rows_by_municipality(frame)
    findings = [*rejects.share_findings(read, rejected, terms.max_reject_share), *count_findings]
    if not table.ends_with_newline and table.source not in terms.newline_optional:
        findings.append(finding("no_final_newline"))
    facts = pl.concat([placed, enrolments])
    return Parsed(
        Source.LANDSTAL,
        tuple(findings),
        {
            "national_share": placed.select("count_id", "direction", "channel", "share"),
            "national_enrolment": enrolments.select("count_id", pl.col("channel").alias("status"), "share"),
        },
        partitions(facts, count_id=pl.col("count_id")),
        rejected,
        read,
        {"national_share": placed, "national_enrolment": enrolments.with_columns(pl.col("channel").alias("status"))},
    )
