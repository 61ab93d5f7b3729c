"""What a site that seals asks its database, and what sealing a large one later asks: rows found by an index."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import transport_for
from petition_app.models import Petition, Signature, Update
from petition_app.models.base import now
from petition_app.operations import demo, jobs
from petition_app.sealing import converting, handing_over
from petition_app.sealing.addresses import signatures_of
from petition_app.sealing.handing_over import Receiver
from petition_app.sealing.keyring import keyring
from petition_app.sealing.turning_on import NewKeys
from petition_app.signing.criteria import Criteria, find
from petition_app.transactions import writing
from petition_app.updates import mailing
from tests.databases import both_engines
from tests.models.grown_site import crowd
from tests.models.walks.signers import sign_and_leave
from tests.models.walks.team import tell
from tests.plans import Recorder, complaints
from tests.visitor import Visitor

__all__ = ["crowd"]


@pytest.fixture
def variables(engine: str) -> dict[str, str]:
    key = {"PETITION_MAILBOX_KEY": "k" * 40} if engine == "postgresql" else {}
    return {"PETITION_ABUSE_CONTROLS": "on", **key}


@both_engines
@pytest.mark.usefixtures("crowd")
def test_every_statement_finds_its_rows_by_an_index(
    app: Flask, client: Visitor, seal: Callable[[], NewKeys], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "WINDOW", 200)
    seal()
    petition = Petition.by_slug(demo.SLUG)
    assert petition is not None
    petition_id = petition.id
    first = db.session.query(Signature.id, Signature.mailbox).filter_by(status="confirmed").order_by(Signature.id).all()
    last_mailbox = first[-1].mailbox
    db.session.rollback()
    with Recorder().listening(db.engine) as recorder:
        with recorder.route("converting"):
            converting.advance(now(), seconds=0.01)
        with recorder.route("converting one mailbox"):
            converting.convert_mailbox(petition_id, last_mailbox)
        sign_and_leave(app, client, recorder)  # while it is converted
        tell(app, client, recorder)
        update = db.session.query(Update).one()
        receiver = Receiver()
        with recorder.route("a worker"):
            receiver.attend()
            with writing() as session:
                assert mailing.hand_key(session, update.id, b"k" * 32, now()) == 1
            receiver.attend()
            assert keyring().ids("update") == [update.id]
            assert handing_over.is_held(("update", update.id), now())
        with recorder.route("sending mails"):
            outbox.send_due(now(), transport_for(app.config["SETTINGS"]))
        with recorder.route("looking for an address"):
            assert len(signatures_of(last_mailbox)) >= 1
            find(Criteria(petition_id, email=last_mailbox), 0, 10)
        with recorder.route("those who left"):
            jobs.keep_sealed(now())
    if found := complaints(recorder):
        pytest.fail(found, pytrace=False)
