"""A delivered extract of persons -> persons by municipality, age group and status; no number leaves this module.

Age comes from the date of birth in the number: 60 added to the day is a replacement number, the seventh digit gives
the century (CPR-kontoret). Modulus 11 is not used: valid numbers without it exist since 2007. Under-15s are not covered
by Digital Post and are left out.
"""

import polars as pl

from schemas.codes import AgeGroup, EnrolmentStatus
from schemas.rules import Finding, finding
from schemas.sources import DigitalPostPersons, Source
from schemas.terms import Terms
from transforms import danish, rejects
from transforms.digital_post import GRAIN
from transforms.parsed import Parsed, municipality, partitions, rows_by_municipality
from transforms.rejects import MUNICIPALITY
from transforms.table import SOURCE_ROW, Table

VOCABULARIES = ("Kommunekode", "Digital Post", "Tilmelding")
COVERED_AGE = 15


def parse(tables: list[Table], terms: Terms) -> Parsed:
    """Return the persons of an extract by age group and status; held when its date is not known."""
    (table,) = tables
    frame = table.text.with_columns(municipality("Kommunekode")).with_columns(
        danish.folded(name) for name in VOCABULARIES
    )
    if "NemSMS" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias("NemSMS"))
    kept, broken = rejects.split(DigitalPostPersons, frame)
    persons = kept.select(
        SOURCE_ROW,
        MUNICIPALITY,
        pl.col("CPR-nr").str.replace(r"\.0+$", "").str.replace(r"[^0-9]", "").str.zfill(10).alias("number"),
        _status().alias("status"),
    ).with_columns(_birth_date().alias("birth_date"))
    as_of = pl.lit(table.as_of_date, pl.Date)
    known, unfit = rejects.split_by(
        persons,
        {
            "person_number_invalid": ("CPR-nr", pl.col("birth_date").is_null() | (pl.col("birth_date") > as_of)),
            "enrolment_kind_unknown": ("Tilmelding", pl.col("status").is_null()),
            "person_twice": ("CPR-nr", pl.struct("status", MUNICIPALITY).n_unique().over("number") > 1),
        },
    )
    once = known.unique("number", maintain_order=True).with_columns(as_of.alias("as_of_date"))
    covered = once.with_columns(_age().alias("age")).filter(pl.col("age") >= COVERED_AGE)
    facts = (
        covered.with_columns(_age_group().alias("age_group"))
        .group_by(GRAIN)
        .agg(pl.len().cast(pl.Int64).alias("person_count"))
        .sort(GRAIN)
    )
    rejected = pl.concat([broken, unfit])
    read = rows_by_municipality(frame)
    unknown_date: list[Finding] = [] if table.as_of_date else [finding("extract_date_unknown")]
    return Parsed(
        Source.DIGITAL_POST_PERSONS,
        (*rejects.share_findings(read, rejected, terms.max_reject_share), *unknown_date),
        {"enrolment": facts},
        partitions(facts, municipality_code=pl.col(MUNICIPALITY), as_of_date=pl.col("as_of_date")),
        rejected,
        read,
    )


def _status() -> pl.Expr:
    """Return the disjoint status; null for an enrolled person of whom it is not said how."""
    enrolled = {"selv": EnrolmentStatus.SELF_ENROLLED, "automatisk": EnrolmentStatus.AUTOMATICALLY_ENROLLED}
    others = {"fritaget": EnrolmentStatus.EXEMPT, "ikke tilmeldt": EnrolmentStatus.NOT_ENROLLED}
    kind = pl.col("Tilmelding").replace_strict(enrolled, default=None, return_dtype=pl.String)
    rest = pl.col("Digital Post").replace_strict(others, default=None, return_dtype=pl.String)
    return pl.when(pl.col("Digital Post") == "tilmeldt").then(kind).otherwise(rest)


def _birth_date() -> pl.Expr:
    """Return the date of birth in a ten-digit number; null where there is no such day."""

    def digits(start: int, length: int) -> pl.Expr:
        return pl.col("number").str.slice(start, length).cast(pl.Int64)

    day, month, year, seventh = digits(0, 2), digits(2, 2), digits(4, 2), digits(6, 1)
    is_of_2000 = ((seventh.is_in([4, 9])) & (year <= 36)) | (seventh.is_between(5, 8) & (year <= 57))
    is_of_1800 = seventh.is_between(5, 8) & (year >= 58)
    century = pl.when(is_of_2000).then(2000).when(is_of_1800).then(1800).otherwise(1900)
    text = pl.format(
        "{}-{}-{}",
        century + year,
        month.cast(pl.String).str.zfill(2),
        pl.when(day > 60).then(day - 60).otherwise(day).cast(pl.String).str.zfill(2),
    )
    return text.str.to_date("%Y-%m-%d", strict=False)


def _age() -> pl.Expr:
    """Return whole years on the date of the extract."""
    born, day = pl.col("birth_date"), pl.col("as_of_date")
    had_birthday = (day.dt.month() * 100 + day.dt.day()) >= (born.dt.month() * 100 + born.dt.day())
    return day.dt.year() - born.dt.year() - pl.when(had_birthday).then(0).otherwise(1)


def _age_group() -> pl.Expr:
    """Return the age group of a covered age: the last one that begins at it or below."""
    groups = [pl.when(pl.col("age") >= int(group[:2])).then(pl.lit(str(group))) for group in reversed(AgeGroup)]
    return pl.coalesce(groups)
