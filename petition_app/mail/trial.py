"""Whether a mail server can be used: asked before it is relied on, and told in words that help."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from flask_babel import gettext as _

from petition_app.config_values import MailServer
from petition_app.i18n.locales import use_locale
from petition_app.mail import messages, outbox
from petition_app.mail.transport import PermanentFailure, SmtpTransport, TemporaryFailure
from petition_app.models import OutboxMessage

# Each answer of the server is waited for so long: somebody sits in front of the page.
PATIENCE_SECONDS = 6.0

# One trial at a time in each process: a server that does not answer holds a thread that readers need.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """What came of it: a sentence for the member, and what was said by the server or the machine, as it was said."""

    is_good: bool
    sentence: str
    technical: str = ""


def try_server(server: MailServer) -> Outcome:
    """Connect and log in as for a mail; send none."""
    with _Trial() as is_free:
        if not is_free:
            return busy()
        transport = SmtpTransport(server, PATIENCE_SECONDS)
        try:
            protection = transport.check()
        except TemporaryFailure as failure:
            return Outcome(False, explained(failure, server), technical(failure))
        else:
            return let_in(protection)
        finally:
            transport.close()


def send_test(server: MailServer, sender: str, recipient: str, locale: str) -> Outcome:
    """Hand a test mail over, by this very server and from this sender, whatever is saved."""
    message = _test_mail(sender, recipient, locale)
    with _Trial() as is_free:
        if not is_free:
            return busy()
        transport = SmtpTransport(server, PATIENCE_SECONDS)
        try:
            transport.send(message)
        except (TemporaryFailure, PermanentFailure) as failure:
            return Outcome(False, explained(failure, server), technical(failure))
        else:
            return taken(recipient, transport.last_answer)
        finally:
            transport.close()


def _test_mail(sender: str, recipient: str, locale: str) -> EmailMessage:
    mail = OutboxMessage(kind="test", recipient=recipient, locale=locale, message_id=outbox.new_message_id())
    with use_locale(locale):
        message = messages.test(mail)
    message.replace_header("From", str(messages.sender(sender)))
    return message


def let_in(protection: str) -> Outcome:
    """The server has been reached, and takes mails of ours."""
    return Outcome(True, _("The mail server answers and lets this site in."), protection)


def taken(recipient: str, said: str) -> Outcome:
    """The server has taken a mail."""
    sentence = _(
        "The mail server has taken a test mail for %(address)s. If it does not come within some minutes, look "
        "into the folder for unwanted mail.",
        address=recipient,
    )
    return Outcome(True, sentence, said)


def busy() -> Outcome:
    """Somebody else tries a server just now."""
    return Outcome(False, _("Another test is under way. Please try again in a moment."))


class _Trial:
    """True where nobody else tries a server just now."""

    def __enter__(self) -> bool:
        self._is_mine = _one_at_a_time.acquire(blocking=False)
        return self._is_mine

    def __exit__(self, *_error: object) -> None:
        if self._is_mine:
            _one_at_a_time.release()


def explained(failure: Exception, server: MailServer) -> str:
    """What it means, and what to look at."""
    return str(_explained(failure, server))


def _explained(failure: Exception, server: MailServer) -> Any:
    cause = failure.__cause__
    place = f"{server.host}:{server.port}"
    if isinstance(cause, socket.gaierror | UnicodeError):
        return _("There is no machine of the name %(host)s. Please check how it is spelt.", host=server.host)
    if isinstance(cause, ConnectionRefusedError):
        return _("Nothing answers at %(place)s. Please check the port.", place=place)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _(
            "The certificate of %(host)s is not one that can be trusted. Please use the name that your mail provider "
            "gives.",
            host=server.host,
        )
    if isinstance(cause, ssl.SSLError):
        return _(
            "%(place)s does not speak TLS from the first byte. Please choose the other kind of protection, or another "
            "port.",
            place=place,
        )
    if isinstance(cause, TimeoutError):
        return _(
            "%(place)s does not answer. Please check name and port, and whether this machine may connect there: some "
            "hosts keep mail ports shut until they are asked.",
            place=place,
        )
    if isinstance(cause, smtplib.SMTPServerDisconnected):
        return _(
            "%(place)s has hung up. It may expect the other kind of protection, or this machine may not be welcome "
            "there.",
            place=place,
        )
    return _explained_answer(cause)


def _explained_answer(cause: BaseException | None) -> Any:
    """What the server means by what it said."""
    if isinstance(cause, smtplib.SMTPAuthenticationError):
        return _(
            "The mail server refuses user or password. Some providers want a password of its own for programs, which "
            "you make in their settings."
        )
    if isinstance(cause, smtplib.SMTPNotSupportedError):
        return _(
            "The mail server offers no encryption, so nothing is sent through it. Please choose the other kind of "
            "protection, or another port."
        )
    if isinstance(cause, smtplib.SMTPSenderRefused):
        return _("The mail server does not take mails from this sender. Please use an address that belongs to it.")
    if isinstance(cause, smtplib.SMTPRecipientsRefused):
        return _(
            "The mail server does not take mails for your address. Many send on only what comes from their own "
            "sender, or after a login."
        )
    if isinstance(cause, smtplib.SMTPResponseException):
        return _("The mail server has refused the mail. What it said stands below.")
    return _("The mail server cannot be used. What went wrong stands below.")


def technical(failure: Exception) -> str:
    """The server's own words; the machine's where it said nothing. Nothing of the password is in them."""
    cause = failure.__cause__
    if isinstance(cause, smtplib.SMTPAuthenticationError):
        said = cause.smtp_error
        return f"{cause.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"[:300]
    return str(failure)
