"""How many enquiries: digital and not, count by count, on all tasks and on those common to the counts shown."""

from dataclasses import dataclass

from schemas.codes import DIRECTION_LABELS, Direction
from transforms.danish import count_text, permille
from transforms.figure import Figure, Kind
from transforms.printed import Printed, words
from transforms.status_data import CountFacts, StatusData
from transforms.status_words import NOT_COUNTED, common_tasks_text


@dataclass(frozen=True)
class VolumeLine:
    """One printed row: a count's enquiries of a direction; `tasks` is its whole package, the common ones are alone."""

    group: str
    label: str
    common_digital: str
    common_not_digital: str
    common_per_day: str
    tasks: str
    digital: str
    not_digital: str


def lines(data: StatusData) -> list[VolumeLine]:
    """Return the rows, by direction and then by count, oldest first."""
    facts = {each.count_id: each for each in (*data.history, data.count)}
    order = {str(direction): place for place, direction in enumerate(Direction)}
    rows = sorted(data.volumes, key=lambda row: (order[row["direction"]], facts[row["count_id"]].first_day))
    return [_line(row, facts[row["count_id"]], data) for row in rows]


def _figure(data: StatusData, row: dict, kind: Kind, *, on_common: bool) -> Figure:
    """Return the figure of a number; where no year before is compared with, the common tasks are the count's own."""
    is_compared = data.volume_task_count == data.common_task_count
    common_to = data.count.count_id if on_common and is_compared else ""
    return Figure(data.municipality_code, row["count_id"], kind, row["direction"], common_to=common_to)


def _common(data: StatusData, row: dict, kind: Kind) -> Printed:
    digital = row["common_digital_count"]
    number = digital if kind == Kind.DIGITAL_COUNT else row["common_total_count"] - digital
    return Printed(count_text(number), _figure(data, row, kind, on_common=True))


def is_one_package(data: StatusData) -> bool:
    """Tell whether the counts shown are about the same tasks, so that the common ones are all."""
    facts = {each.count_id: each for each in (*data.history, data.count)}
    return {facts[row["count_id"]].task_count for row in data.volumes} <= {data.volume_task_count}


def _line(row: dict, count: CountFacts, data: StatusData) -> VolumeLine:
    common = row["common_total_count"]
    days = count.working_days
    daily = _figure(data, row, Kind.ENQUIRY_COUNT, on_common=True).of("daily")
    return VolumeLine(
        group=f"{DIRECTION_LABELS[Direction(row['direction'])]} henvendelser",
        label=count.label.capitalize(),
        common_digital=_common(data, row, Kind.DIGITAL_COUNT) if common else NOT_COUNTED,
        common_not_digital=_common(data, row, Kind.OTHER_COUNT) if common else NOT_COUNTED,
        common_per_day=Printed(count_text(permille(common, 1000 * days)), daily) if common and days else NOT_COUNTED,
        tasks=count_text(count.task_count),
        digital=Printed(count_text(row["digital_count"]), _figure(data, row, Kind.DIGITAL_COUNT, on_common=False)),
        not_digital=Printed(count_text(row["total_count"] - row["digital_count"]),
                            _figure(data, row, Kind.OTHER_COUNT, on_common=False)),
    )  # fmt: skip


def sentences(data: StatusData) -> list[str]:
    """Return how the inbound numbers have moved since the first count shown, on the common tasks."""
    rows = {row["count_id"]: row for row in data.volumes if row["direction"] == Direction.INBOUND}
    earlier = [each for each in data.history if each.count_id in rows]
    if data.count.count_id not in rows or not earlier:
        return []
    first, last = rows[earlier[0].count_id], rows[data.count.count_id]
    if not (first["common_total_count"] and last["common_total_count"]):
        return []
    digital, rest = (_moved(data, first, last, kind) for kind in (Kind.DIGITAL_COUNT, Kind.OTHER_COUNT))
    return [
        words(
            "Fra {first} til {last} er antallet af digitale indgående henvendelser på {tasks} {digital}, og antallet "
            "af ikke-digitale er {rest}.",
            first=earlier[0].time,
            last=data.count.time,
            tasks=common_tasks_text(data.volume_task_count),
            digital=digital,
            rest=rest,
        ),
        *_pace(earlier[0], data.count),
    ]


def _moved(data: StatusData, first: dict, last: dict, kind: Kind) -> str:
    """Return 'steget fra 100 til 200'."""
    before, now = _common(data, first, kind), _common(data, last, kind)
    if before == now:
        return words("uændret {now}", now=now)
    digital = last["common_digital_count"] - first["common_digital_count"]
    total = last["common_total_count"] - first["common_total_count"]
    has_risen = (digital if kind == Kind.DIGITAL_COUNT else total - digital) > 0
    return words("{moved} fra {before} til {now}", moved="steget" if has_risen else "faldet", before=before, now=now)


def _pace(first: CountFacts, last: CountFacts) -> list[str]:
    """Return that the counts are not as long as each other, where that is so."""
    days = (first.working_days, last.working_days)
    return [f"Tællingerne har {days[0]} og {days[1]} arbejdsdage."] if days[0] != days[1] else []


def figures(data: StatusData) -> dict[str, str]:
    """Return name -> text of each printed number."""
    names = {"common_digital": "digitale på fælles opgaver", "common_not_digital": "ikke-digitale på fælles opgaver",
             "common_per_day": "pr. arbejdsdag på fælles opgaver", "digital": "digitale",
             "not_digital": "ikke-digitale"}  # fmt: skip
    return {
        f"Antal {line.group.lower()}, {line.label.lower()}: {words}": getattr(line, name)
        for line in lines(data)
        for name, words in names.items()
    }
