"""Status rows -> the words and figures of one municipality's status on one count, in Danish.

Everything printed is made here and in the modules it calls, once: the page, status.csv, status.json and the list of
corrections read the same texts.
"""

from dataclasses import dataclass

from schemas.codes import TargetStatus
from transforms import (
    status_agenda,
    status_basis,
    status_enrolment,
    status_figures,
    status_lines,
    status_tasks,
    status_volumes,
)
from transforms.printed import printed_in
from transforms.status_data import StatusData
from transforms.status_enrolment import Shares
from transforms.status_lines import CommonLine, Line
from transforms.status_sentences import bullet, most_telling, outcome, package_note, self_service_rate_words
from transforms.status_tasks import MoverLine, TaskLine
from transforms.status_volumes import VolumeLine
from transforms.status_words import municipality_name


@dataclass(frozen=True)
class Report:
    """The printed texts of a status page."""

    title: str
    outcome: str
    bullets: list[str]
    lines: list[Line]
    earlier_labels: list[str]
    common_lines: list[CommonLine]
    package_note: str | None
    volumes: list[VolumeLine]
    volume_sentences: list[str]
    tasks: list[TaskLine]
    movers: list[MoverLine]
    digital_post: list[str]
    enrolment_over_time: list[Shares]
    enrolment_by_age: list[Shares]
    disclosure_note: str | None
    self_service_rate: str | None
    agenda: str | None
    data_basis: list[tuple[str, str]]
    notes: list[tuple[str, str]]
    figures: dict[str, str]

    @property
    def figures_by_id(self) -> dict[str, str]:
        """Id -> text of every figure that is printed with its id, for `kanalstatus trace`."""
        return {str(each.figure): str(each) for each in printed_in(self)}


def build(data: StatusData) -> Report:
    """Return everything that the page prints."""
    rows = sorted(data.target_status, key=status_lines.order)
    targets = [row for row in rows if row["status"] != TargetStatus.NO_TARGET] if data.is_complete else []
    lines, common_lines = status_lines.lines(data), status_lines.common_lines(data)
    rate = self_service_rate_words(rows)
    said = outcome(targets) if data.is_complete else "Tællingen er ikke komplet; målene er ikke vurderet."
    return Report(
        title=f"Kanalstatus {data.count.label}, {municipality_name(data.municipality_code)}",
        outcome=said,
        bullets=[bullet(row, data) for row in most_telling(targets)],
        lines=lines,
        earlier_labels=[each.label.capitalize() for each in status_lines.earlier_counts(data)],
        common_lines=common_lines,
        package_note=package_note(data),
        volumes=status_volumes.lines(data),
        volume_sentences=status_volumes.sentences(data),
        tasks=status_tasks.most(data),
        movers=status_tasks.movers(data),
        digital_post=status_enrolment.sentences(data),
        enrolment_over_time=status_enrolment.over_time(data),
        enrolment_by_age=status_enrolment.by_age(data),
        disclosure_note=status_enrolment.disclosure_note(data),
        self_service_rate=rate[1] if rate else None,
        agenda=status_agenda.paragraph(data, said, targets) if data.is_complete else None,
        data_basis=status_basis.pairs(data),
        notes=status_basis.notes(data),
        figures=status_figures.by_name(data, lines, common_lines, rate[0] if rate else None),
    )
