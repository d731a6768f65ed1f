"""The national overview's figures as CSV for spreadsheets."""

from transforms.national_figures import CountryFigure, NationalData, by_municipality, country
from transforms.status_files import csv_of

COLUMNS = ["count_id", "municipality_code", "municipality_name", "measure", "direction", "channel", "method",
           "municipality_count", "numerator", "total_count", "share"]  # fmt: skip
COUNTRY = "Hele landet"


def as_csv(data: NationalData) -> bytes:
    """Return a row a municipality and measure, then a row a measure and method of the country's; shares are 0-1."""
    figures = country(data)
    rows = []
    for code, own in by_municipality(data).items():
        place = {"count_id": data.count_id, "municipality_code": code, "municipality_name": data.names[code]}
        for key in (key for key in figures if key in own):
            numerator, total = own[key]
            rows.append(
                place
                | dict(zip(("measure", "direction", "channel"), key, strict=True))
                | {"numerator": numerator, "total_count": total, "share": numerator / total}
            )
    rows += [{"count_id": data.count_id} | row for figure in figures.values() for row in _country(figure)]
    return csv_of(COLUMNS, rows)


def _country(figure: CountryFigure) -> list[dict]:
    """Return a measure by each method that gives a figure."""
    what = dict(zip(("measure", "direction", "channel"), figure.key, strict=True)) | {"municipality_name": COUNTRY}
    found = []
    if figure.pooled is not None and figure.mean is not None:
        number = {"municipality_count": figure.municipality_count}
        sums = {"numerator": figure.numerator, "total_count": figure.total_count}
        found = [what | number | sums | {"method": "pooled", "share": float(figure.pooled)},
                 what | number | {"method": "mean", "share": float(figure.mean)}]  # fmt: skip
    published = [what | {"method": "published", "share": figure.published}] if figure.published is not None else []
    return found + published
