"""A moderator looks at comments: shows, hides, tells why, takes it back; and says what holds comments back."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from petition_app.extensions import db
from petition_app.models import AuditEntry, Comment, ModerationSettings, OutboxMessage, Petition
from petition_app.models.base import now
from petition_app.petitions.life import change_settings
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.comments.crowd import comments
from tests.databases import both_engines
from tests.story import BOB, CHARLIE, confirmed, mails_to, sign
from tests.visitor import Visitor

PAGE, QUEUE, DECISION = "/en/petitions/clean-water", "/admin/comments", "/admin/comments/decision"


def text(desk: Desk | Visitor, path: str) -> str:
    return desk.get(path).get_data(as_text=True)


def acts() -> list[str]:
    return [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]


def undo_address(page: str) -> str:
    found = re.search(r'action="(/admin/comments/acts/[0-9a-f]+/undo)"', page)
    assert found is not None
    return found[1]


@both_engines
def test_what_is_looked_at_first_appears_when_somebody_has_looked(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    change_settings("clean-water", comments="before")
    assert "Nothing waits" in text(bob, QUEUE)
    confirmed(app, client, comment="Première raison.")
    confirmed(app, client, **{**BOB, "comment": "Deuxième raison."})
    sign(client, **{**CHARLIE, "comment": "Pas encore confirmé."})
    queue = text(bob, QUEUE)
    assert queue.index("Première") < queue.index("Deuxième")
    assert "Pas encore" not in queue
    assert "2 comments wait for somebody to look at them." in text(bob, "/admin/")
    first, second = (c.id for c in db.session.query(Comment).order_by(Comment.id).limit(2))

    assert bob.send(DECISION, show=first).status_code == 303
    assert "1 comment is on the page." in text(bob, QUEUE)
    assert bob.send(DECISION, hide=second, point="beside", words="une autre fois").status_code == 303
    page = text(client, PAGE)
    assert "Première" in page
    assert "Deuxième" not in page
    assert "Nothing waits" in text(bob, QUEUE)
    assert "Deuxième" in text(bob, f"{QUEUE}/hidden")
    assert "Première" in text(bob, f"{QUEUE}/published")
    assert acts() == ["comment.shown", "comment.hidden"]
    entry = db.session.query(AuditEntry).filter_by(action="comment.hidden").one()
    assert (entry.member_name, entry.object_id) == ("Bob", second)
    assert json.loads(entry.details) == {"point": "beside", "words": "une autre fois"}


@both_engines
def test_many_are_decided_at_once_and_the_last_act_is_taken_back(
    app: Flask, client: Visitor, bob: Desk, as_member: AsMember, petition: Petition
) -> None:
    with writing() as session:
        ids = comments(session, petition, 30, queued_at=now())
    assert text(bob, QUEUE).count('name="id"') == 25
    before = [c.standing() for c in db.session.query(Comment).order_by(Comment.id)]
    assert bob.send(DECISION, hide="ticked", id=ids[:20], point="advertising").status_code == 303
    assert "20 comments are hidden." in text(bob, QUEUE)
    assert text(client, PAGE).count('class="comment"') == 10
    undo = undo_address(text(bob, QUEUE))

    carol = as_member("moderator", "Carol")
    carol.send(undo)
    assert db.session.query(Comment).filter_by(status="hidden").count() == 20  # it is not hers
    bob.send(DECISION, show=ids[3])  # and one of them is decided anew
    assert bob.send(undo).status_code == 303
    assert "19 comments stand as they stood before." in text(bob, QUEUE)
    after = [c.standing() for c in db.session.query(Comment).order_by(Comment.id)]
    assert [place for place in range(30) if before[place] != after[place]] == [3]
    bob.send(undo)
    assert "nothing left to take back" in text(bob, QUEUE)
    assert acts().count("comment.decision_undone") == 19


@both_engines
def test_the_signer_is_told_by_mail_if_the_moderator_wishes(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    personal = confirmed(app, client, comment="Des mots <durs>.")
    (comment,) = db.session.query(Comment)
    bob.send(DECISION, hide=comment.id, point="insult", words="Sans <insulte>, s’il vous plaît.", tells_signer="y")
    assert len(mails_to(app, "alice@example.org")) == 1  # there is time to undo
    late(minutes=6)
    mail = mails_to(app, "alice@example.org")[-1]
    assert "Votre commentaire" in str(mail["Subject"])
    plain = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "> Des mots <durs>." in plain
    assert "Les injures" in plain
    assert "Sans <insulte>" in plain
    assert personal.rsplit(".", 2)[0] in plain  # the token's own moment may be another
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "Sans &lt;insulte&gt;" in html
    stored = text(client, personal)
    assert "Les injures" in stored
    assert "Sans &lt;insulte&gt;" in stored


def test_a_decision_that_is_undone_is_told_to_nobody(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    confirmed(app, client, comment="Des mots.")
    bob.send(DECISION, hide=db.session.query(Comment).one().id, point="insult", tells_signer="y")
    bob.send(undo_address(text(bob, QUEUE)))
    late(minutes=6)
    assert len(mails_to(app, "alice@example.org")) == 1
    assert "Des mots." in text(client, PAGE)


def late(minutes: int) -> None:
    """So much time passes for what waits in the outbox."""
    with writing() as session:
        session.execute(update(OutboxMessage).values(due_at=now() - timedelta(minutes=minutes)))


def test_what_is_held_back_stands_in_the_queue_with_its_reason(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    bob.get(f"{QUEUE}/rules")
    saved = bob.send(
        f"{QUEUE}/rules", words="Casino*\n  gain   facile \n\nCasino*", flags_to_queue="2", flags_to_hide=""
    )
    assert saved.status_code == 303
    assert db.session.query(ModerationSettings).one().listed_words == ["Casino*", "gain facile"]
    confirmed(app, client, comment="Visitez mes c a s i n o s sur www.example.org")
    queue = text(bob, QUEUE)
    assert "Leads elsewhere" in queue
    assert "www.example.org" in queue
    assert "A word of your list" in queue
    assert "www.example.org" not in text(client, PAGE)
    assert text(client, PAGE)
    assert "comment.rules_changed" in acts()


@pytest.mark.parametrize(
    "fields",
    [
        {"words": "x" * 101, "flags_to_queue": "3"},
        {"words": "\n".join(f"w{n}" for n in range(501)), "flags_to_queue": "3"},
        {"words": "a\0b", "flags_to_queue": "3"},
        {"words": "kept", "flags_to_queue": "-1"},
        {"words": "kept", "flags_to_queue": "3", "flags_to_hide": "x"},
        {},
    ],
)
def test_settings_that_cannot_be_are_told_with_what_was_typed(
    app: Flask, bob: Desk, petition: Petition, fields: dict[str, str]
) -> None:
    answer = bob.send(f"{QUEUE}/rules", **fields)
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.get_data(as_text=True)
    if fields.get("words") == "kept":
        assert re.search(r">\s*kept<", answer.get_data(as_text=True))
    assert db.session.query(ModerationSettings).count() == 0


def test_hiding_asks_for_a_reason_and_keeps_what_was_ticked(app: Flask, bob: Desk, petition: Petition) -> None:
    with writing() as session:
        ids = comments(session, petition, 3, queued_at=now())
    bob.get(QUEUE)
    answer = bob.send(DECISION, hide="ticked", id=ids[:2])
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "choose a reason, or write one" in page
    assert len(re.findall(r'id="tick-\d+"\s+checked', page)) == 2
    assert bob.send(DECISION, hide="ticked", point="insult").status_code == 303
    assert "Tick at least one" in text(bob, QUEUE)
    assert db.session.query(Comment).filter_by(status="hidden").count() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"show": "x"},
        {"show": "99999999999999999999"},
        {"hide": "-1", "point": "nonsense"},
        {"hide": "1", "words": "\0", "state": "hidden", "petition": "\0"},
        {"hide": "ticked", "id": ["1", "x", "\ufffd"], "words": "y" * 301},
        {},
    ],
)
def test_what_makes_no_sense_breaks_nothing(
    app: Flask, bob: Desk, petition: Petition, fields: dict[str, object]
) -> None:
    assert bob.send(DECISION, **fields).status_code in (303, 400, 422)
    assert bob.get(f"{QUEUE}?after=x").status_code == 404
    assert bob.get(f"{QUEUE}/published?before=x").status_code == 404
    assert bob.get(f"{QUEUE}/hidden?before=x&petition=%00").status_code == 200
    assert bob.get(f"{QUEUE}/withdrawn").status_code == 404


def test_an_editor_does_not_moderate(app: Flask, as_member: AsMember, petition: Petition) -> None:
    editor = as_member("editor")
    with writing() as session:
        ids = comments(session, petition, 1, queued_at=now())
    assert editor.get(QUEUE).status_code == 403
    assert editor.send(DECISION, show=ids[0]).status_code == 403
    assert "waits for somebody" not in text(editor, "/admin/")
