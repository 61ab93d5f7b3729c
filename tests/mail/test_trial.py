"""A mail server that does not let us in is told of in words that help."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator

import pytest
from flask import Flask

from petition_app.config_values import MailServer
from petition_app.i18n.locales import use_locale
from petition_app.mail import trial
from petition_app.mail.transport import ServerUnavailable
from petition_app.site import effective
from tests.mail.conftest import Postbox

SERVER = MailServer("mail.example.org", 587, False, None, None)


@pytest.fixture(autouse=True)
def in_english(app: Flask) -> Iterator[None]:
    with app.test_request_context("/en/"), use_locale("en"):
        yield


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no machine of the name mail.example.org"),
        (ConnectionRefusedError(), "Nothing answers at mail.example.org:587"),
        (TimeoutError(), "does not answer"),
        (ssl.SSLCertVerificationError(), "certificate of mail.example.org"),
        (ssl.SSLError(), "does not speak TLS"),
        (smtplib.SMTPServerDisconnected(), "has hung up"),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 bad"), "refuses user or password"),
        (smtplib.SMTPNotSupportedError(), "no encryption"),
        (smtplib.SMTPSenderRefused(550, b"no", "a@b.example"), "from this sender"),
        (smtplib.SMTPRecipientsRefused({}), "for your address"),
        (smtplib.SMTPDataError(554, b"spam"), "has refused the mail"),
        (OSError("odd"), "cannot be used"),
    ],
)
def test_each_trouble_has_its_sentence(cause: Exception, sentence: str) -> None:
    failure = ServerUnavailable("told")
    failure.__cause__ = cause
    assert sentence in trial.explained(failure, SERVER)


def test_the_servers_own_words_are_told() -> None:
    failure = ServerUnavailable("The mail server refused user or password (535).")
    failure.__cause__ = smtplib.SMTPAuthenticationError(535, b"5.7.8 Use a password for programs")
    assert trial.technical(failure) == "535 5.7.8 Use a password for programs"


def test_one_trial_at_a_time(smtp: Postbox) -> None:
    assert trial._one_at_a_time.acquire(blocking=False)
    try:
        assert "under way" in trial.try_server(smtp.server).sentence
    finally:
        trial._one_at_a_time.release()
    assert trial.try_server(smtp.server).is_good


def test_a_name_that_is_none_is_told() -> None:
    outcome = trial.try_server(MailServer("no-such-host.invalid", 587, False, None, None))
    assert not outcome.is_good
    assert "no-such-host.invalid" in outcome.sentence


def test_the_worker_follows_a_change(app: Flask, smtp: Postbox) -> None:
    import threading

    from petition_app.mail import outbox
    from petition_app.operations.worker import _Worker
    from petition_app.site.storing import store
    from petition_app.transactions import writing

    worker = _Worker(threading.Event(), with_workshop=False)
    worker.work()
    with writing() as session:
        store(session, {"mail_url": f"smtp://{smtp.server.host}:{smtp.server.port}", "mail_from": "us@example.org"})
    outbox.enqueue_test("alice@example.org", "en")
    effective._keeper().due = 0.0
    worker.work()
    worker.close()
    assert [str(mail["To"]) for mail in smtp.mails] == ["alice@example.org"]
    assert "us@example.org" in smtp.mails[0]["From"]
