"""Status rows -> the outcome in one sentence, the bullets, and the remarks beside the table."""

import math
from decimal import Decimal

from schemas.codes import (
    Direction,
    Measure,
    TargetStatus,
    count_time,
)
from transforms.danish import (
    NBSP,
    count_text,
    decimal_text,
    number_word,
    percent,
    permille,
)
from transforms.figure import missing_aspect, of_row
from transforms.printed import Printed, joined, words
from transforms.status_data import CountFacts, StatusData
from transforms.status_words import (
    NOT_COUNTED,
    common_tasks_text,
    measure_label,
    points_text,
    status_text,
    target_text,
    tasks_text,
)


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


def most_telling(targets: list[dict]) -> list[dict]:
    """Return at most five targets, those that are not reached before the others, in the table's order."""
    urgent = [TargetStatus.BEHIND, TargetStatus.ON_TRACK, TargetStatus.NOT_ASSESSED, TargetStatus.REACHED]
    chosen = sorted(targets, key=lambda row: urgent.index(TargetStatus(row["status"])))[:5]
    return [row for row in targets if row in chosen]


def bullet(row: dict, data: StatusData) -> str:
    """Return what a person must know of one target: value, target, gap, country and change."""
    label = measure_label(row)
    if Direction(row["direction"]) == Direction.OUTBOUND:
        label = f"{label} (udgående)"
    target = target_text(row["target_kind"], row["target_value"])
    if row["value"] is None:
        return f"{label}: {NOT_COUNTED} i {data.count.time} (mål: {target})."
    figure = of_row(row)
    parts: list[str] = [
        words("{label}: {value} – {status} (mål: {target}).", label=label, target=target,
              value=Printed(percent(permille(row["value"])), figure),
              status=status_text(row, data.count.last_day)[2:].lower())
    ]  # fmt: skip
    if row["status"] in (TargetStatus.ON_TRACK, TargetStatus.BEHIND):
        parts.append(_gap_text(row, data.count))
    first_count = row["first_reached_count_id"]
    if row["status"] == TargetStatus.REACHED and first_count not in (data.count.count_id, None):
        parts.append(f"Målet blev første gang nået i {count_time(first_count)}.")
    if row["national_value"] is not None:
        national = Printed(percent(permille(row["national_value"])), figure.of("national"))
        parts.append(words("Hele landet: {national}.", national=national))
    if row["change_pp"] is not None and data.previous:
        change = Printed(points_text(row["change_pp"]), figure.of("change"))
        sentence = "Ændring siden {time}: {change}{blank}procentpoint."
        parts.append(words(sentence, time=data.previous.time, change=change, blank=NBSP))
    return joined(parts)


def gap(row: dict, count: CountFacts) -> tuple[int, int]:
    """Return how many enquiries are missing to the target in a count, and a working day: 0 for less than half a one."""
    counted = round(row["value"] * row["total_count"])
    missing = abs(Decimal(counted) - Decimal(str(row["target_value"])) * row["total_count"])
    return math.ceil(missing), permille(missing / 1000 / count.working_days) if count.working_days else 0


def _gap_text(row: dict, count: CountFacts) -> str:
    """Return it in words: '18,6 % → 14 % er 460 henvendelser i tællingen, ca. 31 pr. arbejdsdag'."""
    missing, daily = gap(row, count)
    figure, kind, aim = of_row(row), row["target_kind"], row["target_value"]
    target = f"{decimal_text(Decimal(str(aim)) * 100)}{NBSP}%"
    a_day = Printed(count_text(daily), figure.of(missing_aspect(kind, aim, daily=True)))
    pace = words(", ca. {daily} pr. arbejdsdag", daily=a_day) if daily else ""
    one, more = ("henvendelse", "henvendelser")
    if row["measure"] == Measure.SELF_SERVICE_RATE:
        one, more = ("transaktion", "transaktioner")
    noun = one if missing == 1 else more
    return words(
        "{value} → {target} er {missing} {noun} i tællingen{pace}.",
        value=Printed(percent(permille(row["value"])), figure), target=target, noun=noun, pace=pace,
        missing=Printed(count_text(missing), figure.of(missing_aspect(kind, aim))),
    )  # fmt: skip


def package_note(data: StatusData) -> str | None:
    """Return the remark that the change is over different tasks; None when it is not, or there is no change."""
    is_compared = any(row["change_pp"] is not None for row in data.target_status)
    if not is_compared or data.previous is None or data.previous.task_package == data.count.task_package:
        return None
    apart = f"Udviklingen på {common_tasks_text(data.common_task_count)} står for sig."
    return (
        f"Opgavepakken er ændret siden {data.previous.time} (fra {data.previous.task_count} til "
        f"{tasks_text(data.count.task_count)}), så ændringen dækker forskellige opgaver. "
        f"{apart if data.common_task_count else 'De to tællinger har ingen fælles opgaver.'}"
    )


def self_service_rate_words(rows: list[dict]) -> tuple[str, str] | None:
    """Return the selvbetjeningsgrad as printed, and the sentence about it."""
    row = _self_service(rows)
    if row is None:
        return None
    figure = of_row(row)
    value = Printed(percent(permille(_done(row), row["total_count"])), figure)
    return value, words(
        "Selvbetjeningsgraden er {value}: {done} af {total} indgående transaktioner er klaret med selvbetjening. Det "
        "er et andet mål end andelen af alle henvendelser i tabellen, og de to må ikke blandes sammen.",
        value=value,
        done=Printed(count_text(_done(row)), figure.of("numerator")),
        total=Printed(count_text(row["total_count"]), figure.of("total")),
    )


def self_service_counts(rows: list[dict]) -> dict[str, str]:
    """Return name -> text of the numbers behind the selvbetjeningsgrad."""
    row = _self_service(rows)
    names = ("Selvbetjeningsgrad: transaktioner med selvbetjening", "Selvbetjeningsgrad: transaktioner i alt")
    return dict(zip(names, map(count_text, (_done(row), row["total_count"])), strict=True)) if row else {}


def _self_service(rows: list[dict]) -> dict | None:
    wanted = (row for row in rows if row["measure"] == Measure.SELF_SERVICE_RATE)
    return next((row for row in wanted if row["value"] is not None), None)


def _done(row: dict) -> int:
    return round(row["value"] * row["total_count"])
