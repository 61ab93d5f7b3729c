"""Rare states that signers and readers meet, made for one look (as in rare_states.py), and the pages of failures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

from flask import current_app
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, TooManyRequests, UnprocessableEntity

from petition_app.admin.translations.rare_states import of_signature
from petition_app.admin.translations.sample_data import CLOSED, OPEN
from petition_app.antiabuse import rate_limit
from petition_app.extensions import db
from petition_app.fraud import decisions
from petition_app.models import (
    Cluster,
    Consent,
    Demand,
    FieldWording,
    Member,
    ModerationSettings,
    Petition,
    PetitionField,
    PetitionText,
    RateCount,
    Signature,
    SignatureAnswer,
)
from petition_app.models import Update as News
from petition_app.models.base import now
from petition_app.models.moderation_settings import ONLY
from petition_app.models.signature import NOBODY
from petition_app.privacy.retention import signers_kept_until
from petition_app.signing import lost_links
from petition_app.web.errors import failure_page, unavailable_page
from petition_app.web.origin import ForeignOrigin
from petition_app.web.site import settings

# Whoever is not named by a request's address: nobody's is, on the sample.
_SOMEBODY = rate_limit.network_of("")
# What is kept of a petition is known by its revision: that of a rare state is like no other.
_revisions = count(1_000)


def code_required(session: Session) -> None:
    session.execute(_petition().values(postal_code="required", revision=next(_revisions)))


def no_country(session: Session) -> None:
    session.execute(_petition().values(country="hidden", postal_code="required", revision=next(_revisions)))


def all_required(session: Session) -> None:
    """Each of the form's own fields has to be answered, and the recipients get the answers."""
    session.execute(update(PetitionField).values(is_required=True))
    session.execute(update(FieldWording).values(for_recipients=True))
    _form_changed(session)


def field_removed(session: Session) -> None:
    """What the form asked for is asked no longer; somebody has answered it, and the recipients get that."""
    signer = session.scalars(select(Signature).where(Signature.key == "confirmed")).one()
    for field in session.scalars(select(PetitionField)).all():
        answer = {"municipality": "Exampletown", "phone": "0123456789", "birth_year": "1980", "profession": "Baker"}
        value = answer.get(field.kind, "yes" if field.kind == "question_yes_no" else "a")
        field.wordings[-1].for_recipients = True
        session.add(
            SignatureAnswer(
                signature_id=signer.id, field_id=field.id, wording_id=field.wordings[-1].id, value=value, given_at=now()
            )
        )
        if field.kind in ("municipality", "question_choice"):
            field.remove(now(), forgets_answers=False)
    _form_changed(session)


def name_taken(session: Session) -> None:
    """Somebody else has signed from the same mailbox."""
    mailbox = select(Signature.mailbox).where(Signature.key == "confirmed").scalar_subquery()
    session.execute(of_signature("key-4").values(mailbox=mailbox, seat=2))


def held_counted(session: Session) -> None:
    """One that signs again, while the first time is looked at."""
    waits = {"status": "pending", "held_at": now(), "held_for": "evidence"}
    session.execute(of_signature("confirmed").values(confirmed_at=None, number=None, seat=None, **waits))


def group_taken_out(session: Session) -> None:
    """A signature that was taken out of the count with others that are like it."""
    by = session.scalars(select(Member).order_by(Member.id)).first()
    signature = session.scalars(select(Signature).where(Signature.key == "key-4")).one()
    cluster = session.scalars(select(Cluster).order_by(Cluster.id)).first()
    if by is None or cluster is None:
        raise LookupError("the sample has no group of signatures")
    _cluster, rule = decisions.quarantine(session, cluster.id, now(), by)
    signature.invalidate(now(), rule.reason if rule is not None else "", settings().timezone)


def mails_refused(session: Session) -> None:
    session.execute(update(Consent).where(Consent.purpose == "petition_news").values(undeliverable_at=now()))


def just_closed(session: Session) -> None:
    session.execute(_petition().values(status="closed", closed_at=now(), revision=next(_revisions)))


def forgotten(session: Session) -> None:
    """Of those who have signed what is closed, nobody is known any more."""
    closed = session.scalars(select(Petition).where(Petition.slug == CLOSED)).one()
    closed.closed_at = now() - timedelta(days=900)
    closed.signers_forgotten_at = signers_kept_until(closed)
    signers = select(Signature.id).where(Signature.status == "confirmed").order_by(Signature.id.desc()).limit(5)
    nobody = {**NOBODY, "erased_at": closed.signers_forgotten_at}
    rows = update(Signature).where(Signature.id.in_(session.scalars(signers).all()))
    session.execute(rows.values(petition_id=closed.id, confirmed_at=closed.closed_at, **nobody))


