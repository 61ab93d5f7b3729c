"""A connection to an SMTP server as smtplib makes it, which no server can hold up: an answer is there in time, or it
is none."""

from __future__ import annotations

import io
import smtplib
import socket
import time
from typing import Any

# No server has as much to say; one that goes on and on would fill the memory.
LONGEST_ANSWER = 64 * 1024


class _Saying(io.RawIOBase):
    """What the server says. The library waits anew for each piece of an answer, and so for ever where one comes drop by
    drop; here all of an answer has the one time."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock, self._seconds = sock, seconds
        self._end, self._left = 0.0, 0

    def begin(self) -> None:
        """Another answer is waited for."""
        self._end, self._left = time.monotonic() + self._seconds, LONGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        rest = self._end - time.monotonic()
        if rest <= 0:
            raise TimeoutError("timed out")
        if self._left <= 0:
            raise OSError("the answer has no end")
        self._sock.settimeout(rest)
        try:
            count = self._sock.recv_into(buffer)
        finally:
            self._sock.settimeout(self._seconds)
        self._left -= count
        return count


class _Heeding:
    """Takes an answer within `timeout` seconds, and what is no answer of SMTP for the end of the connection."""

    # What the server has said last: the library tells it only of errors.
    last_answer = ""
    # How many answers there were.
    answers = 0

    sock: socket.socket | None
    file: Any
    timeout: float

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("Connection is closed")
        if self.file is None:  # at first, and where TLS begins: what was said in the clear is not heeded from there on
            self.file = io.BufferedReader(_Saying(self.sock, self.timeout))
        self.file.raw.begin()
        try:
            code, said = super().getreply()  # type: ignore[misc]  # smtplib's, beside which it stands
        except smtplib.SMTPResponseException as error:  # a line without end, which the library takes for a refusal
            raise smtplib.SMTPServerDisconnected(str(error.smtp_error)) from error
        if not 200 <= code < 600:
            self.close()  # type: ignore[attr-defined]
            raise smtplib.SMTPServerDisconnected("This is no answer of a mail server.")
        self.answers += 1
        self.last_answer = f"{code} {said.decode('utf-8', 'replace')}"[:300]
        return code, said


class Connection(_Heeding, smtplib.SMTP):
    """Without TLS at first."""


class TlsConnection(_Heeding, smtplib.SMTP_SSL):
    """With TLS from the first byte on."""
