"""A second opinion: made-up worlds of deliveries, and what the warehouse must then say of them.

Written from the design and the formats alone: nothing here imports schemas, transforms or flows. A world is made
from a seed: settings, task packages and deliveries in the many ways that formats.md allows. The figures are counted
from what was put into the deliveries, in exact fractions, never from the files.

Readings of the design that it leaves open:
- The last comparable count is the same season a year earlier.
- A channel's row in `comparable_channel_share` is there when either count has it, and both have something to divide by.
- Without a counted self-service transaction there is no self_service_rate.
- A pooled figure is over the complete municipalities that have a value of the measure.
"""

import csv
import datetime as dt
import io
import itertools
import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import xlsxwriter

NAMES = (
    "101 København, 147 Frederiksberg, 151 Ballerup, 153 Brøndby, 155 Dragør, 157 Gentofte, 159 Gladsaxe, 161 Glostrup,"
    "163 Herlev, 165 Albertslund, 167 Hvidovre, 169 Høje-Taastrup, 173 Lyngby-Taarbæk, 175 Rødovre, 183 Ishøj,"
    "185 Tårnby, 187 Vallensbæk, 190 Furesø, 201 Allerød, 210 Fredensborg, 217 Helsingør, 219 Hillerød, 223 Hørsholm,"
    "230 Rudersdal, 240 Egedal, 250 Frederikssund, 253 Greve, 259 Køge, 260 Halsnæs, 265 Roskilde, 269 Solrød,"
    "270 Gribskov, 306 Odsherred, 316 Holbæk, 320 Faxe, 326 Kalundborg, 329 Ringsted, 330 Slagelse, 336 Stevns,"
    "340 Sorø, 350 Lejre, 360 Lolland, 370 Næstved, 376 Guldborgsund, 390 Vordingborg, 400 Bornholm, 410 Middelfart,"
    "420 Assens, 430 Faaborg-Midtfyn, 440 Kerteminde, 450 Nyborg, 461 Odense, 479 Svendborg, 480 Nordfyns,"
    "482 Langeland, 492 Ærø, 510 Haderslev, 530 Billund, 540 Sønderborg, 550 Tønder, 561 Esbjerg, 563 Fanø, 573 Varde,"
    "575 Vejen, 580 Aabenraa, 607 Fredericia, 615 Horsens, 621 Kolding, 630 Vejle, 657 Herning, 661 Holstebro,"
    "665 Lemvig, 671 Struer, 706 Syddjurs, 707 Norddjurs, 710 Favrskov, 727 Odder, 730 Randers, 740 Silkeborg,"
    "741 Samsø, 746 Skanderborg, 751 Aarhus, 756 Ikast-Brande, 760 Ringkøbing-Skjern, 766 Hedensted, 773 Morsø,"
    "779 Skive, 787 Thisted, 791 Viborg, 810 Brønderslev, 813 Frederikshavn, 820 Vesthimmerlands, 825 Læsø, 840 Rebild,"
    "846 Mariagerfjord, 849 Jammerbugt, 851 Aalborg, 860 Hjørring"
)
MUNICIPALITIES = dict(each.strip().split(" ", 1) for each in NAMES.split(","))
OTHER_NAMES = {
    "101": ("Københavns Kommune",),
    "169": ("Høje Taastrup", "Høje-Taastrup Kommune"),
    "400": ("Bornholms Regionskommune",),
    "480": ("Nordfyns Kommune",),
    "580": ("Åbenrå", "Åbenrå Kommune"),
    "751": ("Århus", "Århus Kommune"),
    "820": ("Vesthimmerlands Kommune",),
}
SPELLED_OTHERWISE = ("183", *OTHER_NAMES)

CHANNEL_NAMES = {
    "self_service": ("Selvbetjening", "Selvbetjening (Adviser)", "NemRefusion"),
    "in_person": ("Personligt fremmøde", "Personlig henvendelse", "Personlig", "Fysisk fremmøde", "Skranke"),
    "phone": ("Telefon", "Telefonisk henvendelse", "Telefoni"),
    "letter": ("Brev", "Breve", "Breve (og pakker)", "Papirpost"),
    "email": ("E-mail", "Email", "E-post", "Mail"),
    "sms": ("SMS", "SMS'er"),
    "digital_post": ("Digital Post",),
    "remote_print": ("Fjernprint",),
    "social_media": ("Socialt medie", "Sociale medier"),
    "systems": ("Systemer",),
    "website_visit": ("Besøg på hjemmeside", "Hjemmesidebesøg"),
}
DIGITAL = {"self_service", "email", "sms", "digital_post", "social_media", "systems"}
RATE_CHANNELS = {"self_service", "in_person", "phone", "letter", "email", "digital_post"}
NEW_IN_2012E = {"social_media", "systems"}
WEBSITE = "website_visit"
IN, OUT = "inbound", "outbound"
WEIGHTS = {
    (IN, "self_service"): 30, (IN, "in_person"): 20, (IN, "phone"): 25, (IN, "letter"): 4, (IN, "email"): 8,
    (IN, "digital_post"): 6, (IN, "sms"): 1, (IN, "social_media"): 2, (IN, "systems"): 5, (IN, WEBSITE): 60,
    (OUT, "digital_post"): 25, (OUT, "letter"): 8, (OUT, "remote_print"): 6, (OUT, "phone"): 5, (OUT, "email"): 3,
    (OUT, "sms"): 1, (OUT, "social_media"): 1,
}  # fmt: skip
ALWAYS = {(IN, "self_service"), (IN, "in_person"), (OUT, "digital_post"), (OUT, "letter")}
DIRECTION_NAMES = {IN: "Indgående", OUT: "Udgående"}
TYPE_NAMES = {
    "transaction": "Transaktion",
    "general_information": "Generel information",
    "case_information": "Information om sag",
}
STATUS_NAMES = {
    "self_enrolled": "Tilmeldt",
    "automatically_enrolled": "Automatisk tilmeldt",
    "exempt": "Fritaget",
    "not_enrolled": "Ikke tilmeldt",
}
AGE_GROUPS = ("15-24 år", "25-44 år", "45-64 år", "65-74 år", "75+ år")
TASK_NAMES = ("Pas", "Boligstøtte", "Sygedagpenge", "Anmeldelse af rotter, mus", "Gult sundhedskort", "Vielse", "Lån")
ON_TRACK_DAYS = 183

