"""The code lists: every code has a Danish name, every spelling leads to one code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import codes
from schemas.codes import CHANNELS, Channel, Direction, count_label, count_order, fold
from schemas.sources import SOURCE_LABELS, Source

IN, OUT = Direction.INBOUND, Direction.OUTBOUND


@pytest.mark.parametrize(
    ("channel", "directions", "is_digital", "since"),
    [
        ("self_service", (IN,), True, None),
        ("in_person", (IN,), False, None),
        ("phone", (IN, OUT), False, None),
        ("letter", (IN, OUT), False, None),
        ("email", (IN, OUT), True, None),
        ("sms", (IN, OUT), True, None),
        ("digital_post", (IN, OUT), True, None),
        ("remote_print", (OUT,), False, None),
        ("social_media", (IN, OUT), True, "2012E"),
        ("systems", (IN,), True, "2012E"),
    ],
)
def test_channel_facts_are_those_of_the_channel_table(channel, directions, is_digital, since):
    facts = CHANNELS[Channel(channel)]
    assert (facts.directions, facts.is_digital, facts.since, facts.is_in_share) == (directions, is_digital, since, True)


def test_website_visits_are_never_part_of_a_share():
    assert [channel for channel, facts in CHANNELS.items() if not facts.is_in_share] == ["website_visit"]


@pytest.mark.parametrize(
    ("labels", "enum"),
    [
        (CHANNELS, Channel),
        (codes.DIRECTION_LABELS, Direction),
        (codes.ENQUIRY_TYPE_LABELS, codes.EnquiryType),
        (codes.ENROLMENT_LABELS, codes.EnrolmentStatus),
        (codes.AGE_GROUP_LABELS, codes.AgeGroup),
    ],
)
def test_every_code_has_a_danish_name(labels, enum):
    assert set(labels) == set(enum)


def test_every_source_has_a_danish_name():
    assert set(SOURCE_LABELS) == set(Source)


def test_no_label_means_two_channels():
    labels = [fold(label) for facts in CHANNELS.values() for label in (facts.label, *facts.aliases)]
    assert len(labels) == len(set(labels)) == len(codes.CHANNEL_WORDS)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("NemRefusion", "self_service"),
        ("Selvbetjening (Adviser)", "self_service"),
        ("Skranke", "in_person"),
        ("Fysisk fremmøde", "in_person"),
        ("Telefoni", "phone"),
        ("Breve (og pakker)", "letter"),
        ("Papirpost", "letter"),
        ("E-post", "email"),
        ("SMS'er", "sms"),
        ("  DIGITAL   post ", "digital_post"),
        ("Fjernprint", "remote_print"),
        ("Socialt medie", "social_media"),
        ("Hjemmesidebesøg", "website_visit"),
    ],
)
def test_aliases_lead_to_their_channel(label, code):
    assert codes.CHANNEL_WORDS[fold(label)] == code


def test_a_label_with_a_letter_of_another_script_is_unknown():
    assert fold("Теlefon") not in codes.CHANNEL_WORDS  # the first two letters are Cyrillic


def test_there_are_98_municipalities_and_christiansoe_is_none():
    assert len(codes.MUNICIPALITIES) == 98
    assert "411" not in codes.MUNICIPALITY_WORDS
    assert "0411" not in codes.MUNICIPALITY_WORDS


def test_a_municipality_is_three_digits_or_four_with_a_leading_zero():
    assert codes.MUNICIPALITY_WORDS["183"] == codes.MUNICIPALITY_WORDS["0183"] == "183"
    assert "00183" not in codes.MUNICIPALITY_WORDS
    assert "83" not in codes.MUNICIPALITY_WORDS


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Ishøj Kommune", "183"),
        ("ISHØJ", "183"),
        ("Århus", "751"),
        ("Aarhus Kommune", "751"),
        ("Ålborg", "851"),
        ("Åbenrå", "580"),
        ("Høje Taastrup", "169"),
        ("Høje-Tåstrup Kommune", "169"),
        ("Københavns Kommune", "101"),
        ("Bornholms Regionskommune", "400"),
        ("Vesthimmerland", "820"),
        ("Nordfyns Kommune", "480"),
        ("Ikast Brande", "756"),
    ],
)
def test_spellings_of_a_municipality_lead_to_its_code(name, code):
    assert codes.MUNICIPALITY_NAME_WORDS[fold(name)] == code


def test_no_spelling_means_two_municipalities():
    spellings = [word for name in codes.MUNICIPALITIES.values() for word in codes._spellings(name)]
    assert len(spellings) == len(codes.MUNICIPALITY_NAME_WORDS)


def test_decomposed_letters_fold_to_composed_ones():
    assert fold("Indga\u030aende") == fold("INDGÅENDE") == "indgående"


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


def test_counts_are_named_by_season():
    assert (count_label("2014E"), count_label("2014F")) == ("efterår 2014", "forår 2014")


def test_spring_comes_before_autumn_of_a_year():
    counts = ["2014E", "2012F", "2013F", "2012E", "2014F"]
    assert sorted(counts, key=count_order) == ["2012F", "2012E", "2013F", "2014F", "2014E"]
