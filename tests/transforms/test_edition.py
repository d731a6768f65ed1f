"""An edition can be laid away and taken out again, the same to the last type; its files follow from it."""

import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import count_facts, status_data, status_row
from transforms import edition
from transforms.edition import Edition
from transforms.status_data import StatusData
from transforms.status_page import Earlier

AT = dt.datetime(2014, 12, 1, 12, 30, 5, 7, tzinfo=dt.UTC)
EXTRACT = dt.date(2014, 12, 1)
TAGS = ("$date", "$moment", "$type", "$tuple", "$mapping")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.dates()
    | st.datetimes(timezones=st.just(dt.UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(TAGS), inner, max_size=3),
    max_leaves=8,
)


def types(value: object) -> object:
    if dataclasses.is_dataclass(value):
        return type(value), [types(getattr(value, each.name)) for each in dataclasses.fields(value)]
    if isinstance(value, dict):
        return {key: types(each) for key, each in value.items()}
    return [type(value), *map(types, value)] if isinstance(value, list | tuple) else type(value)


def of(data: StatusData) -> Edition:
    earlier = [Earlier("first", AT, "../udgave-1.html")]
    return Edition(data, "correction", AT, [("Telefon", "1", "2")], earlier, "", "K <k@example.dk>", "")


def dump(data: StatusData) -> bytes:
    return edition.dump(of(data))


def load(content: bytes) -> StatusData:
    return edition.load(content).data


def full() -> StatusData:
    return status_data(
        deliveries=[
            {"delivery_id": 1, "source": "tracetool", "file_name": "å <&>.csv", "received_at": AT, "rows_read": 3,
             "rows_accepted": 3, "rows_rejected": 0, "status": "accepted", "reason": ""},
        ],
        history=[count_facts(2012), count_facts(2013)],
        enrolment=[{"as_of_date": EXTRACT, "municipality_code": "183", "age_groups": "all", "status": "covered",
                    "person_count": 17000, "covered_count": 17000}],
        extract_dates={"2014E": EXTRACT},
        national_municipality_count=54,
    )  # fmt: skip


def test_what_is_loaded_is_what_was_dumped_types_and_all():
    again = edition.load(edition.dump(of(full())))
    assert again == of(full())
    assert types(again) == types(of(full()))


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.text(), VALUES, max_size=3))
def test_any_row_comes_back_as_it_was(row):
    data = status_data([status_row()], settings=row)
    again = load(dump(data))
    assert again == data
    assert types(again.settings) == types(row)


def test_columns_keep_their_order():
    row = dict(reversed(status_row().items()))
    assert list(load(dump(status_data([row]))).target_status[0]) == list(row)
    assert dump(status_data()).endswith(b"}\n")


def test_the_bytes_do_not_hang_on_the_hash_seed():
    script = "import sys; from tests.transforms.test_edition import dump, full; sys.stdout.buffer.write(dump(full()))"
    found = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60,
                       env=os.environ | {"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert found == {dump(full())}


@pytest.mark.parametrize("value", [{1: 2}, {1, 2}, b"x", object()])
def test_what_json_cannot_hold_is_an_error_and_never_guessed(value):
    with pytest.raises(TypeError):
        dump(status_data(settings={"x": value}))


@pytest.mark.parametrize("content", [b"[]", b"{}", b"nonsense", b'{"municipality_code": "183"}',
                                     b'{"$type": "Other"}', b'{"$type": "Edition", "kind": "first"}'])  # fmt: skip
def test_what_is_no_such_data_is_an_error(content):
    with pytest.raises(ValueError, match=r"."):
        load(content)


def test_a_number_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump(status_data([status_row(value=float("nan"))]))


def test_it_can_be_read_by_others():
    found = json.loads(dump(full()))["data"]
    assert found["extract_dates"] == {"2014E": {"$date": "2014-12-01"}}


def test_the_files_follow_from_the_edition_alone():
    again = edition.load(dump(full()))
    assert edition.render(again) == edition.render(of(full()))
    assert set(edition.render(again)) == {"index.html", "status.csv", "status.json", "mail.eml"}


def test_another_edition_is_another_mail():
    assert edition.message_id(of(full())) == edition.message_id(of(full()))
    assert edition.message_id(of(full())) != edition.message_id(of(status_data()))
