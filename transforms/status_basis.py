"""What do the figures rest on: the count, its deliveries, the country's figures, cautions and a person's remarks?"""

import datetime as dt

from schemas.codes import CHANNELS, DIRECTION_LABELS, Channel, Direction
from schemas.sources import SOURCE_LABELS, Source
from transforms import status_enrolment
from transforms.danish import count_text, date_text, day_text, listing, within_sentence
from transforms.status_data import StatusData
from transforms.status_lines import order
from transforms.status_words import NOT_STATED, measure_label, municipality_name, tasks_text

SHARE_DEFINITION = (
    "Kanalens del af alle indgående eller alle udgående henvendelser på de obligatoriske opgaver; "
    "besøg på hjemmesider er ikke med."
)
CAUTION = "Kommunerne er organiseret forskelligt og tæller forskelligt (KL). Sammenlign med varsomhed."
METHOD_WORDS = {
    "published": "offentliggjort landstal, metode ikke oplyst, antal kommuner ikke oplyst",
    "pooled": "øvrige kommuners henvendelser under ét",
}
VERDICT_WORDS = {"held": "tilbageholdt", "refused": "afvist"}
MEASURE_WORDS = {"digital_post": "Digital Post", "digital_share": "Digitale kanaler i alt",
                 "self_service_rate": "Selvbetjeningsgrad"}  # fmt: skip


def pairs(data: StatusData) -> list[tuple[str, str]]:
    """Return (name, text) of the data basis."""
    count = data.count
    basis = [
        ("Kommune", f"{municipality_name(data.municipality_code)} ({data.municipality_code})"),
        ("Tælling", f"{count.label}, {count.weeks_text}, {count.working_days} arbejdsdage"),
        ("Opgaver", _tasks(data)),
        ("Andel", SHARE_DEFINITION),
        ("Digitale kanaler", f"{digital_channels()[:1].upper()}{digital_channels()[1:]}"),
    ]  # fmt: skip
    basis += [("Kilde", _delivery(row)) for row in data.deliveries]
    basis += [("Ikke indlæst", _not_loaded(row)) for row in data.not_loaded]
    if data.previous and not data.previous_is_whole:
        basis.append(("Året før", f"{data.previous.label} er ikke komplet, så dens tal og ændringen vises ikke."))
    basis.append(("Hele landet", _national(data)))
    basis.append(("Forbehold", CAUTION))
    note = status_enrolment.disclosure_note(data)
    basis += [("Små grupper", note)] if note else []
    for event in data.settings["event"]:
        day = dt.date.fromisoformat(event["date"])
        if count.first_day <= day <= count.last_day:
            basis.append(("Hændelse", f"{date_text(day)}: {event['text']}"))
    return basis


def digital_channels() -> str:
    """Return 'selvbetjening, e-mail, SMS, Digital Post …': the channels that count as digital, as within a sentence."""
    labels = [facts.label for facts in CHANNELS.values() if facts.is_digital and facts.is_in_share]
    return listing([within_sentence(each) for each in labels])


def _tasks(data: StatusData) -> str:
    count, before = data.count, data.previous
    plural = "" if count.task_count == 1 else "e"
    text = f"{tasks_text(count.task_count).replace(' ', f' obligatorisk{plural} ')} (opgavepakke {count.task_package})"
    if before is None or before.task_package == count.task_package:
        return text
    return f"{text}; pakken er ændret siden {before.time}, hvor den var på {tasks_text(before.task_count)}"


def _national(data: StatusData) -> str:
    """Return how the country's figures were made; where it was done in two ways, which ones were published."""
    methods = {row["national_method"] for row in data.target_status} - {None}
    has_enrolment = bool(data.national_digital_post) and status_enrolment.page_date(data) is not None
    if not (methods or has_enrolment):
        return NOT_STATED
    published, pooled = METHOD_WORDS["published"], METHOD_WORDS["pooled"]
    others = data.national_municipality_count
    if others is not None:
        pooled += f" ({count_text(others)} {'kommune' if others == 1 else 'kommuner'})"
    if "pooled" not in methods:
        return published
    rows = [row for row in sorted(data.target_status, key=order) if row["national_method"] == "published"]
    about = [*dict.fromkeys(map(_measure, rows)), *(["tilslutningen til Digital Post"] if has_enrolment else [])]
    return f"{published}, for {listing(about)}; ellers {pooled}" if about else pooled


def _measure(row: dict) -> str:
    """Return 'selvbetjening', 'Digital Post (udgående)'."""
    label = within_sentence(measure_label(row))
    return f"{label} (udgående)" if row["direction"] == Direction.OUTBOUND else label


def _delivery(row: dict) -> str:
    rows = "1 række læst" if row["rows_read"] == 1 else f"{count_text(row['rows_read'])} rækker læst"
    aside = f"{count_text(row['rows_rejected'])} frasorteret" if row["rows_rejected"] else "ingen frasorteret"
    source = SOURCE_LABELS[Source(row["source"])]
    return f"{source}: {row['file_name']}, modtaget {day_text(row['received_at'])}, {rows}, {aside}"


def _not_loaded(row: dict) -> str:
    return f"{row['file_name']}, {VERDICT_WORDS[row['status']]}: {row['reason']}"


def notes(data: StatusData) -> list[tuple[str, str]]:
    """Return (what it is about, text) of each note on this count; a general one is about the count."""
    found = []
    for note in data.settings["note"]:
        about = data.count.label.capitalize()
        if note["channel"] and note["direction"]:
            direction = DIRECTION_LABELS[Direction(note["direction"])].lower()
            about = f"{CHANNELS[Channel(note['channel'])].label} ({direction})"
        elif note["measure"]:
            about = MEASURE_WORDS.get(note["measure"], about)
        found.append((about, note["text"]))
    return found
