"""A request holds one connection at a time.

A process has few of them. Were all held by requests that wait for a second one, none of them would go on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event, select

from petition_app.antiabuse import suspicion
from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.site import effective
from petition_app.web.tokens import confirmation_token
from tests.databases import both_engines
from tests.story import ALICE, BOB, sign
from tests.visitor import Visitor


@pytest.fixture
def variables() -> dict[str, str]:
    return {"PETITION_ABUSE_CONTROLS": "on"}


class Held:
    """How many are held now, and how many were held at most."""

    now = most = taken = 0

    def take(self, *_of_the_pool: object) -> None:
        self.now += 1
        self.taken += 1
        self.most = max(self.now, self.most)

    def give_back(self, *_of_the_pool: object) -> None:
        self.now -= 1


@pytest.fixture
def held(app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Counted once a process knows its words, and while what it keeps for some seconds is read anew each time.

    Words that are read take a second connection, one thread for all.
    """
    client.get("/fr/petitions/clean-water/sign")
    monkeypatch.setattr(suspicion, "BELIEVED", -1.0)
    monkeypatch.setattr(effective, "LOOK_EVERY_SECONDS", -1.0)
    db.session.remove()
    held = Held()
    event.listen(db.engine, "checkout", held.take)
    event.listen(db.engine, "checkin", held.give_back)
    yield held
    event.remove(db.engine, "checkout", held.take)
    event.remove(db.engine, "checkin", held.give_back)


def _link(email: str) -> str:
    """What confirms the last signature of an address: its mail may be due later."""
    key = db.session.scalars(
        select(Signature.key).where(Signature.email == email).order_by(Signature.id.desc())
    ).first()
    db.session.remove()
    return f"/fr/signatures/{confirmation_token(str(key))}/confirmation"


@both_engines
def test_of_a_signer_and_of_one_who_is_held(client: Visitor, held: Held) -> None:
    odd = {**BOB, "email": "bob@yopmail.com"}
    for fields in ({**ALICE, "comment": "Mon avis."}, odd):
        assert sign(client, **fields).status_code == 303
        link = _link(fields["email"])
        shown = client.get(link).get_data(as_text=True).partition('name="shown" value="')[2].partition('"')[0]
        assert shown
        assert client.post(link, data={"shown": shown}).status_code == 303
    signers = db.session.query(Signature).order_by(Signature.id)
    assert [(each.status, each.is_held) for each in signers] == [("confirmed", False), ("pending", True)]
    assert held.taken >= 6
    assert held.most == 1


@both_engines
def test_of_those_who_share_a_mailbox_until_it_is_full(client: Visitor, held: Held) -> None:
    seats, address = db.session.scalar(select(Petition.signers_per_mailbox)) or 0, ALICE["email"]
    db.session.remove()
    links = []
    for letter in "abcdefgh"[: seats + 1]:
        assert sign(client, given_name=f"Autre{letter}", email=address).status_code == 303
        links.append(_link(address))
    assert [client.post(link).status_code for link in links] == [303] * seats + [409]
    assert client.post(links[0]).status_code == 303, "again"
    assert held.most == 1


@both_engines
def test_of_one_who_confirms_where_the_settings_were_not_seen_yet(app: Flask, client: Visitor, held: Held) -> None:
    """The database was away when the process looked for the first time."""
    assert sign(client).status_code == 303
    link = _link(ALICE["email"])
    keeper = app.extensions["site"]
    keeper.has_seen, keeper.due = False, time.monotonic() + 5
    assert client.post(link).status_code == 303
    assert keeper.has_seen
    assert held.most == 1
