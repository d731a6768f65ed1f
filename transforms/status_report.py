"""Status rows -> the words and figures of one municipality's status on one count, in Danish.

Everything printed is made here and in the modules it calls, once: the page, status.csv, status.json and the list of
corrections read the same texts.
"""

import datetime as dt
from dataclasses import dataclass

from schemas.codes import (
    CHANNELS,
    DIRECTION_LABELS,
    Channel,
    Direction,
    Measure,
    TargetStatus,
)
from transforms.danish import (
    count_text,
    date_text,
    day_text,
    listing,
    percent,
    permille,
)
from transforms.danish import percentage_points as points
from transforms.status_data import StatusData
from transforms.status_sentences import bullet, most_telling, outcome, package_note, self_service_rate_words
from transforms.status_words import (
    NOT_COMPLETE,
    NOT_COUNTED,
    NOT_STATED,
    STATUS_WORDS,
    measure_label,
    municipality_name,
    points_text,
    share_text,
    status_text,
    target_text,
    tasks_text,
)

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
    rate = self_service_rate_words(rows)
    return Report(
        title=f"Kanalstatus {data.count.label}, {municipality_name(data.municipality_code)}",
        outcome=outcome(targets) if data.is_complete else "Tællingen er ikke komplet; målene er ikke vurderet.",
        bullets=[bullet(row, data) for row in most_telling(targets)],
        lines=lines,
        common_lines=common_lines,
        package_note=package_note(data),
        digital_post=_digital_post(data),
        self_service_rate=rate[1] if rate else None,
        data_basis=_data_basis(data, rows),
        notes=_notes(data),
        figures=_figures(lines, common_lines, rate[0] if rate else None, data),
    )


def _order(row: dict) -> tuple:
    measures = list(Measure)
    place = list(Channel).index(Channel(row["channel"])) if row["channel"] else 0
    return (list(Direction).index(Direction(row["direction"])), measures.index(Measure(row["measure"])), place,
            row["target_kind"] or "")  # fmt: skip


def _line(row: dict, data: StatusData) -> Line:
    return Line(
        group=f"{DIRECTION_LABELS[Direction(row['direction'])]} henvendelser",
        label=measure_label(row),
        status=TargetStatus(row["status"]),
        status_text=status_text(row, data.count.last_day),
        value=share_text(row["value"], NOT_COUNTED),
        previous=share_text(row["previous_value"], _missing_before(row, data)),
        change=points_text(row["change_pp"]),
        target=target_text(row["target_kind"], row["target_value"]) if row["target_kind"] else "intet mål",
        national=share_text(row["national_value"], NOT_STATED),
    )


def _missing_before(row: dict, data: StatusData) -> str:
    """Return the word for a missing earlier figure: the count waits, the channel was not counted, or nothing was."""
    same_direction = [each for each in data.target_status if each["direction"] == row["direction"]]
    if not data.previous_is_whole and data.previous:
        return NOT_COMPLETE
    return NOT_COUNTED if any(each["previous_value"] is not None for each in same_direction) else NOT_STATED


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
            share_text(national.get(status), NOT_STATED),
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
