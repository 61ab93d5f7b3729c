"""One mail over an open connection to an SMTP server, in as few round trips as the server allows.

A round trip each for sender, recipient, announcement and text is what RFC 5321 (3.3) asks for. Where the server offers
PIPELINING (RFC 2920), as most do, the first three are one.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

Answer = tuple[int, bytes]

CLOSING = 421
# Only the first digit tells (RFC 5321, 4.3.2).
_TAKEN, _GO_ON, _REFUSED = (2,), (3,), (4, 5)


@dataclass(frozen=True)
class Envelope:
    """From whom a mail comes and to whom it goes, as the server is told; `options` are those of MAIL."""

    sender: str
    recipient: str
    options: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[str, str, str]:
        """What is said before the text. Raises ValueError for an address that would be more than one line."""
        mail = " ".join((f"MAIL FROM:<{self.sender}>", *self.options))
        rcpt = f"RCPT TO:<{self.recipient}>"
        if re.search(r"[\r\n]", mail + rcpt):
            raise ValueError("an address has a line end in it")
        return mail, rcpt, "DATA"


def hand_over(
    connection: smtplib.SMTP,
    envelope: Envelope,
    text: bytes,
    before_text: Callable[[], None],
    after_text: Callable[[], None],
) -> None:
    """Send a mail to its one recipient.

    `before_text` is called while the server looks at the envelope: nothing of the text is on its way before that has
    come back. `after_text` is called while the server takes the text, and must not raise anything.

    Raises what smtplib's `sendmail` does. After a refusal the connection is good for the next mail, unless the server
    said that it closes it (421); after anything else that is raised it is good for nothing.
    """
    answers = _announced(connection, envelope, before_text)
    _check(connection, envelope, answers)
    connection.send(_dotted(text))
    after_text()
    answer = connection.getreply()
    if not _is(answer, _TAKEN):
        _start_over(connection, answer)
        raise smtplib.SMTPDataError(*answer)


def _announced(connection: smtplib.SMTP, envelope: Envelope, before_text: Callable[[], None]) -> list[Answer]:
    """The server's answers to sender, recipient and DATA; none after the first refusal where each is asked apart."""
    first, *others = commands = [f"{command}\r\n".encode() for command in envelope.commands]
    if connection.has_extn("pipelining"):
        connection.send(b"".join(commands))
        before_text()
        return _answers(connection, len(commands))
    connection.send(first)
    before_text()
    answers = [connection.getreply()]
    for command in others:
        if not _is(answers[-1], _TAKEN):
            break
        connection.send(command)
        answers.append(connection.getreply())
    return answers


def _answers(connection: smtplib.SMTP, count: int) -> list[Answer]:
    """So many answers; fewer where the server said why not, and hung up."""
    answers: list[Answer] = []
    while len(answers) < count and not (answers and answers[-1][0] == CLOSING):
        try:
            answers.append(connection.getreply())
        except smtplib.SMTPServerDisconnected:
            if all(_is(answer, _TAKEN) for answer in answers):
                raise
            break
    return answers


def _check(connection: smtplib.SMTP, envelope: Envelope, answers: list[Answer]) -> None:
    """Go on only where everything was taken. Each answer counts for itself: a server that has refused the recipient may
    ask for the text all the same, and one that has refused the sender refuses what follows for that reason alone."""
    if not _is(answers[0], _TAKEN):
        if len(answers) == 1:
            _start_over(connection, answers[0])
        else:
            connection.close()  # it may wait for a text
        raise smtplib.SMTPSenderRefused(*answers[0], envelope.sender)
    if not _is(answers[1], _TAKEN):
        if _is(answers[1], _REFUSED) and len(answers) > 2 and _is(answers[2], _GO_ON):
            with suppress(smtplib.SMTPServerDisconnected):
                connection.send(b".\r\n")  # the text of a mail to nobody (RFC 2920, 3.1)
                connection.getreply()
        _start_over(connection, answers[1])
        raise smtplib.SMTPRecipientsRefused({envelope.recipient: answers[1]})
    if not _is(answers[2], _GO_ON):
        _start_over(connection, answers[2])
        raise smtplib.SMTPDataError(*answers[2])


def _is(answer: Answer, kinds: tuple[int, ...]) -> bool:
    return answer[0] // 100 in kinds


def _start_over(connection: smtplib.SMTP, answer: Answer) -> None:
    """Have the server forget this mail; one that is gone by now has forgotten it.

    Raises SMTPServerDisconnected where its answer was no refusal: who knows what it speaks of.
    """
    if not _is(answer, _REFUSED):
        connection.close()
        raise smtplib.SMTPServerDisconnected(f"The mail server has answered {answer[0]} where that makes no sense.")
    if answer[0] == CLOSING:
        connection.close()
        return
    with suppress(smtplib.SMTPServerDisconnected):
        connection.rset()


def _dotted(text: bytes) -> bytes:
    """The text as it crosses the wire: a dot alone ends it, so that a line that begins with one gets another (RFC 5321,
    4.5.2)."""
    end = b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"
    return re.sub(rb"(?m)^\.", b"..", text) + end
