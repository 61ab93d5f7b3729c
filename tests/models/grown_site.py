"""A site that has been there for a while, on which a statement without an index would show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text, update

from petition_app.extensions import db
from petition_app.models import (
    Comment,
    CommentFlag,
    OutboxMessage,
    Petition,
    RateCount,
    Signature,
)
from petition_app.models.base import now
from petition_app.operations import demo
from petition_app.petitions.mail_words import add_version
from petition_app.transactions import writing

SIGNATURES = 3000
NETWORK = "a3f9c21077aa0b1c"


@pytest.fixture
def crowd(app: Flask, make_petition: Callable[..., Petition]) -> None:
    """A site that has been there for a while: signers, comments, those who never confirmed, and mails of all kinds."""
    make_petition()  # the home page shows a list where there are two
    demo.load()
    demo.add_signatures(SIGNATURES, lambda _done: None)
    petition = Petition.by_slug(demo.SLUG)
    assert petition is not None
    at = now()
    with writing() as session:
        petition.comments = "after"
        session.add(petition)
        add_version(petition, petition.default_locale, {"why": "Pour tous.", "thanks": "Merci."}, at)
        few = db.session.query(Signature.id).filter(~Signature.comment.has()).limit(600)
        for (number,) in few.all():
            moment = at - timedelta(minutes=number)
            session.add(
                Comment(
                    petition_id=petition.id, signature_id=number, text="Oui.", status="published", published_at=moment
                )
            )
        unconfirmed = db.session.query(Signature.id).order_by(Signature.id.desc()).limit(50).subquery()
        session.execute(
            update(Signature)
            .where(Signature.id.in_(db.session.query(unconfirmed.c.id)))
            .values(status="pending", seat=None, confirmed_at=None, created_at=at - timedelta(days=31)),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(Signature).where(Signature.id % 5 == 0).values(network=func.substr(Signature.key, 1, 16)),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(Signature).where(Signature.id % 100 == 0).values(network=NETWORK),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(Comment).where(Comment.id % 9 == 0).values(queued_at=at - timedelta(hours=1), reviewed_at=at),
            execution_options={"synchronize_session": False},
        )
        flagged = session.scalars(select(Comment.id).limit(200)).all()
        session.execute(insert(CommentFlag), [{"comment_id": key, "reader": f"{key}", "point": ""} for key in flagged])
        session.execute(insert(OutboxMessage), [_mail(number) for number in range(2000)])
        session.execute(
            insert(RateCount), [{"key": f"{n}", "count": 1, "expires_at": at - timedelta(hours=n)} for n in range(500)]
        )
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    db.session.remove()


def _mail(number: int) -> dict[str, object]:
    """Nine of ten were sent in the last ten days; the others failed, or wait for tomorrow."""
    at = now() - timedelta(minutes=7 * number)
    status = {0: "failed", 1: "queued"}.get(number % 20, "sent")
    return {
        "kind": "confirmation",
        "priority": 0,
        "locale": "fr",
        "recipient": f"m{number}@example.org",
        "mailbox": f"m{number}@example.org",
        "message_id": f"<{number}@localhost>",
        "status": status,
        "created_at": at,
        "due_at": now() + timedelta(days=1) if status == "queued" else at,
        "finished_at": None if status == "queued" else at,
        "attempts": 0,
        "last_error": "",
    }
