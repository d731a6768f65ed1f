"""What a run leaves in the Prefect UI: what arrived, what waits, what was published. Never a figure."""

import re

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.steps import publications
from flows.steps.pipeline import Session
from transforms.run_page import RunReport, summary


def leave(session: Session, report: RunReport) -> None:
    """Leave the run's artifacts under the task that calls; tables of nothing are left out."""
    base = session.settings.public_url.rstrip("/")
    run_page = f"[{base}/run.html]({base}/run.html)" if base else "`run.html` in `publish_dir`"
    create_markdown_artifact(
        f"{summary(report)}\n\nMore on {run_page}.", key="run", description="The run in a sentence"
    )
    if report.deliveries:
        create_table_artifact(
            [_delivery(row) for row in report.deliveries],
            key="deliveries",
            description="What arrived, the verdict on it, and what to do",
        )
    if report.waiting:
        create_table_artifact(
            [
                {"count": count_id, "municipality": code, "waits for": "; ".join(missing)}
                for count_id, code, missing in report.waiting
            ],
            key="waiting",
            description="Counts that are not published, for something is missing",
        )
    if report.published:
        changed = publications.changed_figure_counts(session.engine, report.published)
        create_table_artifact(
            [_publication(row, changed[row["publication_id"]], base) for row in report.published],
            key="published",
            description="Pages published, and how many printed figures changed from the edition before",
        )


def _delivery(row: dict) -> dict[str, str | int]:
    return {
        "delivery": row["delivery_id"],
        "verdict": row["status"],
        "file": _verbatim(row["file_name"]),
        "what to do": _escaped(row["reason"]),
        "source": row["source"],
        "rows read": row["rows_read"],
        "set aside": row["rows_rejected"],
    }


def _publication(row: dict, changed: int, base: str) -> dict[str, str | int]:
    place = f"{row['municipality_code']}/{row['count_id']}/{row['publication_id']}/index.html"
    return {
        "publication": row["publication_id"],
        "count": row["count_id"],
        "municipality": row["municipality_code"],
        "kind": row["kind"],
        "figures changed": changed,
        "page": f"[{place}]({base}/{place})" if base else f"`{place}`",
    }


def _verbatim(text: str) -> str:
    """Return text as code: the UI reads cells as Markdown, and a name of a file may hold a link."""
    return f"`{text.replace('`', chr(39))}`"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>~|])", r"\\\1", text)
