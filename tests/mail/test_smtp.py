"""A mail takes two round trips where the server offers that, and every answer in between counts for itself."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from petition_app.mail.transport import PermanentFailure, ServerUnavailable, SmtpTransport, TemporaryFailure
from tests.mail.scripted import HANGS_UP, Scripted
from tests.mail.test_transport import a_mail

Sent = Callable[..., None]


def test_mails_go_over_one_connection_either_way(server: Scripted, sender: SmtpTransport) -> None:
    for number in range(3):
        sender.send(a_mail(number=number))
    assert (len(server.texts), server.connections) == (3, 1)
    assert server.commands[1:4] == [
        "MAIL FROM:<petition@example.net> BODY=8BITMIME",
        "RCPT TO:<alice@example.org>",
        "DATA",
    ]


def test_nothing_of_the_text_goes_before_what_was_to_be_done_is_done(server: Scripted, sender: SmtpTransport) -> None:
    def look() -> None:
        assert server.envelopes_begun.wait(5)
        taken_before.append(len(server.texts))

    taken_before: list[int] = []
    for number in range(3):
        sender.send(a_mail(number=number), look)
    assert taken_before == [0, 1, 2]


def test_where_that_fails_the_mail_is_not_handed_over(server: Scripted, sender: SmtpTransport) -> None:
    class Full(Exception):
        """The disk is."""

    def fails() -> None:
        raise Full

    sender.send(a_mail(number=1))
    with pytest.raises(Full):
        sender.send(a_mail(number=2), fails)
    sender.send(a_mail(number=3))
    assert [_id(text) for text in server.texts] == ["<1@example.net>", "<3@example.net>"]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("answers", "failure", "connections"),
    [
        ({"RCPT": ["550 5.1.1 nobody"], "DATA": ["503 5.5.1 no recipients"]}, PermanentFailure, 1),
        ({"RCPT": ["550 5.1.1 nobody"], "text": ["554 5.5.1 no recipients"]}, PermanentFailure, 1),
        ({"RCPT": ["450 4.2.0 greylisted"], "DATA": ["503 5.5.1 no recipients"]}, TemporaryFailure, 1),
        ({"RCPT": ["421 too many"], "DATA": [HANGS_UP]}, ServerUnavailable, 2),
        ({"RCPT": ["550 5.1.1 nobody"], "DATA": [HANGS_UP]}, PermanentFailure, None),
        ({"MAIL": ["452 full"], "RCPT": ["503 no"], "DATA": ["503 no"]}, ServerUnavailable, 2),
        ({"MAIL": ["550 not you"], "RCPT": ["250 ok"], "DATA": ["354 go on"]}, ServerUnavailable, 2),
        ({"DATA": ["451 4.3.0 not now"]}, TemporaryFailure, 1),
        ({"DATA": ["554 5.7.1 not from there"]}, PermanentFailure, 1),
        ({"MAIL": [HANGS_UP]}, ServerUnavailable, 2),
        ({"RCPT": [HANGS_UP]}, ServerUnavailable, 2),
        ({"DATA": [HANGS_UP]}, ServerUnavailable, 2),
        ({"text": [HANGS_UP]}, ServerUnavailable, 2),
        ({"text": ["452 4.3.1 full"]}, TemporaryFailure, 1),
        ({"text": ["554 5.7.1 spam"]}, PermanentFailure, 1),
    ],
)
def test_each_refusal_is_told_by_its_own_answer_and_the_next_mail_goes(
    server: Scripted,
    sender: SmtpTransport,
    answers: dict[str, list[str]],
    failure: type[Exception],
    connections: int | None,
) -> None:
    if not server.pipelining:  # what would come after a refusal is not asked for
        answers = dict(list(answers.items())[:1])
    server.answers = {verb: list(said) for verb, said in answers.items()}
    with pytest.raises(failure) as refused:
        sender.send(a_mail(number=1))
    assert type(refused.value) is failure
    said = next(answer for verb in ("MAIL", "RCPT", "DATA", "text") for answer in answers.get(verb, []))
    if said != HANGS_UP:
        assert str(refused.value) == said
    assert not server.texts
    if connections is None:  # it hung up after its answer: the next try finds out
        server.answers = {}
        try:
            sender.send(a_mail(number=2))
        except ServerUnavailable:
            sender.send(a_mail(number=2))
    else:
        server.answers = {}
        sender.send(a_mail(number=2))
        assert server.connections == connections
    assert [_id(text) for text in server.texts] == ["<2@example.net>"]


def test_lines_that_are_or_begin_with_a_dot_arrive_as_they_were(server: Scripted, sender: SmtpTransport) -> None:
    mail = a_mail()
    mail.set_content("one\n.\n..two\n.three\nfour.\n", cte="8bit")
    sender.send(mail)
    assert server.texts[0].endswith(b"\r\n\r\none\r\n..\r\n...two\r\n..three\r\nfour.\r\n")


def test_an_address_of_two_lines_is_no_second_command(server: Scripted, sender: SmtpTransport) -> None:
    class Address:
        addr_spec = "alice@example.org>\r\nRCPT TO:<charlie@example.org"

    class Header(str):
        addresses = (Address(),)

    class Forged(EmailMessage):
        def __getitem__(self, name: str) -> object:
            return Header() if name == "To" else super().__getitem__(name)

    forged = Forged(policy=a_mail().policy)
    for name, value in a_mail().items():
        forged[name] = value
    with pytest.raises(PermanentFailure):
        sender.send(forged)
    assert not any("charlie" in command for command in server.commands)


def _id(text: bytes) -> str:
    (line,) = (line for line in text.decode().splitlines() if line.startswith("Message-ID:"))
    return line.partition(": ")[2]
