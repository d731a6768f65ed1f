"""Did the server take the message, for whom, and if not: may it be tried again?

Texts of the errors name the server, reply codes and numbers: no password, no message, no address, and no words of the
server, for servers quote addresses.
"""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address

from flows.steps.mail_settings import Mail, MailServer, mailbox

PATIENCE_SECONDS = 30.0
# RFC 5321 4.5.3.2.6: a server may take ten minutes over a message; to give up earlier is to doubt mail that arrived.
FINAL_REPLY_SECONDS = 600.0
FAREWELL_SECONDS = 5.0
AUTH_CODES = (530, 534, 535, 538)
"""Replies that ask for another login (RFC 4954): the settings are wrong, not the message."""
SENDABLE = re.compile(rb"(?:[\x01-\x09\x0b\x0c\x0e-\x7f]{0,998}\r\n)*[\x01-\x09\x0b\x0c\x0e-\x7f]{0,998}")
"""Seven bits, lines of at most 998 ended by CRLF; a bare CR or LF could smuggle a second message."""
NEEDS_UTF8 = "needs SMTPUTF8, which the server does not offer"
NO_ADDRESS = "not an address"


class MailError(Exception):
    """The message was not taken, or nobody knows."""


class MailDelayed(MailError):
    """Passing trouble, and nobody got the message: it may be tried again."""


class MailBlocked(MailError):
    """Nobody got the message, and nobody will until a person mends settings or server: keep it."""


class MailRefused(MailError):
    """The server refused the message, or all its recipients, for good."""


class MailUncertain(MailError):
    """The connection broke between the message's end and the server's answer: it may have arrived or not."""


ANSWERED: Mapping[type[OSError], tuple[type[MailError], str]] = {
    smtplib.SMTPSenderRefused: (MailRefused, "the sender"),
    smtplib.SMTPDataError: (MailRefused, "the message"),
    smtplib.SMTPAuthenticationError: (MailBlocked, "the login"),
}
"""What a 5xx means by where it came; anywhere else it is the server's no to this machine."""


@dataclass(frozen=True)
class Refusal:
    """One recipient who did not get the message; the reason is a reply code or our words."""

    address: str = field(repr=False)
    reason: str
    is_final: bool


@dataclass(frozen=True)
class Sent:
    """The server took the message for all recipients but those refused; those not final may be tried again."""

    refused: tuple[Refusal, ...] = ()


def send(mail: Mail, envelope_sender: str, recipients: Sequence[str], raw: bytes) -> Sent:
    """Send the bytes of a message, as they are, in one transaction; addresses may carry a display name.

    Raises:
        MailDelayed, MailBlocked, MailRefused, MailUncertain: as their names say; nobody got it but for the last.
        ValueError: no recipients, or smtp_url is empty.
    """
    if not recipients:
        raise ValueError("no recipients")
    server = mail.server
    if not SENDABLE.fullmatch(raw):
        raise MailRefused("not sent: the message is not 7-bit with lines of at most 998 bytes ended by CRLF")
    with _conversation(server, PATIENCE_SECONDS) as connection:
        return _hand_over(connection, server, envelope_sender, recipients, raw)


def greet(mail: Mail, seconds: float = PATIENCE_SECONDS) -> None:
    """Do everything but send: connect, TLS, log in, NOOP.

    Raises:
        MailDelayed, MailBlocked: the text says what to do.
    """
    server = mail.server
    with _conversation(server, seconds) as connection:
        code, reply = connection.noop()
        if code != 250:
            raise _by_code(code, reply, server, MailBlocked, "NOOP")


class _Conversation(smtplib.SMTP):
    """A connection that tells a message that was not answered from one that was not sent."""

    is_unanswered = False
    _host: str  # smtplib's own, which its types leave out

    def send(self, s: object) -> None:
        """Send; smtplib passes commands as text and a message, its final dot included, as bytes in one piece."""
        super().send(s)  # type: ignore[arg-type]
        if isinstance(s, bytes) and self.sock:
            self.is_unanswered = True
            self.sock.settimeout(FINAL_REPLY_SECONDS)

    def getreply(self) -> tuple[int, bytes]:
        """Return the reply; to a message any 2xx is 250, for sendmail knows no other."""
        if not self.is_unanswered:
            return super().getreply()
        self.is_unanswered = False
        try:
            code, reply = super().getreply()
        except OSError:
            code, reply = -1, b""
        if not (200 <= code < 300 or 400 <= code < 600):
            raise MailUncertain(
                f"{self._host}: the connection broke, or the answer made no sense, after the whole message was sent: "
                "it may have arrived; look in the server's log before it is sent again"
            )
        return (250 if code < 300 else code), reply


class _TlsConversation(_Conversation, smtplib.SMTP_SSL):
    """The same, within TLS from its first byte."""


@contextlib.contextmanager
def _conversation(server: MailServer, seconds: float) -> Iterator[_Conversation]:
    """Give a connection that is encrypted and logged in as the settings demand, and hang up.

    The library's errors, all of them OSErrors, end here: they hold addresses and words of the server.
    """
    connection = None
    try:
        connection = _connect(server, seconds)
        _log_in(connection, server)
        yield connection
        _say_goodbye(connection)
    except OSError as error:
        raise _explain(error, server) from None
    finally:
        if connection:
            connection.close()


