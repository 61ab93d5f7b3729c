"""A recipient is asked, answers by a private link, and is shown once a member of the team has approved it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models import Demand, Petition, RecipientAnswer
from petition_app.models.recipient_answer import GOOD_FOR
from petition_app.petitions import demands
from petition_app.petitions.demands import Outcome
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

LONGEST_STATEMENT, LONGEST_SENTENCE = 5000, 500

_APPROVED = (
    select(RecipientAnswer)
    .where(RecipientAnswer.petition_id == bindparam("petition"), RecipientAnswer.status == "approved")
    .order_by(RecipientAnswer.approved_at.desc(), RecipientAnswer.id.desc())
)
_WAITING = select(func.count()).where(
    RecipientAnswer.petition_id == bindparam("petition"), RecipientAnswer.status == "given"
)


class Closed(Exception):
    """The link takes no answer: it has been approved, withdrawn, or its time is over."""


def answers_of(petition: Petition) -> Sequence[RecipientAnswer]:
    """What the public is shown, newest first; no question where there is nothing."""
    if not petition.has_answers:
        return []
    return db.session.scalars(_APPROVED, {"petition": petition.id}).all()


def waiting_of(petition_id: int) -> int:
    """How many answers wait for somebody to approve them."""
    return int(db.session.scalar(_WAITING, {"petition": petition_id}) or 0)


def ask(petition_id: int, name: str, office: str, locale: str, email: str, at: datetime) -> RecipientAnswer:
    """Make a private link for a recipient, and mail it where an address is given."""
    with writing() as session:
        answer = RecipientAnswer(
            petition_id=petition_id,
            name=name,
            office=office,
            locale=locale,
            email=email,
            asked_at=at,
            expires_at=at + GOOD_FOR,
            verdicts={},
        )
        session.add(answer)
        session.flush()
        if email:
            outbox.enqueue_for_recipient(session, answer.id, email, locale, at)
    return answer


def give(
    answer_id: int, name: str, office: str, statement: str, verdicts: dict[str, dict[str, str]], at: datetime
) -> None:
    """Take what the recipient has written. Raises Closed."""
    with writing() as session:
        answer = session.get(RecipientAnswer, answer_id, with_for_update=True)
        if answer is None or not answer.is_open(at):
            raise Closed
        answer.give(name, office, statement, verdicts, at)


def approve(answer_id: int, at: datetime, *, sets_outcomes: bool) -> RecipientAnswer:
    """Put it on the petition's page; with `sets_outcomes`, its verdicts become the demands' outcomes. Raises Closed."""
    with writing() as session:
        answer = session.get(RecipientAnswer, answer_id, with_for_update=True)
        if answer is None or answer.status != "given":
            raise Closed
        answer.approve(at)
        petition = session.get_one(Petition, answer.petition_id)
        petition.has_answers = True
        if sets_outcomes:
            day = at.astimezone(settings().timezone).date()
            for demand in session.scalars(select(Demand).where(Demand.petition_id == petition.id)):
                said = answer.verdicts.get(str(demand.id))
                if said is not None and demand.removed_at is None:
                    sentences = {answer.locale: said["sentence"]} if said["sentence"] else {}
                    demands.decide(session, demand.id, Outcome(said["verdict"], day, sentences, "", None))
    petition_changed.send(petition_id=answer.petition_id)
    return answer


def take_off(answer_id: int) -> RecipientAnswer:
    """Take an answer off the page. Raises Closed."""
    with writing() as session:
        answer = session.get(RecipientAnswer, answer_id, with_for_update=True)
        if answer is None or answer.status != "approved":
            raise Closed
        answer.take_off()
        left = session.scalar(_APPROVED.limit(1), {"petition": answer.petition_id})
        session.get_one(Petition, answer.petition_id).has_answers = left is not None
    petition_changed.send(petition_id=answer.petition_id)
    return answer


def send_back(answer_id: int, note: str) -> RecipientAnswer:
    """Ask the recipient for another one. Raises Closed."""
    with writing() as session:
        answer = session.get(RecipientAnswer, answer_id, with_for_update=True)
        if answer is None or answer.status != "given":
            raise Closed
        answer.send_back(note)
    return answer


def withdraw(answer_id: int) -> RecipientAnswer:
    """End the link. Raises Closed where its answer is on the page."""
    with writing() as session:
        answer = session.get(RecipientAnswer, answer_id, with_for_update=True)
        if answer is None or answer.status in ("approved", "withdrawn"):
            raise Closed
        answer.withdraw()
    return answer
