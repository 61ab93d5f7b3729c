"""How a mail leaves: to an SMTP server, or into the preview mailbox while there is none.

Errors are told without addresses: they are kept in the outbox and written into logs.
"""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import ssl
import time
from collections.abc import Callable
from datetime import UTC
from email import policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol

from petition_app.config import Settings
from petition_app.config_values import MailServer, is_loopback
from petition_app.mail.connection import Connection, TlsConnection
from petition_app.mail.packing import packed, recipient_of
from petition_app.mail.smtp import CLOSING, hand_over

TIMEOUT_SECONDS = 20.0
# A connection that was used so lately is taken to be there still; one that has rested is asked first.
UNASKED_SECONDS = 1.0
KEPT_PREVIEWS = 500


class TemporaryFailure(Exception):
    """This mail cannot be sent now; later it may."""


class ServerUnavailable(TemporaryFailure):
    """No mail can be sent now: the server does not answer, or refuses us."""


class PermanentFailure(Exception):
    """This mail will never be taken. With `no_mailbox`, no other one to this address will be, either."""

    def __init__(self, reason: str, *, no_mailbox: bool = False) -> None:
        self.no_mailbox = no_mailbox
        super().__init__(reason)


def nothing() -> None:
    """What a sender of one mail has to do while the server is busy."""


class Transport(Protocol):
    """What the worker hands mails to."""

    def open(self) -> None:
        """Be ready to send. Raises ServerUnavailable."""

    def send(
        self,
        message: EmailMessage,
        before_text: Callable[[], None] = nothing,
        after_text: Callable[[], None] = nothing,
    ) -> None:
        """Hand over a mail. Raises TemporaryFailure, ServerUnavailable or PermanentFailure.

        `before_text` is called at a moment at which nothing of its text has gone; what it raises is raised, and then
        the mail is not handed over. `after_text`, which raises nothing, may be called where there is time for it.
        """

    def close(self) -> None:
        """End what is open."""


def transport_for(settings: Settings) -> Transport:
    """SMTP where a server is set, else the preview mailbox."""
    if settings.mail_server is None:
        return PreviewTransport(settings.mailbox_dir)
    return SmtpTransport(settings.mail_server)


AnyConnection = Connection | TlsConnection


class SmtpTransport:
    """One connection to an SMTP server, used for many mails and made anew after an error.

    Each answer of the server is waited for `timeout` seconds; a mail takes four of them.
    """

    def __init__(self, server: MailServer, timeout: float = TIMEOUT_SECONDS) -> None:
        self._server, self._timeout = server, timeout
        self._connection: AnyConnection | None = None
        self._used, self._is_new = 0.0, True

    def open(self) -> None:
        self._connected()

    def send(
        self,
        message: EmailMessage,
        before_text: Callable[[], None] = nothing,
        after_text: Callable[[], None] = nothing,
    ) -> None:
        connection = self._connected()
        try:
            try:
                self._hand_over(connection, message, before_text, after_text)
            except _Over:
                self._drop()
                self._hand_over(self._connected(), message, before_text, after_text)
        except smtplib.SMTPRecipientsRefused as error:
            raise self._failure(*next(iter(error.recipients.values())), message, of_recipient=True) from error
        except smtplib.SMTPNotSupportedError as error:
            raise PermanentFailure("The mail server does not take addresses with letters beyond ASCII.") from error
        except smtplib.SMTPSenderRefused as error:
            self._drop()  # the sender is the same in every mail
            raise ServerUnavailable(_said(error.smtp_code, error.smtp_error, message)) from error
        except smtplib.SMTPResponseException as error:
            raise self._failure(error.smtp_code, error.smtp_error, message) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise ServerUnavailable(_plain(error)) from error
        except ValueError as error:  # what cannot be encoded, too
            self._drop()
            raise PermanentFailure("The address cannot be written as SMTP needs it.") from error
        except BaseException:
            self._drop()  # it was begun, and the server may wait for the text
            raise

    def _hand_over(
        self,
        connection: AnyConnection,
        message: EmailMessage,
        before_text: Callable[[], None],
        after_text: Callable[[], None],
    ) -> None:
        """Raises _Over where the connection had mails, and its server ends it before it looks at this one."""
        is_new, self._is_new = self._is_new, False
        answers = connection.answers
        try:
            envelope, text = packed(message, connection)
        except (smtplib.SMTPException, ValueError):
            raise
        except Exception as error:  # one that the package cannot write must not stand in the others' way
            raise TemporaryFailure(f"The mail could not be written: {type(error).__name__}.") from error
        try:
            hand_over(connection, envelope, text, before_text, after_text)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPServerDisconnected) as error:
            if not is_new and _has_ended(error, has_answered=connection.answers > answers):
                raise _Over from error
            raise
        self._used = time.monotonic()

    def check(self) -> str:
        """Connect and log in as for a mail, send none; answers with how the connection is protected."""
        connection = self._connected()
        return "TLS" if isinstance(connection.sock, ssl.SSLSocket) else "no TLS"

    @property
    def last_answer(self) -> str:
        """What the server has said last, as “250 2.0.0 Ok: queued as 4Bx”."""
        return getattr(self._connection, "last_answer", "")

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._connection.close()
            self._connection = None

    def _connected(self) -> AnyConnection:
        if self._connection is not None:
            is_open = self._connection.sock is not None  # a server may hang up on whoever was refused
            if is_open and time.monotonic() - self._used < UNASKED_SECONDS:
                return self._connection
            try:
                if is_open and self._connection.noop()[0] == 250:
                    self._used = time.monotonic()
                    return self._connection
            except (smtplib.SMTPException, OSError):
                pass
            self._drop()
        try:
            self._connection, self._is_new = self._connect(), True
            self._used = time.monotonic()
        except smtplib.SMTPAuthenticationError as error:
            raise ServerUnavailable(f"The mail server refused user or password ({error.smtp_code}).") from error
        except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: a host name that is none
            raise ServerUnavailable(_plain(error)) from error
        return self._connection

    def _connect(self) -> AnyConnection:
        try:
            return self._greeted(starttls=not self._server.tls)
        except ssl.SSLError:
            if self._server.tls or self._must_encrypt:
                raise
            return self._greeted(starttls=False)  # this machine's own server, with a certificate nobody vouches for

    def _greeted(self, *, starttls: bool) -> AnyConnection:
        server, context = self._server, ssl.create_default_context()
        if server.tls:
            connection: AnyConnection = TlsConnection(server.host, server.port, timeout=self._timeout, context=context)
        else:
            connection = Connection(server.host, server.port, timeout=self._timeout)
        try:
            connection.ehlo_or_helo_if_needed()
            if starttls and connection.has_extn("starttls"):
                connection.starttls(context=context)
                connection.ehlo_or_helo_if_needed()
            elif not server.tls and self._must_encrypt:
                raise smtplib.SMTPNotSupportedError("The mail server offers no STARTTLS; use one that does.")
            if server.user is not None:
                connection.login(server.user, server.password or "")
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def _must_encrypt(self) -> bool:
        """Whether passwords or mails would cross a network in the clear otherwise."""
        return self._server.user is not None or not is_loopback(self._server.host)

    def _failure(
        self, code: int, answer: bytes | str, message: EmailMessage, *, of_recipient: bool = False
    ) -> TemporaryFailure | PermanentFailure:
        """4xx may pass later, 5xx will not (RFC 5321, 4.2.1); some speak of the session, whatever the mail."""
        said = _said(code, answer, message)
        if code in (CLOSING, 530, 535, 538):  # closing down; log in first (RFC 4954)
            self._drop()
            return ServerUnavailable(said)
        if 500 <= code < 600:
            return PermanentFailure(said, no_mailbox=_is_about_mailbox(code, answer, of_recipient=of_recipient))
        return TemporaryFailure(said)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Over(Exception):
    """The server takes no more mails over this connection. Many take only so many."""


