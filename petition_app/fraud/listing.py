"""Clusters as the desk lists them: those that were found, and what was decided on others."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, case, func, literal_column, or_, select

from petition_app.extensions import db
from petition_app.models import Cluster, ClusterSignature, Signature

# The largest so many are shown; as they are decided on, others take their place.
MOST_LISTED = 100
# What the desk counts as held, and no further.
MOST_COUNTED = 50_000
SAMPLE = 10
STATES = {"found": ("found",), "quarantined": ("quarantined",), "released": ("releasing", "released")}


def listed(petition_id: int, state: str) -> tuple[Sequence[Cluster], bool]:
    """The clusters of a petition in one state, those that hold something first, then by size; whether there are more.

    Of what is decided, the newest decision stands first.
    """
    size = Cluster.counting + Cluster.held
    order = [case((Cluster.held > 0, 0), else_=1), size.desc()] if state == "found" else [Cluster.decided_at.desc()]
    of_petition = select(Cluster).where(Cluster.petition_id == petition_id, Cluster.status.in_(STATES[state]))
    clusters = db.session.scalars(of_petition.order_by(*order, Cluster.id.desc()).limit(MOST_LISTED + 1)).all()
    return clusters[:MOST_LISTED], len(clusters) > MOST_LISTED


def undecided(petition_id: int) -> int:
    """How many clusters wait for a decision: those that hold signatures, or weigh enough to."""
    return db.session.connection().scalar(_UNDECIDED, {"petition": petition_id}) or 0


_UNDECIDED = select(func.count()).where(
    Cluster.petition_id == bindparam("petition"),
    Cluster.status == literal_column("'found'"),
    or_(Cluster.held > 0, Cluster.level >= 2),
)


def held_count(petition_id: int) -> int:
    """How many signatures of a petition are held."""
    some = select(Signature.id).where(
        Signature.petition_id == petition_id,
        Signature.status == literal_column("'pending'"),
        Signature.held_at.is_not(None),
    )
    return len(db.session.scalars(some.limit(MOST_COUNTED)).all())


def sample(cluster: Cluster) -> Sequence[Signature]:
    """Some of a cluster's signatures, the newest."""
    keys = (
        select(ClusterSignature.signature_id)
        .where(ClusterSignature.cluster_id == cluster.id)
        .order_by(ClusterSignature.signature_id.desc())
        .limit(SAMPLE)
    )
    found: Sequence[Signature] = db.session.scalars(
        select(Signature).where(Signature.id.in_(db.session.scalars(keys).all())).order_by(Signature.id.desc())
    ).all()
    return found
