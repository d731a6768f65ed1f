"""Deliveries as they arrive: one model a layout, Danish headers as aliases, every cell text.

KL's own csv codebook for KOMHEN is not public in a form we could read, so these layouts are ours,
modelled on the handbook's list of measured parameters and on public exports of the same family.

A frame that is checked against a model holds trimmed NFC text; columns with a vocabulary are folded
(schemas.codes.fold). `metadata["rule"]` names the rule of schemas/rules.py that a bad cell breaks.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandera.polars as pa

from schemas import codes


class Source(StrEnum):
    """A kind of delivery; LAYOUTS says how it is recognised, and which module of transforms/ reads it."""

    TRACETOOL = "tracetool"
    SYSTEMTAL = "systemtal"
    LANDSTAL = "landstal"
    DIGITAL_POST = "digitalpost"
    DIGITAL_POST_PERSONS = "digitalpost_personer"


KLE = r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}$"
COUNT_ID = r"^[0-9]{4}[EF]$"
DAY = r"^(0[1-9]|[12][0-9]|3[01])-(0[1-9]|1[0-2])-[0-9]{4}$"
NUMBER = r"^[0-9]{1,7}$"
SHARE = "^(100(,0+)?|[0-9]{1,2}(,[0-9]{1,4})?)[ \u00a0]?%$"


def _field(alias: str, rule: str, description: str, **checks: Any) -> Any:
    return pa.Field(alias=alias, description=description, metadata={"rule": rule}, **checks)


def _free(alias: str, description: str) -> Any:
    return pa.Field(alias=alias, description=description, nullable=True, metadata={"kept": False})


class Tracetool(pa.DataFrameModel):
    """A manual tally: one row is one registration of one or more enquiries on one day."""

    count_id: str = _field("Tælling", "count_id_invalid", "the count, as 2014E", str_matches=COUNT_ID)
    week: str = _field("Uge", "week_invalid", "ISO week number of the day", str_matches=r"^[0-9]{1,2}$")
    day: str = _field("Dato", "date_invalid", "day of the registration, dd-mm-yyyy", str_matches=DAY)
    municipality_code: str = _field(
        "Kommunenr", "municipality_unknown", "three digits, or four with a leading zero",
        isin=list(codes.MUNICIPALITY_WORDS),
    )  # fmt: skip
    municipality_name: str = _field("Kommune", "municipality_name_missing", "the municipality's name")
    unit: str = _free("Enhed", "organisational unit; not kept, for a unit can be one employee")
    kle: str = _field("KLE-nr", "kle_invalid", "task number of KLE, dd.dd.dd", str_matches=KLE)
    task: str = _free("Opgave", "the task in words; the KLE number is what counts")
    channel: str = _field(
        "Kanal", "channel_unknown", "channel, by its label or an alias", isin=list(codes.CHANNEL_WORDS)
    )
    direction: str = _field("Retning", "direction_unknown", "Indgående or Udgående", isin=list(codes.DIRECTION_WORDS))
    enquiry_type: str = _field(
        "Henvendelsestype", "enquiry_type_unknown", "kind of enquiry", isin=list(codes.ENQUIRY_TYPE_WORDS)
    )
    closed_at_once: str = _free("Straksafsluttet", "Ja or Nej; missing in 2012; not kept")
    enquiry_count: str = _field("Antal", "number_invalid", "number of enquiries", str_matches=NUMBER)


class Systemtal(pa.DataFrameModel):
    """Counts from systems: one row is one counted cell of a wide sheet (task × enquiry type × channel)."""

    kle: str = _field("KLE-nr", "kle_invalid", "task number of KLE, dd.dd.dd", str_matches=KLE)
    task: str = _free("Opgave", "the task in words; the KLE number is what counts")
    enquiry_type: str = _field(
        "Henvendelsestype", "enquiry_type_unknown", "kind of enquiry", isin=list(codes.ENQUIRY_TYPE_WORDS)
    )
    channel: str = _field("Kanal", "channel_unknown", "the header of the cell's column", isin=list(codes.CHANNEL_WORDS))
    direction: str = _field(
        "Retning", "direction_unknown", "the name of the cell's sheet", isin=list(codes.DIRECTION_WORDS)
    )
    enquiry_count: str = _field("Antal", "number_invalid", "number of enquiries", str_matches=NUMBER)


class Landstal(pa.DataFrameModel):
    """Published national figures: one row is one share. Method and number of municipalities are unknown."""

    count_id: str = _field("Tælling", "count_id_invalid", "the count, as 2014E", str_matches=COUNT_ID)
    measure: str = _field(
        "Måltal", "measure_unknown", "Andel af henvendelser or Digital Post",
        isin=["andel af henvendelser", "digital post"],
    )  # fmt: skip
    direction: str = _field(
        "Retning", "direction_unknown", "empty for Digital Post", nullable=True,
        isin=list(codes.DIRECTION_WORDS),
    )  # fmt: skip
    channel: str = _field(
        "Kanal", "channel_unknown", "a channel, or an enrolment status for Digital Post",
        isin=[*codes.CHANNEL_WORDS, *codes.ENROLMENT_WORDS],
    )  # fmt: skip
    share: str = _field("Andel", "share_invalid", "per cent, as 41,9 %", str_matches=SHARE)


class DigitalPost(pa.DataFrameModel):
    """Enrolment in Digital Post, aggregated: one row is one age group with one status."""

    as_of_date: str = _field("Opgørelsesdato", "date_invalid", "day of the extract", str_matches=DAY)
    municipality_code: str = _field(
        "Kommunekode", "municipality_unknown", "three digits, or four with a leading zero",
        isin=list(codes.MUNICIPALITY_WORDS),
    )  # fmt: skip
    municipality_name: str = _field("Kommune", "municipality_name_missing", "the municipality's name")
    age_group: str = _field("Aldersgruppe", "age_group_unknown", "age group", isin=list(codes.AGE_GROUP_WORDS))
    status: str = _field("Status", "enrolment_status_unknown", "enrolment status", isin=list(codes.ENROLMENT_WORDS))
    person_count: str = _field("Antal", "number_invalid", "number of persons", str_matches=NUMBER)


class DigitalPostPersons(pa.DataFrameModel):
    """Enrolment in Digital Post: one row is one person; aggregated while it is read, and never kept."""

    cpr_number: str = _field(
        "CPR-nr", "person_number_invalid", "with or without hyphen, nine digits, or a float",
        str_matches="^[0-9]{5,6}[-\u2010-\u2014\u2212]?[0-9]{4}(\\.0+)?$",
    )  # fmt: skip
    municipality_code: str = _field(
        "Kommunekode", "municipality_unknown", "three digits, or four with a leading zero",
        isin=list(codes.MUNICIPALITY_WORDS),
    )  # fmt: skip
    status: str = _field(
        "Digital Post", "enrolment_status_unknown", "Tilmeldt, Fritaget or Ikke tilmeldt",
        isin=["tilmeldt", "fritaget", "ikke tilmeldt"],
    )  # fmt: skip
    enrolled_by: str = _field(
        "Tilmelding", "enrolment_kind_unknown", "Selv or Automatisk; only for the enrolled", nullable=True,
        isin=["selv", "automatisk"],
    )  # fmt: skip
    text_message: str = _free("NemSMS", "may be missing; not kept")


@dataclass(frozen=True)
class Layout:
    """How a layout is recognised, by its set of column names in any order, and what reads it.

    `module` is the module of transforms/ whose `parse` reads it; `extension` the kind of file it comes in;
    `channel_columns`: channels may stand as columns; `holds_persons`: one row is a person, so CPR numbers belong
    there, and the file is never archived; `states_as`: the source whose partitions it states anew.
    """

    label: str
    module: str
    extension: str
    model: type[pa.DataFrameModel]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    channel_columns: bool = False
    holds_persons: bool = False
    states_as: Source | None = None


LAYOUTS: dict[Source, Layout] = {
    Source.TRACETOOL: Layout(
        label="Manuelle registreringer (TraceTool)",
        module="tracetool",
        extension=".csv",
        model=Tracetool,
        required=("Tælling", "Uge", "Dato", "Kommunenr", "Kommune", "Enhed", "KLE-nr", "Opgave", "Kanal", "Retning",
                  "Henvendelsestype", "Antal"),
        optional=("Straksafsluttet",),
    ),
    Source.SYSTEMTAL: Layout(
        label="Systemtal",
        module="systemtal",
        extension=".xlsx",
        model=Systemtal,
        required=("KLE-nr", "Opgave", "Henvendelsestype", "I alt"),
        channel_columns=True,
    ),
    Source.LANDSTAL: Layout(
        label="Landstal",
        module="landstal",
        extension=".csv",
        model=Landstal,
        required=("Tælling", "Måltal", "Retning", "Kanal", "Andel"),
    ),
    Source.DIGITAL_POST: Layout(
        label="Digital Post-udtræk",
        module="digital_post",
        extension=".csv",
        model=DigitalPost,
        required=("Opgørelsesdato", "Kommunekode", "Kommune", "Aldersgruppe", "Status", "Antal"),
    ),
    Source.DIGITAL_POST_PERSONS: Layout(
        label="Digital Post-udtræk (personer)",
        module="digital_post_persons",
        extension=".xlsx",
        model=DigitalPostPersons,
        required=("CPR-nr", "Kommunekode", "Digital Post", "Tilmelding"),
        optional=("NemSMS",),
        holds_persons=True,
        states_as=Source.DIGITAL_POST,
    ),
}  # fmt: skip
SOURCE_LABELS = {source: layout.label for source, layout in LAYOUTS.items()}


def sources_in(extension: str) -> tuple[Source, ...]:
    """Return the sources that come in files with this extension."""
    return tuple(source for source, layout in LAYOUTS.items() if layout.extension == extension)
