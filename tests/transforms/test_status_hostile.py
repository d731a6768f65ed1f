"""The page of a status with hostile texts in every place where a text comes from settings or files."""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.make import count_facts, status_data, status_row
from tests.transforms.test_edition import of
from tests.transforms.test_html import Reader
from transforms import edition, status_files, status_page
from transforms.status_data import StatusData
from transforms.status_report import build

AT = dt.datetime(2014, 12, 1, 12, tzinfo=dt.UTC)
DAYS = (dt.date(2014, 10, 1), dt.date(2014, 12, 1))
HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "ends": "</style></svg></title></textarea>--><!-- ]]>",
    "quotes": '"\'&quot;&amp; & onmouseover="alert(1)" x=\'',
    "braces": "{{x}} ${y} {z} %s {{{",
    "long": "Å" * 300,
    "right to left": "navn \u200fאבג\u202egpj.exe",
    "formula": '=HYPERLINK("http://example.invalid")',
}
TAME = "tekst"


def with_texts(text: str) -> StatusData:
    """Return a full page's data, with a text wherever one comes from settings or files."""
    channels = ("self_service", "in_person", "phone")
    earlier = [status_row(count_id=f"{year}E", channel=each) for year in (2012, 2013) for each in channels]
    delivery = {"source": "systemtal", "file_name": text, "received_at": AT, "rows_read": 2, "rows_rejected": 1}
    notes = [
        {"channel": None, "direction": None, "measure": None, "text": text},
        {"channel": "phone", "direction": "inbound", "measure": None, "text": text},
    ]
    persons = [
        {"as_of_date": day, "municipality_code": "183", "age_groups": ages, "status": status, "person_count": count,
         "covered_count": 1000}
        for day in DAYS for ages in ("all", "15-64", "65+")
        for status, count in (("self_enrolled", 600), ("automatically_enrolled", 300), ("exempt", 100))
    ]  # fmt: skip
    return status_data(
        [status_row(channel=each) for each in channels],
        count=count_facts().__class__("2014E", dt.date(2014, 10, 20), dt.date(2014, 11, 9), text, 45, 15),
        deliveries=[delivery],
        not_loaded=[{"file_name": text, "status": "held", "reason": text}],
        history=[count_facts(2012), count_facts(2013)],
        earlier_status=earlier,
        tasks=[{"kle": f"27.24.0{place}", "task_name": text, "phone_count": place, "in_person_count": 1,
                "previous_count": 9} for place in (1, 2)],
        volumes=[{"count_id": each, "direction": "inbound", "digital_count": 4, "total_count": 9,
                  "common_digital_count": 4, "common_total_count": 9} for each in ("2012E", "2013E", "2014E")],
        volume_task_count=3,
        enrolment=persons,
        extract_dates={"2014E": DAYS[1]},
        settings={
            "strategy": {"name": text, "purpose": text, "contact": text},
            "note": notes,
            "event": [{"date": "2014-11-01", "text": text}],
            "min_cell": 3,
        },
        missing=[text],
    )  # fmt: skip


def render(data: StatusData, text: str = TAME, kind: str = "correction") -> str:
    return status_page.render(
        data, build(data), kind=kind, published_at=AT, changes=[(text, text, text)], newest_url="../index.html"
    )


def outside_charts(reader: Reader) -> list[tuple[str, tuple[str, ...]]]:
    """Return each tag with the names of its attributes; a chart breaks its texts into lines as they need."""
    return [(tag, tuple(attributes)) for tag, attributes in reader.tags if tag not in ("text", "tspan", "g", "path")]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("is_complete", [True, False], ids=["complete", "incomplete"])
def test_a_hostile_text_changes_no_tag_of_the_page(text, is_complete):
    def read(content: str) -> Reader:
        data = with_texts(content)
        kind = "correction" if is_complete else "incomplete"
        return Reader(render(StatusData(**{**vars(data), "is_complete": is_complete}), content, kind))

    tame, hostile = read(TAME), read(text)
    assert outside_charts(hostile) == outside_charts(tame)
    assert (hostile.faults, hostile.open) == ([], [])
    assert not [name for _, attributes in hostile.tags for name in attributes if name.startswith("on")]
    assert hostile.text.count(text) >= tame.text.count(TAME) - 2, "it is printed as it is, but where a chart cuts it"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_leaves_the_files_whole(text):
    data = with_texts(text)
    found = json.loads(status_files.as_json(data, build(data), "first", AT))
    assert found["tasks"][0]["task_name"] == text
    assert edition.load(edition.dump(of(data))).data == data
    assert text not in status_files.as_csv(data).decode("utf-8-sig"), "the CSV holds figures and codes alone"


def test_the_same_data_make_the_same_bytes_whatever_the_hash_seed():
    script = "from tests.transforms.test_status_hostile import *; print(digest())"
    found = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60, text=True,
                       cwd=Path(__file__).parents[2], env=os.environ | {"PYTHONHASHSEED": seed}).stdout.strip()
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert found == {digest()}


def digest() -> str:
    """Return the hash of every file of a page whose data were laid away and taken out again."""
    data = edition.load(edition.dump(of(with_texts(HOSTILE["quotes"])))).data
    report = build(data)
    files = (render(data).encode(), status_files.as_csv(data), status_files.as_json(data, report, "first", AT))
    return hashlib.sha256(b"\0".join(files)).hexdigest()


def test_a_page_names_no_person_statuses_but_the_disclosed():
    data = StatusData(**{**vars(with_texts(TAME)), "enrolment": [
        {"as_of_date": DAYS[1], "municipality_code": "183", "age_groups": "all", "status": "covered",
         "person_count": 4321, "covered_count": 4321}]})  # fmt: skip
    report = build(data)
    assert "4.321" in str(report.digital_post)
    assert not {"Tilmeldt", "Fritaget"} & {line.label for line in report.lines}
