"""A delivered workbook of system counts -> enquiries: one wide sheet a direction."""

import re
from dataclasses import dataclass

import polars as pl

from schemas.codes import (
    CHANNEL_WORDS,
    DIRECTION_WORDS,
    ENQUIRY_TYPE_WORDS,
    MUNICIPALITY_NAME_WORDS,
    MUNICIPALITY_WORDS,
    fold,
)
from schemas.rules import Finding, Refused, finding
from schemas.sources import LAYOUTS, Source, Systemtal
from schemas.terms import Terms, parse_week
from transforms import control_totals, danish, rejects
from transforms.parsed import Parsed, coded, partitions, rows_by_municipality
from transforms.rejects import MUNICIPALITY
from transforms.table import FIELDS_AGREE, SOURCE_ROW, Table
from transforms.tracetool import channel_rules, enquiries, numbered, package_findings

FIXED = LAYOUTS[Source.SYSTEMTAL].required
_MUNICIPALITY = re.compile(r"^kommune ?: ?(.+?) ?\(([0-9]{3,4})\)$")
_COUNT = re.compile(r"^tælling ?: ?([0-9]{4}[ef])$")
_WEEKS = re.compile(r"^uger? ?: ?([0-9]{1,2})(?: ?[-\u2013] ?([0-9]{1,2}))? ([0-9]{4})$")


@dataclass(frozen=True)
class Titles:
    """What the lines above a sheet's table say."""

    municipality_code: str
    named_code: str | None
    count_id: str
    first_week: str
    last_week: str

    @property
    def weeks(self) -> str:
        """One week as 2014-W43, several as the ISO interval 2014-W43/2014-W45."""
        return self.first_week if self.first_week == self.last_week else f"{self.first_week}/{self.last_week}"


def parse(tables: list[Table], terms: Terms) -> Parsed:
    """Return the enquiries of a workbook; its partition is the weeks of its title.

    Raises:
        Refused: a title line is missing or unreadable, or the sheets' titles differ.
    """
    titles = {_titles(table.titles) for table in tables}
    if len({title.count_id for title in titles} & set(terms.counts)) > 1:
        raise Refused("several_counts")
    if len(titles) > 1:
        raise Refused("title_unreadable", title="Kommune, Tælling eller Uger")
    (title,) = titles
    cells = pl.concat([_cells(table) for table in tables]).with_columns(
        pl.lit(title.municipality_code).alias(MUNICIPALITY), pl.lit(value=True).alias(FIELDS_AGREE)
    )
    kept, broken = rejects.split(Systemtal, cells)
    typed = kept.select(
        SOURCE_ROW,
        MUNICIPALITY,
        "header",
        pl.lit(title.count_id).alias("count_id"),
        pl.lit(title.weeks).alias("weeks"),
        pl.col("KLE-nr").alias("kle"),
        coded("Kanal", CHANNEL_WORDS).alias("channel"),
        coded("Retning", DIRECTION_WORDS).alias("direction"),
        coded("Henvendelsestype", ENQUIRY_TYPE_WORDS).alias("enquiry_type"),
        pl.col("Antal").cast(pl.Int64).alias("enquiry_count"),
    )
    good, unfit = rejects.split_by(typed, channel_rules(numbered(pl.col("count_id")), "Kanal"))
    facts = enquiries(good)
    rejected = pl.concat([broken, unfit])
    read = rows_by_municipality(cells)
    findings = [
        *rejects.share_findings(read, rejected, terms.max_reject_share),
        *(each for table in tables for each in control_totals.wide_findings(table, _channels(table))),
        *_title_findings(title, terms),
        *package_findings(facts, terms),
    ]
    return Parsed(
        Source.SYSTEMTAL,
        tuple(findings),
        {"enquiry": facts},
        partitions(
            facts,
            count_id=pl.col("count_id"),
            municipality_code=pl.col(MUNICIPALITY),
            weeks=pl.col("weeks"),
            first_week=pl.lit(title.first_week),
            last_week=pl.lit(title.last_week),
        ),
        rejected,
        read,
        {"enquiry": good},
    )


def _channels(table: Table) -> list[str]:
    return [name for name in table.frame.columns if name not in (*FIXED, SOURCE_ROW, FIELDS_AGREE)]


def _cells(table: Table) -> pl.DataFrame:
    """Return one row a counted cell; `-` and empty mean not counted and give none."""
    if fold(table.name) not in DIRECTION_WORDS:
        raise Refused("sheet_not_a_direction")
    below = pl.col(SOURCE_ROW) > table.totals[SOURCE_ROW].min() if table.totals.height else pl.lit(value=False)
    filled = pl.sum_horizontal(pl.all().exclude(SOURCE_ROW, FIELDS_AGREE).is_not_null())
    strangers = table.frame.filter(below & (filled > 1))
    if strangers.height:
        raise Refused("second_table", row=strangers[SOURCE_ROW][0])
    long = table.frame.unpivot(
        on=_channels(table),
        index=[SOURCE_ROW, "KLE-nr", "Opgave", "Henvendelsestype"],
        variable_name="header",
        value_name="Antal",
    )
    return long.filter(pl.col("Antal").is_not_null() & ~pl.col("Antal").is_in(control_totals.NOT_COUNTED)).with_columns(
        danish.folded("Henvendelsestype"),
        danish.folded("header").alias("Kanal"),
        pl.lit(fold(table.name)).alias("Retning"),
    )


def _titles(lines: tuple[str, ...]) -> Titles:
    def find(pattern: re.Pattern, title: str) -> re.Match:
        matches = {match[0]: match for line in lines if (match := pattern.match(fold(line)))}
        if len(matches) != 1:
            raise Refused("title_unreadable", title=title)
        return next(iter(matches.values()))

    place = find(_MUNICIPALITY, "Kommune")
    code = MUNICIPALITY_WORDS.get(place[2])
    if code is None:
        raise Refused("no_known_municipality")
    count_id = find(_COUNT, "Tælling")[1].upper()
    first, last, year = find(_WEEKS, "Uger").groups()
    try:
        weeks = [f"{year}-W{int(week):02d}" for week in (first, last or first)]
        parse_week(weeks[0]), parse_week(weeks[1])
    except ValueError:
        raise Refused("title_unreadable", title="Uger") from None
    if weeks != sorted(weeks):
        raise Refused("title_unreadable", title="Uger")
    return Titles(code, MUNICIPALITY_NAME_WORDS.get(place[1]), count_id, weeks[0], weeks[1])


def _title_findings(title: Titles, terms: Terms) -> list[Finding]:
    found = []
    if title.named_code != title.municipality_code:
        found.append(finding("name_disagrees", rows="alle"))
    count = terms.counts.get(title.count_id)
    if count is None:
        found.append(finding("count_not_in_calendar", count=title.count_id))
    elif not {title.first_week, title.last_week} <= set(count.weeks):
        found.append(finding("weeks_outside_count", weeks=title.weeks))
    return found
