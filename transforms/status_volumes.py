"""How many enquiries: digital and not, count by count, on all tasks and on those common to the counts shown."""

from dataclasses import dataclass

from schemas.codes import DIRECTION_LABELS, Direction
from transforms.danish import count_text, permille
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
    return [_line(row, facts[row["count_id"]]) for row in rows]


def is_one_package(data: StatusData) -> bool:
    """Tell whether the counts shown are about the same tasks, so that the common ones are all."""
    facts = {each.count_id: each for each in (*data.history, data.count)}
    return {facts[row["count_id"]].task_count for row in data.volumes} <= {data.volume_task_count}


def _line(row: dict, count: CountFacts) -> VolumeLine:
    common = row["common_total_count"]
    days = count.working_days
    return VolumeLine(
        group=f"{DIRECTION_LABELS[Direction(row['direction'])]} henvendelser",
        label=count.label.capitalize(),
        common_digital=count_text(row["common_digital_count"]) if common else NOT_COUNTED,
        common_not_digital=count_text(common - row["common_digital_count"]) if common else NOT_COUNTED,
        common_per_day=count_text(permille(common, 1000 * days)) if common and days else NOT_COUNTED,
        tasks=count_text(count.task_count),
        digital=count_text(row["digital_count"]),
        not_digital=count_text(row["total_count"] - row["digital_count"]),
    )


def sentences(data: StatusData) -> list[str]:
    """Return how the inbound numbers have moved since the first count shown, on the common tasks."""
    rows = {row["count_id"]: row for row in data.volumes if row["direction"] == Direction.INBOUND}
    earlier = [each for each in data.history if each.count_id in rows]
    if data.count.count_id not in rows or not earlier:
        return []
    first, last = rows[earlier[0].count_id], rows[data.count.count_id]
    if not (first["common_total_count"] and last["common_total_count"]):
        return []
    digital = _moved(*(row["common_digital_count"] for row in (first, last)))
    rest = _moved(*(row["common_total_count"] - row["common_digital_count"] for row in (first, last)))
    tasks = common_tasks_text(data.volume_task_count)
    return [
        f"Fra {earlier[0].time} til {data.count.time} er antallet af digitale indgående henvendelser på {tasks} "
        f"{digital}, og antallet af ikke-digitale er {rest}.",
        *_pace(earlier[0], data.count),
    ]


def _moved(before: int, now: int) -> str:
    """Return 'steget fra 100 til 200'."""
    if before == now:
        return f"uændret {count_text(now)}"
    return f"{'steget' if now > before else 'faldet'} fra {count_text(before)} til {count_text(now)}"


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
