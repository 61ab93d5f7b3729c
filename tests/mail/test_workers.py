"""Workers run beside each other and may be killed at any moment; each mail goes out, and once."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import SmtpTransport
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.models.outbox_message import LEASE
from tests.databases import both_engines
from tests.mail.conftest import Postbox, StartWorker, enqueue

Make = Callable[..., Signature]

WORK = """
from petition_app import create_app
from petition_app.mail import outbox
from petition_app.mail.transport import transport_for
from petition_app.models.base import now

app = create_app()
with app.app_context():
    transport = transport_for(app.config["SETTINGS"])
    while outbox.send_due(now(), transport, limit=3):
        pass
    transport.close()
"""


@pytest.fixture
def variables(smtp: Postbox) -> dict[str, str]:
    return {"PETITION_MAIL_URL": f"smtp://127.0.0.1:{smtp.port}", "PETITION_MAIL_FROM": "petition@example.org"}


@pytest.fixture
def program() -> str:
    return WORK


@pytest.fixture(params=[False, True], ids=["", "pipelining"])
def pipelining(request: pytest.FixtureRequest, smtp: Postbox) -> bool:
    """Whether the server offers it."""
    smtp.pipelining = request.param
    return smtp.pipelining


@both_engines
def test_two_workers_send_each_mail_once(
    smtp: Postbox, petition: Petition, make_signature: Make, start_worker: StartWorker
) -> None:
    smtp.pipelining = True
    for number in range(40):
        enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org"))
    smtp.seconds = 0.02
    for worker in [start_worker(), start_worker()]:
        assert worker.wait(60) == 0
    assert Counter(str(mail["To"]) for mail in smtp.mails) == {f"a{number}@example.org": 1 for number in range(40)}
    assert len(smtp.sessions) == 2
    assert db.session.query(OutboxMessage).filter_by(status="sent").count() == 40


@both_engines
def test_a_killed_workers_mail_is_sent_by_the_next_one_under_the_same_message_id(
    smtp: Postbox, pipelining: bool, petition: Petition, make_signature: Make, start_worker: StartWorker
) -> None:
    rows = [enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org")) for number in range(2)]
    ids = {str(mail.message_id) for mail in rows if mail}
    smtp.seconds = 0.5  # the server has it all, and the worker has not been told
    worker = start_worker()
    wait_for(lambda: smtp.data_begun == 1)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    wait_for(lambda: len(smtp.envelopes) == 1)
    smtp.seconds = 0.0

    sender = SmtpTransport(smtp.server)
    assert outbox.send_due(now(), sender) == 0, "the lease still runs"
    assert outbox.send_due(now() + LEASE + timedelta(seconds=5), sender) == 2
    sender.close()
    received = Counter(str(mail["Message-ID"]) for mail in smtp.mails)
    assert set(received) == ids
    assert sorted(received.values()) == [1, 2]  # the one the server had taken already: as close to once as SMTP allows
    assert {status for (status,) in db.session.query(OutboxMessage.status)} == {"sent"}


def test_one_killed_before_the_server_has_the_mail_loses_nothing(
    smtp: Postbox, pipelining: bool, petition: Petition, make_signature: Make, start_worker: StartWorker
) -> None:
    enqueue("confirmation", make_signature(petition))
    smtp.data_answer = "451 not yet"
    smtp.seconds = 0.5
    worker = start_worker()
    wait_for(lambda: smtp.data_begun == 1)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    smtp.seconds, smtp.data_answer = 0.0, ""

    sender = SmtpTransport(smtp.server)
    assert outbox.send_due(now() + LEASE + timedelta(seconds=5), sender) == 1
    sender.close()
    assert [str(mail["To"]) for mail in smtp.mails] == ["alice@example.org"]


@both_engines
def test_one_killed_at_the_next_mails_text_has_marked_the_one_before(
    smtp: Postbox, pipelining: bool, petition: Petition, make_signature: Make, start_worker: StartWorker
) -> None:
    """Not one mail is sent twice: that a crash costs one at most is because of this."""
    for number in range(6):
        enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org"))

    smtp.hangs_at = 4
    worker = start_worker()
    wait_for(lambda: smtp.data_begun == 4)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    assert db.session.query(OutboxMessage).filter_by(status="sent").count() == 3

    sender = SmtpTransport(smtp.server)
    while outbox.send_due(now() + LEASE + timedelta(seconds=5), sender):
        pass
    sender.close()
    assert Counter(str(mail["To"]) for mail in smtp.mails) == {f"a{number}@example.org": 1 for number in range(6)}


def wait_for(happened: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
