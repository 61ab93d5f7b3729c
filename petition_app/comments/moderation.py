"""The association's side of comments: who waits for a look, show and hide, and the way back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.outbox import Addressee
from petition_app.models import Comment, CommentDecision, CommentFlag, Petition, Signature
from petition_app.models.comment_decision import Verdict
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.keyset import Place

# How long a decision can be taken back before the signer is told of it.
TOLD_AFTER = timedelta(minutes=5)
# How far the number beside the screen's name counts.
MOST_COUNTED = 500

_WHOLE = joinedload(Comment.signature).options(joinedload(Signature.petition), joinedload(Signature.text))


def comments_by_status(status: str, *, slug: str | None, limit: int) -> Sequence[Comment]:
    """The newest comments in this state, with their signatures. `waiting` are those whose signature counts."""
    found = select(Comment).where(Comment.status == status, Comment.text != "").join(Signature)
    if status == "waiting":
        found = found.where(Comment.needs_review, Signature.status == "confirmed")
    if slug is not None:
        found = found.join(Petition, Petition.id == Comment.petition_id).where(Petition.slug == slug)
    whole = joinedload(Comment.signature).joinedload(Signature.petition)
    return db.session.scalars(found.order_by(Comment.id.desc()).limit(limit).options(whole)).all()


def queue_after(place: Place | None, limit: int) -> Sequence[Comment]:
    """Those that wait for a look, who has waited longest first, from a place in the queue on."""
    found = select(Comment).where(Comment.queued_at.is_not(None))
    if place is not None:
        found = found.where(tuple_(Comment.queued_at, Comment.id) > tuple_(*place))
    oldest_first = found.order_by(Comment.queued_at, Comment.id)
    return db.session.scalars(oldest_first.limit(limit).options(_WHOLE)).all()


def queue_length() -> int:
    """How many wait for a look, counted up to five hundred."""
    waiting = select(Comment.id).where(Comment.queued_at.is_not(None)).limit(MOST_COUNTED)
    return len(db.session.scalars(waiting).all())


def hidden_comments(petition_id: int, before: int | None, limit: int) -> Sequence[Comment]:
    """Those of a petition that were taken off the page, the newest first, from one on."""
    found = select(Comment).where(Comment.petition_id == petition_id, Comment.status == "hidden")
    if before is not None:
        found = found.where(Comment.id < before)
    return db.session.scalars(found.order_by(Comment.id.desc()).limit(limit).options(_WHOLE)).all()


def flags_of(comments: Sequence[Comment]) -> dict[int, dict[str, int]]:
    """How many readers have flagged each since it was last looked at, by the point that they named."""
    found: dict[int, dict[str, int]] = {}
    reviewed = {comment.id: comment.reviewed_at for comment in comments}
    flags = select(CommentFlag.comment_id, CommentFlag.point, CommentFlag.created_at)
    for flag in db.session.execute(flags.where(CommentFlag.comment_id.in_(reviewed))):
        since = reviewed[flag.comment_id]
        if since is None or flag.created_at > since:
            counted = found.setdefault(flag.comment_id, {})
            counted[flag.point] = counted.get(flag.point, 0) + 1
    return found


@dataclass(frozen=True)
class Ruling:
    """What is decided: shown, or hidden for a point of the charter, for reasons in words, or both."""

    verdict: Verdict
    point: str = ""
    words: str = ""
    tells_signer: bool = False


@dataclass
class Act:
    """What a decision came to: the comments that it changed, and the petitions that show them."""

    key: str
    comments: list[Comment] = field(default_factory=list)

    @property
    def petitions(self) -> set[int]:
        return {comment.petition_id for comment in self.comments}


def decide(session: Session, ids: Iterable[int], ruling: Ruling, at: datetime, member_id: int | None = None) -> Act:
    """Show or hide comments, in the caller's transaction. Left out are those that went with their signature.

    After the commit, `pages_changed` lets the pages know.
    """
    act = Act(secrets.token_hex(16))
    for comment in _held(session, ids):
        if comment.status == "withdrawn" or not comment.text:
            continue
        session.add(CommentDecision.of(comment, ruling.verdict, act.key, at, member_id))
        if ruling.verdict == "shown":
            comment.show(at)
        else:
            comment.hide(at, point=ruling.point, reason=ruling.words)
            if ruling.tells_signer:
                outbox.enqueue(session, "comment_hidden", Addressee.of(comment.signature), at, after=TOLD_AFTER)
        act.comments.append(comment)
    return act


def undo(session: Session, key: str, at: datetime, member_id: int | None) -> Act:
    """Take back what this member decided in one act. A comment that has changed since stays as it is."""
    made = select(CommentDecision).where(CommentDecision.act == key, CommentDecision.member_id == member_id)
    decisions = session.scalars(made.order_by(CommentDecision.id)).all()
    held = {comment.id: comment for comment in _held(session, [decision.comment_id for decision in decisions])}
    act = Act(key)
    for decision in decisions:
        if decision.undo(at):
            act.comments.append(held[decision.comment_id])
    return act


def last_act(member_id: int, since: datetime) -> Sequence[CommentDecision]:
    """What this member decided last, if it was not long ago and is not undone."""
    newest = select(CommentDecision).where(CommentDecision.member_id == member_id)
    last = db.session.scalar(newest.order_by(CommentDecision.id.desc()).limit(1))
    if last is None or last.at < since or last.undone_at is not None:
        return []
    return db.session.scalars(select(CommentDecision).where(CommentDecision.act == last.act)).all()


def pages_changed(act: Act) -> None:
    """Let every page that shows the comments of an act be made anew."""
    for petition_id in act.petitions:
        petition_changed.send(petition_id=petition_id)


def hide_comment(comment_id: int, reason: str, at: datetime) -> bool:
    """Take it off the page; False where there is none, its signer took it back, or its signature was withdrawn."""
    return _decide_alone(comment_id, Ruling("hidden", words=reason), at)


def show_comment(comment_id: int, at: datetime) -> bool:
    """Publish it now, or as soon as its signature counts; False as above."""
    return _decide_alone(comment_id, Ruling("shown"), at)


def _decide_alone(comment_id: int, ruling: Ruling, at: datetime) -> bool:
    with writing() as session:
        act = decide(session, [comment_id], ruling, at)
    pages_changed(act)
    return bool(act.comments)


def _held(session: Session, ids: Iterable[int]) -> Sequence[Comment]:
    """The comments as they are now, held until the transaction ends, always in the same order."""
    found = (
        select(Comment)
        .join(Comment.signature)
        .where(Comment.id.in_(sorted(set(ids))))
        .order_by(Comment.id)
        .options(contains_eager(Comment.signature))
        .with_for_update(of=Comment)
        .execution_options(populate_existing=True)
    )
    return session.scalars(found).all()
