"""What the association decides on a cluster: take out of the count what counts, or let count what is held.

Each decision can be taken back by the other one. What counts is taken out by a rule (signing/rules.py) that writes down
what it took, and given back by undoing it: with its number and its place in time. What was held gets a number when it
is released. Both go batch by batch, with the counters exact at each commit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, literal_column, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from petition_app.antiabuse import suspicion
from petition_app.batches import in_batches, looking_again
from petition_app.extensions import db
from petition_app.fraud.watching import refresh, tell_servers
from petition_app.models import Cluster, ClusterSignature, InvalidationRule, Member, Signature
from petition_app.sealing import addresses
from petition_app.signing import rules
from petition_app.signing.criteria import Criteria
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

BATCH = 100


def quarantine(session: Session, cluster_id: int, at: datetime, by: Member) -> tuple[Cluster, InvalidationRule | None]:
    """Take out what counts or may come to count of a cluster, in the caller's transaction; `finish` then does it.

    What is held stays so; what comes later is held as well.
    """
    cluster = _held(session, cluster_id)
    if cluster.status == "quarantined":
        return cluster, None
    ids = list(session.scalars(_of(cluster.id, _COUNTS_OR_WAITS).limit(rules.MOST)))
    rule = None
    if ids:
        # Translators: what a signer reads on the personal page, when a group of signatures was taken out
        reason = _("The association is looking at a group of signatures that arrived in a similar way.")
        rule = rules.make_rule(session, Criteria(cluster.petition_id, cluster=cluster.id), ids, reason, by)
    cluster.quarantine(rule, at, by.name)
    tell_servers(session, cluster.petition_id)
    return cluster, rule


def release(session: Session, cluster_id: int, at: datetime, by: Member) -> Cluster:
    """Let a cluster count: what is held, and what its quarantine took out; in the caller's transaction, as above."""
    cluster = _held(session, cluster_id)
    if cluster.rule_id is not None:
        rules.undo(session, cluster.rule_id, at)
    cluster.release(at, by.name)
    tell_servers(session, cluster.petition_id)
    return cluster


def finish(cluster_id: int, at: datetime, *, seconds: float | None = None) -> None:
    """Do what a decision has still to do, for so many seconds at most: the worker does the rest."""
    suspicion.memory().forget()
    rule_id = db.session.get_one(Cluster, cluster_id).rule_id
    db.session.rollback()
    if rule_id is None or rules.advance(rule_id, at, seconds=seconds):
        advance(cluster_id, at, seconds=seconds)
    refresh([cluster_id])


def advance_all(at: datetime, renew: Callable[[], object]) -> None:
    """Go on with every release that has not come to its end."""
    releasing = db.session.scalars(select(Cluster.id).where(_RELEASING).order_by(Cluster.id)).all()
    db.session.rollback()
    for cluster_id in releasing:
        advance(cluster_id, at, renew)
        refresh([cluster_id])


def advance(
    cluster_id: int, at: datetime, renew: Callable[[], object] = lambda: None, *, seconds: float | None = None
) -> bool:
    """Let the next of a cluster's held signatures count, for so many seconds at most; whether all of them do."""
    return in_batches(lambda after: _batch(cluster_id, after, at), renew, seconds=seconds)


def release_one(signature_id: int, at: datetime) -> bool:
    """Let one held signature count; False where it is not held, or somebody else has its seat."""
    counts, petition_id = looking_again(lambda: _release_one(signature_id, at))
    petition_changed.send(petition_id=petition_id)
    return counts


def _release_one(signature_id: int, at: datetime) -> tuple[bool, int]:
    with writing() as session:
        signature = session.get_one(Signature, signature_id, with_for_update=True, populate_existing=True)
        return _let_count(session, signature, at), signature.petition_id


def _batch(cluster_id: int, after: int, at: datetime) -> int:
    """One transaction; answers with the last signature of it, 0 where nothing is left to do."""
    with writing() as session:
        cluster = _held(session, cluster_id)
        if cluster.status != "releasing":
            return 0
        found = (
            _of(cluster_id, _IS_HELD).where(ClusterSignature.signature_id > after, ~_elsewhere(cluster_id)).limit(BATCH)
        )
        ids = list(session.scalars(found))
        signatures = (
            select(Signature)
            .where(Signature.id.in_(ids))
            .order_by(Signature.id)
            .options(selectinload(Signature.comment), joinedload(Signature.petition))
            .with_for_update(of=Signature)
            .execution_options(populate_existing=True)
        )
        for signature in session.scalars(signatures).all():
            _let_count(session, signature, at)
        is_last = len(ids) < BATCH
        if is_last:
            cluster.releasing_ended()
        petition_id = cluster.petition_id
    petition_changed.send(petition_id=petition_id)
    return 0 if is_last else ids[-1]


def _let_count(session: Session, signature: Signature, at: datetime) -> bool:
    """It gets its number now. Where its mailbox has no seat left, others have signed there meanwhile: it stays held."""
    if not signature.is_held:
        return False
    seat = rules.free_seat(session, signature)
    if seat is None:
        return False
    signature.confirm(at, seat, settings().timezone, addresses.sealed_columns(signature.email))
    return True


def _of(cluster_id: int, condition: ColumnElement[bool]) -> Select[int]:
    """The keys of a cluster's signatures that fit, in order."""
    return (
        select(Signature.id)
        .join(ClusterSignature, ClusterSignature.signature_id == Signature.id)
        .where(ClusterSignature.cluster_id == cluster_id, condition)
        .order_by(ClusterSignature.signature_id)
    )


def _elsewhere(cluster_id: int) -> ColumnElement[bool]:
    """Whether a signature belongs to another cluster, too, that is in quarantine: then that has to be released."""
    other, place = aliased(Cluster), aliased(ClusterSignature)
    return exists().where(
        place.signature_id == Signature.id,
        place.cluster_id != cluster_id,
        other.id == place.cluster_id,
        other.status == "quarantined",
    )


_IS_HELD = and_(Signature.status == "pending", Signature.held_at.is_not(None))
_WAITS = and_(Signature.status == "pending", Signature.held_at.is_(None))
_COUNTS_OR_WAITS = or_(Signature.status == "confirmed", _WAITS)
# Written out as the index has it, so that it can be chosen whatever the parameters are.
_RELEASING = Cluster.status == literal_column("'releasing'")


def _held(session: Session, cluster_id: int) -> Cluster:
    cluster: Cluster = session.get_one(Cluster, cluster_id, with_for_update=True, populate_existing=True)
    return cluster
