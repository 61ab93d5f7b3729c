"""Signers are forgotten when their time is over: what says who they are goes, and their signatures count on.

It goes by batches, each a short write transaction that can be the last one: what is left is found again by the next
run, for a signature without a mailbox is one that nobody stands behind any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, literal_column, select, update
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import (
    Comment,
    Consent,
    FilePart,
    InvalidationRule,
    OutboxMessage,
    PaperBatch,
    PaperSignature,
    Petition,
    Signature,
    SignatureAnswer,
    StoredFile,
)
from petition_app.models.signature import NOBODY
from petition_app.privacy import retention
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed

BATCH = 500
# Parts of a file that are deleted at once: their bytes are overwritten, which takes its time.
PARTS_AT_ONCE = 16

Renew = Callable[[], None]
_UNSYNCHRONIZED: dict[str, Any] = {"synchronize_session": False}


def petitions_due(at: datetime) -> list[int]:
    """The petitions whose signers' time is over, and of whom somebody is still known."""
    closed_before, quiet_since = retention.closed_before(at), retention.quiet_since(at)
    petitions = db.session.scalars(select(Petition).where(Petition.status != "draft").order_by(Petition.id)).all()
    due = []
    for petition in petitions:
        is_closed = petition.status in ("closed", "archived") and petition.closed_at is not None
        since = petition.closed_at if is_closed else _last_signed(petition)
        if since is not None and since <= (closed_before if is_closed else quiet_since) and _is_anybody_known(petition):
            due.append(petition.id)
    db.session.rollback()
    return due


def _last_signed(petition: Petition) -> datetime | None:
    """When somebody signed last, on paper too; when it was opened, where nobody has."""
    online = (
        select(Signature.confirmed_at)
        .where(Signature.petition_id == petition.id, Signature.status == literal_column("'confirmed'"))
        .order_by(Signature.confirmed_at.desc(), Signature.id.desc())
        .limit(1)
    )
    on_paper = select(func.max(PaperBatch.created_at)).where(PaperBatch.petition_id == petition.id)
    moments = (petition.opened_at, db.session.scalar(online), db.session.scalar(on_paper))
    return max((moment for moment in moments if moment is not None), default=None)


def _is_anybody_known(petition: Petition) -> bool:
    questions = (_known_online(petition.id), _known_on_paper(petition.id), _files(petition.id))
    return any(db.session.execute(question.limit(1)).first() is not None for question in questions)


def _known_online(petition_id: int) -> Any:
    """By the unique index of mailboxes, in which those who are forgotten stand apart."""
    return select(Signature.id, Signature.status).where(Signature.petition_id == petition_id, Signature.mailbox > "")


def _known_on_paper(petition_id: int) -> Any:
    return select(PaperSignature.id).where(PaperSignature.petition_id == petition_id, PaperSignature.name_key > "")


def _files(petition_id: int) -> Any:
    """Scans of sheets and lists of signers."""
    kinds = StoredFile.kind.in_(("scan", "export", "delivery"))
    return select(StoredFile.id).where(StoredFile.petition_id == petition_id, kinds, StoredFile.status != "removed")


def forget_signers(petition_id: int, at: datetime, renew: Renew) -> int:
    """Forget all who signed a petition, online and on paper. Answers how many."""
    with writing() as session:
        petition = session.get_one(Petition, petition_id, with_for_update=True, populate_existing=True)
        petition.signers_forgotten_at = petition.signers_forgotten_at or at
        of_petition = InvalidationRule.petition_id == petition_id
        session.execute(update(InvalidationRule).where(of_petition).values(criteria="{}"), **_options())
        has_answers = petition.form_revision > 0
    forgotten = _by_batches(lambda session: _forget_online(session, petition_id, at, has_answers), renew)
    forgotten += _by_batches(lambda session: _forget_on_paper(session, petition_id), renew)
    _remove_files(petition_id, at, renew)
    petition_changed.send(petition_id=petition_id)
    return forgotten


def _by_batches(step: Callable[[Session], int], renew: Renew) -> int:
    done = 0
    while True:
        with writing() as session:
            found = step(session)
        done += found
        if found < BATCH:
            return done
        renew()


def _forget_online(session: Session, petition_id: int, at: datetime, has_answers: bool) -> int:
    rows = session.execute(_known_online(petition_id).limit(BATCH)).all()
    ids = [row.id for row in rows]
    for model in (Comment, Consent, OutboxMessage):
        session.execute(delete(model).where(model.signature_id.in_(ids)), **_options())
    if ids and has_answers:
        session.connection().execute(_FORGET_ANSWERS, [{"signature": key} for key in ids])
    # What never counted leaves no number behind.
    uncounted = [row.id for row in rows if row.status == "pending"]
    session.execute(delete(Signature).where(Signature.id.in_(uncounted)), **_options())
    nobody = {**NOBODY, "erased_at": at}
    session.execute(update(Signature).where(Signature.id.in_(ids)).values(nobody), **_options())
    return len(rows)


# One by one: for a list of signatures, PostgreSQL would read through the answers of all.
_FORGET_ANSWERS = delete(SignatureAnswer).where(SignatureAnswer.signature_id == bindparam("signature"))


def _forget_on_paper(session: Session, petition_id: int) -> int:
    ids = list(session.scalars(_known_on_paper(petition_id).limit(BATCH)))
    nobody = {"given_name": "", "surname": "", "name_key": "", "postal_code": ""}
    session.execute(update(PaperSignature).where(PaperSignature.id.in_(ids)).values(nobody), **_options())
    return len(ids)


def _remove_files(petition_id: int, at: datetime, renew: Renew) -> None:
    for file_id in db.session.scalars(_files(petition_id)).all():
        with writing() as session:
            gone = {"status": "removed", "expires_at": None, "finished_at": at, "holder": "", "claimed_until": None}
            session.execute(update(StoredFile).where(StoredFile.id == file_id).values(gone), **_options())
        while _delete_parts(file_id):
            renew()


def _delete_parts(file_id: int) -> int:
    of_file = select(FilePart.position).where(FilePart.file_id == file_id).limit(PARTS_AT_ONCE)
    with writing() as session:
        positions: Sequence[int] = session.scalars(of_file).all()
        parts = delete(FilePart).where(FilePart.file_id == file_id, FilePart.position.in_(positions))
        session.execute(parts, **_options())
    return len(positions)


def _options() -> dict[str, Any]:
    return {"execution_options": _UNSYNCHRONIZED}
