"""(model, frame) -> rows that keep the promise and rows that break it; how many may be set aside."""

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import findings, read_tallies, rejected, tallies, tally
from transforms.rejects import keys_twice, share_findings, split, split_by


class Model(pa.DataFrameModel):
    """Two columns with a rule each."""

    code: str = pa.Field(isin=["a", "b"], metadata={"rule": "channel_unknown"})
    number: str = pa.Field(str_matches=r"^[0-9]+$", metadata={"rule": "number_invalid"})


def frame(*rows: tuple[str | None, str | None, bool]) -> pl.DataFrame:
    schema = {"code": pl.String, "number": pl.String, "fields_agree": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias("source_row"), pl.lit("183").alias("municipality_code")
    )


def test_good_rows_are_kept_in_order_and_bad_ones_named():
    kept, broken = split(Model, frame(("b", "1", True), ("x", "2", True), ("a", "½", True), ("a", "3", True)))
    assert kept["number"].to_list() == ["1", "3"]
    assert sorted(broken.rows()) == [(3, "code", "channel_unknown", "183"), (4, "number", "number_invalid", "183")]


def test_a_row_that_breaks_two_rules_is_set_aside_once_for_the_first():
    _, broken = split(Model, frame(("x", "½", True)))
    assert broken.rows() == [(2, "code", "channel_unknown", "183")]


def test_an_empty_cell_breaks_the_rule_of_its_column():
    _, broken = split(Model, frame((None, "1", True), ("a", None, True)))
    assert sorted(broken["rule"]) == ["channel_unknown", "number_invalid"]


def test_a_row_with_another_number_of_fields_is_judged_by_that_alone():
    kept, broken = split(Model, frame(("x", "½", False), ("a", "1", True)))
    assert kept.height == 1
    assert broken.rows() == [(2, "", "field_count", "183")]


def test_an_empty_frame_gives_two_empty_frames():
    kept, broken = split(Model, frame())
    assert (kept.height, broken.height) == (0, 0)


def test_a_frame_without_the_models_columns_is_our_own_fault():
    with pytest.raises((AssertionError, pl.exceptions.ColumnNotFoundError)):
        split(Model, frame(("a", "1", True)).drop("number"))


CELL = st.sampled_from(["a", "b", "x", "1", "½", None])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(CELL, CELL, st.booleans()), max_size=20))
def test_every_row_is_kept_or_set_aside_and_never_both(rows):
    given_frame = frame(*rows)
    kept, broken = split(Model, given_frame)
    assert sorted([*kept["source_row"], *broken["source_row"]]) == given_frame["source_row"].to_list()


def test_rules_between_columns_name_the_first_that_is_broken():
    rules = {"key_twice": ("code", pl.col("code") == "a"), "number_invalid": ("number", pl.col("number") == "1")}
    good, bad = split_by(frame(("a", "1", True), ("b", "1", True), ("b", "2", True)), rules)
    assert good["number"].to_list() == ["2"]
    assert bad.rows() == [(2, "code", "key_twice", "183"), (3, "number", "number_invalid", "183")]


def test_both_rows_of_a_doubled_key_are_set_aside():
    good, bad = keys_twice(frame(("a", "1", True), ("b", "2", True), ("a", "3", True)), ["code"], "code")
    assert good["code"].to_list() == ["b"]
    assert bad["source_row"].to_list() == [2, 4]


def verdict(*municipalities: tuple[str | None, int, int]) -> list[str]:
    """Findings on (code, rows read, rows set aside)."""
    read = pl.DataFrame(
        [each[:2] for each in municipalities],
        schema={"municipality_code": pl.String, "rows_read": pl.UInt32},
        orient="row",
    )
    codes = [code for code, _, gone in municipalities for _ in range(gone)]
    lost = pl.DataFrame({"municipality_code": codes}, schema={"municipality_code": pl.String})
    return [each.rule for each in share_findings(read, lost, 0.01)]


@pytest.mark.parametrize(
    ("read", "gone", "held"),
    [(10, 3, False), (10, 4, True), (300, 3, False), (300, 4, True), (400, 4, False), (500, 5, False), (500, 6, True)],
)
def test_three_rows_or_one_per_cent_may_be_set_aside(read, gone, held):
    assert verdict(("183", read, gone)) == ["too_many_rejected"] * held


def test_each_municipality_is_judged_alone():
    assert verdict(("183", 300, 4), ("253", 10_000, 0)) == ["too_many_rejected"]
    assert verdict(("183", 300, 3), ("253", 300, 3)) == []


def test_rows_of_no_municipality_are_judged_on_all_rows():
    assert verdict((None, 4, 4), ("183", 300, 0)) == ["too_many_rejected"]
    assert verdict((None, 4, 4), ("183", 500, 0)) == []


def test_no_row_left_is_refused():
    assert verdict(("183", 2, 2)) == ["no_valid_row"]
    assert verdict((None, 2, 2)) == ["no_known_municipality"]
    assert verdict() == ["no_valid_row"]


def test_three_bad_rows_in_ten_are_accepted():
    assert findings(read_tallies([*tallies(7), *tallies(3, Kanal="Røgsignal")])) == []


def test_four_bad_rows_in_three_hundred_are_held():
    parsed = read_tallies([*tallies(296), *tallies(4, Kanal="Røgsignal")])
    assert findings(parsed) == ["too_many_rejected"]
    assert parsed.findings[0].text.startswith("4 af 300 rækker er frasorteret i kommune 183.")


def test_a_large_municipality_does_not_hide_a_small_ones_faults():
    greve = tallies(600, Kommunenr="253", Kommune="Greve")
    assert findings(read_tallies([*greve, *tallies(16), *tallies(4, Kanal="Røgsignal")])) == ["too_many_rejected"]


def test_no_reject_tells_a_value():
    parsed = read_tallies([*tallies(5), tally(Kanal="Hemmelig Hansen")])
    assert rejected(parsed) == [(7, "Kanal", "channel_unknown")]
    assert "Hansen" not in str(parsed.rejected.rows()) + str(parsed.findings)
