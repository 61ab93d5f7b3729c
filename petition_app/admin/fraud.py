"""The fraud desk: what was found among the signatures, what a decision would change, and the decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from petition_app.admin import audit, current
from petition_app.admin.access import allowed, may
from petition_app.admin.cluster_words import reasons_of, title_of
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.screens import PEOPLE, Screen, add_screen
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.tasks import Task, asks_for
from petition_app.admin.typed import keys_of
from petition_app.extensions import db
from petition_app.fraud import decisions, listing, watching
from petition_app.i18n.locales import selected_locale
from petition_app.models import Cluster, Member, Petition, PetitionText, Signature
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.transactions import writing

blueprint = Blueprint("fraud", __name__, url_prefix="/fraud")

MOST_SHOWN = 50
# How long the page itself works on a decision before it leaves the rest to the worker.
SECONDS = 1.5

# Translators: the screen with signatures that look as if machines or one person had made them
add_screen(Screen("admin.fraud.index", _l("Fraud"), "signatures.read", PEOPLE, position=25))
add_tab(Tab("admin.fraud.petition", _l("Fraud"), "signatures.read", position=60, waiting=listing.undecided))
audit.name_acts(
    {
        "fraud.quarantined": _l("took a cluster of signatures out of the count"),
        "fraud.released": _l("let a cluster of signatures count"),
        "fraud.signature_released": _l("let a held signature count"),
    }
)


@asks_for
def undecided(member: Member) -> Iterable[Task]:
    """The petitions with clusters that nobody has decided on."""
    if not may(member.role, "signatures.moderate"):
        return
    for petition in db.session.scalars(select(Petition).where(Petition.status == "open").order_by(Petition.id)):
        if number := listing.undecided(petition.id):
            title = petition.text_for(member.locale).title
            yield Task(
                ngettext(
                    "“%(title)s”: %(num)s group of signatures looks machine-made, and waits for your decision.",
                    "“%(title)s”: %(num)s groups of signatures look machine-made, and wait for your decision.",
                    number,
                    title=title,
                ),
                url_for("admin.fraud.petition", slug=petition.slug),
                _("Look at them"),
            )


@dataclass(frozen=True)
class Listed:
    """A petition with its numbers, as of now."""

    petition: Petition
    text: PetitionText
    confirmed: int
    held: int
    undecided: int


@blueprint.get("")
@allowed("signatures.read")
def index() -> ResponseReturnValue:
    """Every petition, with what is held and what waits for a decision."""
    found = select(Petition).where(Petition.status != "draft").order_by(Petition.id.desc()).limit(MOST_SHOWN)
    petitions = db.session.scalars(found.options(selectinload(Petition.texts))).all()
    numbers = [
        Listed(
            petition,
            petition.text_for(selected_locale()),
            confirmed_count(petition.id),
            listing.held_count(petition.id),
            listing.undecided(petition.id),
        )
        for petition in petitions
    ]
    return render_template("admin/fraud/index.html", watched=numbers)


@blueprint.get("/<slug:slug>")
@allowed("signatures.read")
def petition(slug: str) -> ResponseReturnValue:
    """A petition's clusters, the largest first, with what each would change in the count."""
    petition = load_petition(slug)
    state = request.args.get("state", "found")
    if state not in listing.STATES:
        abort(404)
    clusters, is_more = listing.listed(petition.id, state)
    return render_template(
        "admin/fraud/petition.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        state=state,
        clusters=clusters,
        is_more=is_more,
        confirmed=confirmed_count(petition.id),
        held=listing.held_count(petition.id),
        title_of=title_of,
        reasons_of=reasons_of,
    )


@blueprint.get("/<slug:slug>/<int:cluster_id>")
@allowed("signatures.read")
def cluster(slug: str, cluster_id: int) -> ResponseReturnValue:
    """A cluster: why it was found, how it stands, some of it, and the decision. Counted anew for whoever looks."""
    petition, found = load_petition(slug), _found(cluster_id)
    if found.petition_id != petition.id:
        abort(404)
    watching.refresh([cluster_id])
    return render_template(
        "admin/fraud/cluster.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        cluster=_found(cluster_id),
        sample=listing.sample(found),
        title_of=title_of,
        reasons_of=reasons_of,
    )


