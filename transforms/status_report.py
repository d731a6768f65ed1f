"""Status rows -> the words and figures of one municipality's status on one count, in Danish.

Everything printed is made here, once: the page, status.csv, status.json and the list of corrections
read the same texts.
"""

import datetime as dt
import math
from dataclasses import dataclass, field
from decimal import Decimal

from schemas.codes import (
    CHANNELS,
    DIRECTION_LABELS,
    MUNICIPALITIES,
    Channel,
    Direction,
    Measure,
    TargetKind,
    TargetStatus,
    count_label,
    count_time,
)
from transforms.danish import (
    NBSP,
    count_text,
    date_text,
    day_text,
    decimal_text,
    listing,
    number_word,
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
REASON_WORDS = {
    "channel_not_counted": "kanalen er ikke talt",
    "total_below_minimum": "for få henvendelser",
    "no_baseline": "ingen basistælling",
    "baseline_incomplete": "basistællingen er ikke komplet",
    "count_incomplete": "tællingen er ikke komplet",
}
METHOD_WORDS = {
    "published": "offentliggjort landstal, metode ikke oplyst",
    "pooled": "øvrige kommuners henvendelser under ét",
}
ENROLMENT_LINES = {
    "enrolled": "Tilmeldt",
    "exempt": "Fritaget",
    "not_enrolled": "Ikke tilmeldt",
}


@dataclass(frozen=True)
class CountFacts:
    """A count as the page names it."""

    count_id: str
    first_day: dt.date
    last_day: dt.date
    task_package: str
    task_count: int
    working_days: int

    @property
    def label(self) -> str:
        """'efterår 2014'."""
        return count_label(self.count_id)

    @property
    def time(self) -> str:
        """'efteråret 2014'."""
        return count_time(self.count_id)

    @property
    def weeks_text(self) -> str:
        """'uge 43-45 2014'."""
        first, last = self.first_day.isocalendar(), self.last_day.isocalendar()
        if first.year != last.year:
            return f"uge {first.week} {first.year} til uge {last.week} {last.year}"
        weeks = str(first.week) if first.week == last.week else f"{first.week}-{last.week}"
        return f"uge {weeks} {last.year}"


@dataclass(frozen=True)
class StatusData:
    """What the warehouse says; rows as the views of sql/views give them."""

    municipality_code: str
    count: CountFacts
    previous: CountFacts | None
    common_task_count: int
    target_status: list[dict]
    comparable: list[dict]
    digital_post: list[dict]
    national_digital_post: list[dict]
    deliveries: list[dict]
    not_loaded: list[dict]
    settings: dict
    is_complete: bool = True
    previous_is_whole: bool = True
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """One printed row of the status table."""

    group: str
    label: str
    status: TargetStatus
    status_text: str
    value: str
    previous: str
    change: str
    target: str
    national: str


@dataclass(frozen=True)
class CommonLine:
    """One printed row of the comparison on common tasks."""

    group: str
    label: str
    previous: str
    value: str
    change: str


@dataclass(frozen=True)
class Report:
    """The printed texts of a status page."""

    title: str
    outcome: str
    bullets: list[str]
    lines: list[Line]
    common_lines: list[CommonLine]
    package_note: str | None
    digital_post: list[str]
    self_service_rate: str | None
    data_basis: list[tuple[str, str]]
    notes: list[tuple[str, str]]
    figures: dict[str, str]


def build(data: StatusData) -> Report:
    """Return everything that the page prints."""
    rows = sorted(data.target_status, key=_order)
    targets = [row for row in rows if row["status"] != TargetStatus.NO_TARGET] if data.is_complete else []
    shown = [row for row in rows if row["measure"] != Measure.SELF_SERVICE_RATE or row["target_kind"]]
    lines = [_line(row, data) for row in shown] + _enrolment_lines(data)
    common_lines = _common_lines(data)
    rate = _self_service_rate(rows)
    return Report(
        title=f"Kanalstatus {data.count.label}, {municipality_name(data.municipality_code)}",
        outcome=outcome(targets) if data.is_complete else "Tællingen er ikke komplet; målene er ikke vurderet.",
        bullets=[_bullet(row, data) for row in _most_telling(targets)],
        lines=lines,
        common_lines=common_lines,
        package_note=_package_note(data),
        digital_post=_digital_post(data),
        self_service_rate=rate[1] if rate else None,
        data_basis=_data_basis(data, rows),
        notes=_notes(data),
        figures=_figures(lines, common_lines, rate[0] if rate else None, data),
    )


def municipality_name(code: str) -> str:
    """Return 'Ishøj Kommune'; three municipalities bend their name."""
    special = {"101": "Københavns Kommune", "400": "Bornholms Regionskommune", "851": "Aalborg Kommune"}
    return special.get(code, f"{MUNICIPALITIES[code]} Kommune")


def _order(row: dict) -> tuple:
    measures = list(Measure)
    place = list(Channel).index(Channel(row["channel"])) if row["channel"] else 0
    return (list(Direction).index(Direction(row["direction"])), measures.index(Measure(row["measure"])), place,
            row["target_kind"] or "")  # fmt: skip


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


def _line(row: dict, data: StatusData) -> Line:
    return Line(
        group=f"{DIRECTION_LABELS[Direction(row['direction'])]} henvendelser",
        label=measure_label(row),
        status=TargetStatus(row["status"]),
        status_text=status_text(row, data.count.last_day),
        value=_share_text(row["value"], NOT_COUNTED),
        previous=_share_text(row["previous_value"], _missing_before(row, data)),
        change=_points_text(row["change_pp"]),
        target=target_text(row["target_kind"], row["target_value"]) if row["target_kind"] else "intet mål",
        national=_share_text(row["national_value"], NOT_STATED),
    )


def _missing_before(row: dict, data: StatusData) -> str:
    """Return the word for a missing earlier figure: the count waits, the channel was not counted, or nothing was."""
    same_direction = [each for each in data.target_status if each["direction"] == row["direction"]]
    if not data.previous_is_whole and data.previous:
        return NOT_COMPLETE
    return NOT_COUNTED if any(each["previous_value"] is not None for each in same_direction) else NOT_STATED


def _share_text(share: float | None, missing: str) -> str:
    return missing if share is None else percent(permille(share))


def _points_text(change_pp: float | None) -> str:
    return "kan ikke beregnes" if change_pp is None else points(round(change_pp * 10))


def outcome(targets: list[dict]) -> str:
    """Return the one sentence that says how many targets are reached, on track and not reached."""
    if not targets:
        return "Der er ingen mål for kanalerne."
    years = {row["deadline"].year for row in targets}
    of_year = f" for {years.pop()}" if len(years) == 1 else ""
    number = {status: sum(row["status"] == status for row in targets) for status in TargetStatus}
    endings = [
        (TargetStatus.ON_TRACK, "er godt på vej"),
        (TargetStatus.BEHIND, "er ikke nået"),
        (TargetStatus.NOT_ASSESSED, "kan ikke vurderes"),
    ]
    if len(targets) == 1:
        words = {TargetStatus.REACHED: "er nået", **dict(endings)}
        return f"Målet{of_year} {words[targets[0]['status']]}."
    reached = number[TargetStatus.REACHED]
    total = number_word(len(targets))
    everyone = "Begge" if len(targets) == 2 else f"Alle {total}"
    if reached == len(targets):
        return f"{everyone} mål{of_year} er nået."
    alike = next((words for status, words in endings if number[status] == len(targets)), None)
    if alike:
        none = f"Ingen af de {total} mål{of_year} er nået."
        return none if alike == "er ikke nået" else f"{everyone} mål{of_year} {alike}."
    first = f"{number_word(reached).capitalize()} af {total} mål{of_year} er nået"
    rest = [f"{number_word(number[status])} {words}" for status, words in endings if number[status]]
    return f"{', '.join([first, *rest[:-1]])}, og {rest[-1]}." if len(rest) > 1 else f"{first}, og {rest[0]}."


def _most_telling(targets: list[dict]) -> list[dict]:
    """Return at most five targets, those that are not reached before the others, in the table's order."""
    urgent = [TargetStatus.BEHIND, TargetStatus.ON_TRACK, TargetStatus.NOT_ASSESSED, TargetStatus.REACHED]
    chosen = sorted(targets, key=lambda row: urgent.index(TargetStatus(row["status"])))[:5]
    return [row for row in targets if row in chosen]


def _bullet(row: dict, data: StatusData) -> str:
    label = measure_label(row)
    if Direction(row["direction"]) == Direction.OUTBOUND:
        label = f"{label} (udgående)"
    target = target_text(row["target_kind"], row["target_value"])
    if row["value"] is None:
        return f"{label}: {NOT_COUNTED} i {data.count.time} (mål: {target})."
    words = status_text(row, data.count.last_day)[2:].lower()
    first = f"{label}: {percent(permille(row['value']))} – {words} (mål: {target})."
    parts = [first]
    if row["status"] in (TargetStatus.ON_TRACK, TargetStatus.BEHIND):
        parts.append(_gap(row, data.count))
    first_count = row["first_reached_count_id"]
    if row["status"] == TargetStatus.REACHED and first_count not in (data.count.count_id, None):
        parts.append(f"Målet blev første gang nået i {count_time(first_count)}.")
    if row["national_value"] is not None:
        parts.append(f"Hele landet: {percent(permille(row['national_value']))}.")
    if row["change_pp"] is not None and data.previous:
        change = f"{_points_text(row['change_pp'])}{NBSP}procentpoint"
        parts.append(f"Ændring siden {data.previous.time}: {change}.")
    return " ".join(parts)


def _gap(row: dict, count: CountFacts) -> str:
    """Return what is missing in enquiries: '18,6 % → 14 % er 460 henvendelser i tællingen, ca. 31 pr. arbejdsdag'."""
    counted = round(row["value"] * row["total_count"])
    missing = abs(Decimal(counted) - Decimal(str(row["target_value"])) * row["total_count"])
    target = f"{decimal_text(Decimal(str(row['target_value'])) * 100)}{NBSP}%"
    whole = math.ceil(missing)
    daily = permille(missing / 1000 / count.working_days)
    pace = f", ca. {count_text(daily)} pr. arbejdsdag" if daily else ""
    one, more = ("henvendelse", "henvendelser")
    if row["measure"] == Measure.SELF_SERVICE_RATE:
        one, more = ("transaktion", "transaktioner")
    noun = one if whole == 1 else more
    return f"{percent(permille(row['value']))} → {target} er {count_text(whole)} {noun} i tællingen{pace}."


def _enrolment(data: StatusData) -> dict[str, dict]:
    return {row["status"]: row for row in data.digital_post}


def is_small_group(data: StatusData) -> bool:
    """Tell whether an enrolment status holds so few persons that the split must not be shown."""
    min_cell = data.settings["min_cell"]
    return any(0 < row["person_count"] < min_cell for row in data.digital_post)


def _enrolment_lines(data: StatusData) -> list[Line]:
    if is_small_group(data):
        return []
    national = {row["status"]: row["share"] for row in data.national_digital_post}
    found = _enrolment(data)
    return [
        Line(
            "Borgernes tilslutning til Digital Post",
            label,
            TargetStatus.NO_TARGET,
            STATUS_WORDS[TargetStatus.NO_TARGET],
            percent(permille(found[status]["person_count"], found[status]["covered_count"])),
            NOT_STATED,
            "kan ikke beregnes",
            "intet mål",
            _share_text(national.get(status), NOT_STATED),
        )
        for status, label in ENROLMENT_LINES.items()
        if status in found
    ]


def _digital_post(data: StatusData) -> list[str]:
    found = _enrolment(data)
    if not found:
        return [f"Der er intet udtræk af tilmeldinger til Digital Post, som hører til {data.count.time}."]
    day = next(iter(found.values()))["as_of_date"]
    covered = next(iter(found.values()))["covered_count"]
    basis = f"Opgjort {date_text(day)} for {count_text(covered)} borgere på 15 år og derover."
    if is_small_group(data):
        return [basis, "Fordelingen vises ikke, fordi en gruppe er så lille, at personer kan kendes."]
    sentences = [basis]
    national = {row["status"]: row["share"] for row in data.national_digital_post}
    for status, words in (("enrolled", "er tilmeldt"), ("exempt", "er fritaget"), ("not_enrolled", "er ikke tilmeldt")):
        if status in found:
            share = percent(permille(found[status]["person_count"], covered))
            country = f" (hele landet {percent(permille(national[status]))})" if status in national else ""
            sentences.append(f"{share} {words}{country}.")
    automatic = _automatic_share(data)
    if automatic:
        sentences.append(f"{automatic} af de tilmeldte er tilmeldt automatisk.")
    return sentences


def _automatic_share(data: StatusData) -> str | None:
    """Return the automatically enrolled's share of the enrolled; None where it must not or cannot be shown."""
    found = _enrolment(data)
    if is_small_group(data) or not {"automatically_enrolled", "enrolled"} <= found.keys():
        return None
    return percent(permille(found["automatically_enrolled"]["person_count"], found["enrolled"]["person_count"]))


def _common_lines(data: StatusData) -> list[CommonLine]:
    found = []
    for row in sorted(data.comparable, key=lambda each: _order(each | {"measure": "channel_share", "target_kind": ""})):
        now = permille(row["share"]) if row["share"] is not None else None
        before = permille(row["previous_share"]) if row["previous_share"] is not None else None
        found.append(
            CommonLine(
                f"{DIRECTION_LABELS[Direction(row['direction'])]} henvendelser",
                CHANNELS[Channel(row["channel"])].label,
                NOT_COUNTED if before is None else percent(before),
                NOT_COUNTED if now is None else percent(now),
                "kan ikke beregnes" if now is None or before is None else points(now - before),
            )
        )
    return found


def _package_note(data: StatusData) -> str | None:
    is_compared = any(row["previous_value"] is not None for row in data.target_status)
    if not is_compared or data.previous is None or data.previous.task_package == data.count.task_package:
        return None
    return (
        f"Opgavepakken er ændret siden {data.previous.time} (fra {data.previous.task_count} til "
        f"{tasks_text(data.count.task_count)}), så ændringen dækker forskellige opgaver. Udviklingen på "
        f"{common_tasks_text(data.common_task_count)} står for sig."
    )


def tasks_text(number: int) -> str:
    """Return '45 opgaver' or '1 opgave'."""
    return f"{number} opgave" if number == 1 else f"{number} opgaver"


def common_tasks_text(number: int) -> str:
    """Return 'de 35 fælles opgaver' or 'den ene fælles opgave'."""
    return "den ene fælles opgave" if number == 1 else f"de {number} fælles opgaver"


def _self_service_rate(rows: list[dict]) -> tuple[str, str] | None:
    """Return the selvbetjeningsgrad as printed, and the sentence about it."""
    row = next((row for row in rows if row["measure"] == Measure.SELF_SERVICE_RATE and row["value"] is not None), None)
    if row is None:
        return None
    done = round(row["value"] * row["total_count"])
    value = percent(permille(done, row["total_count"]))
    return value, (
        f"Selvbetjeningsgraden er {value}: {count_text(done)} af "
        f"{count_text(row['total_count'])} indgående transaktioner er klaret med selvbetjening. Det er et andet mål "
        "end andelen af alle henvendelser i tabellen, og de to må ikke blandes sammen."
    )


def _data_basis(data: StatusData, rows: list[dict]) -> list[tuple[str, str]]:
    count = data.count
    plural = "" if count.task_count == 1 else "e"
    digital = [facts.label for facts in CHANNELS.values() if facts.is_digital and facts.is_in_share]
    basis = [
        ("Kommune", f"{municipality_name(data.municipality_code)} ({data.municipality_code})"),
        ("Tælling", f"{count.label}, {count.weeks_text}"),
        ("Opgaver", f"{tasks_text(count.task_count).replace(' ', f' obligatorisk{plural} ')} "
                    f"(opgavepakke {count.task_package})"),
        ("Andel", "Kanalens del af alle indgående eller alle udgående henvendelser på de obligatoriske opgaver; "
                  "besøg på hjemmesider er ikke med."),
        ("Digitale kanaler", listing(digital)),
    ]  # fmt: skip
    basis += [("Kilde", _delivery_text(row)) for row in data.deliveries]
    basis += [("Ikke indlæst", f"{row['file_name']}: {row['reason']}") for row in data.not_loaded]
    methods = sorted({row["national_method"] for row in rows if row["national_method"]})
    basis.append(("Hele landet", "; ".join(METHOD_WORDS[method] for method in methods) or NOT_STATED))
    basis.append(("Forbehold", "Kommunerne er organiseret forskelligt og tæller forskelligt (KL). "
                               "Sammenlign med varsomhed."))  # fmt: skip
    for event in data.settings["event"]:
        day = dt.date.fromisoformat(event["date"])
        if count.first_day <= day <= count.last_day:
            basis.append(("Hændelse", f"{date_text(day)}: {event['text']}"))
    return basis


def _delivery_text(row: dict) -> str:
    aside = f", {count_text(row['rows_rejected'])} frasorteret" if row["rows_rejected"] else ""
    return (
        f"{row['source_label']}: {row['file_name']}, modtaget {day_text(row['received_at'])}, "
        f"{count_text(row['rows_read'])} rækker læst{aside}"
    )


def _notes(data: StatusData) -> list[tuple[str, str]]:
    """Return (what it is about, text) of each note on this count; a general one is about the count."""
    found = []
    for note in data.settings["note"]:
        about = data.count.label.capitalize()
        if note["channel"] and note["direction"]:
            direction = DIRECTION_LABELS[Direction(note["direction"])].lower()
            about = f"{CHANNELS[Channel(note['channel'])].label} ({direction})"
        elif note["measure"]:
            names = {"digital_post": "Digital Post", "digital_share": "Digitale kanaler i alt",
                     "self_service_rate": "Selvbetjeningsgrad"}  # fmt: skip
            about = names.get(note["measure"], about)
        found.append((about, note["text"]))
    return found


def _figures(lines: list[Line], common: list[CommonLine], rate: str | None, data: StatusData) -> dict[str, str]:
    """Return name -> text of each printed figure of the municipality's own, for the list of corrections."""
    figures: dict[str, str] = {}
    before = data.previous.label if data.previous else ""
    for line in lines:
        name = f"{line.group}: {line.label}"
        figures[f"{name}, {data.count.label}"] = line.value
        if before:
            figures[f"{name}, {before}"] = line.previous
            figures[f"{name}, ændring i procentpoint"] = line.change
    for each in common:
        name = f"{each.group}: {each.label}, fælles opgaver"
        figures[f"{name}, {before}"] = each.previous
        figures[f"{name}, {data.count.label}"] = each.value
        figures[f"{name}, ændring i procentpoint"] = each.change
    if rate:
        figures["Selvbetjeningsgrad"] = rate
    enrolled = _enrolment(data)
    if enrolled:
        some = next(iter(enrolled.values()))
        figures["Digital Post: opgjort"] = date_text(some["as_of_date"])
        figures["Digital Post: omfattede borgere"] = count_text(some["covered_count"])
    automatic = _automatic_share(data)
    if automatic:
        figures["Digital Post: automatisk tilmeldt af de tilmeldte"] = automatic
    return figures
