"""What a petition's form asks for: chosen field by field, each with what it is for, beside the form as signers see it.

A change of a form that is open is told of once more before it is made. Whoever changes it says which revision was
looked at, so that two who do so at once hear of each other.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.field_entry import (
    MOST_CHOICES,
    FieldEntry,
    blank_entry,
    entry_of,
    hidden_fields,
    read_entry,
    with_more_rows,
)
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.typed import number_of
from petition_app.extensions import db
from petition_app.i18n.locales import page_locale, use_locale
from petition_app.models import Petition, PetitionField
from petition_app.models.base import now
from petition_app.models.petition import ADDRESS_RULES
from petition_app.models.petition_field import KINDS, KNOWN_KINDS
from petition_app.petitions import fields
from petition_app.petitions.fields import MOST_FIELDS, AskedForm, FormChanged, FormFull, asked_form
from petition_app.signing.forms import SignForm
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed

blueprint = Blueprint("fields", __name__, url_prefix="/form")

# Translators: the screen where one chooses what the form under a petition asks for
add_tab(Tab("admin.fields.petition", _l("Form"), "petitions.edit", position=15))
audit.name_acts(
    {
        "form.field_added": _l("added a field to the form"),
        "form.field_changed": _l("changed a field of the form"),
        "form.field_moved": _l("moved a field of the form"),
        "form.field_removed": _l("took a field off the form"),
        "form.answers_erased": _l("had the answers to a field erased"),
        "form.address_changed": _l("changed what the form asks of where signers live"),
    }
)

# How long the page that takes answers away works on it itself; the worker does the rest.
SECONDS_AT_ONCE = 2.0

KIND_NAMES = {
    **fields.KNOWN_LABELS,
    "question_text": _l("A question, answered in a line"),
    "question_choice": _l("A question with answers to choose from"),
    "question_yes_no": _l("A question, answered by yes or no"),
}
KIND_COSTS = {
    "municipality": _l("For a petition to one town. Where you ask for the postal code, that often says enough."),
    "phone": _l("Many leave when they are asked for it. Say who will call, and about what, and leave it optional."),
    "birth_year": _l("The year alone, never the day: it tells ages well enough."),
    "profession": _l("For a petition whose weight lies in who signs it: nurses, teachers, growers."),
    "question_text": _l("In people’s own words, 200 characters at most. Somebody has to read them all."),
    "question_choice": _l("Quick to answer, and easy to count."),
    "question_yes_no": _l("The quickest to answer. Neither is ticked beforehand."),
}


@blueprint.get("/<slug:slug>")
@allowed("petitions.edit")
def petition(slug: str) -> ResponseReturnValue:
    """What is asked, in order, beside the form itself."""
    petition = load_petition(slug)
    return _tab_page(petition)


@blueprint.post("/<slug:slug>/address")
@allowed("petitions.edit")
def address(slug: str) -> ResponseReturnValue:
    """Whether postal code and country are asked for."""
    petition = load_petition(slug)
    wanted = {name: request.form.get(f"ask_{name}", "") for name in ("postal_code", "country")}
    if not set(wanted.values()) <= set(ADDRESS_RULES):
        return _tab_page(petition, error=_("Choose for each whether it is asked for.")), 422
    before = {name: getattr(petition, name) for name in wanted}
    if wanted == before:
        notice(_("Nothing was changed: it is so already."))
        return _to_tab(slug)
    if request.form.get("was") != _as_text(before):
        return _tab_page(petition, error=_CHANGED), 409
    if _asks_first(petition):
        sent = {"was": _as_text(before), **{f"ask_{name}": rule for name, rule in wanted.items()}}
        return _confirmation(petition, _("Change what is asked of where signers live"), sent)
    with writing() as session:
        held = session.get_one(Petition, petition.id, with_for_update=True, populate_existing=True)
        held.postal_code, held.country = wanted["postal_code"], wanted["country"]
        audit.record(session, "form.address_changed", held, before=_as_text(before), after=_as_text(wanted))
    petition_changed.send(petition_id=petition.id)
    notice(_("Saved. Who opens the form from now on sees it so."))
    return _to_tab(slug)


@blueprint.get("/<slug:slug>/fields/new")
@allowed("petitions.edit")
def new(slug: str) -> ResponseReturnValue:
    """The empty form of a field of one kind."""
    petition = load_petition(slug)
    kind = _kind(request.args.get("kind", ""))
    return _field_page(petition, blank_entry(kind, petition.locales), None)


@blueprint.post("/<slug:slug>/fields/new")
@allowed("petitions.edit")
def add(slug: str) -> ResponseReturnValue:
    """Ask for something more."""
    petition = load_petition(slug)
    entry = read_entry(request.form, _kind(request.form.get("kind", "")), petition.locales, ())
    if answer := _not_yet(petition, entry, None):
        return answer
    try:
        with writing() as session:
            held = fields.hold(session, petition.id, _revision())
            field = fields.add_field(session, held, entry.wanted(()), now())
            session.flush()
            audit.record(session, "form.field_added", field, **_told(held, field))
    except FormChanged:
        return _field_page(petition, entry, None, changed=True), 409
    except FormFull:
        notice(_("Nothing was added: the form asks for this already, or for as much as it may."), kind=WARNING)
        return _to_tab(slug)
    petition_changed.send(petition_id=petition.id)
    notice(_("Added. Who opens the form from now on is asked for it."))
    return _to_tab(slug)


@blueprint.get("/<slug:slug>/fields/<int:field_id>")
@allowed("petitions.edit")
def field(slug: str, field_id: int) -> ResponseReturnValue:
    """A field as it is asked now, to be changed."""
    petition = load_petition(slug)
    row = _load(petition, field_id)
    return _field_page(petition, entry_of(row, petition.locales), row)


@blueprint.post("/<slug:slug>/fields/<int:field_id>")
@allowed("petitions.edit")
def change(slug: str, field_id: int) -> ResponseReturnValue:
    """Ask for it in another way. What was answered before stays an answer to what was read then."""
    petition = load_petition(slug)
    row = _load(petition, field_id)
    entry = read_entry(request.form, row.kind, petition.locales, _keys_now(row))
    if answer := _not_yet(petition, entry, row):
        return answer
    try:
        with writing() as session:
            held = fields.hold(session, petition.id, _revision())
            changed = session.get_one(PetitionField, field_id)
            is_new_version = fields.change_field(held, changed, entry.wanted(_keys_ever(changed)), now())
            audit.record(session, "form.field_changed", changed, words=is_new_version, **_told(held, changed))
    except FormChanged:
        return _field_page(petition, entry, row, changed=True), 409
    petition_changed.send(petition_id=petition.id)
    notice(_("Saved. Who opens the form from now on sees it so; what was answered before stays as it was asked."))
    return _to_tab(slug)


@blueprint.post("/<slug:slug>/preview")
@allowed("petitions.edit")
def preview(slug: str) -> ResponseReturnValue:
    """The form with the field as it is typed so far: what htmx puts beside it. Nothing is kept."""
    petition = load_petition(slug)
    entry = read_entry(request.form, _kind(request.form.get("kind", "")), petition.locales, ())
    field_id = max(0, number_of(request.form.get("field_id")))
    return render_template("admin/fields/_preview.html", **_preview(petition, _with(petition, entry, field_id)))


@blueprint.post("/<slug:slug>/fields/<int:field_id>/place")
@allowed("petitions.edit")
def move(slug: str, field_id: int) -> ResponseReturnValue:
    """One place up or down."""
    petition = load_petition(slug)
    _load(petition, field_id)
    step = {"up": -1, "down": 1}.get(request.form.get("to", ""))
    if step is None:
        abort(400)
    try:
        with writing() as session:
            held = fields.hold(session, petition.id, _revision())
            row = session.get_one(PetitionField, field_id)
            if fields.move_field(session, row, step):
                audit.record(session, "form.field_moved", row, to=row.position, **_told(held, row))
    except FormChanged:
        return _tab_page(petition, error=_CHANGED), 409
    petition_changed.send(petition_id=petition.id)
    return _to_tab(slug, anchor=f"field-{field_id}")


@blueprint.get("/<slug:slug>/fields/<int:field_id>/removal")
@allowed("petitions.edit")
def removal(slug: str, field_id: int) -> ResponseReturnValue:
    """What comes of it, and the choice of what becomes of the answers."""
    petition = load_petition(slug)
    return _removal_page(petition, _load(petition, field_id))


@blueprint.post("/<slug:slug>/fields/<int:field_id>/removal")
@allowed("petitions.edit")
def remove(slug: str, field_id: int) -> ResponseReturnValue:
    """Ask for it no longer; the answers stay with their signatures, or go."""
    petition = load_petition(slug)
    row = _load(petition, field_id)
    answers = fields.answers_to(field_id)
    fate = request.form.get("answers", "")
    if answers and fate not in ("keep", "erase"):
        return _removal_page(petition, row, error=_("Please choose what becomes of the answers.")), 422
    forgets = fate == "erase" or not answers
    try:
        with writing() as session:
            held = fields.hold(session, petition.id, _revision())
            removed = session.get_one(PetitionField, field_id)
            removed.remove(now(), forgets_answers=forgets)
            kept = 0 if forgets else answers
            audit.record(session, "form.field_removed", removed, answers_kept=kept, **_told(held, removed))
    except FormChanged:
        return _removal_page(petition, row, error=_CHANGED), 409
    petition_changed.send(petition_id=petition.id)
    if forgets and answers:
        _forget(field_id)
    notice(_removed_sentence(answers, forgets))
    return _to_tab(slug)


@blueprint.get("/<slug:slug>/fields/<int:field_id>/answers/erasure")
@allowed("petitions.edit")
def erasure(slug: str, field_id: int) -> ResponseReturnValue:
    """The question before the answers to a field that is asked no longer are erased."""
    petition = load_petition(slug)
    row = _load(petition, field_id, is_asked=False)
    return render_template(
        "admin/fields/erasure.html", **_desk(petition), field=row, label=_label(row), answers=fields.answers_to(row.id)
    )


@blueprint.post("/<slug:slug>/fields/<int:field_id>/answers/erasure")
@allowed("petitions.edit")
def erase(slug: str, field_id: int) -> ResponseReturnValue:
    """Erase them; the signatures stay."""
    petition = load_petition(slug)
    _load(petition, field_id, is_asked=False)
    answers = fields.answers_to(field_id)
    with writing() as session:
        row = session.get_one(PetitionField, field_id)
        row.forgets_answers = True
        audit.record(session, "form.answers_erased", row, answers=answers, petition=petition.slug)
    _forget(field_id)
    notice(_removed_sentence(answers, True))
    return _to_tab(slug)


_CHANGED = _l(
    "Somebody else has changed this form in the meantime, and nothing of yours was saved. "
    "Below is how it is now: please look, and do it again if it is still right."
)


def _not_yet(petition: Petition, entry: FieldEntry, row: PetitionField | None) -> ResponseReturnValue | None:
    """The page to show before a field is written: more lines, a preview, what is wrong, a question. None: go on."""
    act = request.form.get("act", "")
    if act == "more":
        return _field_page(petition, with_more_rows(entry), row)
    if act in ("preview", "edit"):
        return _field_page(petition, entry, row, is_preview=act == "preview")
    if entry.errors:
        return _field_page(petition, entry, row), 422
    if _revision() != petition.form_revision:
        return _field_page(petition, entry, row, changed=True), 409
    if _asks_first(petition):
        sent = {"kind": entry.kind, "revision": str(_revision()), **hidden_fields(entry)}
        asks = _("Change this field") if row is not None else _("Add this field")
        return _confirmation(petition, asks, sent, entry, row)
    return None


def _asks_first(petition: Petition) -> bool:
    """Whether people sign at this moment, and the change has not been told of yet."""
    return petition.status == "open" and request.form.get("confirmed") != "yes"


def _confirmation(
    petition: Petition,
    words: str,
    sent: dict[str, str],
    entry: FieldEntry | None = None,
    row: PetitionField | None = None,
) -> str:
    return render_template(
        "admin/fields/confirmation.html",
        **_desk(petition),
        words=words,
        sent={**sent, "confirmed": "yes"},
        entry=entry,
        kind_names=KIND_NAMES,
        answers=fields.answers_to(row.id) if row is not None else 0,
        **(_preview(petition, _with(petition, entry, row.id if row is not None else 0)) if entry is not None else {}),
    )


def _tab_page(petition: Petition, error: Any = "") -> str:
    rows = fields.live_fields(db.session(), petition.id)
    kinds = {row.kind for row in rows}
    locale = current.member().locale
    return render_template(
        "admin/fields/petition.html",
        **_desk(petition),
        error=error,
        rows=[(row, _label(row), row.current_wordings) for row in rows],
        removed=[(row, _label(row), fields.answers_to(row.id)) for row in fields.removed_fields(petition.id)],
        locale_shown=locale if locale in petition.locales else petition.default_locale,
        was=_as_text({"postal_code": petition.postal_code, "country": petition.country}),
        kind_names=KIND_NAMES,
        kind_costs=KIND_COSTS,
        addable=[kind for kind in KINDS if kind not in KNOWN_KINDS or kind not in kinds],
        known_kinds=KNOWN_KINDS,
        is_full=len(rows) >= MOST_FIELDS,
        most=MOST_FIELDS,
        **_preview(petition, asked_form(petition)),
    )


def _field_page(
    petition: Petition, entry: FieldEntry, row: PetitionField | None, *, changed: bool = False, is_preview: bool = False
) -> str:
    if is_preview:
        entry.errors.clear()
    return render_template(
        "admin/fields/field.html",
        **_desk(petition),
        entry=entry,
        field=row,
        changed=changed,
        kind_names=KIND_NAMES,
        kind_costs=KIND_COSTS,
        can_have_more=len(entry.choices) < MOST_CHOICES,
        **_preview(petition, _with(petition, entry, row.id if row is not None else 0)),
    )


def _removal_page(petition: Petition, row: PetitionField, error: Any = "") -> str:
    return render_template(
        "admin/fields/removal.html",
        **_desk(petition),
        field=row,
        label=_label(row),
        answers=fields.answers_to(row.id),
        error=error,
    )


def _desk(petition: Petition) -> dict[str, Any]:
    return {"petition": petition, "text": petition.text_for(current.member().locale)}


def _preview(petition: Petition, asked: AskedForm) -> dict[str, Any]:
    """The form as signers see it, in the language that is looked at; its controls are not to be used."""
    wanted = request.form.get("preview_in") or request.args.get("preview_in") or current.member().locale
    locale = wanted if wanted in petition.locales else petition.default_locale
    with use_locale(page_locale(locale)):
        form = SignForm(petition, formdata=None, asked=asked)
        page = render_template(
            "signing/_form.html", petition=petition, form=form, text=petition.text_for(locale), via=""
        )
    return {"preview": Markup(page), "preview_in": locale}  # noqa: S704  # our own template, which escapes


def _with(petition: Petition, entry: FieldEntry, field_id: int) -> AskedForm:
    """The form with this field as it is described: in its place, or behind all others."""
    asked, described = asked_form(petition), entry.as_asked(field_id)
    if any(each.id == field_id for each in asked.fields):
        return AskedForm(asked.revision, tuple(described if f.id == field_id else f for f in asked.fields))
    return AskedForm(asked.revision, (*asked.fields, described))


def _forget(field_id: int) -> None:
    """The first seconds of the work; what is left, the worker takes away."""
    ends = time.monotonic() + SECONDS_AT_ONCE
    while fields.forget_answers([field_id]) and time.monotonic() < ends:
        pass


def _removed_sentence(answers: int, forgets: bool) -> str:
    if not answers:
        # Translators: a question of the association to those who sign
        return str(_("It is no longer asked. Nobody had answered it."))
    if forgets:
        said = ngettext(
            "%(num)s answer is erased. The signature stays.",
            "%(num)s answers are erased. The signatures stay.",
            answers,
        )
    else:
        # Translators: a question of the association to those who sign
        said = ngettext(
            "It is no longer asked. %(num)s answer stays, as long as its signature.",
            "It is no longer asked. %(num)s answers stay, each as long as its signature.",
            answers,
        )
    return str(said)


def _load(petition: Petition, field_id: int, *, is_asked: bool = True) -> PetitionField:
    row = db.session.get(PetitionField, field_id) if field_id < 2**31 else None
    if row is None or row.petition_id != petition.id:
        abort(404)
    if row.is_asked != is_asked:
        notice(_("Nothing was changed: somebody else has taken this field off the form."), kind=WARNING)
        abort(make_response(_to_tab(petition.slug)))
    return row


def _label(row: PetitionField) -> str:
    words = row.current_wordings
    worded = words.get(current.member().locale) or next(iter(words.values()))
    return fields.known_label(row.kind) or worded.label


def _kind(name: str) -> str:
    if name not in KINDS:
        abort(404)
    return name


def _revision() -> int:
    """The revision that was looked at; one that there is not for what is no number."""
    return number_of(request.form.get("revision"))


def _keys_now(row: PetitionField) -> list[str]:
    return [key for key, _words in next(iter(row.current_wordings.values())).choices]


def _keys_ever(row: PetitionField) -> list[str]:
    return [key for wording in row.wordings for key, _words in wording.choices]


def _told(petition: Petition, field: PetitionField) -> dict[str, Any]:
    """What the audit log says of a change: no words of a signer are in it."""
    return {"petition": petition.slug, "kind": field.kind, "required": field.is_required}


def _as_text(rules: dict[str, str]) -> str:
    return f"{rules['postal_code']} {rules['country']}"


def _to_tab(slug: str, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for(".petition", slug=slug, _anchor=anchor), 303)
