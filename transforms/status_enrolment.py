"""What may be printed of the citizens' enrolment in Digital Post: totals, over time, and by age.

Everything comes from rows of disclosed_enrolment, where small groups are merged or left out already.
"""

import datetime as dt
from dataclasses import dataclass, replace

from transforms.danish import count_text, date_text, percent, permille
from transforms.figure import Figure, Kind
from transforms.printed import Printed, words
from transforms.status_data import CountFacts, StatusData
from transforms.status_words import NOT_STATED, share_text

STATUS_LABELS = {"enrolled": "Tilmeldt", "exempt": "Fritaget", "not_enrolled": "Ikke tilmeldt"}
SENTENCES = {"enrolled": "er tilmeldt", "exempt": "er fritaget", "not_enrolled": "er ikke tilmeldt"}
NOT_SHOWN = "vises ikke"
MOST_EXTRACTS = 12


@dataclass(frozen=True)
class Shares:
    """The shares of one extract's covered persons, or of one age group's, as printed; a word where none may be."""

    label: str
    covered: str
    enrolled: str
    automatic: str
    exempt: str
    not_enrolled: str


def page_date(data: StatusData) -> dt.date | None:
    """Return the date of the extract that the page shows."""
    return data.extract_dates.get(data.count.count_id)


def counts_at(data: StatusData, date: dt.date, age_groups: str = "all") -> dict[str, int]:
    """Return status -> persons on a date, `enrolled` and `covered` among them; what may not be shown is not there."""
    rows = [row for row in data.enrolment if (row["as_of_date"], row["age_groups"]) == (date, age_groups)]
    found = {row["status"]: row["person_count"] for row in rows if row["status"] != "covered"}
    own = {status: found[status] for status in ("self_enrolled", "automatically_enrolled") if status in found}
    enrolled = {"enrolled": sum(own.values())} if own else {}
    return found | enrolled | ({"covered": rows[0]["covered_count"]} if rows else {})


def permille_at(data: StatusData, date: dt.date | None, status: str) -> int | None:
    """Return a status's share of the covered persons in thousandths; None where it may not or cannot be shown."""
    counts = counts_at(data, date) if date else {}
    return permille(counts[status], counts["covered"]) if status in counts else None


def of_count(data: StatusData, count: CountFacts | None, status: str) -> int | None:
    """Return a status's share in the extract of a count's page, in thousandths."""
    return permille_at(data, data.extract_dates.get(count.count_id), status) if count else None


def sentences(data: StatusData) -> list[str]:
    """Return the enrolment on the page's date in words, with the country beside."""
    date = page_date(data)
    if date is None:
        return [f"Der er intet udtræk af tilmeldinger til Digital Post, som hører til {data.count.time}."]
    counts = counts_at(data, date)
    of = Figure(data.municipality_code, data.count.count_id, Kind.DIGITAL_POST_SHARE)
    covered = Printed(count_text(counts["covered"]), replace(of, status="covered"))
    told: list[str] = [
        words("Opgjort {date} for {covered} borgere på 15 år og derover.", date=date_text(date), covered=covered)
    ]
    if len(counts) == 1:
        return [*told, "Fordelingen vises ikke, fordi en gruppe er så lille, at personer kan kendes."]
    national = {row["status"]: row["share"] for row in data.national_digital_post}
    for status, what in SENTENCES.items():
        if status in counts:
            figure = replace(of, status=status)
            country = ""
            if status in national:
                share = Printed(percent(permille(national[status])), figure.of("national"))
                country = words(" (hele landet {share})", share=share)
            value = Printed(percent(permille(counts[status], counts["covered"])), figure)
            told.append(words("{value} {what}{country}.", value=value, what=what, country=country))
    automatic = automatic_share(counts, of)
    if automatic:
        told.append(words("{automatic} af de tilmeldte er tilmeldt automatisk.", automatic=automatic))
    return told


def automatic_share(counts: dict[str, int], of: Figure) -> str | None:
    """Return the automatically enrolled's share of the enrolled; None where there are none."""
    if not counts.get("enrolled") or "automatically_enrolled" not in counts:
        return None
    text = percent(permille(counts["automatically_enrolled"], counts["enrolled"]))
    return Printed(text, replace(of, status="automatic"))


def over_time(data: StatusData) -> list[Shares]:
    """Return the newest extracts up to the page's, oldest first."""
    dates = sorted({row["as_of_date"] for row in data.enrolment})[-MOST_EXTRACTS:]
    return [_shares(date_text(date), counts_at(data, date), _figure(data, date)) for date in dates]


def _figure(data: StatusData, date: dt.date, group: str = "") -> Figure:
    return Figure(data.municipality_code, f"{date}", Kind.DIGITAL_POST_SHARE, ages=group)


def by_age(data: StatusData) -> list[Shares]:
    """Return the age groups of the page's extract that may be shown; none when only totals may."""
    date = page_date(data)
    groups = {row["age_groups"] for row in data.enrolment if row["as_of_date"] == date} - {"all"}
    return [
        _shares(age_text(group), counts_at(data, date, group), _figure(data, date, group))
        for group in sorted(groups)
        if date
    ]


def age_text(group: str) -> str:
    """Return '15-44 år', '75 år og derover'."""
    return f"{group.removesuffix('+')} år og derover" if group.endswith("+") else f"{group} år"


def _shares(label: str, counts: dict[str, int], of: Figure) -> Shares:
    def share(status: str) -> str:
        if status not in counts:
            return NOT_SHOWN
        return Printed(percent(permille(counts[status], counts["covered"])), replace(of, status=status))

    is_split = len(counts) > 1
    none = "ingen" if is_split else NOT_SHOWN
    return Shares(
        label,
        Printed(count_text(counts["covered"]), replace(of, status="covered")),
        share("enrolled"),
        automatic_share(counts, of) or none,
        share("exempt"),
        share("not_enrolled") if "not_enrolled" in counts or not is_split else "ingen",
    )


def national_text(data: StatusData, status: str) -> str:
    """Return the country's share of a status, or that it is not stated."""
    national = {row["status"]: row["share"] for row in data.national_digital_post}
    text = share_text(national.get(status), NOT_STATED)
    figure = Figure(data.municipality_code, data.count.count_id, Kind.DIGITAL_POST_SHARE, status=status)
    return text if status not in national else Printed(text, figure.of("national"))


def disclosure_note(data: StatusData) -> str | None:
    """Return what was done to small groups; None when there is no extract."""
    if page_date(data) is None:
        return None
    least = data.settings["min_cell"]
    return (
        f"Grupper på færre end {least} personer vises ikke: aldersgrupper lægges sammen, til ingen gruppe er så lille, "
        "og ellers vises kun det samlede antal."
    )


def figures(data: StatusData) -> dict[str, str]:
    """Return name -> text of each printed figure on enrolment."""
    date = page_date(data)
    found = {"Digital Post: opgjort": date_text(date)} if date else {}
    names = {"covered": "omfattede borgere", "enrolled": "tilmeldt", "automatic": "automatisk tilmeldt af de tilmeldte",
             "exempt": "fritaget", "not_enrolled": "ikke tilmeldt"}  # fmt: skip
    for shares in (*over_time(data), *by_age(data)):
        for name, what in names.items():
            found[f"Digital Post, {shares.label}: {what}"] = getattr(shares, name)
    return found
