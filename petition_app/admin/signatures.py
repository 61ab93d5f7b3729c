"""Signatures as the association sees them: look for some, open one, help its signer.

What is looked for holds names and addresses of signers, so it is sent in a form's body: it stands in no address, and so
in no log and no history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import DateTimeLocalField, Field, SelectField
from wtforms.validators import InputRequired, Optional, ValidationError

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.screens import PEOPLE, Screen, add_screen
from petition_app.admin.typed import keys_of
from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.mail import outbox
from petition_app.mail.outbox import Addressee
from petition_app.models import AuditEntry, OutboxMessage, Petition, Signature, TakenSignature
from petition_app.models.base import now
from petition_app.sealing.state import current
from petition_app.signing import lifecycle
from petition_app.signing.criteria import Criteria, Found, busy_networks, count_of_network, find, ticked
from petition_app.signing.stored_data import MAIL_WORDS
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

blueprint = Blueprint("signatures", __name__, url_prefix="/signatures")

PAGE = 50
MOST_SIGNERS_TOLD = 100
# Among so many of the latest signatures, a network is shown that so many of them came from.
LATEST, MANY_FROM_ONE = 1_000, 5
HISTORY = 50

add_screen(Screen("admin.signatures.index", _l("Signatures"), "signatures.read", PEOPLE, position=20))
audit.name_acts(
    {
        "signature.confirmation_sent": _l("had a confirmation sent again"),
        "signature.link_sent": _l("had a personal link sent again"),
        "signature.withdrawn": _l("withdrew a signature for its signer"),
    }
)


class SearchForm(AdminForm):
    """What is looked for. Everything is optional; what is said holds together."""

    petition = SelectField(_l("Petition"), [Optional()])
    name = LineField(_l("Surname, or name and surname"), [Optional(), a_line(160)])
    email = LineField(_l("E-mail"), [Optional(), a_line(320)])
    postal_code = LineField(_l("Postal Code"), [Optional(), a_line(20)])
    network = LineField(_l("Network"), [Optional(), a_line(16)])
    since = DateTimeLocalField(_l("Entered from"), [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    until = DateTimeLocalField(_l("Entered before"), [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        petitions = db.session.scalars(
            select(Petition).order_by(Petition.id.desc()).options(selectinload(Petition.texts))
        ).all()
        titles = [(str(p.id), p.text_for(selected_locale()).title) for p in petitions]
        self.petition.choices = [*titles, ("0", _("All petitions"))]
        if not self.petition.data and titles:
            self.petition.data = titles[0][0]

    def validate_until(self, field: Field) -> None:
        if field.data and self.since.data and field.data <= self.since.data:
            raise ValidationError(_("This must be later than the beginning."))

    @property
    def criteria(self) -> Criteria:
        """Of a form that is valid."""
        if ids := _ticked_ids():
            return ticked(ids, self._petition_id)
        return Criteria(
            petition_id=self._petition_id,
            name=self.name.data or "",
            email=self.email.data or "",
            postal_code=" ".join((self.postal_code.data or "").upper().split()),
            network=self.network.data or "",
            since=_moment(self.since.data),
            until=_moment(self.until.data),
        )

    @property
    def says_something(self) -> bool:
        return any(field.data for field in self if field.name != "petition")

    @property
    def _petition_id(self) -> int | None:
        return int(self.petition.data) if self.petition.data and self.petition.data != "0" else None


class WithdrawalForm(AdminForm):
    note = LineField(_l("How it was asked"), [InputRequired(_l("Please fill this in.")), a_line(300)])


@blueprint.get("")
@allowed("signatures.read")
def index() -> ResponseReturnValue:
    """The newest signatures of the newest petition, and what to look for."""
    form = SearchForm(formdata=None)
    networks = busy_networks(form.criteria.petition_id, latest=LATEST, fewest=MANY_FROM_ONE)
    return _page(form, find(form.criteria, 0, PAGE), networks=networks)


@blueprint.post("")
@allowed("signatures.read")
def search() -> ResponseReturnValue:
    """What was looked for, page by page."""
    form, after = SearchForm(), request.form.get("after", "")
    if not form.validate():
        return make_response(_page(form, Found([], 0)), 422)
    start = int(after) if after.isdecimal() and len(after) < 10 else 0
    return _page(form, find(form.criteria, start, PAGE), is_first=not start)


@blueprint.get("/<int:signature_id>")
@allowed("signatures.read")
def signature(signature_id: int) -> ResponseReturnValue:
    """One signature: what is stored, what happened to it, what can be done."""
    found = _found(signature_id)
    return render_template(
        "admin/signatures/signature.html",
        found=found,
        text=found.text,
        history=_history(found),
        alike=count_of_network(found, MOST_SIGNERS_TOLD),
        most_alike=MOST_SIGNERS_TOLD,
    )


@blueprint.post("/<int:signature_id>/mail")
@allowed("signatures.moderate")
def send_mail(signature_id: int) -> ResponseReturnValue:
    """The confirmation once more, or the personal link of a signature that counts."""
    found = _found(signature_id)
    if found.status not in ("pending", "confirmed"):
        notice(_("This signature neither counts nor waits: there is nothing to send."), kind=WARNING)
        return _to(found)
    if found.is_sealed:
        notice(_("The address of this signature is sealed: nothing can be sent from here."), kind=WARNING)
        return _to(found)
    kind = "confirmation" if found.status == "pending" and not found.is_held else "personal_link"
    with writing() as session:
        queued = outbox.enqueue(session, kind, Addressee.of(found), now())
        if queued is not None:
            act = "signature.confirmation_sent" if kind == "confirmation" else "signature.link_sent"
            audit.record(session, act, session.get_one(Signature, signature_id))
    if queued is None:
        notice(_("A mail like this is on its way already, or was sent a few minutes ago."), kind=WARNING)
    else:
        notice(_("The mail is on its way to the signer."))
    return _to(found)


@blueprint.get("/<int:signature_id>/withdrawal")
@allowed("signatures.moderate")
def withdrawal_form(signature_id: int) -> ResponseReturnValue:
    """What it means to withdraw a signature for its signer."""
    found = _found(signature_id)
    return render_template("admin/signatures/withdrawal.html", found=found, form=WithdrawalForm(formdata=None))


@blueprint.post("/<int:signature_id>/withdrawal")
@allowed("signatures.moderate")
def withdraw(signature_id: int) -> ResponseReturnValue:
    """The signer has asked for it, in a letter or otherwise; how is written down."""
    found, form = _found(signature_id), WithdrawalForm()
    if not form.validate():
        return make_response(render_template("admin/signatures/withdrawal.html", found=found, form=form), 422)
    petition_id = found.petition_id
    with writing() as session:
        withdrawn = lifecycle.withdraw(session, signature_id, now())
        if withdrawn is not None:
            audit.record(session, "signature.withdrawn", withdrawn, asked=form.note.data)
    petition_changed.send(petition_id=petition_id)
    if withdrawn is None:
        notice(_("This signature did not count any more."), kind=WARNING)
    else:
        notice(_("The signature is withdrawn. It does not count any more, and how it was asked is in the log."))
    return _to(found)


@dataclass(frozen=True)
class Happened:
    """Something that happened to a signature: when, what, and who did it where it was a member."""

    at: datetime
    words: str
    by: str = ""
    note: str = ""


def _history(signature: Signature) -> list[Happened]:
    """What is known of its life, the newest first."""
    moments = (
        # Translators: what happened to a signature: it was entered
        (signature.created_at, _("Entered")),
        (signature.held_at, _("Confirmed by its signer, and held")),
        # Translators: what happened to a signature
        (signature.confirmed_at, pgettext("signature", "Confirmed")),
        # Translators: what happened to a signature
        (signature.withdrawn_at, pgettext("signature", "Withdrawn")),
        # Translators: what happened to a signature: its data were erased
        (signature.erased_at, _("Erased")),
    )
    happened = [Happened(at, words) for at, words in moments if at is not None]
    mails = select(OutboxMessage).where(OutboxMessage.signature_id == signature.id)
    happened += [
        Happened(mail.finished_at or mail.created_at, str(MAIL_WORDS[mail.kind]), note=_sent(mail))
        for mail in db.session.scalars(mails.order_by(OutboxMessage.id.desc()).limit(HISTORY))
    ]
    happened += _by_rules(signature) + _by_members(signature)
    return sorted(happened, key=lambda each: each.at, reverse=True)


def _sent(mail: OutboxMessage) -> str:
    states = {"queued": _("on its way"), "sent": _("sent"), "failed": _("could not be delivered")}
    return str(states.get(mail.status) or _("no longer wanted"))


def _by_rules(signature: Signature) -> list[Happened]:
    taken = select(TakenSignature).where(TakenSignature.signature_id == signature.id)
    happened = []
    for row in db.session.scalars(taken.options(joinedload(TakenSignature.rule))):
        number, by = row.rule.id, row.rule.member_name
        if row.taken_at is not None:
            words = _("Taken out by the rule no. %(number)s", number=number)
            happened.append(Happened(row.taken_at, words, by, row.rule.reason))
        if row.given_back_at is not None:
            happened.append(
                Happened(row.given_back_at, _("Given back: the rule no. %(number)s is undone", number=number))
            )
    return happened


def _by_members(signature: Signature) -> list[Happened]:
    acts = select(AuditEntry).where(AuditEntry.object_kind == "signatures", AuditEntry.object_id == signature.id)
    return [
        Happened(entry.at, str(audit.ACTS.get(entry.action, entry.action)), entry.member_name)
        for entry in db.session.scalars(acts.order_by(AuditEntry.id.desc()).limit(HISTORY))
    ]


def _page(form: SearchForm, found: Found, *, is_first: bool = True, networks: Sequence[Any] = ()) -> str:
    return render_template(
        "admin/signatures/index.html",
        form=form,
        found=found,
        is_first=is_first,
        networks=networks,
        latest=LATEST,
        seals=current() is not None,
        can_be_rule=form.says_something and not form.errors and form.criteria.is_narrow,
    )


def _found(signature_id: int) -> Signature:
    found = db.session.get(Signature, signature_id) if signature_id < 2**31 else None
    return found if found is not None else abort(404)


def _to(signature: Signature) -> ResponseReturnValue:
    return redirect(url_for("admin.signatures.signature", signature_id=signature.id), 303)


def _ticked_ids() -> list[int]:
    sent = request.form.getlist("id") if request.method == "POST" else []
    return keys_of(sent[:500])


def _moment(local: datetime | None) -> datetime | None:
    """A moment of the site's clock; what no database holds is as good as its end."""
    if local is None:
        return None
    return local.replace(year=min(max(local.year, 2000), 2200), tzinfo=settings().timezone)
