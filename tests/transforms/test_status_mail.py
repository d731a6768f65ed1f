"""A status -> the mail that staff read: what it says, what it carries, and that every mail program shows it."""

import base64
import dataclasses
import datetime as dt
import email
import email.policy
import re
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.steps import smtp
from flows.steps.mail_settings import Mail
from flows.steps.smtp import SENDABLE
from schemas.codes import Measure, PublicationKind, TargetStatus, count_label
from tests.mail_lint import faults
from tests.make import count_facts, status_row, targets
from tests.smtp_server import SmtpServer
from transforms import charts, mime, status_mail, status_report
from transforms.danish import NBSP
from transforms.status_data import StatusData
from transforms.status_report import Line, Report
from transforms.status_words import REASON_WORDS

R, T, B, N = "reached", "on_track", "behind", "not_assessed"
SENDER = "Kanalstatus Ishøj <kanalstatus@example.dk>"
URL = "https://intranet.example.dk/kanalstatus/183/2014E/index.html"
PUBLISHED = dt.datetime(2014, 12, 8, 6, 0, tzinfo=dt.UTC)
CHANGES = [("Indgående henvendelser: Telefon, efterår 2014", f"22,4{NBSP}%", f"22,5{NBSP}%"),
           ("Digital Post: omfattede borgere", "16.998", "17.000")]  # fmt: skip
HOSTILE = [
    '<script>alert("1")</script>', '" onmouseover="x', "a & b &amp; c &lt;", "to\nlinjer\r\nBcc: x@y.dk", "\u202egnårv",
    "x" * 300, 'class="y" style="position:fixed"', "{{H_2O}}", "<!--[if mso]>", "\x00\x1b[31m",
    "</td></table>", "**fed** [a](http://x.dk)",
]  # fmt: skip
HAS_NO_TARGET: dict[str, Any] = {"status": "no_target", "target_kind": None, "target_value": None, "deadline": None}
ROWS = [
    status_row(channel="self_service", value=0.525, target_kind="at_least", target_value=0.4, status=R,
               first_reached_count_id="2014E", national_value=0.419),
    status_row(),
    status_row(channel="phone", value=0.225, target_kind="at_least", target_value=0.35, status=B, national_value=None,
               national_method=None, change_pp=-5.0),
    status_row(channel="letter", value=0.003, target_value=0.04, status=R, first_reached_count_id="2013E"),
    status_row(measure="digital_share", channel=None, value=0.586, target_kind="at_least", target_value=0.6),
    status_row(direction="outbound", channel="digital_post", value=0.927, national_value=0.663, **HAS_NO_TARGET),
]  # fmt: skip
ENROLLED = Line("Borgernes tilslutning til Digital Post", "Tilmeldt", TargetStatus.NO_TARGET, "– Intet mål",
                f"89,9{NBSP}%", "+32,9", "intet mål", "ikke oplyst", trend=(570, 899))  # fmt: skip


def data_of(rows: list[dict] | None = None, **changes: Any) -> StatusData:
    strategy = {"name": "Kanalstrategi 2012-2015", "purpose": "", "contact": "Borgerservice, borger@example.dk"}
    facts: dict[str, Any] = {
        "municipality_code": "183", "count": count_facts(), "previous": count_facts(2013), "common_task_count": 45,
        "target_status": ROWS if rows is None else rows, "comparable": [], "national_digital_post": [],
        "deliveries": [], "not_loaded": [],
        "settings": {"strategy": strategy, "note": [], "event": [], "min_cell": 5},
    }  # fmt: skip
    return StatusData(**facts | changes)


def with_texts(text: str) -> StatusData:
    note = {"count": "2014E", "municipality": "183", "measure": None, "direction": None, "channel": None, "text": text}
    event = {"date": "2014-11-01", "text": text}
    strategy = {"name": text, "purpose": text, "contact": text}
    return data_of(settings={"strategy": strategy, "note": [note, note], "event": [event], "min_cell": 5})


