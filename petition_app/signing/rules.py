"""Signatures taken out by a rule, and given back: batch by batch, with the counters exact at each commit.

What a rule takes is written down when it is made, so that nothing that comes later is touched, and a batch that was
broken off goes on where it was. The page that makes a rule does the first seconds of its work itself, the worker the
rest; both call `advance`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, literal_column, select
from sqlalchemy.orm import Session, joinedload, selectinload

from petition_app.batches import in_batches
from petition_app.extensions import db
from petition_app.models import InvalidationRule, Member, Signature, TakenSignature
from petition_app.signing.criteria import Criteria, find, matching
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

# At most so many by one rule: more are looked at in two steps.
MOST = 50_000
BATCH = 100
SAMPLE = 10


@dataclass(frozen=True)
class Preview:
    """What a rule would do: how many it would take out, and some of what it finds."""

    ids: list[int]
    is_too_many: bool
    sample: Sequence[Signature]


def preview(criteria: Criteria) -> Preview:
    """Look, and change nothing."""
    ids = matching(criteria, MOST + 1)
    return Preview(ids[:MOST], len(ids) > MOST, find(criteria, 0, SAMPLE).items)


def make_rule(
    session: Session, criteria: Criteria, ids: Sequence[int], reason: str, by: Member | None
) -> InvalidationRule:
    """Write down a rule and what it takes, in the caller's transaction; `advance` then takes them out."""
    rule = InvalidationRule(
        petition_id=criteria.petition_id,
        criteria=criteria.to_json(),
        reason=reason,
        member_id=by.id if by else None,
        member_name=by.name if by else "",
        foreseen=len(ids),
    )
    session.add(rule)
    session.flush()
    if ids:
        session.execute(insert(TakenSignature), [{"rule_id": rule.id, "signature_id": key} for key in ids])
    return rule


def undo(session: Session, rule_id: int, at: datetime) -> InvalidationRule | None:
    """Have everything given back that a rule took, in the caller's transaction; None where that is so already."""
    rule = _held(session, rule_id)
    if rule.status not in ("taking", "taken"):
        return None
    rule.undo(at)
    return rule


def advance(
    rule_id: int, at: datetime, renew: Callable[[], object] = lambda: None, *, seconds: float | None = None
) -> bool:
    """Do what a rule has still to do, for so many seconds at most; whether it is done."""
    return in_batches(lambda after: _batch(rule_id, after, at), renew, seconds=seconds)


def advance_all(at: datetime, renew: Callable[[], object]) -> None:
    """Do what all rules have still to do."""
    at_work = db.session.scalars(_AT_WORK).all()
    db.session.rollback()
    for rule_id in at_work:
        advance(rule_id, at, renew)


# Written out as the index has it, so that it can be chosen whatever the parameters are.
_AT_WORK = (
    select(InvalidationRule.id)
    .where(InvalidationRule.status.in_((literal_column("'taking'"), literal_column("'undoing'"))))
    .order_by(InvalidationRule.id)
)


def _batch(rule_id: int, after: int, at: datetime) -> int:
    """One transaction; answers with the last signature of it, 0 where nothing is left to do."""
    with writing() as session:
        rule = _held(session, rule_id)
        if not rule.is_at_work:
            return 0
        rows = _rows(session, rule, after)
        for row in rows:
            if rule.status == "taking":
                row.take(at, settings().timezone)
            else:
                _give_back(session, row, at)
        is_last = len(rows) < BATCH
        if is_last and rule.status == "taking":
            rule.taking_ended(at)
        elif is_last:
            rule.undoing_ended()
        changed, last = {row.signature.petition_id for row in rows}, 0 if is_last else rows[-1].signature_id
    for petition_id in changed:
        petition_changed.send(petition_id=petition_id)
    return last


def _rows(session: Session, rule: InvalidationRule, after: int) -> Sequence[TakenSignature]:
    """The next of what is to be taken or given back, with its signatures held, always in the same order."""
    row = TakenSignature
    due = select(row).where(row.rule_id == rule.id, row.signature_id > after, row.refused_at.is_(None))
    if rule.status == "taking":
        due = due.where(row.taken_at.is_(None))
    else:
        due = due.where(row.taken_at.is_not(None), row.given_back_at.is_(None))
    rows = session.scalars(due.order_by(row.signature_id).limit(BATCH)).all()
    signatures = (
        select(Signature)
        .where(Signature.id.in_([each.signature_id for each in rows]))
        .order_by(Signature.id)
        .options(selectinload(Signature.comment), joinedload(Signature.petition))
        .with_for_update(of=Signature)
        .execution_options(populate_existing=True)
    )
    session.scalars(signatures).all()
    return rows


def _give_back(session: Session, row: TakenSignature, at: datetime) -> None:
    """Let a signature stand again, unless it was erased or its signer has signed anew."""
    signature = row.signature
    if signature.is_erased or signature.status != "invalidated":
        row.refuse_return(at)
        return
    seat = None
    if signature.confirmed_at is not None:
        seat = free_seat(session, signature)
        if seat is None:
            row.refuse_return(at)
            return
    row.give_back(at, seat, settings().timezone)


def free_seat(session: Session, signature: Signature) -> int | None:
    """A seat of its mailbox; None where the same person, or as many as may, sign from it by now."""
    taken = session.execute(
        select(Signature.name_key, Signature.seat).where(
            Signature.petition_id == signature.petition_id,
            Signature.mailbox == signature.mailbox,
            Signature.seat.is_not(None),
        )
    ).all()
    if any(other.name_key == signature.name_key for other in taken):
        return None
    free = set(range(1, signature.petition.signers_per_mailbox + 1)) - {other.seat for other in taken}
    return min(free, default=None)


def _held(session: Session, rule_id: int) -> InvalidationRule:
    rule: InvalidationRule = session.get_one(InvalidationRule, rule_id, with_for_update=True, populate_existing=True)
    return rule