Cell = tuple[str, str, str, str]
"""KLE number, channel, direction, enquiry type."""
Cells = dict[Cell, int]
Span = tuple[str, str, str]
"""Municipality, first and last ISO week: what a delivery states anew."""
Row = dict[str, object]


@dataclass(frozen=True)
class Count:
    """One count of the calendar; its weeks lie in one ISO year."""

    count_id: str
    first: int
    last: int
    package: str
    expected: tuple[str, ...]

    @property
    def year(self) -> int:
        """The ISO year."""
        return int(self.count_id[:4])

    @property
    def order(self) -> tuple[int, bool]:
        """Spring before autumn."""
        return self.year, self.count_id.endswith("E")

    @property
    def numbers(self) -> range:
        """Its ISO week numbers."""
        return range(self.first, self.last + 1)

    def week(self, number: int) -> str:
        """Return a week as 2014-W43."""
        return f"{self.year}-W{number:02d}"

    @property
    def last_day(self) -> dt.date:
        """The Sunday of the last week."""
        return dt.date.fromisocalendar(self.year, self.last, 7)

    @property
    def previous_id(self) -> str:
        """The same season a year earlier."""
        return f"{self.year - 1}{self.count_id[-1]}"


@dataclass(frozen=True)
class Target:
    """One target; `value` is the decimal text of the settings."""

    municipality: str
    measure: str
    direction: str
    channel: str | None
    kind: str
    value: str
    deadline: dt.date
    baseline: str | None = None

    def is_met(self, printed: Fraction) -> bool:
        """Tell whether a printed share meets it."""
        aim = Fraction(self.value)
        return printed >= aim if self.kind == "at_least" else printed <= aim


@dataclass(frozen=True)
class Delivery:
    """One file, what it truly says, and the deliveries that it must come after."""

    name: str
    content: bytes
    source: str
    count_id: str | None = None
    parts: dict[Span, Cells] = field(default_factory=dict)
    enrolment: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    national: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    rows_read: int = 0
    rows_rejected: int = 0
    status: str = "accepted"
    after: frozenset[str] = frozenset()
    same_name: str | None = None


@dataclass
class World:
    """Settings and deliveries."""

    counts: dict[str, Count]
    packages: dict[str, list[str]]
    tasks: list[str]
    municipalities: list[str]
    published: list[str]
    min_total: int
    national_minimum: int
    targets: list[Target] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def write_settings(self, folder: Path) -> Path:
        """Write kanalstatus.toml and tasks.csv and make the inbox; return the settings file."""
        (folder / "deliveries").mkdir(parents=True)
        rows = [f"{package};{kle};{task_name(kle)};1" for package, kles in self.packages.items() for kle in kles]
        (folder / "tasks.csv").write_text("\n".join(["pakke;kle;opgave;boelge", *rows, ""]), encoding="utf-8")
        path = folder / "kanalstatus.toml"
        path.write_text("\n".join(self._toml()), encoding="utf-8")
        return path

    def _toml(self) -> Iterator[str]:
        yield f"municipalities = {self.published}".replace("'", '"')
        yield 'inbox = "deliveries"\npublish_dir = "published"\narchive_dir = "archive"\ntask_packages = "tasks.csv"'
        yield 'database_url = "sqlite:///warehouse.db"'
        yield f"min_total = {self.min_total}\nnational_min_municipalities = {self.national_minimum}"
        for count in self.counts.values():
            yield f'[[count]]\nid = "{count.count_id}"\ntask_package = "{count.package}"'
            yield f'first_week = "{count.week(count.first)}"\nlast_week = "{count.week(count.last)}"'
            yield f"expected_sources = {list(count.expected)}".replace("'", '"')
        for target in self.targets:
            yield f'[[target]]\nmunicipality = "{target.municipality}"\nmeasure = "{target.measure}"'
            yield f'direction = "{target.direction}"\nkind = "{target.kind}"\nvalue = {target.value}'
            yield f"deadline = {target.deadline}"
            if target.channel:
                yield f'channel = "{target.channel}"'
            if target.baseline:
                yield f'baseline_count = "{target.baseline}"'


def task_name(kle: str) -> str:
    """Return a made-up name of a task; some hold a comma."""
    return TASK_NAMES[int(kle[-2:]) % len(TASK_NAMES)]


# The worlds


def make_world(seed: int) -> World:
    """Return the world of a seed: always the same."""
    rng = random.Random(seed)
    tasks = [f"{rng.randint(1, 85):02d}.{rng.randint(0, 99):02d}.{number:02d}" for number in range(1, 13)]
    packages = {name: rng.sample(tasks, rng.randint(5, 8)) for name in ("A", "B", "C")}
    for kles in packages.values():
        kles += [kle for kle in tasks[:2] if kle not in kles]
    municipalities = rng.sample(SPELLED_OTHERWISE, rng.randint(1, 2))
    municipalities += rng.sample(sorted(set(MUNICIPALITIES) - set(SPELLED_OTHERWISE)), rng.randint(1, 3))
    world = World(
        counts={count.count_id: count for count in _calendar(rng, list(packages))},
        packages=packages,
        tasks=tasks,
        municipalities=municipalities,
        published=municipalities if rng.random() < 0.5 else municipalities[:-1],
        min_total=rng.choice((1, 100, 100, 400)),
        national_minimum=rng.choice((1, 1, 2, 30)),
    )
    habits = {code: _Habits(rng, world, code) for code in municipalities}
    for count in world.counts.values():
        if count.year < 2050:
            world.deliveries += _of_count(rng, count, habits)
    world.deliveries += _enrolments(rng, world)
    world.deliveries += list(_merged(rng, world))
    world.deliveries += list(_corrections(rng, world))
    world.deliveries += list(_renamed(rng, world.deliveries))
    world.targets = _targets(rng, world)
    return world


def _calendar(rng: random.Random, packages: list[str]) -> Iterator[Count]:
    begin, years = rng.choice((2011, 2011, 2013, 2014, 2019)), rng.choice((2, 2, 3))
    for year in range(begin, begin + years):
        weeks_of_year = dt.date(year, 12, 28).isocalendar().week
        starts = {"F": rng.choice((6, 9, 18)), "E": rng.choice((43, 38, weeks_of_year - 2))}
        for season, first in starts.items():
            if season == "F" and (year == begin or rng.random() < 0.2):
                continue
            expected = rng.choice((("tracetool", "systemtal"), ("tracetool", "systemtal"), ("tracetool",)))
            last = min(first + rng.choice((1, 2, 2)), weeks_of_year)
            yield Count(f"{year}{season}", first, last, rng.choice(packages[: 1 + year - begin]), expected)
    yield Count("2090E", 43, 45, packages[0], ("tracetool",))


