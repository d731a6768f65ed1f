"""Ids of figures: what is made where a figure is printed is what is read where it is traced."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import MUNICIPALITIES, Channel, Direction
from tests.transforms.test_status_hostile import TAME, with_texts
from transforms.figure import STATUSES, Figure, Kind, NoFigure, parse
from transforms.html import prose
from transforms.printed import Printed, joined, printed_in, words
from transforms.status_report import build

CODES, COUNTS = st.sampled_from(sorted(MUNICIPALITIES)), st.sampled_from(["2014E", "2013F"])
CHANNELS = st.lists(st.sampled_from(list(map(str, Channel))), min_size=1, max_size=3, unique=True).map("+".join)
FIGURES = st.one_of(
    st.builds(Figure, CODES, COUNTS, st.just(Kind.CHANNEL_SHARE), st.sampled_from(list(Direction)), CHANNELS,
              aspect=st.sampled_from(["", "change", "national", "previous", "missing_at_most_0.14"])),
    st.builds(Figure, CODES, COUNTS, st.just(Kind.SELF_SERVICE_RATE), aspect=st.sampled_from(["", "total"])),
    st.builds(Figure, CODES, COUNTS, st.just(Kind.TASK_CHANNEL_COUNT), st.sampled_from(list(Direction)), CHANNELS,
              st.just("32.03.12"), aspect=st.sampled_from(["", "change"])),
    st.builds(Figure, CODES, COUNTS, st.just(Kind.DIGITAL_COUNT), st.sampled_from(list(Direction)),
              common_to=st.sampled_from(["", "2014E"])),
    st.builds(Figure, CODES, st.sampled_from(["2014E", "2014-12-01"]), st.just(Kind.DIGITAL_POST_SHARE),
              status=st.sampled_from(STATUSES), ages=st.sampled_from(["", "15-44", "75+"])),
)  # fmt: skip


@given(FIGURES)
def test_an_id_names_its_figure(figure: Figure) -> None:
    assert parse(str(figure)) == figure


@pytest.mark.parametrize(
    "text",
    ["", "183", "183.2014E", "183.2014E.share", "183.2014E.channel_share", "183.2014E.channel_share.inbound",
     "183.2014E.channel_share.inbound.fax", "999.2014E.self_service_rate", "183.2014.self_service_rate",
     "183.2014E.self_service_rate.inbound", "183.2014E.self_service_rate:daily", "183.2014-12-01.self_service_rate",
     "183.2014E.task_channel_count.inbound.phone.32.03", "183.2014E.digital_post_share.exempt.1-2",
     "183.2014E.channel_share.inbound.phone:missing_at_most_x", "183.2014E.channel_share.inbound.phone.x"],
)  # fmt: skip
def test_what_is_no_id_is_told(text: str) -> None:
    with pytest.raises(NoFigure):
        parse(text)


def test_a_printed_text_is_a_text_that_knows_its_figure() -> None:
    phone = Printed("22,5 %", parse("183.2014E.channel_share.inbound.phone"))
    sentence = joined([words("Telefon: {phone}{rest}", phone=phone, rest=" {x} <b>"), "Slut."])
    assert sentence == "Telefon: 22,5 % {x} <b> Slut."
    assert list(printed_in([("a", sentence), 3, None])) == [phone]
    for same in (copy.deepcopy(phone), pickle.loads(pickle.dumps(phone))):
        assert (same, same.figure) == (phone, phone.figure)
    assert pickle.loads(pickle.dumps(sentence)).parts == sentence.parts
    shown = str(prose(sentence))
    assert '<span data-figure="183.2014E.channel_share.inbound.phone">22,5 %</span>' in shown
    assert "<b>" not in shown


@pytest.mark.parametrize("count_id", ["2014E"])
def test_a_figure_is_printed_with_one_text_wherever_it_stands(count_id: str) -> None:
    found: dict[str, set[str]] = {}
    for printed in printed_in(build(with_texts(TAME))):
        found.setdefault(str(printed.figure), set()).add(str(printed))
    assert {name: texts for name, texts in found.items() if len(texts) > 1} == {}
    assert {parse(name).period for name in found} >= {count_id, "2014-12-01"}
