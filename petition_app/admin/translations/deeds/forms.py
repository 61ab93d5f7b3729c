"""What the form under a petition asks for, and what becomes of comments."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from petition_app.admin.translations.deeds.deed import Data, Deed, seen, sent
from petition_app.admin.translations.deeds.states import petition
from petition_app.admin.translations.rare_states import sealed
from petition_app.admin.translations.sample_data import OPEN
from petition_app.extensions import db
from petition_app.models import (
    Comment,
    CommentDecision,
    CommentFlag,
    FieldWording,
    PetitionField,
    Signature,
    SignatureAnswer,
)
from petition_app.models.base import now
from petition_app.petitions.fields import MOST_FIELDS
from petition_app.web.site import settings


def _address(*way: str) -> str:
    return "/".join(("/admin/form", OPEN, *way))


def _answered(session: Session) -> None:
    """Somebody has answered the first field."""
    field = session.get_one(PetitionField, 1)
    wording = session.scalars(
        select(FieldWording).where(FieldWording.field_id == field.id, FieldWording.locale == "en")
    ).one()
    signature = session.scalars(select(Signature.id).where(Signature.key == "confirmed")).one()
    session.add(SignatureAnswer(signature_id=signature, field=field, wording=wording, value="Exampletown"))


def _no_longer_asked(session: Session) -> None:
    _answered(session)
    session.get_one(PetitionField, 1).remove(now(), forgets_answers=False)


def _full(session: Session) -> None:
    """As many fields as fit, required and for the recipients, too."""
    session.execute(update(PetitionField).values(is_required=True))
    session.execute(update(FieldWording).values(for_recipients=True))
    for position in range(MOST_FIELDS - 7):
        field = PetitionField(
            petition_id=petition(session, OPEN).id, kind="question_text", position=9 + position, version=0
        )
        session.add(field)
        session.flush()
        wording = FieldWording(locale="en", label="Which well?", purpose="to know who asks", choices=[])
        field.word({"en": wording}, 1, now())


def _worded(kind: str, **more: str) -> Data:
    """A field that is described in each language."""
    codes = settings().locales
    said = {"kind": kind, "revision": "1", "required": "yes", **more}
    said |= {f"purpose-{code}": "to know who asks" for code in codes}
    if kind.startswith("question"):
        said |= {f"label-{code}": "Do you drink it?" for code in codes}
    for number in (1, 2) if kind == "question_choice" else ():
        said |= {f"choice-key-{number}": "", **{f"choice-{number}-{code}": "Yes" for code in codes}}
    return said


def _asked(changed: Data) -> Data:
    """What the form asks of where signers live, and what of it is to be otherwise."""
    found = petition(db.session(), OPEN)
    was = found.postal_code, found.country
    return {"was": " ".join(was), "ask_postal_code": was[0], "ask_country": was[1], **changed}


def _flagged(session: Session) -> None:
    """Readers have reported a comment that is on the page."""
    comment = session.scalars(select(Comment).where(Comment.status == "published")).first()
    if comment is not None:
        comment.queue(now())
        session.add_all(
            CommentFlag(comment_id=comment.id, reader=reader, point=point)
            for reader, point in (("a", ""), ("b", "insult"))
        )


def _last_act() -> str:
    """Where the decision is taken back that was made last."""
    act = db.session.scalar(select(CommentDecision.act).order_by(CommentDecision.id.desc()))
    return f"/admin/comments/acts/{act or 'none'}/undo"


_COMMENTS = "/admin/comments/decision"
_HIDE = {"hide": "5", "point": "insult"}
_YES = {"confirmed": "yes"}
_PLACES = {"ask_postal_code": "required", "ask_country": "required"}

DEEDS: list[Deed] = [
    *sent("fields", {"ask_postal_code": "x"}, to=_address("address")),
    *sent("fields", _PLACES, to=_address("address")),
    *(Deed("fields", partial(_asked, sheet), lambda: _address("address")) for sheet in ({}, _PLACES, _PLACES | _YES)),
    seen("fields", before=_no_longer_asked),
    seen("fields", before=_full),
    Deed("field-new", lambda: _worded("question_text"), lambda: _address("fields", "new")),
    Deed("field-new", lambda: _worded("question_text", **_YES), lambda: _address("fields", "new")),
    Deed("field-new", lambda: _worded("phone", **_YES), lambda: _address("fields", "new")),
    Deed("field-new", lambda: _worded("question_choice"), lambda: _address("fields", "new")),
    Deed("field", lambda: _worded("municipality", revision="7")),
    Deed("field", lambda: _worded("municipality"), before=_answered),
    Deed("field", lambda: _worded("municipality", **_YES)),
    seen("field-removal", before=_answered),
    *sent("field-removal", {"revision": "1"}),
    *sent("field-removal", {"revision": "1"}, before=_answered),
    *sent(
        "field-removal", {"revision": "1", "answers": "keep"}, {"revision": "1", "answers": "erase"}, before=_answered
    ),
    seen("field-erasure", before=_no_longer_asked),
    seen("comments", before=_flagged),
    seen("comments", before=sealed),
    *sent("comments", {"hide": "ticked"}, to=_COMMENTS),
    *sent("comments", {"show": "1"}, {"show": "999999"}, _HIDE, to=_COMMENTS),
    *sent("comments", {}, to="/admin/comments/acts/none/undo"),
    Deed("comments", {}, _last_act, first=((_COMMENTS, _HIDE),)),
    *sent("comments-rules", {"words": "a\n" * 2 + "x" * 300, "flags_to_queue": "2", "flags_to_hide": ""}),
    *sent("comments-rules", {"words": "bad", "flags_to_queue": "2", "flags_to_hide": ""}),
]
