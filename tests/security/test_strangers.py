"""Insecure direct references: a token opens one thing, an id is one of its petition, and one's own is one's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from petition_app.admin.access import is_admin_path
from petition_app.extensions import db
from petition_app.models import (
    Comment,
    Demand,
    MemberSession,
    Petition,
    PetitionField,
    RecipientAnswer,
    Signature,
    Update,
)
from petition_app.models.base import now
from petition_app.models.member_link import MemberLink
from petition_app.transactions import writing
from petition_app.web import tokens
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk, make_member
from tests.security.routes import routes
from tests.story import confirmed
from tests.visitor import Visitor

# By blueprint, what its tokens are for; the two of signing's that confirm have a purpose of their own.
PURPOSES = {
    "signing": "personal",
    "outcomes": "answer",
    "updates": "unsubscribing",
    "admin.invitation": "invitation",
    "admin.new_password": "password_reset",
}


@pytest.fixture
def made(app: Flask, client: Visitor, petition: Petition) -> dict[str, str]:
    """A good token of each purpose."""
    confirmed(app, client, comment="A comment by Alice")
    at = now()
    with writing() as session:
        answer = RecipientAnswer(petition_id=petition.id, name="Ada", locale="fr", expires_at=at + timedelta(days=9))
        links = {purpose: MemberLink.make(purpose, at) for purpose in ("invitation", "password_reset")}
        session.add_all([answer, *links.values()])
    key = db.session.query(Signature).one().key
    return {
        "confirmation": tokens.confirmation_token(key),
        "personal": tokens.personal_token(key),
        "unsubscribing": tokens.unsubscribing_token(key, 1),
        "answer": tokens.answer_token(answer.key),
        **{purpose: tokens.member_token(purpose, link.key) for purpose, link in links.items()},
    }


def purpose_of(endpoint: str) -> str:
    if endpoint in ("signing.confirmation", "signing.confirm"):
        return "confirmation"
    return PURPOSES.get(endpoint.rpartition(".")[0], "personal")


def test_a_token_opens_what_it_was_made_for_and_nothing_else(app: Flask, client: Visitor, made: dict[str, str]) -> None:
    make_member("reader", name="Bob")
    desk, tried = Desk(app, app.response_class), 0
    desk.get("/admin/sign-in")
    for route in routes(app):
        if "token" not in route.rule.arguments:
            continue
        for purpose, token in made.items():
            if purpose == purpose_of(route.endpoint):
                continue
            address = route.address.replace("no-such-thing", token)
            browser = desk if is_admin_path(address) else client
            data = {"csrf_token": desk.token, "consent_processing": "y"} if route.method != "GET" else None
            answer = browser.open(address, method=route.method, data=data)
            assert answer.status_code in (404, 410), (route.endpoint, purpose, answer.status_code)
            assert "alice" not in answer.get_data(as_text=True).lower()
            tried += 1
    assert tried > 70
    signature = db.session.query(Signature).one()
    assert (signature.status, signature.given_name) == ("confirmed", "Alice")


def test_an_id_of_another_petition_is_not_there(
    app: Flask, client: Visitor, alice: Desk, make_petition: object, petition: Petition
) -> None:
    """As an administrator even: who edits one petition by its address never changes another one by a number."""
    other = make_petition("other-one")  # type: ignore[operator]  # a fixture's function
    confirmed(app, client, slug="other-one", comment="A comment by Alice")
    at = now()
    with writing() as session:
        demand = Demand(petition_id=other.id, position=0, texts={"fr": "De l’eau"})
        answer = RecipientAnswer(petition_id=other.id, name="Ada", locale="fr", expires_at=at + timedelta(days=9))
        field = PetitionField(petition_id=other.id, kind="phone")
        update = Update(petition_id=other.id)
        session.add_all([demand, answer, field, update])
    ids = {
        "demand_id": demand.id,
        "answer_id": answer.id,
        "field_id": field.id,
        "update_id": update.id,
        "comment_id": db.session.query(Comment).one().id,
    }
    alice.step_up()
    alice.get("/admin/")
    tried = set()
    for route in routes(app, slug=petition.slug, number="0", **{name: str(key) for name, key in ids.items()}):
        named = {name for name in route.rule.arguments if name in ids}
        is_flag = (route.endpoint, route.method) == (
            "comments.flag",
            "POST",
        )  # thanks for it kindly, and counts nothing
        if "slug" not in route.rule.arguments or not named or is_flag:
            continue
        data = {"csrf_token": alice.token} if route.method != "GET" else None
        browser = alice if is_admin_path(route.address) else client
        assert browser.open(route.address, method=route.method, data=data).status_code == 404, route
        tried |= named
    assert tried == set(ids)


def test_what_is_a_members_own_is_nobody_elses(app: Flask, as_member: AsMember, alice: Desk) -> None:
    """An administrator has other ways, which stand in the log; by the number of a session, nobody ends another's."""
    bob = as_member("editor", "Bob")
    for row in db.session.query(MemberSession).filter_by(member_id=bob.member_id):
        alice.send(f"/admin/account/sessions/{row.id}/end")
    alice.send("/admin/account/sessions/end")
    assert bob.get("/admin/").status_code == 200