def many_signed(session: Session) -> None:
    """From one connection, as many as may, and as many have asked for their links."""
    at, secret = now(), settings().network_key
    each = [(limit, _SOMEBODY) for limit in lost_links.ASKING]
    for limit, who in [*rate_limit.signing_limits(_SOMEBODY, _SOMEBODY), *each]:
        for moment in (at, limit.ends(at)):  # the next window may begin before it is looked at
            session.add(RateCount(key=limit.key(who, moment, secret), count=limit.most, expires_at=limit.ends(moment)))


def long_ago(session: Session) -> None:
    """Signatures of each of the last hours, days, weeks, months and years."""
    lapses = [timedelta(minutes=1), timedelta(minutes=5)]
    lapses += [timedelta(**{unit: n}) for unit in ("hours", "days", "weeks") for n in (1, 3)]
    lapses += [timedelta(days=31 * n) for n in (1, 3)] + [timedelta(days=366 * n) for n in (1, 3)]
    signers = select(Signature.id).where(Signature.status == "confirmed").order_by(Signature.id.desc())
    numbers = session.scalars(signers).all()
    session.execute(update(Signature).where(Signature.id.in_(numbers)).values(confirmed_at=now() - timedelta(days=9e3)))
    for number, lapse in zip(numbers, lapses, strict=False):
        session.execute(update(Signature).where(Signature.id == number).values(confirmed_at=now() - lapse))


def borrowing(session: Session) -> None:
    """A translation in which some paragraphs are still in the main language."""
    for text in session.scalars(select(PetitionText).where(PetitionText.version == 2)):
        text.borrowed = {"from": "en", "body": [1], "offices": []} if text.locale != "en" else None
    session.execute(update(Petition).values(revision=next(_revisions)))


def only_spelling(session: Session) -> None:
    """Texts that were changed before anybody had signed, in their spelling, and in what the eye does not see."""
    for text in session.scalars(select(PetitionText).where(PetitionText.version == 2)).all():
        text.kind, text.reason = "initial", ""
        known = {"locale": text.locale, "title": text.title, "summary": text.summary, "petition_id": text.petition_id}
        session.add(PetitionText(**known, body=text.body.replace("water", "Water"), version=3, kind="spelling"))
        session.add(PetitionText(**known, body=text.body.replace("water", "Water"), version=4, kind="spelling"))


def many_news(session: Session) -> None:
    for each in session.scalars(select(News).where(News.number.is_(None))).all():
        each.publish(session, now())


def with_document(session: Session) -> None:
    """What became of a demand rests on a document."""
    for demand in session.scalars(select(Demand)).all():
        demand.outcomes = [{**said, "link": "", "file": {"id": 1, "name": "answer.pdf"}} for said in demand.outcomes]


def flags_hide(session: Session) -> None:
    """Readers alone can take a comment off the page."""
    session.add(ModerationSettings(id=ONLY, words="", flags_to_queue=3, flags_to_hide=3))


@contextmanager
def read_only() -> Iterator[None]:
    """The database can be read, and takes nothing: its disk is full."""

    def shut(connection: Any, *_rest: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    def opened(connection: Any, *_rest: object) -> None:
        if connection is not None:
            connection.execute("PRAGMA query_only = OFF")

    pool = db.engine.pool
    db.session.remove()
    event.listen(pool, "checkout", shut)
    event.listen(pool, "checkin", opened)
    try:
        yield
    finally:
        db.session.remove()
        event.remove(pool, "checkout", shut)
        event.remove(pool, "checkin", opened)


def foreign() -> Any:
    return _refused(ForeignOrigin())


def too_large() -> Any:
    return _refused(RequestEntityTooLarge())


def too_many() -> Any:
    return _refused(TooManyRequests())


def not_understood() -> Any:
    return _refused(UnprocessableEntity())


unavailable, failed = unavailable_page, failure_page


def _refused(error: HTTPException) -> Any:
    return current_app.handle_http_exception(error)


def _petition() -> Any:
    return update(Petition).where(Petition.slug == OPEN)


def _form_changed(session: Session) -> None:
    session.execute(_petition().values(form_revision=next(_revisions)))
