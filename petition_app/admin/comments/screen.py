"""Where comments are moderated, how acts are called, and what waits."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from petition_app.admin import audit
from petition_app.admin.access import may
from petition_app.admin.screens import PEOPLE, Screen, add_screen
from petition_app.admin.tasks import Task, asks_for
from petition_app.comments import moderation
from petition_app.models import Member

blueprint = Blueprint("comments", __name__, url_prefix="/comments")
add_screen(
    Screen(
        "admin.comments.index",
        _l("Comments"),
        "comments.moderate",
        PEOPLE,
        position=10,
        waiting=moderation.queue_length,
    )
)
audit.name_acts(
    {
        "comment.shown": _l("put a comment on the page"),
        "comment.hidden": _l("took a comment off the page"),
        "comment.decision_undone": _l("took back a decision about a comment"),
        "comment.rules_changed": _l("changed what holds comments back"),
    }
)


@asks_for
def waiting_comments(member: Member) -> Iterable[Task]:
    """How many comments wait for a look."""
    if may(member.role, "comments.moderate") and (number := moderation.queue_length()):
        yield Task(
            ngettext(
                "%(num)s comment waits for somebody to look at it.",
                "%(num)s comments wait for somebody to look at them.",
                number,
            ),
            url_for("admin.comments.index"),
            _("Look at them"),
        )
