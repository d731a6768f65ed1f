"""A status -> its figures as CSV for spreadsheets and as JSON for programs."""

import csv
import datetime as dt
import io
import json

from transforms import status_enrolment
from transforms.status_data import StatusData
from transforms.status_report import Report

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(data: StatusData) -> bytes:
    """Return the rows of target_status; cells that begin a formula are neutralised."""
    return csv_of(list(data.target_status[0]) if data.target_status else ["count_id"], data.target_status)


def csv_of(names: list[str], rows: list[dict]) -> bytes:
    """Return rows as a CSV for spreadsheets, with decimal commas; cells that begin a formula are neutralised."""
    output = io.StringIO()
    writer = csv.DictWriter(output, names, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return output.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def as_json(data: StatusData, report: Report, kind: str, published_at: dt.datetime) -> bytes:
    """Return the rows that the page is made from and the figures as it prints them; on persons what may be shown."""
    content = {
        "municipality_code": data.municipality_code,
        "count_id": data.count.count_id,
        "kind": str(kind),
        "published_at": published_at.isoformat(),
        "is_complete": data.is_complete,
        "target_status": data.target_status,
        "comparable_channel_share": data.comparable,
        "volume_task_count": data.volume_task_count,
        "volumes": data.volumes,
        "tasks": data.tasks,
        "enrolment_date": status_enrolment.page_date(data),
        "disclosed_enrolment": data.enrolment,
        "printed_figures": report.figures,
        "figures_by_id": report.figures_by_id,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, default=str).encode() + b"\n"
