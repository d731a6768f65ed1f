"""The figures as files: a spreadsheet runs nothing, what is missing is empty or null, persons as they may be shown."""

import datetime as dt
import json

from tests.make import status_data, status_row
from transforms import status_files
from transforms.status_data import StatusData
from transforms.status_report import build

AT = dt.datetime(2014, 12, 1, 12, tzinfo=dt.UTC)


def cells(row: dict) -> dict[str, str]:
    text = status_files.as_csv(status_data([row])).decode("utf-8-sig")
    return dict(zip(*(line.split(";") for line in text.splitlines()), strict=True))


def as_json(data: StatusData) -> dict:
    return json.loads(status_files.as_json(data, build(data), "first", AT))


def test_a_csv_neutralises_formulas_and_leaves_numbers_alone():
    row = status_row(reason="=cmd|' /C calc'!A0", value=-0.5, baseline_count_id="@x", national_method="-y", status="+z")
    found = cells(row)
    assert found["reason"] == "'=cmd|' /C calc'!A0"
    assert (found["value"], found["baseline_count_id"]) == ("-0,5", "'@x")
    assert (found["national_method"], found["status"]) == ("'-y", "'+z")


def test_a_csv_leaves_missing_values_empty():
    found = cells(status_row(value=None))
    assert found["value"] == ""
    assert "None" not in str(found)


def test_a_csv_of_no_rows_has_a_header_still():
    assert status_files.as_csv(status_data([])) == b"\xef\xbb\xbfcount_id\r\n"


def test_json_holds_the_rows_and_null_for_what_is_missing():
    content = as_json(status_data([status_row(value=None)]))
    assert content["target_status"][0]["value"] is None
    assert (content["count_id"], content["municipality_code"], content["kind"]) == ("2014E", "183", "first")


def test_json_holds_volumes_tasks_and_the_figures_as_printed():
    task = {"kle": "27.24.04", "task_name": "Byg", "phone_count": 4, "in_person_count": None, "previous_count": None}
    volume = {"count_id": "2014E", "direction": "inbound", "digital_count": 5, "total_count": 9,
              "common_digital_count": 4, "common_total_count": 8}  # fmt: skip
    data = status_data(tasks=[task], volumes=[volume], volume_task_count=35)
    content = as_json(data)
    assert (content["tasks"], content["volumes"], content["volume_task_count"]) == ([task], [volume], 35)
    assert content["printed_figures"] == build(data).figures


def test_json_tells_of_persons_what_may_be_shown_alone():
    row = {"as_of_date": dt.date(2014, 12, 1), "municipality_code": "183", "age_groups": "all", "status": "covered",
           "person_count": 700, "covered_count": 700}  # fmt: skip
    content = as_json(status_data(enrolment=[row], extract_dates={"2014E": dt.date(2014, 12, 1)}))
    assert content["disclosed_enrolment"] == [row | {"as_of_date": "2014-12-01"}]
    assert content["enrolment_date"] == "2014-12-01"
    assert not {"digital_post", "current_enrolment", "digital_post_share"} & content.keys()