def _has_ended(error: smtplib.SMTPException, *, has_answered: bool) -> bool:
    """Whether it is the connection's end, and not a server that is down."""
    if isinstance(error, smtplib.SMTPSenderRefused):
        return error.smtp_code == CLOSING
    return not has_answered and not isinstance(error.__context__, TimeoutError)


def _said(code: int, answer: bytes | str, message: EmailMessage) -> str:
    """The server's answer without what it may repeat of the mail: the recipient, links."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    local = recipient_of(message).rpartition("@")[0]
    text = re.sub(rf"(?i)(?<!\w){re.escape(local)}(?!\w)", "(address)", _without_addresses(text))
    return f"{code} {text}"


# A bad address, a mailbox that moved or was closed (RFC 3463, 3.2 and 3.3). Others speak of this mail or of the sender.
_NO_MAILBOX = re.compile(r"5\.(1\.(0|1|2|3|6|10)|2\.1)\b")
_NO_MAILBOX_CODES = (550, 551, 553)


def _is_about_mailbox(code: int, answer: bytes | str, *, of_recipient: bool) -> bool:
    """Whether a refusal says that there is no such mailbox: by its enhanced code, else by where it was said."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if re.match(r"\s*5\.\d{1,3}\.\d{1,3}\b", text):
        return bool(_NO_MAILBOX.match(text.strip()))
    return of_recipient and code in _NO_MAILBOX_CODES


def _plain(error: Exception) -> str:
    return _without_addresses(f"{type(error).__name__}: {error}")


def _without_addresses(text: str) -> str:
    return re.sub(r"https?://\S+", "(link)", re.sub(r"\S+@\S+", "(address)", text))[:300]


class PreviewTransport:
    """One `.eml` file a mail, in a folder; their names sort by time. The newest 500 are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ServerUnavailable(f"The preview mailbox cannot be made: {error.strerror}.") from error

    def send(
        self,
        message: EmailMessage,
        before_text: Callable[[], None] = nothing,
        after_text: Callable[[], None] = nothing,
    ) -> None:
        before_text()
        self.open()
        try:
            self._write(message)
        except OSError as error:
            raise ServerUnavailable(f"The preview mailbox cannot be written: {error.strerror}.") from error

    def close(self) -> None:
        pass

    def _write(self, message: EmailMessage) -> None:
        name = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:16]
        if any(self._folder.glob(f"*-{name}.eml")):
            return  # sent already, before a crash
        order = max((p.name for p in self._folder.glob("*.eml")), default="")[:21]
        sent = parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
        stamp = max(sent.strftime("%Y%m%dT%H%M%SZ") + "-0000", _after(order))
        draft = self._folder / f".{name}.draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(_as_sent(message))
        draft.replace(self._folder / f"{stamp}-{name}.eml")
        for old in sorted(self._folder.glob("*.eml"))[:-KEPT_PREVIEWS]:
            old.unlink(missing_ok=True)


def _as_sent(message: EmailMessage) -> bytes:
    """As it would cross the wire: RFC 5322, or RFC 6532 where the address is beyond ASCII."""
    return message.as_bytes(policy=policy.SMTP if recipient_of(message).isascii() else policy.SMTPUTF8)


def _after(stamp: str) -> str:
    """The next place within the second of the newest file, so that files sort as they were sent."""
    second, _, place = stamp.partition("-")
    return f"{second}-{int(place) + 1:04d}" if place.isdigit() else ""
