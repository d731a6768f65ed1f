"""A national count, made up: a TraceTool delivery of each municipality for each count, always the same."""

import datetime as dt
import os
import random
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bench import terms
from bench.terms import CALENDAR, HEADER, CountWeeks
from schemas.codes import CHANNELS, DIRECTION_LABELS, ENQUIRY_TYPE_LABELS, MUNICIPALITIES, Channel, Direction

SEED = 20141020
POOL_ROWS = 100_000
"""Different registrations of a count that its files draw from."""
FAULTY_SHARE = 0.05
"""So many files hold a row or more that is set aside."""
FAULTS = (
    {"Kanal": "Rygter"},
    {"KLE-nr": "32.3.12"},
    {"Uge": "1"},
    {"Dato": "31-02-2014"},
    {"Henvendelsestype": "Andet"},
    {"Kanal": "Selvbetjening", "Retning": "Udgående"},
)
"""What a broken row says; the last one names a channel that its direction has not."""
OUTSIDE = {"85.02.02": "Kørselsgodtgørelse"}
"""A task outside the package."""
FEW_ROWS = 1000
"""A file of fewer rows has no task outside the package: by chance it could have so many that it is held."""
UNITS = ("Borgerservice", "Ydelser", "Børn og Unge", "Jobcenter", "Teknik og Miljø", "Sundhed og Ældre")
CHANNEL_WEIGHTS = {
    Direction.INBOUND: {
        Channel.SELF_SERVICE: 40, Channel.IN_PERSON: 20, Channel.PHONE: 24, Channel.LETTER: 4, Channel.EMAIL: 6,
        Channel.DIGITAL_POST: 3, Channel.SMS: 2, Channel.WEBSITE_VISIT: 1,
    },
    Direction.OUTBOUND: {
        Channel.DIGITAL_POST: 9, Channel.LETTER: 4, Channel.PHONE: 3, Channel.EMAIL: 2, Channel.REMOTE_PRINT: 2,
    },
}  # fmt: skip


@dataclass(frozen=True)
class National:
    """The deliveries of a national count in a folder of their own."""

    inbox: Path
    counts: tuple[str, ...]
    municipalities: tuple[str, ...]
    file_count: int
    row_count: int
    byte_count: int


