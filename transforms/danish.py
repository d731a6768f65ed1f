"""Danish text and numbers: how they are read, and the one rule for rounding and printing them."""

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import polars as pl

NBSP = "\u00a0"
MINUS = "\u2212"
_GROUPED = re.compile(r"^[0-9]{1,3}(\.[0-9]{3})+$|^[0-9]{1,12}$")
_MONTHS = ("januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober",
           "november", "december")  # fmt: skip
_LAST_LETTERS = str.maketrans("æøå", "{|}")  # the signs that follow z
_NUMBER_WORDS = ("ingen", "ét", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv")


def folded(column: str) -> pl.Expr:
    """Return a text column as labels are compared; the same rule as schemas.codes.fold."""
    return pl.col(column).str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()


def day(column: str) -> pl.Expr:
    """Return a dd-mm-yyyy column as dates; null where there is no such day."""
    return pl.col(column).str.to_date("%d-%m-%Y", strict=False)


def iso_week(day: pl.Expr) -> pl.Expr:
    """Return a date's ISO week as 2014-W43 (ISO year with ISO week)."""
    return pl.format("{}-W{}", day.dt.iso_year(), day.dt.week().cast(pl.String).str.zfill(2))


def parse_total(text: str) -> int | None:
    """Return a control total, which may be written with thousands dots; None when it is no whole number."""
    return int(text.replace(".", "")) if _GROUPED.match(text) else None


def permille(numerator: int | float | Decimal, denominator: int = 1) -> int:
    """Return a share in thousandths, rounded half away from zero; exact for whole numbers.

    Published shares come as floats read from decimals; their shortest decimal form is what was written.
    """
    share = Decimal(str(numerator)) * 1000 / Decimal(denominator)
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def decimal_text(number: Decimal | int | float, decimals: int | None = None) -> str:
    """Return a number with decimal comma and true minus; trailing zeros only when `decimals` asks."""
    exact = Decimal(str(number))
    text = f"{exact:.{decimals}f}" if decimals is not None else f"{exact.normalize():f}"
    return text.replace("-", MINUS).replace(".", ",")


def percent(thousandths: int) -> str:
    """Return thousandths as per cent with one decimal: 525 -> '52,5 %' with a no-break space."""
    return f"{decimal_text(Decimal(thousandths) / 10, 1)}{NBSP}%"


def percentage_points(thousandths: int) -> str:
    """Return a difference of thousandths in percentage points: -202 -> '−20,2', 3 -> '+0,3'."""
    sign = "+" if thousandths > 0 else ""
    return f"{sign}{decimal_text(Decimal(thousandths) / 10, 1)}"


def count_text(number: int) -> str:
    """Return a whole number with thousands dots: 10000 -> '10.000'."""
    return f"{number:,}".replace(",", ".").replace("-", MINUS)


def date_text(date: dt.date) -> str:
    """Return a date in words: '1. december 2014'."""
    return f"{date.day}.{NBSP}{_MONTHS[date.month - 1]} {date.year}"


def danish_time(moment: dt.datetime) -> dt.datetime:
    """Return a point in time as Danish clocks show it."""
    return moment.astimezone(ZoneInfo("Europe/Copenhagen"))


def day_text(moment: dt.datetime) -> str:
    """Return the Danish day of a point in time in words."""
    return date_text(danish_time(moment).date())


def number_word(number: int) -> str:
    """Return a small number as a word (neuter), a larger one in digits."""
    return _NUMBER_WORDS[number] if number < len(_NUMBER_WORDS) else str(number)


def alphabetical(text: str) -> str:
    """Return what a Danish text is sorted by: æ, ø and å after z, aa as å, capitals as small letters."""
    return text.lower().replace("aa", "å").translate(_LAST_LETTERS)


def within_sentence(label: str) -> str:
    """Return a label as it stands within a sentence: 'Telefon' -> 'telefon'; 'SMS' and 'Digital Post' are names."""
    return label if label.isupper() or " Post" in label else f"{label[:1].lower()}{label[1:]}"


def listing(parts: list[str]) -> str:
    """Return 'a, b og c'."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} og {parts[-1]}" if parts else ""
