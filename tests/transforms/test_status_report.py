"""Status rows -> Danish sentences and figures: the outcome, the bullets, the table, the data basis."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codes import CHANNELS, Channel, Direction, TargetStatus
from tests.make import count_facts, status_data, status_row, targets
from transforms.status_report import build
from transforms.status_sentences import outcome
from transforms.status_words import municipality_name, status_text, target_text

NBSP = "\u00a0"
R, T, B, N = "reached", "on_track", "behind", "not_assessed"


@pytest.mark.parametrize(
    ("statuses", "sentence"),
    [
        ([R, R, T, T, B], "To af fem mål for 2015 er nået, to er godt på vej, og ét er ikke nået."),
        ([R, R, R], "Alle tre mål for 2015 er nået."),
        ([R, R], "Begge mål for 2015 er nået."),
        ([R, B], "Ét af to mål for 2015 er nået, og ét er ikke nået."),
        ([T, T], "Begge mål for 2015 er godt på vej."),
        ([R, T, B, N], "Ét af fire mål for 2015 er nået, ét er godt på vej, ét er ikke nået, og ét kan ikke vurderes."),
        ([R, N], "Ét af to mål for 2015 er nået, og ét kan ikke vurderes."),
        ([R] * 13 + [B], "13 af 14 mål for 2015 er nået, og ét er ikke nået."),
        ([R], "Målet for 2015 er nået."),
        ([T], "Målet for 2015 er godt på vej."),
        ([B], "Målet for 2015 er ikke nået."),
        ([N], "Målet for 2015 kan ikke vurderes."),
        ([], "Der er ingen mål for kanalerne."),
    ],
)
def test_the_outcome_is_one_sentence(statuses, sentence):
    assert outcome(targets(*statuses)) == sentence


def test_targets_of_several_years_name_no_year():
    rows = targets(R, B) + targets(T, deadline=dt.date(2016, 12, 31))
    assert outcome(rows) == "Ét af tre mål er nået, ét er godt på vej, og ét er ikke nået."


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([R, T, B, N]), max_size=15))
def test_every_mix_of_statuses_makes_one_sentence(statuses):
    sentence = outcome(targets(*statuses))
    assert sentence[0].isupper() or sentence[0].isdigit()
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert ("er nået" in sentence) or R not in statuses
    assert ("godt på vej" in sentence) == (T in statuses)
    assert ("kan ikke vurderes" in sentence) == (N in statuses)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("at_least", 0.4, "mindst 40"),
        ("at_most", 0.14, "højst 14"),
        ("at_least", 0.125, "mindst 12,5"),
        ("at_most", 1.0, "højst 100"),
    ],
)
def test_a_target_is_at_least_or_at_most(kind, value, text):
    assert target_text(kind, value) == f"{text}{NBSP}%"


@pytest.mark.parametrize(
    ("status", "last_day", "text"),
    [
        (B, dt.date(2014, 11, 9), "✗ Ikke nået endnu"),
        (B, dt.date(2015, 12, 31), "✗ Ikke nået endnu"),
        (B, dt.date(2016, 1, 1), "✗ Ikke nået"),
        (R, dt.date(2016, 1, 1), "✓ Nået"),
        (T, dt.date(2014, 11, 9), "→ Godt på vej"),
        ("no_target", dt.date(2014, 11, 9), "– Intet mål"),
    ],
)
def test_a_status_is_an_icon_and_a_word(status, last_day, text):
    assert status_text(status_row(status=status), last_day) == text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("channel_not_counted", "kanalen er ikke talt"),
        ("total_below_minimum", "for få henvendelser"),
        ("no_baseline", "ingen basistælling"),
    ],
)
def test_what_is_not_assessed_says_why(reason, words):
    row = status_row(status=N, reason=reason)
    assert status_text(row, dt.date(2014, 11, 9)) == f"– Ikke vurderet: {words}"


def bullet(**changes) -> str:
    (text,) = build(status_data([status_row(**changes)])).bullets
    return text.replace(NBSP, " ")


def test_a_bullet_says_value_target_gap_country_and_change():
    assert bullet() == (
        "Personligt fremmøde: 18,6 % – godt på vej (mål: højst 14 %). "
        "18,6 % → 14 % er 460 henvendelser i tællingen, ca. 31 pr. arbejdsdag. "
        "Hele landet: 23,2 %. Ændring siden efteråret 2013: \u221220,2 procentpoint."
    )


def test_the_gap_of_a_target_from_below_is_what_is_missing():
    text = bullet(channel="phone", target_kind="at_least", target_value=0.35, value=0.225, status=B)
    assert "22,5 % → 35 % er 1.250 henvendelser i tællingen, ca. 83 pr. arbejdsdag." in text
    assert "ikke nået endnu" in text


def test_a_gap_of_one_enquiry_is_in_the_singular_and_has_no_pace():
    text = bullet(value=15 / 100, total_count=100)
    assert "er 1 henvendelse i tællingen." in text


def test_a_gap_is_never_nothing():
    text = bullet(value=35 / 101, total_count=101, target_kind="at_least", target_value=0.35, status=B)
    assert "34,7 % → 35 % er 1 henvendelse i tællingen." in text


def test_a_reached_target_has_no_gap_and_says_when_it_was_first_reached():
    text = bullet(status=R, first_reached_count_id="2013E")
    assert "→" not in text
    assert "Målet blev første gang nået i efteråret 2013." in text
    assert "første gang" not in bullet(status=R, first_reached_count_id="2014E")


def test_a_channel_that_is_not_counted_is_a_word_and_never_nought():
    text = bullet(value=None, total_count=10000, change_pp=None, status=N, reason="channel_not_counted")
    assert text == "Personligt fremmøde: ikke talt i efteråret 2014 (mål: højst 14 %)."


def test_an_outbound_target_says_so():
    text = bullet(direction="outbound", channel="letter")
    assert text.startswith("Brev (udgående): ")


def test_at_most_five_bullets_and_unmet_targets_first():
    rows = [
        status_row(channel=channel, status=R, first_reached_count_id="2014E")
        for channel in ("self_service", "phone", "letter", "email", "sms")
    ]
    rows += [status_row(channel="in_person", status=B), status_row(channel="digital_post", status=T)]
    bullets = build(status_data(rows)).bullets
    assert len(bullets) == 5
    assert {"Personligt fremmøde", "Digital Post"} <= {text.partition(":")[0] for text in bullets}


def line(**changes):
    (found,) = build(status_data([status_row(**changes)])).lines
    return dataclasses.asdict(found)


def test_a_line_of_the_table():
    assert line() == {
        "group": "Indgående henvendelser",
        "label": "Personligt fremmøde",
        "status": TargetStatus.ON_TRACK,
        "status_text": "→ Godt på vej",
        "value": f"18,6{NBSP}%",
        "change": "\u221220,2",
        "target": f"højst 14{NBSP}%",
        "national": f"23,2{NBSP}%",
        "earlier": (),
        "trend": (186,),
        "trend_text": f"efterår 2014 18,6{NBSP}%",
    }


def test_what_is_missing_in_a_line_is_a_word():
    found = line(value=None, previous_value=None, change_pp=None, target_kind=None, target_value=None, deadline=None,
                 national_value=None, national_method=None, status="no_target")  # fmt: skip
    assert (found["value"], found["change"]) == ("ikke talt", "kan ikke beregnes")
    assert (found["target"], found["national"], found["status_text"]) == ("intet mål", "ikke oplyst", "– Intet mål")


def test_an_incomplete_count_is_not_judged():
    row = status_row(status=N, reason="count_incomplete")
    report = build(status_data([row], is_complete=False, missing=["Systemtal, uge 43"]))
    assert report.outcome == "Tællingen er ikke komplet; målene er ikke vurderet."
    assert (report.bullets, report.lines[0].status_text) == ([], "– Ikke vurderet: tællingen er ikke komplet")


def test_a_changed_package_is_told():
    old = dataclasses.replace(count_facts(2013), task_package="2012", task_count=40)
    new = dataclasses.replace(count_facts(), task_package="2014")
    note = build(status_data(previous=old, count=new, common_task_count=38)).package_note
    assert "fra 40 til 45 opgaver" in note
    assert "38 fælles opgaver" in note
    assert build(status_data()).package_note is None
    half = status_data([status_row(change_pp=None)], previous=old, count=new, common_task_count=38, is_complete=False)
    assert build(half).package_note is None, "no change is printed, and no development on the common tasks"


def basis(**changes) -> dict[str, str]:
    return dict(build(status_data(**changes)).data_basis)


DELIVERY = {
    "source": "systemtal",
    "file_name": "a.xlsx",
    "received_at": dt.datetime(2014, 11, 12, tzinfo=dt.UTC),
    "rows_read": 1200,
    "rows_rejected": 2,
}


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({}, "1.200 rækker læst, 2 frasorteret"),
        ({"rows_rejected": 0}, "1.200 rækker læst, ingen frasorteret"),
        ({"rows_read": 1, "rows_rejected": 0}, "1 række læst, ingen frasorteret"),
    ],
)
def test_the_basis_names_deliveries_rows_and_what_was_set_aside(changes, rows):
    text = basis(deliveries=[DELIVERY | changes])["Kilde"].replace(NBSP, " ")
    assert text == f"Systemtal: a.xlsx, modtaget 12. november 2014, {rows}"


@pytest.mark.parametrize(("status", "word"), [("held", "tilbageholdt"), ("refused", "afvist")])
def test_the_basis_names_what_was_not_loaded_and_why(status, word):
    row = {"file_name": "b.xlsx", "status": status, "reason": "Kontrolsummen passer ikke."}
    assert basis(not_loaded=[row])["Ikke indlæst"] == f"b.xlsx, {word}: Kontrolsummen passer ikke."


def test_the_basis_says_that_the_national_method_is_not_known():
    assert "metode ikke oplyst" in basis()["Hele landet"]
    assert "antal kommuner ikke oplyst" in basis()["Hele landet"]
    assert basis(target_status=[status_row(national_value=None, national_method=None)])["Hele landet"] == "ikke oplyst"


def test_the_basis_says_of_how_many_municipalities_a_pooled_figure_is():
    rows = [status_row(national_method="pooled")]
    text = basis(target_status=rows, national_municipality_count=54)["Hele landet"]
    assert text == "øvrige kommuners henvendelser under ét (54 kommuner)"


NATIONAL_ENROLMENT = {
    "national_digital_post": [{"status": "exempt", "share": 0.106, "method": "published", "count_id": "2014E"}],
    "extract_dates": {"2014E": dt.date(2014, 12, 1)},
    "enrolment": [
        {"as_of_date": dt.date(2014, 12, 1), "age_groups": "all", "status": status, "person_count": number,
         "covered_count": 1000}
        for status, number in (("self_enrolled", 900), ("exempt", 100))
    ],
}  # fmt: skip


def test_the_basis_says_which_national_figures_were_published_where_others_are_pooled():
    rows = [
        status_row(channel="phone", national_method="pooled"),
        status_row(channel="digital_post", direction="outbound", national_method="published"),
        status_row(channel="self_service", national_method="published"),
    ]
    text = basis(target_status=rows, national_municipality_count=54, **NATIONAL_ENROLMENT)["Hele landet"]
    assert text == (
        "offentliggjort landstal, metode ikke oplyst, antal kommuner ikke oplyst, for selvbetjening, Digital Post "
        "(udgående) og tilslutningen til Digital Post; ellers øvrige kommuners henvendelser under ét (54 kommuner)"
    )


def test_the_basis_says_where_the_national_enrolment_is_from():
    rows = [status_row(national_value=None, national_method=None)]
    assert basis(target_status=rows, **NATIONAL_ENROLMENT)["Hele landet"].startswith("offentliggjort landstal")


def test_the_basis_says_when_the_package_has_changed():
    before = dataclasses.replace(count_facts(2013), task_package="35", task_count=35)
    assert basis(previous=before)["Opgaver"] == (
        "45 obligatoriske opgaver (opgavepakke 2012); pakken er ændret siden efteråret 2013, hvor den var på 35 opgaver"
    )
    assert "ændret" not in basis()["Opgaver"]


def test_the_basis_says_when_the_year_before_is_half_there():
    assert basis(previous_is_whole=False)["Året før"] == (
        "efterår 2013 er ikke komplet, så dens tal og ændringen vises ikke."
    )
    assert "Året før" not in basis()


def test_the_basis_names_the_weeks_and_the_municipality():
    found = basis()
    assert (found["Kommune"], found["Tælling"]) == (
        "Ishøj Kommune (183)",
        "efterår 2014, uge 43-45 2014, 15 arbejdsdage",
    )


def test_events_stand_in_the_basis_of_their_count_alone():
    settings = status_data().settings | {
        "event": [
            {"date": "2014-11-01", "text": "Obligatorisk Digital Post"},
            {"date": "2013-12-01", "text": "Noget andet"},
        ]
    }
    assert basis(settings=settings)["Hændelse"].replace(NBSP, " ") == "1. november 2014: Obligatorisk Digital Post"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("183", "Ishøj Kommune"),
        ("101", "Københavns Kommune"),
        ("400", "Bornholms Regionskommune"),
        ("820", "Vesthimmerlands Kommune"),
    ],
)
def test_municipalities_are_named_as_they_name_themselves(code, name):
    assert municipality_name(code) == name


MEASURES = st.one_of(
    st.tuples(
        st.just("channel_share"), st.sampled_from([Direction.INBOUND, Direction.OUTBOUND]), st.sampled_from(Channel)
    ),
    st.tuples(st.just("digital_share"), st.sampled_from([Direction.INBOUND, Direction.OUTBOUND]), st.none()),
    st.tuples(st.just("self_service_rate"), st.just(Direction.INBOUND), st.none()),
)
SHARE = st.one_of(st.none(), st.integers(0, 1000).map(lambda thousandths: thousandths / 1000))


@settings(deadline=None, max_examples=50)
@given(MEASURES, st.sampled_from(TargetStatus), SHARE, SHARE, SHARE)
def test_no_row_prints_none_or_nan(measure, status, value, previous, national):
    has_target = status != TargetStatus.NO_TARGET
    if status in (TargetStatus.REACHED, TargetStatus.ON_TRACK, TargetStatus.BEHIND) and value is None:
        value = 0.5
    row = status_row(
        measure=measure[0], direction=str(measure[1]), channel=measure[2] and str(measure[2]), status=str(status),
        reason="no_baseline" if status == TargetStatus.NOT_ASSESSED else None,
        value=value, previous_value=previous, national_value=national,
        national_method="published" if national is not None else None,
        change_pp=None if value is None or previous is None else round((value - previous) * 100, 1),
        target_kind="at_most" if has_target else None, target_value=0.14 if has_target else None,
        deadline=dt.date(2015, 12, 31) if has_target else None,
        first_reached_count_id="2014E" if status == TargetStatus.REACHED else None,
    )  # fmt: skip
    report = build(status_data([row]))
    lines = [dataclasses.asdict(each) for each in report.lines]
    for each in lines:
        each.pop("trend")
    printed = str([report.outcome, report.bullets, lines, report.data_basis, report.figures, report.agenda])
    assert "None" not in printed
    assert "nan" not in printed


def test_every_channel_has_a_label_in_the_table():
    rows = [status_row(channel=str(channel)) for channel in CHANNELS]
    assert {each.label for each in build(status_data(rows)).lines} == {facts.label for facts in CHANNELS.values()}
