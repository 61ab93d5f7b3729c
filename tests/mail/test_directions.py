"""Mails go in the signer's language, from right to left where that is written so, and say what is in another one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest

from petition_app.extensions import db
from petition_app.mail.messages import render
from petition_app.models import Comment, OutboxMessage, Petition, PetitionText, RecipientAnswer, Signature
from petition_app.models.base import now
from petition_app.outcomes.answers import ask
from petition_app.transactions import writing
from tests.updates.conftest import MakeUpdate, make_update

__all__ = ["make_update"]

Make = Callable[..., Signature]
KINDS = ("confirmation", "personal_link", "personal_links", "comment_hidden", "update")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def mail_about(signature: Signature, kind: str, update_id: int | None) -> EmailMessage:
    """The mail as the worker makes it, for this signature's row."""
    with writing() as session:
        row = OutboxMessage(
            kind=kind,
            priority=0,
            locale=signature.locale,
            recipient=signature.email,
            mailbox=signature.mailbox,
            signature_id=signature.id,
            update_id=update_id if kind == "update" else None,
            message_id=f"<{kind}@localhost>",
            due_at=now(),
        )
        session.add(row)
    db.session.expire_all()
    return render(db.session.get_one(OutboxMessage, row.id))


@pytest.mark.parametrize("kind", KINDS)
def test_from_right_to_left_with_the_petition_in_its_own_direction(
    petition: Petition, make_signature: Make, make_update: MakeUpdate, kind: str
) -> None:
    update_id = make_update(petition)
    signature = make_signature(petition, status="confirmed", locale="ar")
    with writing() as session:
        text = "Trop cher."
        session.add(
            Comment(petition_id=petition.id, signature_id=signature.id, text=text, status="hidden", published_at=now())
        )
    mail = mail_about(db.session.get_one(Signature, signature.id), kind, update_id)
    assert mail["Content-Language"] == "ar"
    page = html_of(mail)
    assert '<html lang="ar" dir="rtl">' in page
    assert re.search(r'<div style="[^"]*"\s+lang="ar"\s+dir="rtl">', page)
    # There is no Arabic text yet: the petition's own words say in which language they are.
    assert re.search(r'lang="fr" dir="auto">De l’eau propre', page)
    if kind == "update":
        assert re.search(r'<div lang="fr" dir="ltr"><p>Elle <strong>répond</strong>', page)
    assert not re.search(r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)", page)


def test_an_update_goes_in_the_signers_language_where_it_has_one(
    petition: Petition, make_signature: Make, make_update: MakeUpdate
) -> None:
    with writing() as session:
        session.add(PetitionText(petition_id=petition.id, locale="ar", title="ماء نظيف", body="ماء."))
    update_id = make_update(petition, {"fr": ("La mairie", "Oui."), "ar": ("البلدية", "نعم.")})
    mail = mail_about(make_signature(petition, status="confirmed", locale="ar"), "update", update_id)
    assert mail["Subject"] == "البلدية"
    page = html_of(mail)
    assert '<div lang="ar" dir="rtl"><p>نعم.</p>' in page
    assert re.search(r'lang="ar" dir="auto">ماء نظيف', page)
    assert "Elle" not in page


def test_a_recipient_is_asked_in_the_language_that_was_chosen(petition: Petition) -> None:
    with writing() as session:
        session.add(PetitionText(petition_id=petition.id, locale="ar", title="ماء نظيف", body="ماء."))
    ask(petition.id, "آدا", "رئيسة البلدية", "ar", "ada@example.org", now())
    db.session.expire_all()
    row = db.session.query(OutboxMessage).filter_by(kind="answer_request").one()
    page = html_of(render(row))
    assert '<html lang="ar" dir="rtl">' in page
    assert re.search(r'lang="ar" dir="auto">ماء نظيف', page)
    assert db.session.query(RecipientAnswer).one().expires_at > now() + timedelta(days=1)