class _Habits:
    """How a municipality is written to, and by which source each part of it is counted."""

    def __init__(self, rng: random.Random, world: World, code: str) -> None:
        self.rng, self.world, self.code = rng, world, code
        self.scale = rng.choice((0.1, 0.5, 1, 4))
        self.channels = [key for key in WEIGHTS if key in ALWAYS or rng.random() < 0.65]
        self.whole_systemtal = rng.random() < 0.5

    def cells(self, count: Count, weeks: list[int]) -> dict[tuple[str, int], Cells]:
        """Return the true enquiries of a count by (source, week number)."""
        rng, package = self.rng, self.world.packages[count.package]
        self.channels = [key for key in self.channels if key in ALWAYS or rng.random() < 0.96]
        known = [key for key in self.channels if key[1] not in NEW_IN_2012E or count.order >= (2012, True)]
        owner: dict[tuple[str, str, str], str] = {}
        found: dict[tuple[str, int], Cells] = defaultdict(dict)
        for (direction, channel), kle in itertools.product(known, package):
            by_system = channel == "self_service" or (direction, channel) == (OUT, "digital_post")
            by_hand = channel in ("in_person", "phone")
            share = 1 if by_system else 0 if by_hand else 0.3
            owner[direction, channel, kle] = "systemtal" if rng.random() < share else "tracetool"
            if "systemtal" not in count.expected and rng.random() < 0.9:
                owner[direction, channel, kle] = "tracetool"
        for week in weeks:
            for (direction, channel, kle), source in owner.items():
                if rng.random() < 0.45 or kle == package[0]:
                    kind = "general_information" if channel == WEBSITE else rng.choice(list(TYPE_NAMES))
                    number = round(rng.random() * WEIGHTS[direction, channel] * self.scale)
                    forced = kle == package[0] and (direction, channel) in ALWAYS
                    found[source, week][kle, channel, direction, kind] = max(number, int(forced))
            for source, channel in (("tracetool", "phone"), ("systemtal", "self_service")):
                self._add_outside(found[source, week], channel, package)
        return {key: cells for key, cells in found.items() if cells}

    def _add_outside(self, cells: Cells, channel: str, package: list[str]) -> None:
        """Add a task outside the package: under a tenth of the volume."""
        volume = sum(number for cell, number in cells.items() if cell[1] != WEBSITE)
        others = [kle for kle in self.world.tasks if kle not in package]
        if volume >= 30 and others and self.rng.random() < 0.5:
            cells[others[0], channel, IN, "transaction"] = volume * 6 // 100


def _of_count(rng: random.Random, count: Count, habits: dict[str, _Habits]) -> list[Delivery]:
    """Return a count's deliveries: some municipalities stay away, some weeks never come."""
    truth = {
        code: each.cells(count, list(count.numbers)) for code, each in habits.items() if rng.random() < 0.93
    }  # fmt: skip
    groups = [[code] for code in truth] if rng.random() < 0.5 else [list(truth)]
    weekly = rng.random() < 0.4
    chunks = [[number] for number in count.numbers] if weekly else [list(count.numbers)]
    found = []
    for codes, weeks in itertools.product(groups, chunks):
        parts = {
            (code, count.week(week), count.week(week)): truth[code]["tracetool", week]
            for code, week in itertools.product(codes, weeks)
            if ("tracetool", week) in truth[code]
        }  # fmt: skip
        if parts and rng.random() < 0.95:
            found.append(tracetool_delivery(rng, count, parts, f"manuelt_{'_'.join(codes)}_{weeks[0]}.csv"))
    for code, by_part in truth.items():
        split = [list(count.numbers)] if habits[code].whole_systemtal else [[count.first], list(count.numbers)[1:]]
        for weeks in split:
            cells = added(by_part.get(("systemtal", week), {}) for week in weeks)
            if cells and rng.random() < 0.95:
                parts = {(code, count.week(weeks[0]), count.week(weeks[-1])): cells}
                found.append(systemtal_delivery(rng, count, parts, f"system {code}_{weeks[0]}.xlsx"))
    if rng.random() < 0.5:
        found.append(_landstal(rng, count))
    return found


def added(many: Iterable[Cells]) -> Cells:
    """Return the sum of several cells; a cell that nobody counted stays away."""
    total: Cells = {}
    for cells in many:
        for cell, number in cells.items():
            total[cell] = total.get(cell, 0) + number
    return total


def _shaken(rng: random.Random, cells: Cells) -> Cells:
    """Return cells of slightly other numbers: nothing vanishes, the sum falls by a tenth at most."""
    return {cell: max(1, round(number * rng.uniform(0.93, 1.12))) if number else 0 for cell, number in cells.items()}


def _merged(rng: random.Random, world: World) -> Iterator[Delivery]:
    """Give workbooks of a whole count that replace those of its parts."""
    groups: dict[tuple[str | None, str], list[Delivery]] = defaultdict(list)
    for each in world.deliveries:
        if each.source == "systemtal":
            groups[each.count_id, next(iter(each.parts))[0]].append(each)
    for (count_id, code), parts in groups.items():
        if len(parts) > 1 and rng.random() < 0.4:
            count = world.counts[str(count_id)]
            span = (code, count.week(count.first), count.week(count.last))
            cells = _shaken(rng, added(cells for each in parts for cells in each.parts.values()))
            whole = systemtal_delivery(rng, count, {span: cells}, f"system {code} samlet.xlsx")
            yield replace(whole, after=frozenset(each.name for each in parts))