def make(inbox: Path, row_count: int, count_number: int, municipality_number: int) -> National:
    """Write the deliveries: `row_count` rows over so many counts and municipalities, large ones and small ones.

    The files of a count lie in a subfolder of its name, and are as old as the count. What is there already stays.
    """
    counts, codes = CALENDAR[:count_number], tuple(MUNICIPALITIES)[:municipality_number]
    rng = random.Random(SEED)  # noqa: S311 - deliveries that are the same each time, no secret
    weights = {code: rng.lognormvariate(0, 1) for code in codes}
    for count in counts:
        pool = None
        for code, rows in _parts(row_count // count_number, weights).items():
            path = inbox / count.count_id / f"tracetool_{code}_{count.count_id}.csv"
            is_faulty, seed = rng.random() < FAULTY_SHARE or code == codes[-1], rng.randrange(1 << 32)
            if path.exists():
                continue
            pool = _registrations(count) if pool is None else pool
            _write(path, _delivery(pool, code, rows, seed, is_faulty=is_faulty), count, is_older=int(code) % 2 == 0)
    files = [path for count in counts for path in (inbox / count.count_id).iterdir()]
    rows = row_count // count_number * count_number
    names = tuple(count.count_id for count in counts)
    return National(inbox, names, codes, len(files), rows, sum(path.stat().st_size for path in files))


def _parts(total: int, weights: dict[str, float]) -> dict[str, int]:
    """Return `total` parted by weight, at least a few rows each, the largest part taking what is left."""
    whole = sum(weights.values())
    parts = {code: max(20, int(total * weight / whole)) for code, weight in weights.items()}
    largest = max(parts, key=lambda code: parts[code])
    parts[largest] += total - sum(parts.values())
    if parts[largest] < 1:
        raise ValueError("too few rows for so many files")
    return parts


def _registrations(count: CountWeeks) -> pl.DataFrame:
    """Return registrations of a count without municipality: some tasks and channels are frequent, most are rare."""
    rng = random.Random(f"{SEED} {count.count_id}")  # noqa: S311 - as above
    tasks = terms.tasks() | OUTSIDE
    days = [count.first_day + dt.timedelta(days=day) for day in range(21)]
    days = [day for day in days if day.isoweekday() <= 5]
    ways = [(channel, way, weight) for way, each in CHANNEL_WEIGHTS.items() for channel, weight in each.items()]

    def draw(values: list, weights: list[float] | None = None) -> list:
        return rng.choices(values, weights, k=POOL_ROWS)

    drawn_days = draw(days)
    drawn_ways = draw(ways, [weight for _, _, weight in ways])
    drawn_tasks = draw(list(tasks), [1 / rank for rank in range(1, len(tasks) + 1)])
    columns = {
        "Uge": [str(day.isocalendar().week) for day in drawn_days],
        "Dato": [f"{day:%d-%m-%Y}" for day in drawn_days],
        "Enhed": draw(list(UNITS)),
        "KLE-nr": drawn_tasks,
        "Opgave": [tasks[kle] for kle in drawn_tasks],
        "Kanal": [rng.choice((CHANNELS[channel].label, *CHANNELS[channel].aliases)) for channel, _, _ in drawn_ways],
        "Retning": [DIRECTION_LABELS[way] for _, way, _ in drawn_ways],
        "Henvendelsestype": draw(list(ENQUIRY_TYPE_LABELS.values()), [50, 30, 20]),
        "Straksafsluttet": draw(["Ja", "Nej"], [7, 3]),
        "Antal": draw(["1", "2", "3", "5", "8"], [45, 15, 14, 14, 12]),
    }
    return pl.DataFrame(columns).with_columns(pl.lit(count.count_id).alias("Tælling"))


def _delivery(pool: pl.DataFrame, code: str, rows: int, seed: int, *, is_faulty: bool) -> pl.DataFrame:
    """Return one municipality's delivery; a faulty one has a few rows that break a rule each."""
    if rows < FEW_ROWS:
        pool = pool.filter(~pl.col("KLE-nr").is_in(list(OUTSIDE)))
    drawn = pool.sample(rows, with_replacement=True, seed=seed).with_columns(
        pl.lit(code).alias("Kommunenr"), pl.lit(MUNICIPALITIES[code]).alias("Kommune")
    )
    if not is_faulty:
        return drawn.select(HEADER)
    rng = random.Random(seed)  # noqa: S311 - as above
    places = rng.sample(range(rows), max(terms.FREE_ROWS, rows // 1000))
    faults = pl.DataFrame({"place": places, "fault": [rng.randrange(len(FAULTS)) for _ in places]})
    fault = pl.Series("fault", [None] * rows, pl.Int64).scatter(faults["place"], faults["fault"])
    return drawn.with_columns(_broken(column, fault) for column in {name for each in FAULTS for name in each}).select(
        HEADER
    )


def _broken(column: str, fault: pl.Series) -> pl.Expr:
    """Return a column in which the rows with a fault say what the fault makes of it."""
    said = {number: each[column] for number, each in enumerate(FAULTS) if column in each}
    return pl.coalesce(fault.replace_strict(said, default=None, return_dtype=pl.String), pl.col(column)).alias(column)


def _write(path: Path, frame: pl.DataFrame, count: CountWeeks, *, is_older: bool) -> None:
    """Write a delivery as TraceTool does, in cp1252 from an older machine, else in UTF-8."""
    text = frame.write_csv(separator=";", line_terminator="\r\n", quote_style="never")
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".part")
    whole.write_bytes(text.encode("cp1252" if is_older else "utf-8"))
    moment = dt.datetime.combine(count.last_day, dt.time(12), dt.UTC).timestamp()
    os.utime(whole, (moment, moment))
    whole.rename(path)
