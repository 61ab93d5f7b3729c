"""Servers that keep to the letter of SMTP, more or less: each mail goes in the end, and none is given up for it."""

from __future__ import annotations

import pytest

from petition_app.mail.transport import PermanentFailure, ServerUnavailable, SmtpTransport
from tests.mail.scripted import DRIPS, HANGS_UP, Scripted
from tests.mail.test_transport import a_mail


@pytest.fixture
def patience() -> float:
    return 0.5


@pytest.mark.parametrize("said", [HANGS_UP, "421 4.7.0 so many mails and no more"])
def test_one_that_takes_so_many_mails_a_connection_gets_the_next_over_another(
    server: Scripted, sender: SmtpTransport, said: str
) -> None:
    """It is not down: no mail is delayed, and nothing waits for it to come back."""
    for number in range(4):
        if number == 2:
            server.answers = {"MAIL": [said], **({"RCPT": [HANGS_UP]} if server.pipelining else {})}
        sender.send(a_mail(number=number))
        server.answers = {}
    assert (len(server.texts), server.connections) == (4, 2)


def test_one_that_hangs_up_after_a_refusal_gets_the_next_mail_over_another_connection(
    server: Scripted, sender: SmtpTransport
) -> None:
    server.answers = {"RCPT": ["550 5.1.1 nobody, and good bye"], "DATA": [HANGS_UP], "RSET": [HANGS_UP]}
    with pytest.raises(PermanentFailure):
        sender.send(a_mail(number=1))
    server.answers = {}
    sender.send(a_mail(number=2))
    assert (len(server.texts), server.connections) == (1, 2)


def test_one_that_says_it_closes_again_and_again_is_not_asked_for_ever(server: Scripted, sender: SmtpTransport) -> None:
    sender.send(a_mail(number=1))
    server.answers = {"MAIL": ["421 busy"] * 9, "RCPT": [HANGS_UP] * 9}
    with pytest.raises(ServerUnavailable, match="421 busy"):
        sender.send(a_mail(number=2))
    assert server.connections == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "text"])
def test_one_that_answers_drop_by_drop_is_not_waited_for_for_ever(
    server: Scripted, sender: SmtpTransport, step: str
) -> None:
    """Else the lease runs out meanwhile, and another worker sends the mail, too."""
    server.answers = {step: [DRIPS]}
    with pytest.raises(ServerUnavailable):
        sender.send(a_mail())
    server.answers = {}
    sender.send(a_mail(number=2))
    assert server.connections == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "text"])
@pytest.mark.parametrize("said", ["250-" + "x" * 9000, "250-x\r\n" * 9000, "what?", "150 wait", "354 again"])
def test_an_answer_that_is_none_is_no_refusal(server: Scripted, sender: SmtpTransport, step: str, said: str) -> None:
    said = "250 what?" if (step, said) == ("DATA", "354 again") else said
    server.answers = {step: [said]}
    with pytest.raises(ServerUnavailable):
        sender.send(a_mail(number=1))
    server.answers = {}
    sender.send(a_mail(number=2))
    assert [b"<2@example.net>" in text for text in server.texts][-1]


def test_answers_of_several_lines_are_one_each(server: Scripted, sender: SmtpTransport) -> None:
    lines = "250-2.1.0 a\r\n250-\r\n250 2.1.0 b"
    for number in range(3):
        server.answers = {"MAIL": [lines], "RCPT": [lines], "DATA": ["354-go\r\n354 on"], "text": [lines]}
        sender.send(a_mail(number=number))
    assert (len(server.texts), server.connections) == (3, 1)
