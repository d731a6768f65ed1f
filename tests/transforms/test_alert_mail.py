"""What went wrong -> the mail that engineers read: files, rules and commands, no values."""

import datetime as dt
import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import cli
from flows.steps.smtp import SENDABLE
from transforms import alert_mail, mime
from transforms.danish import NBSP

STARTED = dt.datetime(2014, 12, 8, 6, 0, tzinfo=dt.UTC)
SENDER = "Kanalstatus <kanalstatus@example.dk>"
REFUSED = {"delivery_id": 7, "source": "tracetool", "file_name": "tracetool_183.csv", "status": "refused",
           "reason": "Ingen række kan bruges. Se de frasorterede rækker, og lav udtrækket igen."}  # fmt: skip
HELD = {"delivery_id": 9, "source": "unknown", "file_name": "systemtal_183.xlsx", "status": "held",
        "reason": "Kontrolsummen i linje 302 siger 700, rækkerne siger 600. Ret udtrækket."}  # fmt: skip
OVERDUE = ("2014E", "183", ["Systemtal, uge 43", "Systemtal, uge 44"])


def compose(**changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "refused_or_held": [], "overdue": [], "mail_troubles": [], "lost": [], "failure": None, "started_at": STARTED,
        "sender": SENDER, "reply_to": "", "message_id": mime.message_id("1", SENDER),
    }  # fmt: skip
    return alert_mail.compose(**arguments | changes)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(raw: bytes) -> str:
    return read(raw).get_content().replace(NBSP, " ").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"refused_or_held": [HELD, REFUSED, REFUSED]}, "Kanalstatus: 2 afvist, 1 tilbageholdt"),
        ({"refused_or_held": [HELD]}, "Kanalstatus: 1 tilbageholdt"),
        ({"overdue": [OVERDUE]}, "Kanalstatus: 1 forsinket"),
        ({"overdue": [OVERDUE] * 2, "mail_troubles": ["x"]}, "Kanalstatus: 2 forsinkede, 1 mailfejl"),
        ({"failure": "KeyError"}, "Kanalstatus: kørslen fejlede"),
        ({"failure": "x", "refused_or_held": [HELD, REFUSED]}, "Kanalstatus: kørslen fejlede, 1 afvist m.m."),
        ({"lost": ["x"], "failure": "x"}, "Kanalstatus: kørslen fejlede m.m."),
        ({"lost": ["x", "y"], "refused_or_held": [HELD]}, "Kanalstatus: 2 mangler i arkivet m.m."),
        ({}, "Kanalstatus: intet nyt"),
    ],
)
def test_the_subject_says_the_gravest_first(changes, subject):
    found = read(compose(**changes))["Subject"]
    assert found == subject
    assert len(found) <= 45


@settings(deadline=None, max_examples=50)
@given(*[st.integers(0, 999)] * 2, *[st.integers(0, 99)] * 3, st.booleans())
def test_no_subject_is_too_long(refused, held, late, mails, lost, failed):
    rows = [REFUSED] * refused + [HELD] * held
    said = alert_mail.subject(rows, [OVERDUE] * late, ["x"] * mails, ["x"] * lost, "x" if failed else None)
    assert len(said) <= 45


def test_what_the_archive_has_lost_is_told_and_much_of_it_is_cut_short():
    text = text_of(compose(lost=["Udgivelse 2: index.html", "Mail 7"]))
    assert "Mangler i arkivet (2)" in text
    assert "* Udgivelse 2: index.html\n* Mail 7\n  Det er væk" in text
    text = text_of(compose(lost=[f"Udgivelse {number}: index.html" for number in range(1, 13)]))
    assert "* Udgivelse 10: index.html\n* og 2 til\n" in text
    assert "Udgivelse 11" not in text


def test_a_delivery_is_told_with_file_rule_and_command():
    text = text_of(compose(refused_or_held=[HELD, REFUSED]))
    assert text.index("Afvist (1)") < text.index("Tilbageholdt (1)")
    assert "* tracetool_183.csv (levering 7, Manuelle registreringer (TraceTool))" in text
    assert "  Ingen række kan bruges." in text
    assert "    kanalstatus rejects 7\n" in text
    assert "Bed om en rettet levering" in text
    assert "* systemtal_183.xlsx (levering 9, ukendt kilde)" in text
    assert '    kanalstatus accept 9 --reason "…"\n' in text
    assert "accept 7" not in text