def _connect(server: MailServer, seconds: float) -> _Conversation:
    if server.scheme == "smtps":
        context = ssl.create_default_context()
        connection: _Conversation = _TlsConversation(server.host, server.port, timeout=seconds, context=context)
    else:
        connection = _Conversation(server.host, server.port, timeout=seconds)
    try:
        connection.ehlo_or_helo_if_needed()
        if server.scheme == "smtp+starttls":
            if not connection.has_extn("starttls"):
                raise MailBlocked(f"{server}: does not offer STARTTLS, nothing was sent; mend the server or the scheme")
            connection.starttls(context=ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
    except BaseException:
        connection.close()
        raise
    return connection


def _log_in(connection: _Conversation, server: MailServer) -> None:
    if not server.user:
        return
    try:
        connection.login(server.user, server.password)
    except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
        raise
    except (smtplib.SMTPException, ValueError):  # a ValueError: the challenge of the server is not base64
        text = f"{server}: offers no login that we know (PLAIN, LOGIN, CRAM-MD5); drop user and password, or mend it"
        raise MailBlocked(text) from None


def _say_goodbye(connection: _Conversation) -> None:
    """End politely; whatever the server says now, what it took it has."""
    with contextlib.suppress(OSError):
        if connection.sock:
            connection.sock.settimeout(FAREWELL_SECONDS)
        connection.quit()


def _hand_over(
    connection: _Conversation, server: MailServer, envelope_sender: str, recipients: Sequence[str], raw: bytes
) -> Sent:
    can_utf8 = connection.has_extn("smtputf8")
    sender = _on_the_wire(envelope_sender)
    if sender is None or not (sender.isascii() or can_utf8):
        raise MailBlocked("the envelope's sender is no address that this server can take; mend `sender`")
    named = {address: _on_the_wire(address) for address in recipients}
    fit = {each: wire for each, wire in named.items() if wire and (wire.isascii() or can_utf8)}
    reasons = {each: NEEDS_UTF8 if wire else NO_ADDRESS for each, wire in named.items() if each not in fit}
    if not fit:
        words = ", ".join(sorted(set(reasons.values())))
        raise MailRefused(f"{server}: none of the {len(named)} recipients can be sent to ({words})")
    options = () if all(each.isascii() for each in (sender, *fit.values())) else ("SMTPUTF8",)
    try:
        replies = connection.sendmail(sender, list(dict.fromkeys(fit.values())), raw, options)
    except smtplib.SMTPRecipientsRefused as refused:
        raise _all_refused(refused.recipients, server, len(fit)) from None
    said = {each: replies[wire] for each, wire in fit.items() if wire in replies}
    refusals = [Refusal(each, _in_short(*reply), is_final=reply[0] >= 500) for each, reply in said.items()]
    return Sent((*refusals, *(Refusal(each, reason, is_final=True) for each, reason in reasons.items())))


def _on_the_wire(address: str) -> str | None:
    """Return an address as the envelope holds it, its host in ASCII; None when it is none."""
    try:
        found = mailbox(address)
        host = found.domain.encode("idna").decode("ascii")
    except ValueError:
        return None
    return Address(username=found.username, domain=host).addr_spec


def _all_refused(replies: Mapping[str, tuple[int, bytes]], server: MailServer, number: int) -> MailError:
    """Return the error for recipients who were all refused: final only when each of them is."""
    code, reply = min(replies.values(), key=lambda each: (each[0] not in AUTH_CODES, each[0]))
    return _by_code(code, reply, server, MailRefused, f"all {number} recipients")


def _explain(error: OSError, server: MailServer) -> MailError:
    """Return what an error of the library means, and what to do."""
    match error:
        case ssl.SSLCertVerificationError():
            why = f"its certificate is not trusted ({error.verify_message})"
            todo = "name the host as the certificate does, have it renewed, or name its CA's file in SSL_CERT_FILE"
            return MailBlocked(f"{server}: {why}; {todo}")
        case ssl.SSLError() if not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            todo = "mind scheme and port: smtps:// is TLS at once, mostly 465, smtp+starttls:// mostly 587"
            return MailBlocked(f"{server}: no TLS to be had ({error.reason}); {todo}")
        case smtplib.SMTPResponseException():
            final, what = ANSWERED.get(type(error), (MailBlocked, "the connection"))
            return _by_code(error.smtp_code, error.smtp_error, server, final, what)
        case smtplib.SMTPServerDisconnected():
            return MailDelayed(f"{server}: broke off or did not answer in time; try again, then see the server's log")
    why = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
    return MailDelayed(f"{server}: cannot be reached ({why}); see that it runs and that host and port are right")


def _by_code(code: int, reply: bytes | str, server: MailServer, final: type[MailError], what: str) -> MailError:
    """Return the error that a reply means: 5xx is `final` but for those that ask for another login."""
    text = f"{server}: refused {what} ({_in_short(code, reply)})"
    if code in AUTH_CODES:
        return MailBlocked(f"{text}; mend user and password of smtp_url, or use smtp+starttls:// or smtps://")
    if not 500 <= code < 600:
        return MailDelayed(f"{text} for now; try again later")
    if final is MailBlocked:
        return MailBlocked(f"{text}; ask who runs the server whether this machine may send by it")
    return final(f"{text} for good; the server's log says why")


def _in_short(code: int, reply: bytes | str) -> str:
    """Return the code and its enhanced status (RFC 3463), never the server's words: they quote addresses."""
    text = reply if isinstance(reply, str) else reply.decode("ascii", "replace")
    enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", text)
    return f"{code} {enhanced[0]}" if enhanced else str(code)
