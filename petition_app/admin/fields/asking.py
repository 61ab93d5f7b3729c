"""One field: added, worded in each language, looked at in its place, changed, moved."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.fields.entry import (
    MOST_CHOICES,
    FieldEntry,
    blank_entry,
    entry_of,
    hidden_fields,
    read_entry,
    with_more_rows,
)
from petition_app.admin.fields.screen import (
    CHANGED,
    KIND_COSTS,
    KIND_NAMES,
    asks_first,
    blueprint,
    confirmation,
    desk,
    form_with,
    load,
    preview_of,
    revision_seen,
    tab_page,
    to_tab,
    told,
)
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.typed import number_of
from petition_app.models import Petition, PetitionField
from petition_app.models.base import now
from petition_app.models.petition_field import KINDS
from petition_app.petitions import fields
from petition_app.petitions.fields import FormChanged, FormFull
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed


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
            held = fields.hold(session, petition.id, revision_seen())
            field = fields.add_field(session, held, entry.wanted(()), now())
            session.flush()
            audit.record(session, "form.field_added", field, **told(held, field))
    except FormChanged:
        return _field_page(petition, entry, None, changed=True), 409
    except FormFull:
        notice(_("Nothing was added: the form asks for this already, or for as much as it may."), kind=WARNING)
        return to_tab(slug)
    petition_changed.send(petition_id=petition.id)
    notice(_("Added. Who opens the form from now on is asked for it."))
    return to_tab(slug)


@blueprint.get("/<slug:slug>/fields/<int:field_id>")
@allowed("petitions.edit")
def field(slug: str, field_id: int) -> ResponseReturnValue:
    """A field as it is asked now, to be changed."""
    petition = load_petition(slug)
    row = load(petition, field_id)
    return _field_page(petition, entry_of(row, petition.locales), row)


@blueprint.post("/<slug:slug>/fields/<int:field_id>")
@allowed("petitions.edit")
def change(slug: str, field_id: int) -> ResponseReturnValue:
    """Ask for it in another way. What was answered before stays an answer to what was read then."""
    petition = load_petition(slug)
    row = load(petition, field_id)
    entry = read_entry(request.form, row.kind, petition.locales, _keys_now(row))
    if answer := _not_yet(petition, entry, row):
        return answer
    try:
        with writing() as session:
            held = fields.hold(session, petition.id, revision_seen())
            changed = session.get_one(PetitionField, field_id)
            is_new_version = fields.change_field(held, changed, entry.wanted(_keys_ever(changed)), now())
            audit.record(session, "form.field_changed", changed, words=is_new_version, **told(held, changed))
    except FormChanged:
        return _field_page(petition, entry, row, changed=True), 409
    petition_changed.send(petition_id=petition.id)
    notice(_("Saved. Who opens the form from now on sees it so; what was answered before stays as it was asked."))
    return to_tab(slug)


@blueprint.post("/<slug:slug>/preview")
@allowed("petitions.edit")
def preview(slug: str) -> ResponseReturnValue:
    """The form with the field as it is typed so far: what htmx puts beside it. Nothing is kept."""
    petition = load_petition(slug)
    entry = read_entry(request.form, _kind(request.form.get("kind", "")), petition.locales, ())
    field_id = max(0, number_of(request.form.get("field_id")))
    return render_template("admin/fields/_preview.html", **preview_of(petition, form_with(petition, entry, field_id)))


@blueprint.post("/<slug:slug>/fields/<int:field_id>/place")
@allowed("petitions.edit")
def move(slug: str, field_id: int) -> ResponseReturnValue:
    """One place up or down."""
    petition = load_petition(slug)
    load(petition, field_id)
    step = {"up": -1, "down": 1}.get(request.form.get("to", ""))
    if step is None:
        abort(400)
    try:
        with writing() as session:
            held = fields.hold(session, petition.id, revision_seen())
            row = session.get_one(PetitionField, field_id)
            if fields.move_field(session, row, step):
                audit.record(session, "form.field_moved", row, to=row.position, **told(held, row))
    except FormChanged:
        return tab_page(petition, error=CHANGED), 409
    petition_changed.send(petition_id=petition.id)
    return to_tab(slug, anchor=f"field-{field_id}")


def _not_yet(petition: Petition, entry: FieldEntry, row: PetitionField | None) -> ResponseReturnValue | None:
    """The page to show before a field is written: more lines, a preview, what is wrong, a question. None: go on."""
    act = request.form.get("act", "")
    if act == "more":
        return _field_page(petition, with_more_rows(entry), row)
    if act in ("preview", "edit"):
        return _field_page(petition, entry, row, is_preview=act == "preview")
    if entry.errors:
        return _field_page(petition, entry, row), 422
    if revision_seen() != petition.form_revision:
        return _field_page(petition, entry, row, changed=True), 409
    if asks_first(petition):
        sent = {"kind": entry.kind, "revision": str(revision_seen()), **hidden_fields(entry)}
        asks = _("Change this field") if row is not None else _("Add this field")
        return confirmation(petition, asks, sent, entry, row)
    return None


def _field_page(
    petition: Petition, entry: FieldEntry, row: PetitionField | None, *, changed: bool = False, is_preview: bool = False
) -> str:
    if is_preview:
        entry.errors.clear()
    return render_template(
        "admin/fields/field.html",
        **desk(petition),
        entry=entry,
        field=row,
        changed=changed,
        kind_names=KIND_NAMES,
        kind_costs=KIND_COSTS,
        can_have_more=len(entry.choices) < MOST_CHOICES,
        **preview_of(petition, form_with(petition, entry, row.id if row is not None else 0)),
    )


def _kind(name: str) -> str:
    if name not in KINDS:
        abort(404)
    return name


def _keys_now(row: PetitionField) -> list[str]:
    return [key for key, _words in next(iter(row.current_wordings.values())).choices]


def _keys_ever(row: PetitionField) -> list[str]:
    return [key for wording in row.wordings for key, _words in wording.choices]