def _corrections(rng: random.Random, world: World) -> Iterator[Delivery]:
    """Give later deliveries of the same weeks: a whole file again, one part of it, or several files in one."""
    number = 0
    replaced = {name for each in world.deliveries for name in each.after}
    in_force = [each for each in world.deliveries if each.parts and each.name not in replaced]
    for original in [each for each in in_force if rng.random() < 0.3]:
        count, spans = world.counts[original.count_id], list(original.parts)
        newest = original
        for _ in range(rng.choice((1, 1, 2))):
            number += 1
            chosen = spans if rng.random() < 0.5 else [rng.choice(spans)]
            parts = {span: _shaken(rng, newest.parts.get(span, original.parts[span])) for span in chosen}
            make = tracetool_delivery if original.source == "tracetool" else systemtal_delivery
            stem, dot, ending = original.name.rpartition(".")
            again = make(rng, count, parts, f"{stem}_rettet{number}{dot}{ending}")
            is_whole = set(chosen) == set(spans)
            newest = replace(again, after=newest.after | {newest.name}, same_name=newest.name if is_whole else None)
            yield newest


def _renamed(rng: random.Random, deliveries: list[Delivery]) -> Iterator[Delivery]:
    """Give the same bytes again under another name, of deliveries that nothing replaced."""
    replaced = {name for each in deliveries for name in each.after}
    leaves = [each for each in deliveries if each.name not in replaced]
    for each in rng.sample(leaves, 2):
        stem, dot, ending = each.name.rpartition(".")
        name = f"kopi/{stem} (kopi){dot}{ending}"
        yield Delivery(name, each.content, each.source, status="duplicate", after=each.after | {each.name})


def _enrolments(rng: random.Random, world: World) -> Iterator[Delivery]:
    for code in world.municipalities:
        for count in list(world.counts.values())[:2]:
            if rng.random() < 0.4:
                day = count.last_day + dt.timedelta(days=rng.randint(1, 60))
                yield _digital_post(rng, code, day)


def _targets(rng: random.Random, world: World) -> list[Target]:
    """Return targets around the true values: met, missed, hit exactly; ranges; deadlines near 183 days and past."""
    measured = measures(world, replay(world.deliveries))
    counts = [count for count in world.counts.values() if count.year < 2050]
    found: list[Target] = []
    for code in world.municipalities:
        rare = {(code, "channel_share", IN, "systems"), (code, "channel_share", OUT, "sms")}
        own = sorted({key[1:] for key in measured if key[1] == code} | rare, key=str)
        for _, measure, direction, channel in rng.sample(own, min(len(own), 9)):
            values = [
                printed(*value) for key, value in measured.items() if key[1:] == (code, measure, direction, channel)
            ]
            middle = rng.choice(values or [Fraction(1, 10)])
            for kind in rng.choice((("at_least",), ("at_most",), ("at_least", "at_most"))):
                aim = min(max(middle + Fraction(rng.choice((-2000, -500, -5, 0, 0, 5, 500, 2000)), 10_000), 0), 1)
                days = rng.choice((-400, -1, 0, 100, 182, 183, 184, 366, 900, 1500))
                deadline = rng.choice(counts).last_day + dt.timedelta(days=days)
                baseline = rng.choice((None, None, *(count.count_id for count in counts)))
                found.append(
                    Target(code, measure, direction, channel, kind, f"{float(aim):.4f}", deadline, baseline)
                )  # fmt: skip
    return found


# The files


