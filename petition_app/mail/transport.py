"""How a mail leaves: to an SMTP server, or into the preview mailbox while there is none.

Errors are told without addresses: they are kept in the outbox and written into logs.
"""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import ssl
import tempfile
from datetime import UTC
from email import policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol

from petition_app.config import MailServer, Settings, is_loopback

TIMEOUT_SECONDS = 20.0
KEPT_PREVIEWS = 500


class TemporaryFailure(Exception):
    """This mail cannot be sent now; later it may."""


class ServerUnavailable(TemporaryFailure):
    """No mail can be sent now: the server does not answer, or refuses us."""


class PermanentFailure(Exception):
    """This mail will never be taken."""


class Transport(Protocol):
    """What the worker hands mails to."""

    def send(self, message: EmailMessage) -> None:
        """Hand over a mail. Raises TemporaryFailure, ServerUnavailable or PermanentFailure."""

    def close(self) -> None:
        """End what is open."""


def transport_for(settings: Settings) -> Transport:
    """SMTP where a server is set, else the preview mailbox."""
    if settings.mail_server is None:
        return PreviewTransport(settings.mailbox_dir)
    return SmtpTransport(settings.mail_server)


class SmtpTransport:
    """One connection to an SMTP server, used for many mails and made anew after an error."""

    def __init__(self, server: MailServer, timeout: float = TIMEOUT_SECONDS) -> None:
        self._server, self._timeout = server, timeout
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        connection = self._connected()
        try:
            connection.send_message(message, mail_options=_eight_bits(message, connection))
        except smtplib.SMTPRecipientsRefused as error:
            raise _failure(*next(iter(error.recipients.values()))) from error
        except smtplib.SMTPNotSupportedError as error:
            raise PermanentFailure("The mail server does not take addresses with letters beyond ASCII.") from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            self._drop()
            raise _failure(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise ServerUnavailable(_plain(error)) from error
        except UnicodeError as error:
            raise PermanentFailure("The address cannot be written as SMTP needs it.") from error

    def check(self) -> str:
        """Connect and log in as for a mail, send none; answers with how the connection is protected."""
        connection = self._connected()
        try:
            connection.noop()
        except (smtplib.SMTPException, OSError) as error:
            raise ServerUnavailable(_plain(error)) from error
        return "TLS" if isinstance(connection.sock, ssl.SSLSocket) else "no TLS"

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._connection.close()
            self._connection = None

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None:
            try:
                if self._connection.noop()[0] == 250:
                    return self._connection
            except (smtplib.SMTPException, OSError):
                pass
            self._drop()
        try:
            self._connection = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise ServerUnavailable(f"The mail server refused user or password ({error.smtp_code}).") from error
        except (smtplib.SMTPException, OSError) as error:
            raise ServerUnavailable(_plain(error)) from error
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        if server.tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout)
        try:
            connection.ehlo_or_helo_if_needed()
            if not server.tls and connection.has_extn("starttls"):
                connection.starttls(context=context)
            elif not server.tls and not is_loopback(server.host):
                raise smtplib.SMTPNotSupportedError("The mail server offers no STARTTLS; use one that does.")
            if server.user is not None:
                connection.login(server.user, server.password or "")
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _eight_bits(message: EmailMessage, connection: smtplib.SMTP) -> tuple[str, ...]:
    """The text goes as it is where the server takes that (RFC 6152), encoded in ASCII where it does not."""
    if connection.has_extn("8bitmime"):
        return ("BODY=8BITMIME",)
    message.policy = message.policy.clone(cte_type="7bit")
    return ()


def _failure(code: int, answer: bytes | str) -> TemporaryFailure | PermanentFailure:
    """4xx may pass later, 5xx will not (RFC 5321, 4.2.1)."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    said = f"{code} {_without_addresses(text)}"
    return PermanentFailure(said) if 500 <= code < 600 else TemporaryFailure(said)


def _plain(error: Exception) -> str:
    return _without_addresses(f"{type(error).__name__}: {error}")


def _without_addresses(text: str) -> str:
    return re.sub(r"\S+@\S+", "(address)", text)[:300]


class PreviewTransport:
    """One `.eml` file a mail, in a folder; their names sort by time. The newest 500 are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        try:
            self._write(message)
        except OSError as error:
            raise ServerUnavailable(f"The preview mailbox cannot be written: {error.strerror}.") from error

    def close(self) -> None:
        pass

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:16]
        if any(self._folder.glob(f"*-{name}.eml")):
            return  # sent already, before a crash
        sent = parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
        order = max((p.name for p in self._folder.glob("*.eml")), default="")[:21]
        stamp = max(sent.strftime("%Y%m%dT%H%M%SZ") + "-0000", _after(order))
        handle, draft = tempfile.mkstemp(dir=self._folder, prefix=".draft")
        with os.fdopen(handle, "wb") as file:
            file.write(message.as_bytes(policy=policy.SMTP))
        Path(draft).replace(self._folder / f"{stamp}-{name}.eml")
        for old in sorted(self._folder.glob("*.eml"))[:-KEPT_PREVIEWS]:
            old.unlink(missing_ok=True)


def _after(stamp: str) -> str:
    """The next place within the second of the newest file, so that files sort as they were sent."""
    second, _, place = stamp.partition("-")
    return f"{second}-{int(place) + 1:04d}" if place.isdigit() else ""
