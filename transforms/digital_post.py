"""A delivered extract of Digital Post enrolment -> persons by municipality, age group and status."""

import polars as pl

from schemas.codes import (
    AGE_GROUP_LABELS,
    AGE_GROUP_WORDS,
    ENROLMENT_LABELS,
    ENROLMENT_WORDS,
    MUNICIPALITIES,
    MUNICIPALITY_NAME_WORDS,
)
from schemas.sources import DigitalPost, Source
from schemas.terms import Terms
from transforms import control_totals, danish, rejects
from transforms.parsed import Parsed, coded, municipality, partitions, rows_by_municipality
from transforms.rejects import MUNICIPALITY
from transforms.table import SOURCE_ROW, Table
from transforms.tracetool import name_findings

VOCABULARIES = ("Kommunekode", "Aldersgruppe", "Status")
GRAIN = [MUNICIPALITY, "as_of_date", "age_group", "status"]


def as_delivery(facts: pl.DataFrame) -> bytes:
    """Return enrolment as a delivery of this layout: what is archived in place of an extract of persons."""
    names = pl.col(MUNICIPALITY).replace_strict(MUNICIPALITIES, return_dtype=pl.String)
    return (
        facts.select(
            pl.col("as_of_date").dt.strftime("%d-%m-%Y").alias("Opgørelsesdato"),
            pl.col(MUNICIPALITY).alias("Kommunekode"),
            names.alias("Kommune"),
            pl.col("age_group").replace_strict(AGE_GROUP_LABELS, return_dtype=pl.String).alias("Aldersgruppe"),
            pl.col("status").replace_strict(ENROLMENT_LABELS, return_dtype=pl.String).alias("Status"),
            pl.col("person_count").alias("Antal"),
        )
        .write_csv(separator=";")
        .encode()
    )


def parse(tables: list[Table], terms: Terms) -> Parsed:
    """Return the persons of an extract; each date of each municipality is a partition."""
    (table,) = tables
    frame = table.text.with_columns(municipality("Kommunekode")).with_columns(
        danish.folded(name) for name in VOCABULARIES
    )
    kept, broken = rejects.split(DigitalPost, frame)
    typed = kept.select(
        SOURCE_ROW,
        MUNICIPALITY,
        danish.day("Opgørelsesdato").alias("as_of_date"),
        danish.folded("Kommune").replace_strict(MUNICIPALITY_NAME_WORDS, default=None).alias("named_code"),
        coded("Aldersgruppe", AGE_GROUP_WORDS).alias("age_group"),
        coded("Status", ENROLMENT_WORDS).alias("status"),
        pl.col("Antal").cast(pl.Int64).alias("person_count"),
    )
    dated, undated = rejects.split_by(typed, {"date_invalid": ("Opgørelsesdato", pl.col("as_of_date").is_null())})
    good, twice = rejects.keys_twice(dated, GRAIN, "Status")
    rejected = pl.concat([broken, undated, twice])
    read = rows_by_municipality(frame)
    findings = [
        *rejects.share_findings(read, rejected, terms.max_reject_share),
        *control_totals.text_findings(table, "Antal", newline_optional=table.source in terms.newline_optional),
        *name_findings(good),
    ]
    return Parsed(
        Source.DIGITAL_POST,
        tuple(findings),
        {"enrolment": good.select(*GRAIN, "person_count").sort(GRAIN)},
        partitions(good, municipality_code=pl.col(MUNICIPALITY), as_of_date=pl.col("as_of_date")),
        rejected,
        read,
        {"enrolment": good},
    )
