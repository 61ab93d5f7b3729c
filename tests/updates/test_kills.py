"""The worker is killed in the middle of a mailing, again and again: nobody is left out, and nobody is mailed twice."""

from __future__ import annotations

import random
import signal
from collections import Counter
from datetime import timedelta

import pytest

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import SmtpTransport
from petition_app.models import OutboxMessage, Petition
from petition_app.models.base import now
from petition_app.models.outbox_message import LEASE
from petition_app.updates import mailing
from tests.databases import both_engines
from tests.mail.conftest import Postbox, StartWorker
from tests.mail.test_workers import wait_for
from tests.updates.conftest import MakeCrowd, MakeUpdate, send_now, stored

SIGNERS = 150

# The worker's loop, without its pauses and with small steps, so that a kill may come anywhere.
WORK = """
from petition_app import create_app
from petition_app.mail import outbox
from petition_app.mail.transport import transport_for
from petition_app.models.base import now
from petition_app.updates import mailing, recipients

mailing.MOST_AT_ONCE = 9
recipients.WINDOW = 13
app = create_app()
with app.app_context():
    transport = transport_for(app.config["SETTINGS"])
    while True:
        mailing.advance_all(now())
        outbox.send_due(now(), transport, limit=4)
"""


@pytest.fixture
def variables(smtp: Postbox) -> dict[str, str]:
    return {"PETITION_MAIL_URL": f"smtp://127.0.0.1:{smtp.port}", "PETITION_MAIL_FROM": "petition@example.org"}


@pytest.fixture
def program() -> str:
    return WORK


@both_engines
@pytest.mark.parametrize("kills", [2, pytest.param(6, marks=pytest.mark.long)])
def test_killed_in_the_middle_again_and_again(
    smtp: Postbox,
    petition: Petition,
    make_crowd: MakeCrowd,
    make_update: MakeUpdate,
    start_worker: StartWorker,
    kills: int,
) -> None:
    dice = random.Random(20261124)  # noqa: S311  # moments, no secrets
    make_crowd(petition, SIGNERS)
    update_id = make_update(petition, per_minute=6000)
    send_now(update_id)
    smtp.seconds = 0.005
    for kill in range(kills):
        worker = start_worker()
        enough = len(smtp.envelopes) + dice.randint(1, 20)
        wait_for(lambda enough=enough: len(smtp.envelopes) >= enough)  # type: ignore[misc]
        if kill % 2:  # while the server has it all, and has not said so
            smtp.seconds = 0.3
            begun = smtp.data_begun
            wait_for(lambda begun=begun: smtp.data_begun > begun)  # type: ignore[misc]
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        smtp.seconds = 0.005
    assert stored(update_id).state == "sending"

    sender = SmtpTransport(smtp.server)
    later = LEASE + timedelta(seconds=5)
    wait_for(lambda: finished(update_id, sender, later), seconds=60)
    sender.close()
    copies = Counter(str(mail["Message-ID"]) for mail in smtp.mails)
    people = {str(mail["Message-ID"]): str(mail["To"]) for mail in smtp.mails}
    # Each mailbox has one mail; a copy of it, which has the same Message-ID, at most where a kill came after the
    # server's taking it and before the worker's writing that down.
    assert Counter(people.values()) == {f"s{n}@example.org": 1 for n in range(SIGNERS)}
    assert sum(count - 1 for count in copies.values()) <= kills
    update = stored(update_id)
    assert (update.foreseen, update.queued, update.sent, update.bounced) == (SIGNERS, SIGNERS, SIGNERS, 0)
    assert db.session.query(OutboxMessage).filter_by(status="sent").count() == SIGNERS


def finished(update_id: int, sender: SmtpTransport, later: timedelta) -> bool:
    mailing.advance_all(now() + later)
    while outbox.send_due(now() + later * 2, sender):
        pass
    return stored(update_id).state == "sent"