def spelled(rng: random.Random, code: str) -> str:
    """Return a name of a municipality as somebody may write it."""
    name = rng.choice((MUNICIPALITIES[code], *OTHER_NAMES.get(code, ())))
    more = (f"{name} Kommune", f"{name} kommune") if "ommune" not in name else ()
    return rng.choice((name, name, name.upper(), *more))


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written."""

    encoding: str
    separator: str
    newline: str
    is_decomposed: bool
    titles: tuple[str, ...]
    has_total: bool
    has_source_line: bool
    has_empty_column: bool
    has_final_newline: bool

    @property
    def is_unicode(self) -> bool:
        """Whether every letter can be written."""
        return self.encoding != "cp1252"


def _dialect(rng: random.Random) -> Dialect:
    encoding = rng.choice(("cp1252", "cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-be"))
    separator = rng.choice((";", ";", ",", "\t"))
    titles = [f"sep={separator}"] if rng.random() < 0.2 else []
    titles += rng.sample(("Udtræk fra TraceTool", "Herunder alle registreringer"), rng.choice((0, 0, 1, 2)))
    has_total = rng.random() < 0.5
    return Dialect(
        encoding,
        separator,
        rng.choice(("\r\n", "\n")),
        encoding != "cp1252" and rng.random() < 0.3,
        tuple(titles),
        has_total,
        rng.random() < 0.3,
        rng.random() < 0.2,
        not has_total or rng.random() < 0.7,
    )


def csv_bytes(rng: random.Random, dialect: Dialect, header: list[str], rows: list[Row]) -> bytes:
    """Return a CSV; with a control total when the dialect has one (the number column is `Antal`)."""
    padding = [""] * dialect.has_empty_column
    shout = rng.choice((str, str, str.upper, lambda name: f" {name.lower()} "))
    records: list[list[str]] = [[title] for title in dialect.titles]
    records.append([*map(shout, header), *padding])
    records += [[*(str(row[name]) for name in header), *padding] for row in rows]
    if dialect.has_total:
        total = sum(int(row["Antal"]) for row in rows if str(row["Antal"]).isdigit())
        text = f"{total:,}".replace(",", rng.choice((".", "")))
        if rng.random() < 0.3:
            records.append(["I alt", text])
        else:
            line = dict.fromkeys(header, "") | {"Antal": text}
            line[next(name for name in header if name != "Antal")] = "I alt"
            records.append([*line.values(), *padding])
    if dialect.has_source_line:
        records.append(["Kilde: TraceTool", *rng.choice(([], [""] * (len(header) - 1)))])
    text = io.StringIO()
    csv.writer(text, delimiter=dialect.separator, lineterminator=dialect.newline).writerows(records)
    whole = text.getvalue().replace('"sep=,"', "sep=,").replace('"sep=;"', "sep=;")
    whole = whole.replace('"sep=\t"', "sep=\t")
    if not dialect.has_final_newline:
        whole = whole.removesuffix(dialect.newline)
    if dialect.is_decomposed:
        whole = unicodedata.normalize("NFD", whole)
    return (b"\xfe\xff" if dialect.encoding == "utf-16-be" else b"") + whole.encode(dialect.encoding)


TRACETOOL = ["Tælling", "Uge", "Dato", "Kommunenr", "Kommune", "Enhed", "KLE-nr", "Opgave", "Kanal", "Retning",
             "Henvendelsestype", "Straksafsluttet", "Antal"]  # fmt: skip


def tracetool_delivery(rng: random.Random, count: Count, parts: dict[Span, Cells], name: str) -> Delivery:
    """Return manual tallies of single weeks as a CSV, with up to three rows that must be set aside."""
    dialect = _dialect(rng)
    header = [column for column in TRACETOOL if column != "Straksafsluttet" or rng.random() < 0.7]
    if rng.random() < 0.5:
        rng.shuffle(header)
    rows = [
        _registration(rng, (code, week), count, cell, piece)
        for (code, week, _), cells in parts.items()
        for cell, number in cells.items()
        for piece in _pieces(rng, number)
    ]
    bad = [_spoilt(rng, dialect, count, dict(rng.choice(rows))) for _ in range(rng.choice((0, 0, 1, 2, 3)))]
    mixed = rows + bad
    rng.shuffle(mixed)
    return Delivery(
        f"{count.count_id}_{name}",
        csv_bytes(rng, dialect, header, mixed),
        "tracetool",
        count.count_id,
        parts,
        rows_read=len(mixed),
        rows_rejected=len(bad),
    )


def _pieces(rng: random.Random, number: int) -> list[int]:
    first = rng.randint(1, number) if number > 1 and rng.random() < 0.4 else number
    return [first, number - first] if number > first else [first]


def _registration(rng: random.Random, place: tuple[str, str], count: Count, cell: Cell, number: int) -> Row:
    code, week = place
    kle, channel, direction, kind = cell
    day = dt.date.fromisoformat(f"{week}-{rng.randint(1, 7)}")
    label = rng.choice(CHANNEL_NAMES[channel])
    return {
        "Tælling": count.count_id,
        "Uge": day.isocalendar().week,
        "Dato": f"{day:%d-%m-%Y}",
        "Kommunenr": rng.choice((code, f"0{code}")),
        "Kommune": spelled(rng, code),
        "Enhed": rng.choice(("Borgerservice", "Børn og Unge", "", "Teknik, Miljø", '<b>"Jobcenter"</b>')),
        "KLE-nr": kle,
        "Opgave": task_name(kle),
        "Kanal": rng.choice((label, label, label.lower(), f" {label} ")),
        "Retning": DIRECTION_NAMES[direction],
        "Henvendelsestype": TYPE_NAMES[kind],
        "Straksafsluttet": rng.choice(("Ja", "Nej", "")),
        "Antal": number,
    }


def _spoilt(rng: random.Random, dialect: Dialect, count: Count, row: Row) -> Row:
    """Return a row with one fault."""
    outside = count.last_day + dt.timedelta(days=rng.randint(1, 20))
    faults: list[Row] = [
        {"Kanal": "Brevdue"},
        {"Kanal": ""},
        {"Dato": f"{outside:%d-%m-%Y}", "Uge": outside.isocalendar().week},
        {"Dato": "31-02-2014"},
        {"Uge": row["Uge"] % 52 + 1},
        {"Kanal": "Skranke", "Retning": "Udgående"},
        {"Kommunenr": "411", "Kommune": "Christiansø"},
        {"KLE-nr": "23:00:10"},
        {"Henvendelsestype": "Klage"},
    ]
    if count.order < (2012, True):
        faults.append({"Kanal": "Sociale medier"})
    if dialect.has_total:
        faults += [{"Antal": "1.234"}, {"Antal": "-3"}]
    if dialect.is_unicode:
        faults.append({"Kanal": "Т\u0435lefon"})
    return row | rng.choice(faults)


def systemtal_delivery(rng: random.Random, count: Count, parts: dict[Span, Cells], name: str) -> Delivery:
    """Return one municipality's system counts as a workbook, perhaps with one cell that must be set aside."""
    (((code, first, last), cells),) = parts.items()
    weeks = first[-2:].lstrip("0") + (f"-{int(last[-2:])}" if last != first else "")
    titles = [f"Kommune: {spelled(rng, code)} ({code})", f"Tælling: {count.count_id}", f"Uger: {weeks} {count.year}"]
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    read = rejected = 0
    for direction in (IN, OUT):
        own = {(kle, kind, channel): n for (kle, channel, way, kind), n in cells.items() if way == direction}
        if not own:
            continue
        table = _wide(rng, own)
        if direction == OUT and rng.random() < 0.2:
            table["Personligt fremmøde"] = {next(iter(own))[:2]: 3}
            rejected += 1
        read += sum(map(len, table.values()))
        _write_sheet(rng, book.add_worksheet(DIRECTION_NAMES[direction]), titles, table)
    if rng.random() < 0.5:
        notes = book.add_worksheet("Noter")
        notes.write_string(0, 0, "Tallene er trukket af systemejeren.")
        notes.hide()
    book.close()
    full_name = f"{count.count_id}_{name}"
    return Delivery(
        full_name, file.getvalue(), "systemtal", count.count_id, parts, rows_read=read, rows_rejected=rejected
    )


def _wide(rng: random.Random, cells: dict[tuple[str, str, str], int]) -> dict[str, dict[tuple[str, str], int]]:
    """Return label -> (KLE, type) -> number; a channel may stand under two of its labels."""
    table: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for channel in dict.fromkeys(channel for _, _, channel in cells):
        names = CHANNEL_NAMES[channel]
        labels = rng.sample(names, min(len(names), rng.choice((1, 1, 2))))
        for (kle, kind, own), number in cells.items():
            if own == channel:
                table[rng.choice(labels)][kle, kind] = number
    return dict(table)


def _write_sheet(
    rng: random.Random, sheet: xlsxwriter.worksheet.Worksheet, titles: list[str], table: dict[str, dict]
) -> None:
    keys = sorted({key for column in table.values() for key in column})
    keys += [("99.99.98", "transaction")] if rng.random() < 0.3 else []
    missing = rng.choice(("-", None))
    records: list[list] = [[title] for title in (["Systemtal til KOMHEN"] if rng.random() < 0.5 else []) + titles]
    records += [[]] * rng.randint(0, 1)
    records.append(["KLE-nr", "Opgave", "Henvendelsestype", *table, "I alt"])
    for kle, kind in keys:
        numbers = [column.get((kle, kind), missing) for column in table.values()]
        counted = [number for number in numbers if isinstance(number, int)]
        records.append([kle, task_name(kle), TYPE_NAMES[kind], *numbers, sum(counted) if counted else missing])
    sums = [sum(column.values()) for column in table.values()]
    records.append(["I alt", None, None, *sums, sum(sums)])
    records += [[], ["Kilde: kommunens systemer"]] if rng.random() < 0.3 else []
    as_text = rng.random() < 0.3
    for row, record in enumerate(records):
        for place, value in enumerate(record):
            if isinstance(value, int) and not as_text:
                sheet.write_number(row, place, value)
            elif value is not None:
                sheet.write_string(row, place, str(value))