def test_what_looks_like_persons_may_be_released_by_who_knows_better():
    row = REFUSED | {"reason": "Kolonnen Note rummer tal, der ligner CPR-numre."}
    assert 'kanalstatus accept 7 --not-personal --reason "…"' in text_of(compose(refused_or_held=[row]))


def test_rows_that_are_not_there_are_not_pointed_at():
    assert "rejects" not in text_of(compose(refused_or_held=[REFUSED | {"rows_rejected": 0}]))


def test_a_late_count_says_what_is_missing_and_how_to_go_on():
    text = text_of(compose(overdue=[OVERDUE]))
    assert "* Efterår 2014, Ishøj Kommune (183). Der mangler:\n  - Systemtal, uge 43\n  - Systemtal, uge 44\n" in text
    assert "    kanalstatus publish --count 2014E --municipality 183 --incomplete\n" in text


def test_a_failure_and_mails_that_did_not_arrive_are_told():
    text = text_of(compose(failure="builtins.KeyError (in due.py:84)", mail_troubles=["mail 3: 1 refused (550 5.1.1)"]))
    assert "* builtins.KeyError (in due.py:84)" in text
    assert "* mail 3: 1 refused (550 5.1.1)" in text
    assert "kanalstatus doctor" in text


def test_the_run_page_is_linked_where_it_has_an_address():
    url = "https://intranet.example.dk/kanalstatus/run.html"
    assert f"Kørslens side viser resten:\n{url}\n" in text_of(compose(overdue=[OVERDUE], page_url=url))
    assert "Kørslens side, run.html, viser resten." in text_of(compose(overdue=[OVERDUE]))
    forged = text_of(compose(page_url="https://a.dk/\r\n\u202eTil: alle"))
    assert "https://a.dk/  Til: alle\n" in forged


def test_a_person_in_a_file_name_is_masked():
    for name in ("0101701234.csv", "borger 010170-1234.csv"):
        raw = compose(refused_or_held=[REFUSED | {"file_name": name}])
        assert "1234" not in text_of(raw)


def test_every_command_is_one_that_exists():
    everything = compose(refused_or_held=[HELD, REFUSED], overdue=[OVERDUE], failure="x", mail_troubles=["y"])
    for line in text_of(everything).splitlines():
        if line.startswith("    kanalstatus"):
            with pytest.raises(SystemExit) as caught:
                cli.main([line.split()[1], "--help"])
            assert caught.value.code == 0


@pytest.mark.parametrize("text", ["to\nlinjer\r\nBcc: x@y.dk", "\u202egnårv", "x" * 300, "\x00\x1b[31m", "<script>"])
def test_no_text_can_forge_headers_or_lines(text):
    raw = compose(refused_or_held=[REFUSED | {"file_name": text, "reason": text}], failure=text, mail_troubles=[text],
                  overdue=[("2014E", "183", [text])])  # fmt: skip
    assert SENDABLE.fullmatch(raw)
    assert read(raw).keys() == read(compose()).keys()
    body = text_of(raw)
    assert not any(line.startswith("Bcc") for line in body.splitlines())
    for sign in "\u202e\x00\x1b":
        assert sign not in body


def test_the_head_names_no_recipient_and_answers_no_robot():
    message = read(compose(refused_or_held=[HELD]))
    assert message["To"] == "Driftsansvarlige for kanalstatus:;"
    assert (message["From"], message["Auto-Submitted"]) == (SENDER, "auto-generated")
    assert message["List-Id"] == "<kanalstatus-drift.example.dk>"
    assert message["Date"].datetime == STARTED
    assert message.get_content_type() == "text/plain"


def test_the_same_troubles_give_the_same_bytes():
    assert compose(refused_or_held=[HELD], failure="x") == compose(refused_or_held=[HELD], failure="x")
