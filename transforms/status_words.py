"""The Danish words of a status: names, statuses, targets, shares; a missing figure is a word."""

import datetime as dt
from decimal import Decimal

from schemas.codes import (
    CHANNELS,
    MUNICIPALITIES,
    Channel,
    Measure,
    PublicationKind,
    TargetKind,
    TargetStatus,
)
from transforms.danish import (
    NBSP,
    decimal_text,
    percent,
    permille,
)
from transforms.danish import percentage_points as points

NOT_COUNTED = "ikke talt"
NOT_STATED = "ikke oplyst"
NOT_COMPLETE = "ikke komplet"
STATUS_WORDS = {
    TargetStatus.REACHED: "✓ Nået",
    TargetStatus.ON_TRACK: "→ Godt på vej",
    TargetStatus.BEHIND: "✗ Ikke nået",
    TargetStatus.NOT_ASSESSED: "– Ikke vurderet",
    TargetStatus.NO_TARGET: "– Intet mål",
}
KIND_WORDS = {
    PublicationKind.FIRST: "Første udgivelse",
    PublicationKind.CORRECTION: "Rettelse",
    PublicationKind.UPDATE: "Opdatering",
    PublicationKind.DRAFT: "Kladde",
    PublicationKind.INCOMPLETE: "Foreløbig udgivelse",
}
REASON_WORDS = {
    "channel_not_counted": "kanalen er ikke talt",
    "total_below_minimum": "for få henvendelser",
    "no_baseline": "ingen basistælling",
    "baseline_incomplete": "basistællingen er ikke komplet",
    "count_incomplete": "tællingen er ikke komplet",
}


def municipality_name(code: str) -> str:
    """Return 'Ishøj Kommune'; three municipalities bend their name."""
    special = {"101": "Københavns Kommune", "400": "Bornholms Regionskommune", "851": "Aalborg Kommune"}
    return special.get(code, f"{MUNICIPALITIES[code]} Kommune")


def measure_label(row: dict) -> str:
    """Return what a row measures: the channel's label, or the measure's name."""
    if row["measure"] == Measure.CHANNEL_SHARE:
        return CHANNELS[Channel(row["channel"])].label
    return "Digitale kanaler i alt" if row["measure"] == Measure.DIGITAL_SHARE else "Selvbetjeningsgrad"


def target_text(kind: str, value: float) -> str:
    """Return 'mindst 40 %' or 'højst 14 %'."""
    word = "mindst" if kind == TargetKind.AT_LEAST else "højst"
    return f"{word} {decimal_text(Decimal(str(value)) * 100)}{NBSP}%"


def status_text(row: dict, last_day: dt.date) -> str:
    """Return icon and word; before the deadline an unmet target is 'not yet'."""
    status = TargetStatus(row["status"])
    text = STATUS_WORDS[status]
    if status == TargetStatus.BEHIND and last_day <= row["deadline"]:
        return f"{text} endnu"
    return f"{text}: {REASON_WORDS[row['reason']]}" if status == TargetStatus.NOT_ASSESSED else text


def share_text(share: float | None, missing: str) -> str:
    """Return a share as per cent, or the word for a missing one."""
    return missing if share is None else percent(permille(share))


def points_text(change_pp: float | None) -> str:
    """Return a change in percentage points, or that there is none."""
    return "kan ikke beregnes" if change_pp is None else points(round(change_pp * 10))


def tasks_text(number: int) -> str:
    """Return '45 opgaver' or '1 opgave'."""
    return f"{number} opgave" if number == 1 else f"{number} opgaver"


def common_tasks_text(number: int) -> str:
    """Return 'de 35 fælles opgaver' or 'den ene fælles opgave'."""
    return "den ene fælles opgave" if number == 1 else f"de {number} fælles opgaver"
