"""A worker is killed in the middle of a mailing to sealed addresses: the next one waits for the passphrase."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update

from petition_app.config import Settings
from petition_app.config_sources import PREFIX
from petition_app.exports.making import Export, order_of
from petition_app.extensions import db
from petition_app.files import orders
from petition_app.models import FilePart, HandedKey, OutboxMessage, Petition, Signature, StoredFile, WorkerKey
from petition_app.models.base import now
from petition_app.models.outbox_message import LEASE
from petition_app.sealing import boxes, handing_over
from petition_app.sealing.turning_on import NewKeys
from petition_app.transactions import writing
from petition_app.updates import mailing
from tests.databases import both_engines
from tests.mail.conftest import Postbox
from tests.mail.test_workers import wait_for
from tests.sealing.conftest import PASSPHRASE, convert, everything
from tests.updates.conftest import MakeCrowd, MakeUpdate, send_now, stored

SIGNERS = 80

pytestmark = pytest.mark.long


@pytest.fixture
def variables(smtp: Postbox, engine: str) -> dict[str, str]:
    key = {"PETITION_MAILBOX_KEY": "k" * 40} if engine == "postgresql" else {}
    return {"PETITION_MAIL_URL": f"smtp://127.0.0.1:{smtp.port}", "PETITION_MAIL_FROM": "petition@example.org", **key}


@pytest.fixture
def start_worker(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """The program's own, as an operator starts it."""
    running: list[subprocess.Popen[bytes]] = []
    ours = {PREFIX + name.upper(): value for name, value in settings.values.items() if value}
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "petition_app", "worker"]
        running.append(subprocess.Popen(command, env={**others, **ours}))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def private_key(petition: Petition, make_crowd: MakeCrowd, seal: Callable[[], NewKeys]) -> bytes:
    make_crowd(petition, SIGNERS)
    keys = seal()
    convert()
    assert db.session.scalars(select(Signature.email).distinct()).all() == [None]
    db.session.rollback()
    return boxes.unlocked(keys.passphrase_lock, PASSPHRASE)


def hand(update_id: int, private_key: bytes) -> None:
    """What a page does with the passphrase, once there is a worker."""
    wait_for(lambda: handed(update_id, private_key) > 0)


def handed(update_id: int, private_key: bytes) -> int:
    with writing() as session:
        return mailing.hand_key(session, update_id, private_key, now())


def workers() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(WorkerKey.name)))


@both_engines
def test_killed_in_the_middle_it_waits_for_the_passphrase_and_goes_on(
    smtp: Postbox,
    petition: Petition,
    private_key: bytes,
    make_update: MakeUpdate,
    start_worker: Callable[[], subprocess.Popen[bytes]],
    settings: Settings,
) -> None:
    dice = random.Random(20261126)  # noqa: S311  # moments, no secrets
    update_id = make_update(petition, per_minute=6000)
    send_now(update_id)
    smtp.seconds = 0.02
    for _kill in range(2):
        before, gone = len(smtp.envelopes), set(workers())
        worker = start_worker()
        wait_for(lambda gone=gone: bool(set(workers()) - gone))  # type: ignore[misc]
        time.sleep(2)  # it has nothing to open with
        assert len(smtp.envelopes) == before
        db.session.rollback()
        assert mailing.waits_for_key(stored(update_id), now())
        hand(update_id, private_key)
        enough = before + dice.randint(5, 25)
        wait_for(lambda enough=enough: len(smtp.envelopes) >= enough)  # type: ignore[misc]
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        assert b"s1@example.org" not in everything(settings)
        # The leases of what it had in hand would run out in two minutes.
        with writing() as session:
            session.execute(
                update(OutboxMessage).where(OutboxMessage.status == "queued").values(claimed_until=now() - LEASE)
            )
    assert stored(update_id).state == "sending"

    worker = start_worker()
    wait_for(lambda: any(name.endswith(f":{worker.pid}") for name in workers()))
    assert len(workers()) == 1  # those who died are not taken for living
    hand(update_id, private_key)
    wait_for(lambda: stored(update_id).state == "sent", seconds=60)
    people = {str(mail["Message-ID"]): str(mail["To"]) for mail in smtp.mails}
    assert Counter(people.values()) == {f"s{n}@example.org": 1 for n in range(SIGNERS)}
    copies = Counter(str(mail["Message-ID"]) for mail in smtp.mails)
    assert (
        sum(count - 1 for count in copies.values()) <= 2
    )  # the server took it, and the worker was killed before it knew
    wait_for(lambda: db.session.query(HandedKey).count() == 0 or db.session.rollback() is not None)
    assert {mail.recipient for mail in db.session.scalars(select(OutboxMessage))} == {""}
    worker.terminate()
    worker.wait(15)
    assert workers() == []  # it took its leave


def test_the_process_that_makes_files_is_handed_the_key(
    petition: Petition,
    private_key: bytes,
    start_worker: Callable[[], subprocess.Popen[bytes]],
    settings: Settings,
) -> None:
    start_worker()
    wait_for(lambda: bool(workers()))
    order = order_of(petition, Export("petition_news", "csv", ("email",)), "fr", "Alice", now())
    with writing() as session:
        file = orders.add(session, order, now())
        assert handing_over.hand_over(session, ("file", file.id), private_key, now()) == 1
    wait_for(lambda: status() == "ready", seconds=40)
    assert b"s1@example.org" not in everything(settings)
    made = db.session.scalars(select(StoredFile)).one()
    part = db.session.scalars(select(FilePart)).one()
    data = boxes.decrypted(part.data, boxes.opened(made.sealed_key or "", private_key))
    import zlib

    text = zlib.decompress(data) if part.is_packed else data
    assert text.count(b"@example.org") == SIGNERS


def status() -> str | None:
    db.session.rollback()
    return db.session.scalar(select(StoredFile.status).execution_options(populate_existing=True))
