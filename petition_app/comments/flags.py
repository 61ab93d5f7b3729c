"""Readers tell that a comment breaks the charter: without an account, each once, and never in more than one word.

Whoever flags gets the same answer whatever comes of it. Some different readers bring a comment before the association;
they take it off the page only where the association has decided so, and then the charter says it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from petition_app.antiabuse import rate_limit
from petition_app.antiabuse.networks import reader_mark
from petition_app.antiabuse.rate_limit import Limit
from petition_app.extensions import db
from petition_app.models import Comment, CommentFlag, ModerationSettings
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

FLAGGING = (Limit("flag-burst", 12, 600), Limit("flag-day", 60, 86_400))
KEPT_FOR = timedelta(days=30)


def flag_comment(petition_id: int, comment_id: int, point: str, network: str, at: datetime) -> None:
    """Count a reader's flag of a comment on the page. One that is not counted is told of in no way."""
    site = settings()
    comment = db.session.get(Comment, comment_id) if comment_id < 2**31 else None
    if comment is None or comment.petition_id != petition_id or comment.status != "published":
        return
    try:
        if site.abuse_controls:
            rate_limit.refuse_beyond(FLAGGING, network, at, site.network_key)
        with writing() as session:
            if site.abuse_controls:
                rate_limit.count_once(session.connection(), FLAGGING, network, at, site.network_key)
            is_hidden = _flag(session, comment_id, point, reader_mark(network, comment_id, site.network_key), at)
    except rate_limit.TooMany:
        return
    if is_hidden:
        petition_changed.send(petition_id=petition_id)


def _flag(session: Session, comment_id: int, point: str, reader: str, at: datetime) -> bool:
    """Write it down, and do what the number of readers brings about; whether the comment has left the page."""
    row = {"comment_id": comment_id, "reader": reader, "point": point, "created_at": at}
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    comment: Comment = session.get_one(Comment, comment_id, with_for_update=True, populate_existing=True)
    if comment.status != "published":
        return False
    session.execute(insert(CommentFlag).values(row).on_conflict_do_nothing())
    counted = select(func.count()).select_from(CommentFlag).where(CommentFlag.comment_id == comment_id)
    if comment.reviewed_at is not None:
        counted = counted.where(CommentFlag.created_at > comment.reviewed_at)
    readers, rules = session.scalar(counted) or 0, ModerationSettings.current()
    is_hidden = rules.flags_to_hide is not None and readers >= rules.flags_to_hide
    if is_hidden or readers >= rules.flags_to_queue:
        comment.flagged(at, is_hidden=is_hidden)
    return is_hidden


def forget_flags(at: datetime, limit: int) -> int:
    """Delete flags that are 30 days old, at most so many at a time. Answers how many."""
    due = select(CommentFlag.comment_id, CommentFlag.reader).where(CommentFlag.created_at < at - KEPT_FOR).limit(limit)
    with writing() as session:
        found = session.execute(due).all()
        for comment_id, reader in found:
            session.execute(
                delete(CommentFlag).where(CommentFlag.comment_id == comment_id, CommentFlag.reader == reader),
                execution_options={"synchronize_session": False},
            )
    return len(found)
