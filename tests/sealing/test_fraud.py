"""What is held, taken out and let count on a site that seals; and marks of domains that no backup gives away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from petition_app.antiabuse.networks import domain_mark
from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.fraud import decisions
from petition_app.models import Cluster, Petition, Signature
from petition_app.models.base import now
from petition_app.sealing import boxes, names
from petition_app.sealing.turning_on import NewKeys
from petition_app.transactions import writing
from tests.admin.conftest import bob
from tests.admin.desk import Desk
from tests.admin.test_fraud import attack, cluster, status_of
from tests.databases import both_engines
from tests.sealing.conftest import PASSPHRASE, convert, everything
from tests.story import confirmed, count_is_exact, link_in, mails, sign
from tests.visitor import Visitor

__all__ = ["bob"]

DOMAIN = "bobs-own.example"


@pytest.fixture
def variables(engine: str) -> dict[str, str]:
    key = {"PETITION_MAILBOX_KEY": "k" * 40} if engine == "postgresql" else {}
    return {"PETITION_ABUSE_CONTROLS": "on", **key}


@both_engines
def test_a_held_signature_that_is_let_count_is_sealed(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings
) -> None:
    sign(client, email="mallory@yopmail.com")
    client.post(link_in(mails(app)[-1]))
    held = db.session.query(Signature).one()
    assert (held.is_held, held.email) == (True, "mallory@yopmail.com"), "it does not count yet"
    assert decisions.release_one(held.id, now())
    db.session.refresh(held)
    assert (held.status, held.email, held.is_sealed, held.mail_domain) == ("confirmed", None, True, "")
    private_key = boxes.unlocked(sealed.passphrase_lock, PASSPHRASE)
    assert boxes.opened_address(held.sealed_email or "", private_key) == "mallory@yopmail.com"
    assert count_is_exact(petition.id) == 1
    assert b"mallory@" not in everything(settings)


@both_engines
def test_a_group_of_sealed_signatures_is_taken_out_and_let_back(
    app: Flask, client: Visitor, bob: Desk, petition: Petition, sealed: NewKeys, settings: Settings
) -> None:
    attack(app, client)
    found = cluster("network")
    assert (found.counting, found.held) == (2, 3)
    bob.send(f"/admin/fraud/clusters/{found.id}/quarantine")
    assert (status_of("alpha"), count_is_exact(petition.id)) == ("invalidated", 1)
    bob.send(f"/admin/fraud/clusters/{found.id}/release")
    assert (status_of("alpha"), count_is_exact(petition.id)) == ("confirmed", 6)
    assert all(each.is_sealed for each in db.session.query(Signature))
    kept = everything(settings)
    assert b"@gmail.com" not in kept
    assert b"@yopmail.com" not in kept


@both_engines
def test_a_mark_of_a_domain_cannot_be_tried_out_with_what_a_backup_holds(
    app: Flask, client: Visitor, petition: Petition, seal: Callable[[], NewKeys], settings: Settings
) -> None:
    confirmed(app, client, email=f"bob@{DOMAIN}", given_name="Bob")
    by_secret = domain_mark(f"x@{DOMAIN}", settings.secret_key)
    assert db.session.query(Signature.domain_mark).scalar() == by_secret
    with writing() as session:
        seen = {"first_at": now() - timedelta(hours=1), "last_at": now()}
        session.add(Cluster(petition_id=petition.id, kind="domain", mark=by_secret, label=DOMAIN, **seen))
        session.flush()
        session.query(Cluster).update({"found_at": now() - timedelta(hours=1)})
    seal()
    convert()
    db.session.rollback()
    assert db.session.query(Signature.domain_mark).scalar() is None
    known = db.session.query(Cluster).one()
    assert (known.mark, known.label) == (None, "")
    confirmed(app, client, email=f"ada@{DOMAIN}", given_name="Ada")
    mark = db.session.query(Signature.domain_mark).filter_by(given_name="Ada").scalar()
    assert mark == domain_mark(f"x@{DOMAIN}", names.marks_key(settings.secret_key))
    assert mark != by_secret
    assert [trace for trace in (DOMAIN.encode(), (by_secret or "").encode()) if trace in everything(settings)] == []
