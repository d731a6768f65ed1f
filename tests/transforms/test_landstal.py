"""Published national figures: shares of channels and of enrolment statuses, by count."""

import pytest

from schemas.sources import Source
from tests.make import broken_rules, csv_bytes, findings, read, rejected, share, terms

GOOD = [share(Kanal=channel, Andel="1,5 %") for channel in ("Telefon", "Brev", "E-mail")]


def landstal(*rows: dict[str, str], **options):
    return read(csv_bytes(rows, **options), "landstal.csv")


def rules_of(**changes: str) -> list[str]:
    return broken_rules(landstal(*GOOD, share(**changes)))


def test_a_row_is_a_share_of_a_channel():
    facts = landstal(share(), share(Retning="Udgående", Kanal="Digital Post", Andel="66,3 %")).facts
    assert facts["national_share"].rows() == [
        ("2014E", "inbound", "self_service", 0.419),
        ("2014E", "outbound", "digital_post", 0.663),
    ]
    assert facts["national_enrolment"].height == 0


def test_a_digital_post_row_is_a_share_of_an_enrolment_status():
    parsed = landstal(share(Måltal="Digital Post", Retning="", Kanal="Fritaget", Andel="10,6 %"))
    assert (findings(parsed), parsed.facts["national_enrolment"].rows()) == ([], [("2014E", "exempt", 0.106)])
    assert parsed.facts["national_share"].height == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [("41,9 %", 0.419), ("41,9%", 0.419), ("73 %", 0.73), ("100 %", 1.0), ("0 %", 0.0), ("0,25 %", 0.0025)],
)
def test_a_share_is_per_cent_with_a_comma(text, value):
    assert landstal(share(Andel=text)).facts["national_share"]["share"].to_list() == [value]


@pytest.mark.parametrize(
    "text", ["52.5 %", "52,5", "101 %", "100,1 %", "-5 %", "0,525", "½ %", "", "5e1 %", "４１ %", "41,9 %%"]
)
def test_a_share_written_otherwise_is_set_aside(text):
    assert rules_of(Andel=text) == ["share_invalid"]


def test_the_count_is_the_partition():
    assert landstal(*GOOD).partitions.select("count_id", "municipality_code", "weeks").rows() == [("2014E", None, None)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"Måltal": "Andel af borgere"}, "measure_unknown"),
        ({"Retning": ""}, "direction_unknown"),
        ({"Retning": "Indad"}, "direction_unknown"),
        ({"Måltal": "Digital Post", "Kanal": "Fritaget"}, "direction_unknown"),
        ({"Måltal": "Digital Post", "Retning": ""}, "channel_unknown"),
        ({"Kanal": "Fritaget"}, "channel_unknown"),
        ({"Kanal": "Røgsignal"}, "channel_unknown"),
        ({"Kanal": "Fjernprint"}, "channel_not_in_direction"),
        ({"Tælling": "2014"}, "count_id_invalid"),
        ({"Tælling": "2037E"}, "count_unknown"),
    ],
)
def test_a_row_that_fits_no_measure_is_set_aside(changes, rule):
    assert rules_of(**changes) == [rule]


def test_a_channel_before_its_time_is_set_aside():
    rows = [row | {"Tælling": "2012F"} for row in (*GOOD, share(Kanal="Systemer"))]
    assert broken_rules(landstal(*rows)) == ["channel_before_its_time"]


def test_a_figure_that_stands_twice_is_set_aside_both_times_also_under_an_alias():
    parsed = landstal(*GOOD, share(Kanal="Telefoni", Andel="9 %"))
    assert rejected(parsed) == [(2, "Kanal", "key_twice"), (5, "Kanal", "key_twice")]
    assert parsed.rows_read == parsed.facts["national_share"].height + 2


def test_two_known_counts_refuse_and_an_unknown_one_holds():
    assert "several_counts" in findings(landstal(*GOOD, share(Tælling="2013E")))
    assert findings(landstal(share(Tælling="2037E"))) == ["count_not_in_calendar"]


def test_no_line_end_holds_unless_the_source_is_known_for_it():
    assert findings(landstal(*GOOD, final_newline=False)) == ["no_final_newline"]
    lenient = terms(newline_optional=frozenset({Source.LANDSTAL}))
    assert findings(read(csv_bytes(GOOD, final_newline=False), terms=lenient)) == []


def test_four_bad_figures_hold():
    bad = [share(Kanal=channel, Andel="52.5 %") for channel in ("SMS", "Systemer", "Skranke", "Digital Post")]
    assert findings(landstal(*GOOD, *bad)) == ["too_many_rejected"]
    assert findings(landstal(*GOOD, *bad[:3])) == []
