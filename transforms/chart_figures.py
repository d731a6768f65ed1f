"""What are the charts made from, and what do they say: the headline, and the text for those who do not see them?"""

import datetime as dt
from dataclasses import dataclass

from schemas.codes import SEASON_LABELS, TargetKind, TargetStatus
from transforms.danish import date_text, listing, number_word, percent, percentage_points
from transforms.status_words import NOT_COUNTED, NOT_STATED, target_text

LONGEST_NAME, LONGEST_HEADLINE = 40, 130


@dataclass(frozen=True)
class Point:
    """A share at one count, and the country's; thousandths, None when not counted or not stated."""

    label: str
    permille: int | None
    national: int | None = None


@dataclass(frozen=True)
class Target:
    """A wanted share and how the newest one stands against it; `words` is status_words.status_text."""

    kind: TargetKind
    permille: int
    status: TargetStatus
    words: str

    @property
    def text(self) -> str:
        """'mindst 40 %'."""
        return target_text(self.kind, self.permille / 1000)

    @property
    def word(self) -> str:
        """'Ikke nået endnu': the status without icon and reason."""
        return self.words.split(":")[0].lstrip("✓→✗– ")


@dataclass(frozen=True)
class Panel:
    """A channel's shares over the counts, oldest first; the country's is of the newest count."""

    name: str
    points: tuple[Point, ...]
    targets: tuple[Target, ...] = ()
    national: int | None = None


@dataclass(frozen=True)
class Bullet:
    """A target with the newest share and the country's."""

    name: str
    permille: int | None
    target: Target
    national: int | None = None


@dataclass(frozen=True)
class Extract:
    """The shares of the covered persons on the date of a Digital Post extract."""

    date: dt.date
    enrolled: int | None
    exempt: int | None


@dataclass(frozen=True)
class Event:
    """What happened on a day."""

    date: dt.date
    text: str


def short_labels(labels: list[str]) -> dict[str, str]:
    """Return label -> what fits beside a bar: the year, or with both seasons 'E 2014' and 'F 2014'."""
    seasons = {label.split(" ")[0] for label in labels}
    if not seasons <= set(SEASON_LABELS.values()):
        return {label: label for label in labels}
    if len(seasons) == 1:
        return {label: label.split(" ", 1)[-1] for label in labels}
    return {label: f"{label[0].upper()} {label.split(' ', 1)[-1]}" for label in labels}


def period(labels: list[str]) -> str:
    """Return 'efterår 2012 til efterår 2014', and what E and F stand for where they are used."""
    span = labels[0] if len(labels) == 1 else f"{labels[0]} til {labels[-1]}"
    is_mixed = {label.split(" ")[0] for label in labels} == set(SEASON_LABELS.values())
    return f"{span} (E: efterår, F: forår)" if is_mixed else span


def cut(text: str, length: int = LONGEST_NAME) -> str:
    """Return a text on one line without control characters, shortened with an ellipsis when it is longer."""
    line = "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def share_words(permille: int | None, missing: str = NOT_COUNTED) -> str:
    """Return '52,5 %' or the word for a missing figure."""
    return missing if permille is None else percent(permille)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _in_sentence(name: str) -> str:
    short = cut(name)
    is_proper = short.startswith("Digital Post") or short[1:2].isupper()
    return short if is_proper else short[:1].lower() + short[1:]


def targets_headline(found: list[tuple[str, Target]]) -> str:
    """Return which names have reached their targets, are on track and have not; numbers where that is too long."""
    is_early = all(target.words.endswith("endnu") for _, target in found if target.status == TargetStatus.BEHIND)
    clauses, counts = [], []
    for status, words, number_words in (
        (TargetStatus.REACHED, "har nået målet", "er nået"),
        (TargetStatus.ON_TRACK, "er godt på vej", "er godt på vej"),
        (TargetStatus.BEHIND, f"har {'endnu ' if is_early else ''}ikke nået målet", "er ikke nået"),
        (TargetStatus.NOT_ASSESSED, "kan ikke vurderes", "kan ikke vurderes"),
    ):
        names = [_in_sentence(name) for name, target in found if target.status == status]
        if names:
            clauses.append(f"{listing(list(dict.fromkeys(names)))} {words}")
            counts.append(f"{number_word(len(names))} mål {number_words}")
    headline = _capital(_sentence(clauses))
    return headline if len(headline) <= LONGEST_HEADLINE else _capital(_sentence(counts))