def report_of(data: StatusData) -> Report:
    report = status_report.build(data)
    return dataclasses.replace(report, lines=[*report.lines, ENROLLED])


def compose(data: StatusData | None = None, **changes: Any) -> bytes:
    data = data or data_of()
    report = report_of(data)
    chart = status_mail.chart_of(data, report)
    arguments: dict[str, Any] = {
        "kind": "first", "changes": [], "published_at": PUBLISHED, "sender": SENDER,
        "reply_to": "Digitalisering <digitalisering@example.dk>", "message_id": mime.message_id("1", SENDER),
        "page_url": URL, "chart": chart, "chart_png": b"\x89PNG picture" if chart else None,
    }  # fmt: skip
    return status_mail.compose(data, report, **arguments | changes)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part_of(raw: bytes, kind: str) -> str:
    part = read(raw).get_body((kind,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def html_of(raw: bytes) -> str:
    return part_of(raw, "html")


def text_of(raw: bytes) -> str:
    return part_of(raw, "plain").replace(NBSP, " ")


def words_of(raw: bytes) -> str:
    """Return what the HTML says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]*>", " ", html_of(raw)).replace("&nbsp;", " "))


# The subject


@pytest.mark.parametrize(
    ("rows", "kind", "subject"),
    [
        (ROWS, "first", "Kanalstatus efterår 2014: 2 af 5 mål nået"),
        (ROWS, "update", "Kanalstatus efterår 2014: 2 af 5 mål nået"),
        (ROWS, "correction", "Rettelse: efterår 2014, 2 af 5 mål nået"),
        (ROWS, "draft", "Kladde: efterår 2014, 2 af 5 mål nået"),
        ([status_row(status=R)], "first", "Kanalstatus efterår 2014: målet er nået"),
        ([status_row(status=T)], "first", "Kanalstatus efterår 2014: målet er på vej"),
        ([status_row(status=B)], "first", "Kanalstatus efterår 2014: målet er ikke nået"),
        ([status_row(status=N)] * 2, "first", "Kanalstatus efterår 2014: mål ikke vurderet"),
        ([ROWS[-1]], "first", "Kanalstatus efterår 2014: nye tal"),
        ([status_row(measure=str(Measure.DIGITAL_SHARE), channel=None, value=0.586, **HAS_NO_TARGET)], "first",
         "Kanalstatus efterår 2014: 58,6 % digitalt"),
        ([status_row(status=R)] * 99, "correction", "Rettelse: efterår 2014, 99 af 99 mål nået"),
    ],
)  # fmt: skip
def test_the_subject_names_the_count_and_the_outcome(rows, kind, subject):
    found = status_mail.subject(data_of(rows), kind)
    assert found == subject
    assert len(found) <= 45


def test_the_subject_of_an_incomplete_count_promises_nothing():
    found = status_mail.subject(data_of(is_complete=False, missing=["Systemtal, uge 43"]), "incomplete")
    assert found == "Kanalstatus efterår 2014: foreløbige tal"


# The head


def test_the_head_names_sender_and_list_and_no_recipient():
    message = read(compose())
    assert message["From"] == SENDER
    assert message["To"] == "Modtagere af kanalstatus:;"
    assert message["Reply-To"] == "Digitalisering <digitalisering@example.dk>"
    assert message["Date"].datetime == PUBLISHED
    assert message["Date"].endswith("+0100")
    assert message["List-Id"] == "<kanalstatus-183.example.dk>"
    assert message["Message-ID"] == mime.message_id("1", SENDER)
    assert (message["Auto-Submitted"], message["Content-Language"], message["MIME-Version"]) == (
        "auto-generated", "da", "1.0"
    )  # fmt: skip
    assert not message.defects
    assert len(message.keys()) == len(set(message.keys()))


def test_without_settings_for_mail_the_head_stands_all_the_same():
    raw = compose(sender="", reply_to="", message_id=mime.message_id("1", ""))
    message = read(raw)
    assert message["From"] == "Kanalstatus <kanalstatus@localhost>"
    assert "Reply-To" not in message
    assert message["Message-ID"].endswith("@localhost>")
    assert "Svar på den" not in text_of(raw)


def test_a_danish_host_and_name_are_sent_as_ascii():
    name = "Økonomi og ledelse og æstetik i Ishøj Kommunes digitaliseringsenhed"
    raw = compose(sender=f"{name} <status@ishøj.dk>")
    (sender,) = read(raw)["From"].addresses
    assert sender.addr_spec == "status@xn--ishj-ira.dk"
    assert sender.display_name == name
    assert SENDABLE.fullmatch(raw)


@pytest.mark.parametrize("sender", ["a@b.dk, c@d.dk", "ingen", "Bcc: x@y.dk <", "Gruppe: a@b.dk;"])
def test_a_sender_that_is_not_one_address_is_refused(sender):
    with pytest.raises(ValueError, match="not one mail address") as caught:
        compose(sender=sender)
    assert sender not in str(caught.value)


def test_a_sender_cannot_write_further_headers():
    with pytest.raises(ValueError, match="not one mail address"):
        compose(sender="Kanal\r\nBcc: x@y.dk\r\n <kanal@example.dk>")
    assert read(compose(sender="Kanal\r\n status <kanal@example.dk>"))["From"].addresses[0].username == "kanal"


# The parts


def test_the_mail_is_text_or_html_with_its_picture():
    message = read(compose())
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"
    ]  # fmt: skip
    *_, related, html, picture = message.walk()
    assert related.get_param("type") == "text/html"
    assert picture.get_content() == b"\x89PNG picture"
    assert picture.get_content_disposition() == "inline"
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()


def test_without_a_chart_the_mail_is_text_or_html():
    raw = compose(data_of([ROWS[-1]]))
    assert [part.get_content_type() for part in read(raw).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert "<img" not in html_of(raw)


def test_the_picture_says_in_words_what_it_shows():
    data = data_of()
    chart = status_mail.chart_of(data, report_of(data))
    assert chart is not None
    assert re.search(r'<img [^>]*alt="([^"]*)"', html_of(compose(data)))[1].replace("&nbsp;", NBSP) == chart.alt


def test_the_chart_has_the_order_of_the_table():
    data = data_of(list(reversed(ROWS)))
    chart = status_mail.chart_of(data, report_of(data))
    assert chart is not None
    places = [chart.alt.index(f"{each}: ") for each in ("Selvbetjening", "Personligt fremmøde", "Telefon", "Brev")]
    assert places == sorted(places)


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_the_same_status_gives_the_same_bytes(seed):
    code = ("import sys; from tests.transforms.test_status_mail import compose; "
            "sys.stdout.buffer.write(compose(kind='correction', changes=[('a', 'b', 'c')]))")  # fmt: skip
    root = Path(__file__).parents[2]
    environment = {"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"}
    run = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, check=True)
    assert run.stdout == compose(kind="correction", changes=[("a", "b", "c")])


# What it says


def test_the_order_is_outcome_bullets_table_chart_notes():
    html = html_of(compose(with_texts("En bemærkning.")))
    sights = ["display:none", "<h1", "font-size:18px", "<li", URL, "<table style", "<img", "Bemærkninger", "Kontakt"]
    places = [html.index(each) for each in sights]
    assert places == sorted(places)


def test_both_parts_say_the_same():
    raw = compose()
    report = report_of(data_of())
    said, text = words_of(raw), " ".join(text_of(raw).split())
    for sentence in [report.title, report.outcome, *report.bullets]:
        plain = sentence.replace(NBSP, " ")
        assert plain in text
        assert plain.replace(": ", ": ") in said.replace(" :", ":")
    for line in report.lines:
        assert f"{line.label}: {line.value} ({line.status_text}".replace(NBSP, " ") in text
        for word in (line.label, line.status_text, line.value, line.target, line.national):
            assert word.replace(NBSP, " ") in said


def test_the_preview_in_a_list_of_mails_is_the_outcome():
    assert '<div style="display:none;mso-hide:all">To af fem mål for 2015 er nået, ' in html_of(compose())


def test_the_table_has_headings_for_rows_columns_and_groups():
    html = html_of(compose()).replace("&nbsp;", " ")
    columns = re.findall(r'<th scope="col"[^>]*>([^<]*)', html)
    assert columns == ["Kanal", "Status", "Efterår 2014", "Mål ultimo 2015", "Hele landet"]
    groups = re.findall(r'<th colspan="5" scope="colgroup"[^>]*>([^<]*)', html)
    assert groups == ["Indgående henvendelser", "Udgående henvendelser", "Borgernes tilslutning til Digital Post"]
    rows = re.findall(r'<th scope="row"[^>]*>([^<]*)', html)
    assert rows[:3] == ["Selvbetjening", "Personligt fremmøde", "Telefon"]


@pytest.mark.parametrize(
    ("words", "colour", "fill"),
    [
        ("✓ Nået", "#0B5D2A", "#E3F4E8"),
        ("→ Godt på vej", "#7A4B00", "#FFF3D6"),
        ("✗ Ikke nået endnu", "#9B1C1C", "#FDE8E8"),
        ("– Intet mål", "#4A4A4A", "#F0F0F0"),
    ],
)
def test_a_status_is_an_icon_a_word_and_a_colour(words, colour, fill):
    (look,) = set(re.findall(rf'<td style="([^"]*)">{words}<', html_of(compose()).replace("&nbsp;", " ")))
    assert {f"background-color:{fill}", f"color:{colour}", "font-weight:bold"} <= set(look.split(";"))


def test_deadlines_that_differ_stand_at_their_targets():
    rows = [ROWS[0], status_row(deadline=dt.date(2016, 6, 30))]
    raw = compose(data_of(rows))
    assert "højst 14 % pr. 30. juni 2016" in words_of(raw)
    assert "mindst 40 % ultimo 2015" in text_of(raw)
    assert ">Mål<" in html_of(raw)
    assert "Status pr. kanal, efterår 2014\n---" in text_of(raw)
    assert "Status pr. kanal, efterår 2014; mål ultimo 2015\n---" in text_of(compose())


def test_a_long_table_keeps_the_targets_and_says_where_the_rest_is():
    channels = ["email", "sms", "digital_post", "social_media", "systems"]
    small = [status_row(channel=each, value=0.01, **HAS_NO_TARGET) for each in channels]
    raw = compose(data_of(ROWS + small))
    assert html_of(raw).count('scope="row"') == 10
    assert "Yderligere 2 rækker står på siden." in text_of(raw)
    assert "Yderligere 2 rækker står på statussiden." in text_of(compose(data_of(ROWS + small), page_url=""))
    assert "Yderligere" not in text_of(compose())


def test_a_correction_lists_the_figures_that_changed_below_the_outcome():
    raw = compose(kind="correction", changes=CHANGES)
    text = text_of(raw)
    listed = ("Disse tal er rettet:\n* Indgående henvendelser: Telefon, efterår 2014: fra 22,4 % til 22,5 %.\n"
              "* Digital Post: omfattede borgere: fra 16.998 til 17.000.\n")  # fmt: skip
    assert listed in text
    assert text.index("To af fem mål") < text.index("Disse tal er rettet")
    html = html_of(raw)
    assert html.index("font-size:18px") < html.index("Disse tal er rettet") < html.index("Status pr. kanal")
    assert html.count(": fra ") == 2
    assert "Rettet 8. december 2014." in text
    assert "rettet" not in text_of(compose()).lower()


def test_an_incomplete_count_says_what_is_missing_and_judges_nothing():
    rows = [status_row(status=N, reason="count_incomplete")]
    raw = compose(data_of(rows, is_complete=False, missing=["Systemtal, uge 43"]), kind="incomplete")
    assert "Foreløbige tal. Der mangler: Systemtal, uge 43." in text_of(raw)
    assert "Ikke vurderet" in words_of(raw)
    assert "<img" not in html_of(raw)
    assert not faults(html_of(raw), URL)


def test_there_is_a_link_only_where_there_is_a_page():
    assert f'href="{URL}"' in html_of(compose())
    assert URL in text_of(compose())
    without = compose(page_url="")
    assert "http" not in html_of(without)
    assert "http" not in text_of(without)


@pytest.mark.parametrize("text", ["javascript:alert(1)", "file:///m:/side.html", "https://a.dk/\r\nBcc: x@y.dk", "  ",
                                  'https://a.dk/"><b>', "https://a.dk/\u202egnp.exe", "http://"])  # fmt: skip
def test_a_link_that_leads_nowhere_on_the_web_is_refused(text):
    with pytest.raises(ValueError, match="no address of the web") as caught:
        compose(page_url=text)
    assert text not in str(caught.value)


def test_a_link_with_signs_of_its_own_arrives_whole():
    url = "https://intranet.ishøj.dk/status?id=1&b=2"
    raw = compose(page_url=url)
    assert faults(html_of(raw), url) == []
    assert f"{url}\n" in text_of(raw)


def test_the_contact_can_be_written_to():
    assert '<a href="mailto:borger@example.dk"' in html_of(compose())


def test_text_fits_78_columns():
    text = part_of(compose(with_texts("x" * 300), kind="correction", changes=CHANGES), "plain")
    assert max(map(len, text.split("\n"))) <= 78


def test_no_line_breaks_between_a_figure_and_its_word():
    table = part_of(compose(), "plain").partition("Status pr. kanal")[2]
    for words in ("hele landet: ikke oplyst", "højst 14 %", "mindst 40 %", "✓ Nået"):
        assert words.replace(" ", NBSP) in table


def test_no_sign_stands_before_a_number():
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", html_of(compose()))
    assert not [cell for cell in cells if re.match(r"[^\w✓→✗–]", cell)]
    assert "<sup" not in html_of(compose())


# What it is made of


def test_the_html_is_what_mail_programs_keep():
    assert faults(html_of(compose(kind="correction", changes=CHANGES)), URL) == []


def test_the_mail_is_light():
    assert len(html_of(compose(data_of(ROWS))).encode()) < 14_000


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_forge_html_or_headers(text):
    raw = compose(with_texts(text), kind="correction", changes=[(text, "1", "2")])
    html = html_of(raw)
    assert faults(html, URL) == []
    assert SENDABLE.fullmatch(raw)
    assert read(raw).keys() == read(compose()).keys()
    for sign in "\u202e\x00\x1b":
        assert sign not in html + text_of(raw)


@pytest.mark.parametrize(
    ("fault", "html"),
    [
        (f"href={URL}", f'<a href="{URL}"></a>'),
        ("element script", "<script></script>"), ("element svg", "<svg></svg>"), ("p onclick", '<p onclick="x"></p>'),
        ("p style position:fixed", '<p style="position:fixed"></p>'), ("td bgcolor", '<td bgcolor="x"></td>'),
        ("src=http://x.dk/a.png", '<img src="http://x.dk/a.png" alt="x">'), ("img without alt", '<img src="cid:a@b">'),
        ("src=data:image/png;base64,x", '<img src="data:image/png;base64,x" alt="x">'),
        ("href=javascript:x", '<a href="javascript:x"></a>'), ("a comment", "<!-- x -->"), ("not closed: p", "<p>"),
        ("p style background-color:url(x)", '<p style="background-color:url(x)"></p>'), ("stray </p>", "</p>"),
        ("style ['@', 'import', 'url']", "<style>@import url(x)</style>"), ("th without scope", "<th></th>"),
    ],
)  # fmt: skip
def test_the_lint_sees(fault, html):
    assert fault in faults(html)


TEXTS = st.text(max_size=80)


@settings(deadline=None, max_examples=30)
@given(TEXTS, st.sampled_from(PublicationKind))
def test_any_text_makes_a_mail_that_can_be_sent(text, kind):
    raw = compose(with_texts(text), kind=str(kind), changes=[(text, "1", "2")] if kind == "correction" else [])
    assert SENDABLE.fullmatch(raw)
    assert faults(html_of(raw), URL) == []
    assert not any(part.defects for part in read(raw).walk())


# Over the wire


@pytest.mark.parametrize("count_id", ["2014E", "2014F"])
@pytest.mark.parametrize("kind", ["first", "correction", "draft"])
def test_every_number_stands_in_the_subject_as_it_was_written(count_id, kind):
    count = dataclasses.replace(count_facts(), count_id=count_id)
    pairs = [(reached, number) for number in range(16) for reached in range(number + 1)]
    for reached, total in [*pairs, (98, 99)]:
        subject = status_mail.subject(data_of(targets(*[R] * reached, *[B] * (total - reached)), count=count), kind)
        raw = mime.message(mime.Head(subject, PUBLISHED, SENDER, "", "<1@example.dk>", "Modtagere", "liste"), "Tekst\n")
        assert read(raw)["Subject"] == subject
        assert len(subject) <= 45


COUNTS = [f"{year}{season}" for year in range(2012, 2017) for season in "FE"]


def test_every_subject_and_the_bytes_arrive_as_they_were_written():
    sent = []
    with SmtpServer() as server:
        for count_id in COUNTS:
            data = data_of(count=dataclasses.replace(count_facts(), count_id=count_id))
            for kind in ("first", "correction"):
                raw = compose(data, kind=kind, changes=CHANGES)
                smtp.send(Mail(smtp_url=server.url(), sender=SENDER), SENDER, ["anna@example.dk"], raw)
                sent.append((raw, status_mail.subject(data, kind), count_label(count_id)))
    assert [each.content for each in server.received] == [raw for raw, _, _ in sent]
    for received, (_, subject, label) in zip(server.received, sent, strict=True):
        message = read(received.content)
        assert message["Subject"] == subject
        (word,) = re.findall(rb"=\?utf-8\?q\?\S+", received.content)[:1]
        assert len(word) <= 75, "RFC 2047"
        assert label in subject
        *_, html, picture = message.walk()
        assert f"cid:{picture['Content-ID'].strip('<>')}" in html.get_content()


# As it is seen


CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shown() -> str:
    """Give the HTML of a mail, its picture in it, for a browser knows no cid."""
    data = with_texts("Fra midt i november kan alle borgere ringe direkte til Borgerservice.")
    chart = status_mail.chart_of(data, report_of(data))
    assert chart is not None
    html = html_of(compose(data, kind="correction", changes=CHANGES))
    return re.sub(r"cid:[^\"]*", f"data:image/png;base64,{base64.b64encode(charts.png(chart)).decode()}", html)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [640, 360, 320])
def test_the_mail_can_be_read_by_all(browser, shown, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.set_content(shown)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tags = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    results = Axe().run(page, options=tags).response
    assert [each["id"] for each in results["violations"]] == []
    assert [url for url in fetched if not url.startswith("data:")] == []
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("reason", REASON_WORDS)
@pytest.mark.parametrize("deadline", [dt.date(2015, 12, 31), dt.date(2016, 9, 30)])
def test_no_status_widens_the_mail_on_a_telephone(browser, reason, deadline):
    rows = [status_row(channel=channel, status=N, reason=reason) for channel in ("self_service", "in_person")]
    rate = status_row(measure="self_service_rate", channel=None, status=N, reason=reason)
    html = html_of(compose(data_of([*rows, rate | {"deadline": deadline}])))
    for shown in (html, re.sub(r"<style>.*?</style>", "", html)):
        page = browser.new_page(viewport={"width": 360, "height": 900})
        page.set_content(shown)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [640, 360])
def test_a_long_word_does_not_widen_the_mail(browser, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_content(html_of(compose(with_texts("x" * 300), kind="correction", changes=[("y" * 300, "1", "2")])))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
