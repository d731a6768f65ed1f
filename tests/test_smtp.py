"""Sending: to real servers on loopback, well and in every way that servers fail."""

import base64
import datetime as dt
import threading
import time
import traceback
from email.message import EmailMessage
from email.policy import SMTP

import pytest
import trustme
from pydantic import ValidationError

from flows.steps import doctor, smtp
from flows.steps.mail_settings import Mail
from flows.steps.settings import ConfigurationError, Recipient, load_settings
from tests.smtp_server import SmtpServer, silent_port

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

SENDER = "Kanalstatus Ishøj <kanalstatus@example.dk>"
ANNA, BO, SOREN = "anna@example.dk", "bo@example.dk", "søren@ishøj.dk"
RAW = b"Subject: Kanalstatus\r\n\r\nFortroligt indhold\r\n"
PASSWORD = "hem/me:l@gt#1%"
USER = f"kanal:{'hem%2Fme%3Al%40gt%231%25'}"
LONG_AGO = dt.datetime(2014, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch) -> trustme.CA:
    """Give the CA that this process trusts, by the standard variable."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


def mail(url: str) -> Mail:
    return Mail(smtp_url=url, sender=SENDER)


def send(server: SmtpServer, *recipients: str, raw: bytes = RAW, url: str = "") -> smtp.Sent:
    return smtp.send(mail(url or server.url()), SENDER, recipients or (ANNA,), raw)


def failure(kind: type[smtp.MailError], server: SmtpServer, *recipients: str, raw: bytes = RAW, url: str = "") -> str:
    """Return the text of the error that sending ends with, which must be of this kind and say nothing private."""
    with pytest.raises(kind) as caught:
        send(server, *recipients, raw=raw, url=url)
    assert caught.type is kind
    assert_discreet(caught.value)
    return str(caught.value)


def assert_discreet(error: BaseException | None) -> None:
    while error:
        words = "\n".join((str(error), repr(error), repr(error.args), *traceback.format_exception(error)))
        login = base64.b64encode(f"\0kanal\0{PASSWORD}".encode()).decode()
        for secret in (PASSWORD, USER, "hem%2F", login, base64.b64encode(PASSWORD.encode()).decode()):
            assert secret not in words
        for private in (ANNA, BO, "søren", "Fortroligt", "kanalstatus@"):
            assert private not in words
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


# What arrives


def test_a_message_arrives_byte_for_byte():
    message = EmailMessage(policy=SMTP.clone(max_line_length=200))
    message["Subject"] = "Kanalstatus efterår 2014: 4 mål nået på Ishøj, og ét er på vej i år; æøå ÆØÅ"
    message.set_content("Første linje\n.\n..\n.punktum\nFrom mig\n\n\n.\n", cte="quoted-printable")
    raw = message.as_bytes()
    with SmtpServer() as server:
        assert send(server, raw=raw) == smtp.Sent()
    (got,) = server.received
    assert got.content == raw
    assert (got.mail_from, got.recipients, got.is_tls) == ("kanalstatus@example.dk", (ANNA,), False)


@pytest.mark.parametrize(
    "raw", [b".\r\n", b"\r\n.\r\n.\r\n", b"..\r\n.a\r\n", b"a\r\n.\r\nb\r\n", b"x" * 998 + b"\r\n"]
)
def test_dots_and_long_lines_arrive_as_they_are(raw):
    with SmtpServer() as server:
        send(server, raw=raw)
    assert server.received[0].content == raw


@pytest.mark.parametrize(
    "raw",
    [b"a\nb\r\n", b"a\rb\r\n", b"a\n.\nMAIL FROM:<x@y>\r\n", "æ\r\n".encode(), b"\0\r\n", b"x" * 999 + b"\r\n"],
)
def test_bytes_that_servers_would_change_are_not_sent(raw):
    with SmtpServer() as server:
        assert "7-bit" in failure(smtp.MailRefused, server, raw=raw)
    assert server.read == 0


def test_display_names_stay_out_of_the_envelope_and_nobody_gets_it_twice():
    with SmtpServer() as server:
        send(server, f"Anna Ås <{ANNA}>", ANNA, BO)
    assert server.received[0].recipients == (ANNA, BO)


def test_non_ascii_names_go_by_smtputf8_and_hosts_in_ascii():
    with SmtpServer() as server:
        assert send(server, SOREN, ANNA) == smtp.Sent()
        assert send(server, "post@ishøj.dk") == smtp.Sent()
    first, second = server.received
    assert first.recipients == ("søren@xn--ishj-ira.dk", ANNA)
    assert "SMTPUTF8" in first.options
    assert second.recipients == ("post@xn--ishj-ira.dk",)
    assert "SMTPUTF8" not in second.options


def test_without_smtputf8_only_those_who_need_it_are_left_out():
    with SmtpServer(utf8=False) as server:
        sent = send(server, SOREN, ANNA, "post@ishøj.dk")
        assert "1 recipients can be sent to (needs SMTPUTF8" in failure(smtp.MailRefused, server, SOREN)
    assert [(each.address, each.is_final) for each in sent.refused] == [(SOREN, True)]
    assert "SMTPUTF8" in sent.refused[0].reason
    assert "søren" not in repr(sent)
    assert server.received[0].recipients == (ANNA, "post@xn--ishj-ira.dk")


def test_what_is_no_address_never_reaches_the_line():
    forged = "x@y.dk>\r\nRCPT TO:<z@y.dk"
    with SmtpServer() as server:
        sent = send(server, forged, ANNA)
        failure(smtp.MailRefused, server, forged)
    assert [each.address for each in sent.refused] == [forged]
    assert [each.recipients for each in server.received] == [(ANNA,)]


def test_a_message_needs_recipients_and_a_server():
    with SmtpServer() as server, pytest.raises(ValueError, match="no recipients"):
        smtp.send(mail(server.url()), SENDER, [], RAW)
    with pytest.raises(ValueError, match="smtp://"):
        smtp.send(Mail(), SENDER, [ANNA], RAW)


# Encryption


@pytest.mark.parametrize("tls", ["starttls", "smtps"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_mail_goes_by_tls_to_a_server_whose_certificate_holds(tls, host, trusted):
    with SmtpServer(tls=tls, certificate=trusted.issue_cert(host)) as server:
        send(server, url=server.url(host=host))
        smtp.greet(mail(server.url(host=host)))
    assert server.received[0].is_tls
    assert server.received[0].content == RAW


@pytest.mark.parametrize("tls", ["starttls", "smtps"])
@pytest.mark.parametrize("fault", ["wrong host", "expired", "unknown CA"])
def test_a_certificate_that_does_not_hold_is_refused(tls, fault, trusted):
    certificate = {
        "wrong host": lambda: trusted.issue_cert("mail.example.dk"),
        "expired": lambda: trusted.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO + dt.timedelta(9)),
        "unknown CA": lambda: trustme.CA().issue_cert("127.0.0.1"),
    }[fault]()
    with SmtpServer(tls=tls, certificate=certificate, login=("kanal", PASSWORD)) as server:
        text = failure(smtp.MailBlocked, server, url=server.url(USER))
    assert "SSL_CERT_FILE" in text
    assert {"wrong host": "mismatch", "expired": "expired", "unknown CA": "local issuer"}[fault] in text
    assert server.read == 0


def test_without_the_variable_a_private_ca_is_not_trusted(authority, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with SmtpServer(tls="smtps", certificate=authority.issue_cert("127.0.0.1")) as server:
        assert "not trusted" in failure(smtp.MailBlocked, server)


def test_where_starttls_is_not_offered_nothing_is_sent():
    with SmtpServer(login=("kanal", PASSWORD)) as server:
        text = failure(smtp.MailBlocked, server, url=server.url(USER, scheme="smtp+starttls"))
    assert "does not offer STARTTLS" in text
    assert server.read == 0


def test_tls_to_a_server_that_speaks_none_says_which_setting_to_mind():
    with SmtpServer() as server:
        assert "mind scheme and port" in failure(smtp.MailBlocked, server, url=server.url(scheme="smtps"))


# Login


def test_user_and_password_are_percent_decoded(trusted):
    certificate = trusted.issue_cert("127.0.0.1")
    for tls in ("", "starttls", "smtps"):
        with SmtpServer(tls=tls, certificate=certificate, login=("kanal", PASSWORD)) as server:
            send(server, url=server.url(USER))
            smtp.greet(mail(server.url(USER)))
        assert [each.user for each in server.received] == ["kanal"]


def test_a_wrong_or_missing_login_is_for_the_settings_to_mend(trusted):
    with SmtpServer(tls="starttls", certificate=trusted.issue_cert("127.0.0.1"), login=("kanal", "ret")) as server:
        assert "refused the login (535 5.7.8); mend user" in failure(smtp.MailBlocked, server, url=server.url(USER))
        assert "(530 5.7.0); mend user" in failure(smtp.MailBlocked, server)
    assert server.read == 0


def test_a_login_that_no_server_offers_says_so():
    with SmtpServer(offers_login=False) as server:
        assert "no login that we know" in failure(smtp.MailBlocked, server, url=server.url(USER))


# Trouble


def test_a_server_that_is_down_may_be_tried_again_and_then_takes_it():
    with SmtpServer() as server:
        server.stop()
        assert "cannot be reached (Connection refused)" in failure(smtp.MailDelayed, server)
        server.start()
        send(server)
        server.stop()
        failure(smtp.MailDelayed, server)
        server.start()
        send(server)
    assert len(server.received) == 2


def test_a_host_that_nobody_knows_is_passing_trouble():
    with pytest.raises(smtp.MailDelayed, match=r"smtp://nowhere\.invalid:25: cannot be reached"):
        smtp.send(mail("smtp://nowhere.invalid"), SENDER, [ANNA], RAW)


def test_a_server_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 0.2)
    with silent_port() as port, pytest.raises(smtp.MailDelayed, match="in time"):
        smtp.send(mail(f"smtp://127.0.0.1:{port}"), SENDER, [ANNA], RAW)
    with silent_port() as port, pytest.raises(smtp.MailDelayed, match="in time"):
        smtp.send(mail(f"smtps://127.0.0.1:{port}"), SENDER, [ANNA], RAW)


@pytest.mark.parametrize("moment", ["EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("trouble", ["hang up", "silence"])
def test_a_line_that_breaks_before_the_message_may_be_tried_again(moment, trouble, monkeypatch):
    if trouble == "silence":
        monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 0.5)
    with SmtpServer(trouble=trouble, trouble_at=moment) as server:
        assert "broke off or did not answer in time" in failure(smtp.MailDelayed, server)
        server.trouble_at = ""
        monkeypatch.undo()
        send(server)
    assert len(server.received) == server.read == 1


def test_a_line_that_breaks_within_the_message_may_be_tried_again():
    with SmtpServer(trouble="hang up", trouble_at="content") as server:
        failure(smtp.MailDelayed, server, raw=(b"x" * 76 + b"\r\n") * 300_000)
    assert server.read == 0


@pytest.mark.parametrize("tls", ["", "starttls", "smtps"])
def test_a_line_that_breaks_before_the_answer_leaves_it_unknown(tls, trusted):
    certificate = trusted.issue_cert("127.0.0.1")
    with SmtpServer(tls=tls, certificate=certificate, trouble="hang up", trouble_at="message") as server:
        assert "may have arrived" in failure(smtp.MailUncertain, server, ANNA, BO)
    assert server.read == 1


def test_an_answer_that_never_comes_or_makes_no_sense_leaves_it_unknown(monkeypatch):
    monkeypatch.setattr(smtp, "FINAL_REPLY_SECONDS", 0.3)
    with SmtpServer(trouble="silence", trouble_at="message") as server:
        failure(smtp.MailUncertain, server)
        server.trouble_at = ""
        monkeypatch.undo()
        for reply in ("hvad?", "354 more", "99 x", "x" * 9000):
            server.message_reply = reply
            failure(smtp.MailUncertain, server)


def test_the_answer_to_a_message_is_waited_for_longer_than_others(monkeypatch):
    monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 1)
    with SmtpServer(trouble="silence", trouble_at="message") as server:
        waiting = threading.Thread(target=failure, args=(smtp.MailUncertain, server))
        waiting.start()
        until = time.monotonic() + 20
        while not server.read and time.monotonic() < until:
            time.sleep(0.01)
        waiting.join(1.5)
        assert waiting.is_alive()
        server.stop()
        waiting.join(20)
        assert not waiting.is_alive()


@pytest.mark.parametrize("trouble", ["hang up", "silence"])
def test_what_was_taken_is_sent_though_the_farewell_fails(trouble, monkeypatch):
    monkeypatch.setattr(smtp, "FAREWELL_SECONDS", 0.2)
    with SmtpServer(trouble=trouble, trouble_at="QUIT") as server:
        assert send(server) == smtp.Sent()
    assert len(server.received) == 1


# Replies


@pytest.mark.parametrize("place", ["mail_reply", "data_reply", "message_reply"])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("451 4.3.0 later", smtp.MailDelayed), ("421 4.3.2 closing", smtp.MailDelayed),
        ("452 4.2.2 full", smtp.MailDelayed), ("550 5.7.1 kanalstatus@example.dk Fortroligt", smtp.MailRefused),
        ("552 5.3.4 too big", smtp.MailRefused), ("554 no", smtp.MailRefused),
        ("530 5.7.0 log in", smtp.MailBlocked),
    ],
)  # fmt: skip
def test_a_reply_tells_later_from_never(place, reply, kind):
    with SmtpServer(**{place: reply}) as server:
        text = failure(kind, server)
    assert f"({' '.join(reply.split()[: 2 if '.' in reply.split()[1] else 1])})" in text
    assert not server.received


def test_any_2xx_takes_the_message():
    with SmtpServer(message_reply="251 2.0.0 queued elsewhere") as server:
        assert send(server) == smtp.Sent()


@pytest.mark.parametrize(("greeting", "kind"), [("421 busy", smtp.MailDelayed), ("554 not you", smtp.MailBlocked)])
def test_a_server_that_does_not_let_us_in(greeting, kind):
    with SmtpServer(greeting=greeting) as server:
        assert f"refused the connection ({greeting[:3]})" in failure(kind, server)


def test_the_others_get_it_when_some_are_refused():
    replies = {BO: "550 5.1.1 <bo@example.dk> unknown", "cia@example.dk": "450 4.2.0 greylisted"}
    with SmtpServer(recipient_replies=replies) as server:
        sent = send(server, ANNA, f"Bo <{BO}>", "cia@example.dk")
    assert [(each.address, each.reason, each.is_final) for each in sent.refused] == [
        (f"Bo <{BO}>", "550 5.1.1", True), ("cia@example.dk", "450 4.2.0", False),
    ]  # fmt: skip
    assert server.received[0].recipients == (ANNA,)
    assert "example" not in repr(sent)


@pytest.mark.parametrize(
    ("anna", "bo", "kind"),
    [
        ("550 5.1.1 anna@example.dk", "553 no", smtp.MailRefused), ("550 no", "450 later", smtp.MailDelayed),
        ("421 bye", "250 ok", smtp.MailDelayed), ("550 no", "530 log in", smtp.MailBlocked),
    ],
)  # fmt: skip
def test_when_all_are_refused_it_is_final_only_when_each_is(anna, bo, kind):
    with SmtpServer(recipient_replies={ANNA: anna, BO: bo}) as server:
        assert "2 recipients" in failure(kind, server, ANNA, BO, ANNA)
    assert server.read == 0


# The doctor


def test_the_doctor_says_what_to_do_about_the_server(trusted, tmp_path, monkeypatch):
    (tmp_path / "tasks.csv").write_text("pakke;kle;opgave;boelge\n")
    (tmp_path / "kanalstatus.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KANALSTATUS_MAIL__SENDER", SENDER)
    with SmtpServer(tls="starttls", certificate=trusted.issue_cert("127.0.0.1"), login=("kanal", PASSWORD)) as server:
        for user, is_well, words in (
            (USER, True, "would take mail"), ("kanal:forkert", False, "mend user and password"),
        ):  # fmt: skip
            monkeypatch.setenv("KANALSTATUS_MAIL__SMTP_URL", server.url(user))
            found = doctor._smtp(load_settings())
            assert (found.is_well, words in found.text, "kanal:" in found.text) == (is_well, True, False), found.text
        server.stop()
        found = doctor._smtp(load_settings())
        assert not found.is_well
        assert "see that it runs" in found.text
    assert server.read == 0


# Settings


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail", "smtp://mail:25"), ("smtp+starttls://Mail.example.dk", "smtp+starttls://mail.example.dk:587"),
        ("smtps://a:b@mail/", "smtps://mail:465"), ("smtp://a:b@[::1]:26", "smtp://[::1]:26"),
        ("smtp://a:b@localhost:26", "smtp://localhost:26"),
    ],
)  # fmt: skip
def test_an_smtp_url_names_scheme_host_and_port(url, server):
    assert str(mail(url).server) == server


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://kanal:{PASSWORD}@mail", "percent-encode"), ("http://kanal:hemmelig@mail", "begins with none of"),
        ("smtp+ssl://kanal:hemmelig@mail", "begins with none of"), ("mail:25", "not scheme://"),
        ("smtps://kanal:hem/melig@mail", "percent-encode"), ("smtps://kanal:hem#melig@mail:25", "percent-encode"),
        ("smtps://kanal:hem?melig@mail", "percent-encode"), ("smtps://kanal:hem[melig@mail", "percent-encode"),
        ("smtps://kanal:hemmelig@mail:port", "percent-encode"), ("smtps://kanal:hemmelig@mail:70000", "percent-enc"),
        ("smtps://kanal:hemmelig@mail:0", "1 to 65535"), ("smtps://kanal:hemmelig@", "names no host"),
        ("smtps://kanal:hemmelig@a..b", "names no host"), ("smtps://kanal:hem melig@mail", "percent-encode"),
        ("smtps://kanal:hemmelig@mail\n", "percent-encode"), ("smtps://kanal:hæmmelig@mail", "percent-encode"),
        ("smtps://kanal:hemmelig%0d%0aX@mail", "printable ASCII"), ("smtps://kanal:h%C3%A6mmelig@mail", "ASCII"),
        ("smtps://hemmelig@mail", "without a"), ("smtps://:hemmelig@mail", "without a"),
        ("smtp://kanal:hemmelig@mail.example.dk", "use smtp+starttls://"),
        ("smtp://kanal:hemmelig@10.0.0.1", "use smtp+starttls://"),
    ],
)  # fmt: skip
def test_a_wrong_smtp_url_is_told_without_printing_it(url, words, tmp_path, monkeypatch):
    with pytest.raises(ValidationError) as caught:
        mail(url)
    assert words in str(caught.value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.csv").write_text("pakke;kle;opgave;boelge\n")
    (tmp_path / "kanalstatus.toml").write_text("")
    monkeypatch.setenv("KANALSTATUS_MAIL__SMTP_URL", url)
    with pytest.raises(ConfigurationError) as told:
        load_settings()
    assert "mail.smtp_url: " in str(told.value)
    for error in (caught.value, told.value):
        shown = "".join((str(error), repr(error), *traceback.format_exception(error)))
        assert not any(secret in shown for secret in ("hem/me", "hemmelig", "melig", "mmelig", "kanal:"))


def test_the_settings_show_no_password():
    settings = mail("smtps://kanal:hemmelig@mail")
    assert settings.server.password == "hemmelig"
    for shown in (repr(settings), str(settings), repr(settings.server), str(settings.server)):
        assert "hemmelig" not in shown


def test_a_server_needs_a_sender():
    with pytest.raises(ValidationError, match="sender is empty") as caught:
        Mail(smtp_url="smtps://kanal:hemmelig@mail")
    assert "hemmelig" not in str(caught.value)


FORGED = [
    "x", "a@", "a@[", "\\@[ ", ":;", " .x", "(" * 3000, "a@[x@y]", "a@b%c",
    "@b.dk", "a@b@c.dk", "a@b.dk, c@d.dk", "a@b.dk,", "gruppe: a@b.dk;", "a@b..dk", "<a@b.dk", " ",
    "a@b.dk\r\nBcc: c@d.dk", "a@b.dk\n", "A\r\nBcc: c@d.dk <a@b.dk>", "a@b.dk\0", "A\u2028B <a@b.dk>", "A\x85 <a@b.dk>",
    "=?utf-8?q?A=0d=0aBcc:_c?= <a@b.dk>", "=?utf-8?q?A=00?= <a@b.dk>",
]  # fmt: skip


@pytest.mark.parametrize("text", FORGED)
def test_what_is_not_one_address_is_refused_in_every_place(text):
    for wrong in ({"sender": text}, {"reply_to": text}, {"alert_recipients": (ANNA, text)}):
        with pytest.raises(ValidationError, match="not one mail address"):
            Mail(**wrong)
    with pytest.raises(ValidationError, match="not one mail address"):
        Recipient(municipality="183", address=text)


@pytest.mark.parametrize("text", [ANNA, "Åse Ø <a@b.dk>", '"v. Ås, Ishøj" <a@b.dk>', "a@ishøj.dk", "a@[127.0.0.1]"])
def test_one_address_will_do_in_every_place(text):
    assert Mail(sender=text, reply_to=text, alert_recipients=(text,)).sender == text


def test_only_recipients_may_have_names_beyond_ascii():
    Mail(alert_recipients=(SOREN,))
    for wrong in ({"sender": SOREN}, {"reply_to": SOREN}):
        with pytest.raises(ValidationError, match="only ASCII"):
            Mail(**wrong)