def _plain_dialect(rng: random.Random) -> Dialect:
    return replace(
        _dialect(rng), separator=";", titles=(), has_total=False, has_source_line=False, has_final_newline=True
    )


def _landstal(rng: random.Random, count: Count) -> Delivery:
    dialect = _plain_dialect(rng)
    known = [key for key in WEIGHTS if key[1] != WEBSITE]
    known = [key for key in known if key[1] not in NEW_IN_2012E or count.order >= (2012, True)]
    shares = {key: Fraction(rng.randint(0, 999), 1000) for key in rng.sample(known, 4)}
    rows: list[Row] = [
        {
            "Tælling": count.count_id,
            "Måltal": "Andel af henvendelser",
            "Retning": DIRECTION_NAMES[direction],
            "Kanal": rng.choice(CHANNEL_NAMES[channel]),
            "Andel": f"{share * 1000 // 10},{share * 1000 % 10} %",
        }
        for (direction, channel), share in shares.items()
    ]
    rows.append(
        {"Tælling": count.count_id, "Måltal": "Digital Post", "Retning": "", "Kanal": "Fritaget", "Andel": "10,6 %"}
    )
    content = csv_bytes(rng, dialect, list(rows[0]), rows)
    return Delivery(
        f"land/landstal_{count.count_id}.csv", content, "landstal", count.count_id, national=shares, rows_read=len(rows)
    )


def _digital_post(rng: random.Random, code: str, day: dt.date) -> Delivery:
    statuses = list(STATUS_NAMES) if rng.random() < 0.6 else list(STATUS_NAMES)[:3]
    persons = {(age, status): rng.randint(0, 900) for age in AGE_GROUPS for status in statuses}
    rows: list[Row] = [
        {
            "Opgørelsesdato": f"{day:%d-%m-%Y}",
            "Kommunekode": rng.choice((code, f"0{code}")),
            "Kommune": spelled(rng, code),
            "Aldersgruppe": age,
            "Status": STATUS_NAMES[status],
            "Antal": number,
        }
        for (age, status), number in persons.items()
    ]
    header = list(rows[0])
    rng.shuffle(header)
    totals = {status: sum(n for (_, own), n in persons.items() if own == status) for status in statuses}
    return Delivery(
        f"digitalpost_{code}_{day}.csv",
        csv_bytes(rng, _plain_dialect(rng), header, rows),
        "digitalpost",
        enrolment={(code, day.isoformat()): totals},
        rows_read=len(rows),
    )


# The figures


@dataclass
class Books:
    """What is in force after deliveries arrived in an order."""

    enquiries: dict[tuple[str, str, Span], Cells] = field(default_factory=dict)
    enrolment: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    national: dict[str, dict[tuple[str, str], Fraction]] = field(default_factory=dict)


def replay(deliveries: Iterable[Delivery]) -> Books:
    """Return what is in force: the newest delivery of each week, whole count or date."""
    books = Books()
    for each in deliveries:
        if each.status != "accepted":
            continue
        for (code, first, last), cells in each.parts.items():
            covered = [
                key
                for key in books.enquiries
                if key[:2] == (each.source, each.count_id)
                and key[2][0] == code
                and first <= key[2][1]
                and key[2][2] <= last
            ]
            for key in covered:
                del books.enquiries[key]
            books.enquiries[each.source, each.count_id, (code, first, last)] = cells
        books.enrolment |= each.enrolment
        if each.source == "landstal":
            books.national[each.count_id] = each.national
    return books


def mandatory(world: World, books: Books) -> dict[tuple[str, str], Cells]:
    """Return (count, municipality) -> enquiries on the package's tasks, website visits left out."""
    found: dict[tuple[str, str], list[Cells]] = defaultdict(list)
    for (_, count_id, (code, _, _)), cells in books.enquiries.items():
        package = world.packages[world.counts[count_id].package]
        found[count_id, code].append({
            cell: number for cell, number in cells.items() if cell[0] in package and cell[1] != WEBSITE
        })  # fmt: skip
    return {key: added(many) for key, many in found.items()}