@blueprint.post("/<slug:slug>/decisions")
@allowed("signatures.moderate")
def decide(slug: str) -> ResponseReturnValue:
    """What was decided on all that were ticked."""
    petition = load_petition(slug)
    ids = keys_of(request.form.getlist("id")[: listing.MOST_LISTED])
    decision = request.form.get("decision", "")
    of_petition = select(Cluster.id).where(Cluster.id.in_(ids), Cluster.petition_id == petition.id)
    known = db.session.scalars(of_petition.order_by(Cluster.id)).all()
    if not known or decision not in ("quarantine", "release"):
        notice(_("Tick at least one group first."), kind=WARNING)
        return redirect(url_for("admin.fraud.petition", slug=slug), 303)
    for cluster_id in known:
        _decide(cluster_id, decision, SECONDS / len(known))
    notice(
        ngettext("%(num)s group is taken out of the count.", "%(num)s groups are taken out of the count.", len(known))
        if decision == "quarantine"
        else ngettext("%(num)s group counts from now on.", "%(num)s groups count from now on.", len(known))
    )
    return redirect(url_for("admin.fraud.petition", slug=slug), 303)


@blueprint.post("/clusters/<int:cluster_id>/quarantine")
@allowed("signatures.moderate")
def quarantine(cluster_id: int) -> ResponseReturnValue:
    """Take out of the count what counts of it; what comes later is held."""
    done = _("The group is taken out of the count. What comes later of it is held.")
    return _decided(cluster_id, "quarantine", done, undo="release")


@blueprint.post("/clusters/<int:cluster_id>/release")
@allowed("signatures.moderate")
def release(cluster_id: int) -> ResponseReturnValue:
    """Let it count: what was held, and what was taken out."""
    return _decided(cluster_id, "release", _("The group counts from now on."), undo="quarantine")


@blueprint.post("/signatures/<int:signature_id>/release")
@allowed("signatures.moderate")
def release_signature(signature_id: int) -> ResponseReturnValue:
    """Let one held signature count, whatever becomes of others."""
    found = db.session.get(Signature, signature_id) if signature_id < 2**31 else None
    if found is None:
        abort(404)
    if decisions.release_one(signature_id, now()):
        with writing() as session:
            audit.record(session, "fraud.signature_released", session.get_one(Signature, signature_id))
        notice(_("The signature counts from now on."))
    else:
        notice(_("It is not held any more, or its signer has signed again."), kind=WARNING)
    return redirect(url_for("admin.signatures.signature", signature_id=signature_id), 303)


def _decided(cluster_id: int, decision: str, done: str, *, undo: str) -> ResponseReturnValue:
    slug = _found(cluster_id).petition.slug
    _decide(cluster_id, decision, SECONDS)
    notice(done, undo=url_for(f"admin.fraud.{undo}", cluster_id=cluster_id))
    return redirect(url_for("admin.fraud.cluster", slug=slug, cluster_id=cluster_id), 303)


def _decide(cluster_id: int, decision: str, seconds: float) -> None:
    """Write the decision down with its line in the log, and work on it for so many seconds."""
    member_id = current.member().id
    with writing() as session:
        by = session.get_one(Member, member_id)
        if decision == "quarantine":
            cluster, rule = decisions.quarantine(session, cluster_id, now(), by)
            audit.record(session, "fraud.quarantined", cluster, taken=rule.foreseen if rule else 0, held=cluster.held)
        else:
            cluster = decisions.release(session, cluster_id, now(), by)
            audit.record(session, "fraud.released", cluster, held=cluster.held, out=cluster.out)
    decisions.finish(cluster_id, now(), seconds=seconds)


def _found(cluster_id: int) -> Cluster:
    found = db.session.get(Cluster, cluster_id) if cluster_id < 2**31 else None
    return found if found is not None else abort(404)