def _sentence(clauses: list[str]) -> str:
    return f"{', '.join(clauses[:-1])}, og {clauses[-1]}" if len(clauses) > 1 else "".join(clauses)


def inbound_headline(panels: list[Panel]) -> str:
    """Return how the targets stand; without targets, which channel is the largest."""
    found = [(panel.name, target) for panel in panels for target in panel.targets]
    if found:
        return targets_headline(found)
    newest = [(panel.points[-1].permille, panel.name) for panel in panels if panel.points]
    share, name = max((each for each in newest if each[0] is not None), default=(None, ""))
    if share is None:
        return "Kanalerne er ikke talt ved den seneste tælling"
    return f"{cut(name)} er den største indgående kanal med {percent(share)}"


def outbound_headline(points: list[Point]) -> str:
    """Return how the share of Digital Post has moved and how it stands against the country's."""
    last = points[-1]
    if last.permille is None:
        return f"Digital Post til borgerne er {NOT_COUNTED} ({cut(last.label)})"
    before = [point.permille for point in points[:-1] if point.permille is not None]
    now = percent(last.permille)
    text, link = f"{now} af de udgående henvendelser er Digital Post", ""
    if before:
        change = last.permille - before[0]
        moved = "steget" if change > 0 else "faldet"
        text = f"Udgående Digital Post er {moved} fra {percent(before[0])} til {now}"
        text = text if change else f"Udgående Digital Post er uændret {now}"
        link = "og ligger "
    if last.national is None:
        return text
    apart = last.permille - last.national
    points_apart = percentage_points(abs(apart)).lstrip("+")
    against = f"{points_apart} procentpoint {'over' if apart > 0 else 'under'}" if apart else "på niveau med"
    return f"{text}, {link}{against} hele landet"


def enrolment_headline(extracts: list[Extract]) -> str:
    """Return how many are enrolled and exempt on the newest date, and since when the enrolled have grown."""
    last = extracts[-1]
    before = [each.enrolled for each in extracts[:-1] if each.enrolled is not None]
    exempt = "" if last.exempt is None else f", og {percent(last.exempt)} er fritaget"
    if last.enrolled is None:
        return f"Tilmeldte til Digital Post er {NOT_STATED} for {date_text(last.date)}{exempt}"
    if not before or before[0] == last.enrolled:
        return f"{percent(last.enrolled)} er tilmeldt Digital Post{exempt}"
    moved = "steget" if last.enrolled > before[0] else "faldet"
    return f"Tilmeldte til Digital Post er {moved} fra {percent(before[0])} til {percent(last.enrolled)}{exempt}"


def panel_words(panel: Panel, *, with_national: bool) -> str:
    """Return 'Telefon: efterår 2014 22,5 %. Mål mindst 35 %: ikke nået. Hele landet 28,7 %.'."""
    shares = [f"{cut(point.label)} {share_words(point.permille)}" for point in panel.points]
    parts = [f"{cut(panel.name)}: {', '.join(shares)}"]
    parts += [f"Mål {target.text}: {target.word.lower()}" for target in panel.targets] or ["Intet mål"]
    parts += [f"Hele landet {share_words(panel.national, NOT_STATED)}"] if with_national else []
    return ". ".join(parts) + "."


def point_words(point: Point, *, with_national: bool) -> str:
    """Return 'Efterår 2014: 45,3 %, hele landet 41,0 %.'."""
    national = f", hele landet {share_words(point.national, NOT_STATED)}" if with_national else ""
    return f"{_capital(cut(point.label))}: {share_words(point.permille)}{national}."


def bullet_words(row: Bullet, *, with_national: bool) -> str:
    """Return 'Telefon: 22,5 %. Mål mindst 35 %: ikke nået. Hele landet 28,7 %.'."""
    national = f" Hele landet {share_words(row.national, NOT_STATED)}." if with_national else ""
    target = f"Mål {row.target.text}: {row.target.word.lower()}."
    return f"{cut(row.name)}: {share_words(row.permille)}. {target}{national}"


def extract_words(extract: Extract) -> str:
    """Return '1. december 2014: tilmeldt 88,1 %, fritaget 8,2 %.'."""
    enrolled, exempt = share_words(extract.enrolled, NOT_STATED), share_words(extract.exempt, NOT_STATED)
    return f"{date_text(extract.date)}: tilmeldt {enrolled}, fritaget {exempt}."