def by_channel(cells: Cells) -> dict[tuple[str, str], int]:
    """Return (direction, channel) -> enquiries."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for (_, channel, direction, _), number in cells.items():
        found[direction, channel] += number
    return dict(found)


def by_direction(cells: Cells) -> dict[str, int]:
    """Return direction -> enquiries, of directions with any."""
    return {way: total for way in (IN, OUT) if (total := sum(n for cell, n in cells.items() if cell[2] == way))}


def measures(world: World, books: Books) -> dict[tuple, tuple[int, int]]:
    """Return (count, municipality, measure, direction, channel) -> (numerator, total)."""
    found: dict[tuple, tuple[int, int]] = {}
    for key, cells in mandatory(world, books).items():
        totals = by_direction(cells)
        for (direction, channel), number in by_channel(cells).items():
            if direction in totals:
                found[*key, "channel_share", direction, channel] = (number, totals[direction])
        for direction, total in totals.items():
            digital = sum(n for cell, n in cells.items() if cell[2] == direction and cell[1] in DIGITAL)
            found[*key, "digital_share", direction, None] = (digital, total)
        rated = {c: n for c, n in cells.items() if c[2:] == (IN, "transaction") and c[1] in RATE_CHANNELS}
        served = [n for cell, n in rated.items() if cell[1] == "self_service"]
        if served and sum(rated.values()):
            found[*key, "self_service_rate", IN, None] = (sum(served), sum(rated.values()))
    return found


def complete(world: World, books: Books) -> set[tuple[str, str]]:
    """Return the (count, municipality) that wait for nothing."""
    measured = measures(world, books)
    found = set()
    for count_id, code in {(count_id, span[0]) for _, count_id, span in books.enquiries}:
        count = world.counts[count_id]
        held: dict[str, set[str]] = defaultdict(set)
        for source, own_count, (own_code, first, last) in books.enquiries:
            if (own_count, own_code) == (count_id, code):
                held[source] |= {count.week(week) for week in range(int(first[-2:]), int(last[-2:]) + 1)}
        weeks = {count.week(week) for week in count.numbers}
        large = {
            key[2:]
            for key, (number, total) in measured.items()
            if key[:3] == (count.previous_id, code, "channel_share") and number * 100 > total
        }
        if all(weeks <= held[source] for source in count.expected) and all(
            (count_id, code, *part) in measured for part in large
        ):
            found.add((count_id, code))
    return found


def printed(number: int, total: int) -> Fraction:
    """Return a share as printed: per cent with one decimal, half away from zero."""
    return Fraction((2000 * number + total) // (2 * total), 1000)


def figures(world: World, deliveries: Iterable[Delivery]) -> dict[str, list[Row]]:
    """Return view -> rows, as the warehouse must have them after deliveries in this order."""
    books = replay(deliveries)
    measured = measures(world, books)
    return {
        "channel_share": list(_channel_share(measured)),
        "digital_share": [
            {"count_id": key[0], "municipality_code": key[1], "direction": key[3], "digital_count": number,
             "total_count": total, "share": Fraction(number, total)}
            for key, (number, total) in measured.items() if key[2] == "digital_share"
        ],
        "self_service_rate": [
            {"count_id": key[0], "municipality_code": key[1], "self_service_count": number,
             "transaction_count": total, "rate": Fraction(number, total)}
            for key, (number, total) in measured.items() if key[2] == "self_service_rate"
        ],
        "task_channel_count": list(_task_channel_count(mandatory(world, books))),
        "comparable_channel_share": list(_comparable(world, books)),
        "national_channel_share": list(_national(books, measured, complete(world, books))),
        "digital_post_share": list(_digital_post_share(books)),
        "target_status": list(_target_status(world, books)),
    }  # fmt: skip


def _channel_share(measured: dict) -> Iterator[Row]:
    for (count_id, code, measure, direction, channel), (number, total) in measured.items():
        if measure == "channel_share":
            yield {"count_id": count_id, "municipality_code": code, "direction": direction, "channel": channel,
                   "enquiry_count": number, "total_count": total, "share": Fraction(number, total)}  # fmt: skip


def _task_channel_count(enquiries: dict[tuple[str, str], Cells]) -> Iterator[Row]:
    for (count_id, code), cells in enquiries.items():
        merged: dict[tuple[str, str, str], int] = defaultdict(int)
        for (kle, channel, direction, _), number in cells.items():
            merged[direction, kle, channel] += number
        for (direction, kle, channel), number in merged.items():
            yield {"count_id": count_id, "municipality_code": code, "direction": direction, "kle": kle,
                   "channel": channel, "enquiry_count": number}  # fmt: skip


def _comparable(world: World, books: Books) -> Iterator[Row]:
    enquiries = mandatory(world, books)
    for (count_id, code), cells in enquiries.items():
        count = world.counts[count_id]
        earlier = enquiries.get((count.previous_id, code))
        if earlier is None:
            continue
        common = set(world.packages[count.package]) & set(world.packages[world.counts[count.previous_id].package])
        now, then = ({c: n for c, n in side.items() if c[0] in common} for side in (cells, earlier))
        totals = by_direction(now), by_direction(then)
        sides = by_channel(now), by_channel(then)
        for direction, channel in sides[0].keys() | sides[1].keys():
            if direction in totals[0] and direction in totals[1]:
                numbers = [side.get((direction, channel)) for side in sides]
                shares = [
                    None if number is None else Fraction(number, total[direction])
                    for number, total in zip(numbers, totals, strict=True)
                ]
                yield {"count_id": count_id, "previous_count_id": count.previous_id, "municipality_code": code,
                       "direction": direction, "channel": channel, "share": shares[0], "previous_share": shares[1],
                       "enquiry_count": numbers[0], "previous_enquiry_count": numbers[1]}  # fmt: skip


def _national(books: Books, measured: dict, whole: set[tuple[str, str]]) -> Iterator[Row]:
    for count_id, shares in books.national.items():
        for (direction, channel), share in shares.items():
            yield {"count_id": count_id, "direction": direction, "channel": channel, "method": "published",
                   "municipality_count": None, "share": share}  # fmt: skip
    groups: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for (count_id, code, measure, direction, channel), value in measured.items():
        if measure == "channel_share" and (count_id, code) in whole:
            groups[count_id, direction, channel].append(value)
    for (count_id, direction, channel), values in groups.items():
        pooled = Fraction(sum(n for n, _ in values), sum(total for _, total in values))
        mean = sum(Fraction(*value) for value in values) / len(values)
        for method, share in (("pooled", pooled), ("mean", mean)):
            yield {"count_id": count_id, "direction": direction, "channel": channel, "method": method,
                   "municipality_count": len(values), "share": share}  # fmt: skip


def _digital_post_share(books: Books) -> Iterator[Row]:
    for (code, day), persons in books.enrolment.items():
        covered = sum(persons.values())
        enrolled = persons["self_enrolled"] + persons["automatically_enrolled"]
        for status, number in (persons | {"enrolled": enrolled}).items():
            yield {"as_of_date": day, "municipality_code": code, "status": status, "person_count": number,
                   "covered_count": covered, "share": Fraction(number, covered)}  # fmt: skip


def _target_status(world: World, books: Books) -> Iterator[Row]:
    measured = measures(world, books)
    whole = complete(world, books)
    for count_id, code in sorted({key[:2] for key in measured}):
        count = world.counts[count_id]
        aimed: dict[tuple, list[Target | None]] = {key[2:]: [] for key in measured if key[:2] == (count_id, code)}
        for target in world.targets:
            if target.municipality == code:
                aimed.setdefault((target.measure, target.direction, target.channel), []).append(target)
        for what, targets in aimed.items():
            national, method = _compared_with(world, books, measured, whole, (count_id, code, *what))
            value = measured.get((count_id, code, *what))
            before = measured.get((count.previous_id, code, *what))
            both = value and before
            for target in targets or [None]:
                yield {
                    "count_id": count_id, "municipality_code": code, "measure": what[0], "direction": what[1],
                    "channel": what[2], "value": Fraction(*value) if value else None,
                    "total_count": value[1] if value else None, "previous_value": Fraction(*before) if before else None,
                    "change_pp": (printed(*value) - printed(*before)) * 100 if both else None,
                    "national_value": national, "national_method": method,
                    **_verdict(world, measured, (count, code, *what), target),
                }  # fmt: skip


def _compared_with(
    world: World, books: Books, measured: dict, whole: set, key: tuple
) -> tuple[Fraction | None, str | None]:
    """Return the national figure that a value is compared with, and its method."""
    count_id, code, *what = key
    share = books.national.get(count_id, {}).get((what[1], what[2]))
    if what[0] == "channel_share" and share is not None:
        return share, "published"
    others = [
        value
        for other, value in measured.items()
        if other[0] == count_id and other[1] != code and list(other[2:]) == what and (count_id, other[1]) in whole
    ]
    complete_others = {other for count, other in whole if count == count_id and other != code}
    if others and len(complete_others) >= world.national_minimum:
        return Fraction(sum(n for n, _ in others), sum(total for _, total in others)), "pooled"
    return None, None


def _verdict(world: World, measured: dict, key: tuple, target: Target | None) -> Row:
    """Return the columns of target_status that a target gives."""
    count, code, *what = key
    row: Row = dict.fromkeys(
        ("target_kind", "target_value", "deadline", "baseline_count_id", "baseline_value", "line_value",
         "first_reached_count_id", "reason")
    )  # fmt: skip
    if target is None:
        return row | {"status": "no_target"}
    until_now = sorted(
        (each for each in world.counts.values() if (each.count_id, code, *what) in measured), key=lambda c: c.last_day
    )
    values = {each.count_id: measured[each.count_id, code, *what] for each in until_now if each.order <= count.order}
    value = values.get(count.count_id)
    reached = [
        each for each, (n, total) in values.items() if total >= world.min_total and target.is_met(printed(n, total))
    ]
    begin_id = target.baseline or until_now[0].count_id if until_now else None
    begin = world.counts[begin_id] if begin_id in values else None
    line = None
    if begin:
        row |= {"baseline_count_id": begin_id, "baseline_value": Fraction(*values[begin_id])}
        if begin.last_day < target.deadline and count.last_day <= target.deadline:
            gone = Fraction((count.last_day - begin.last_day).days, (target.deadline - begin.last_day).days)
            line = Fraction(*values[begin_id]) * (1 - gone) + Fraction(target.value) * gone
    row |= {
        "target_kind": target.kind, "target_value": Fraction(target.value), "deadline": target.deadline.isoformat(),
        "first_reached_count_id": reached[0] if reached else None, "line_value": line,
    }  # fmt: skip
    if value is None:
        return row | {"status": "not_assessed", "reason": "channel_not_counted"}
    if value[1] < world.min_total:
        return row | {"status": "not_assessed", "reason": "total_below_minimum"}
    if target.is_met(printed(*value)):
        return row | {"status": "reached"}
    if begin is None:
        return row | {"status": "not_assessed", "reason": "no_baseline"}
    is_beyond = line is not None and (
        Fraction(*value) >= line if target.kind == "at_least" else Fraction(*value) <= line
    )
    days_left = (target.deadline - count.last_day).days
    begun_below = not target.is_met(printed(*values[begin_id]))
    return row | {"status": "on_track" if is_beyond and days_left >= ON_TRACK_DAYS and begun_below else "behind"}


# The order of arrival


def shuffled(rng: random.Random, deliveries: list[Delivery]) -> list[Delivery]:
    """Return deliveries in an order in which only those that replace or repeat others must come after them."""
    waiting, came = list(deliveries), []
    names: set[str] = set()
    while waiting:
        each = rng.choice([each for each in waiting if each.after <= names])
        waiting.remove(each)
        came.append(each)
        names.add(each.name)
    return came


def edge_world() -> World:
    """Return a world on the edges of the verdicts.

    Every total is the smallest that is assessed. Values lie exactly on the line from their baseline to their target;
    in the last municipality they lie beyond it, not reached as printed, but the baseline had met the target.
    """
    rng = random.Random(1)
    counts = {each: Count(each, 43, 45, "A", ("tracetool",)) for each in ("2013E", "2014E")}
    *codes, relapsed = rng.sample(sorted(MUNICIPALITIES), 5)
    world = World(counts, {"A": ["01.02.03"]}, ["01.02.03"], [*codes, relapsed], codes[:1], 1000, 30)
    end = counts["2014E"].last_day
    deadline = end + (end - counts["2013E"].last_day)
    keys = [key for key in WEIGHTS if key[1] != WEBSITE]
    numbers = {each: {code: _thousandths(rng, keys) for code in codes} for each in counts}
    for code, key in itertools.product(codes, keys):
        begin, now = (numbers[each][code][key] for each in counts)
        aim = 2 * now - begin
        if 0 <= aim <= 1000 and aim != begin:
            kind = "at_least" if aim > begin else "at_most"
            world.targets.append(Target(code, "channel_share", *key, kind, f"{aim / 1000:.3f}", deadline, "2013E"))
    numbers["2013E"][relapsed] = {(IN, "phone"): 45_060, (IN, "in_person"): 54_940}
    numbers["2014E"][relapsed] = {(IN, "phone"): 45_048, (IN, "in_person"): 54_952}
    for channel, kind, value in (("phone", "at_least", "0.4503"), ("in_person", "at_most", "0.5497")):
        world.targets.append(Target(relapsed, "channel_share", IN, channel, kind, value, deadline, "2013E"))
    for count in counts.values():
        parts = {
            (code, count.week(week), count.week(week)): {
                ("01.02.03", channel, direction, "transaction"): number if week == count.first else 0
                for (direction, channel), number in own.items()
            }
            for (code, own), week in itertools.product(numbers[count.count_id].items(), count.numbers)
        }
        world.deliveries.append(tracetool_delivery(rng, count, parts, "alle.csv"))
    return world


def _thousandths(rng: random.Random, keys: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return numbers that sum to 1000 in each direction."""
    found = {}
    for way in (IN, OUT):
        own = [key for key in keys if key[0] == way]
        cuts = [0, *sorted(rng.sample(range(1, 1000), len(own) - 1)), 1000]
        found |= {key: after - before for key, before, after in zip(own, cuts, cuts[1:], strict=False)}
    return found
