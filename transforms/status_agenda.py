"""Which paragraph can be pasted into a council paper?"""

from dataclasses import replace

from schemas.codes import Channel, Direction, Measure, TargetStatus
from transforms import status_enrolment
from transforms.danish import date_text, percent, permille
from transforms.figure import Figure, Kind, of_row
from transforms.printed import Printed, joined, words
from transforms.status_data import StatusData
from transforms.status_deadlines import deadline_text
from transforms.status_words import NOT_STATED, measure_label, municipality_name, share_text, target_text, tasks_text

STATUS_CLAUSES = {
    TargetStatus.REACHED: "er nået",
    TargetStatus.ON_TRACK: "er godt på vej til at blive nået",
    TargetStatus.BEHIND: "er ikke nået",
    TargetStatus.NOT_ASSESSED: "kan ikke vurderes",
}


def paragraph(data: StatusData, outcome: str, targets: list[dict]) -> str:
    """Return the status in running text, with its figures and what they rest on."""
    name, count, before = municipality_name(data.municipality_code), data.count, data.previous
    tasks = tasks_text(count.task_count).replace(" ", f" obligatorisk{'' if count.task_count == 1 else 'e'} ")
    sentences: list[str] = [f"{name} har i {count.weeks_text} talt henvendelser på {tasks}.", outcome]
    sentences += [_target(row, data) for row in targets if row["value"] is not None]
    sentences += _outbound(data, targets)
    sentences += _enrolment(data)
    is_compared = any(row["previous_value"] is not None for row in targets)
    if is_compared and before and before.task_package != count.task_package:
        sentences.append(f"Tallene for {before.time} dækker {tasks_text(before.task_count)}.")
    return joined(sentences)


def _target(row: dict, data: StatusData) -> str:
    """Return '… udgjorde 18,6 % mod 38,8 % i efteråret 2013 (hele landet 23,2 %). Målet om højst 14 % … er nået.'."""
    figure = of_row(row)
    before = ""
    if row["previous_value"] is not None and data.previous:
        earlier = Printed(percent(permille(row["previous_value"])), figure.of("previous"))
        before = words(" mod {earlier} i {time}", earlier=earlier, time=data.previous.time)
    country = _country(row)
    status = TargetStatus(row["status"])
    clause = STATUS_CLAUSES[status]
    if status == TargetStatus.BEHIND and data.count.last_day <= row["deadline"]:
        clause = "er endnu ikke nået"
    target = f"{target_text(row['target_kind'], row['target_value'])} {deadline_text(row['deadline'])}"
    return words(
        "{subject} {value}{of_what}{before}{country}. Målet om {target} {clause}.",
        subject=_subject(row), value=Printed(percent(permille(row["value"])), figure), of_what=_of_what(row),
        before=before, country=country, target=target, clause=clause,
    )  # fmt: skip


def _country(row: dict) -> str:
    """Return the country's share in brackets, or nothing."""
    if row["national_value"] is None:
        return ""
    share = Printed(share_text(row["national_value"], ""), of_row(row).of("national"))
    return words(" (hele landet {share})", share=share)


def _subject(row: dict) -> str:
    if row["measure"] == Measure.SELF_SERVICE_RATE:
        return "Selvbetjeningsgraden var"
    if row["measure"] == Measure.DIGITAL_SHARE:
        return "De digitale kanaler udgjorde tilsammen"
    return f"{measure_label(row)} udgjorde"


def _of_what(row: dict) -> str:
    if row["measure"] == Measure.SELF_SERVICE_RATE:
        return " af de indgående transaktioner"
    direction = "indgående" if row["direction"] == Direction.INBOUND else "udgående"
    return f" af de {direction} henvendelser"


def _outbound(data: StatusData, targets: list[dict]) -> list[str]:
    """Return outbound Digital Post against the country, where no target tells it already."""
    wanted = {"measure": Measure.CHANNEL_SHARE, "direction": Direction.OUTBOUND, "channel": Channel.DIGITAL_POST}
    rows = [row for row in data.target_status if wanted.items() <= row.items() and row["value"] is not None]
    if not rows or any(wanted.items() <= row.items() for row in targets):
        return []
    value = Printed(percent(permille(rows[0]["value"])), of_row(rows[0]))
    sentence = "Af de udgående henvendelser blev {value} sendt med Digital Post{country}."
    return [words(sentence, value=value, country=_country(rows[0]))]


def _enrolment(data: StatusData) -> list[str]:
    date = status_enrolment.page_date(data)
    enrolled, exempt = (status_enrolment.permille_at(data, date, status) for status in ("enrolled", "exempt"))
    if date is None or enrolled is None or exempt is None:
        return []
    country = status_enrolment.national_text(data, "exempt")
    of = Figure(data.municipality_code, data.count.count_id, Kind.DIGITAL_POST_SHARE)
    return [
        words(
            "Den {date} var {enrolled} af borgerne på 15 år og derover tilmeldt Digital Post, og {exempt} var "
            "fritaget{beside}.",
            date=date_text(date),
            enrolled=Printed(percent(enrolled), replace(of, status="enrolled")),
            exempt=Printed(percent(exempt), replace(of, status="exempt")),
            beside="" if country == NOT_STATED else words(" (hele landet {country})", country=country),
        )
    ]
