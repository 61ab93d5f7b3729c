"""What the views of a petition's form share: the tab itself, what is loaded, how a change is asked about and told."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.fields.entry import FieldEntry
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.typed import number_of
from petition_app.extensions import db
from petition_app.i18n.locales import page_locale, use_locale
from petition_app.models import Petition, PetitionField
from petition_app.models.petition import ADDRESS_RULES
from petition_app.models.petition_field import KINDS, KNOWN_KINDS
from petition_app.petitions import fields
from petition_app.petitions.fields import MOST_FIELDS, AskedForm, asked_form
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

CHANGED = _l(
    "Somebody else has changed this form in the meantime, and nothing of yours was saved. "
    "Below is how it is now: please look, and do it again if it is still right."
)


@blueprint.get("/<slug:slug>")
@allowed("petitions.edit")
def petition(slug: str) -> ResponseReturnValue:
    """What is asked, in order, beside the form itself."""
    petition = load_petition(slug)
    return tab_page(petition)


@blueprint.post("/<slug:slug>/address")
@allowed("petitions.edit")
def address(slug: str) -> ResponseReturnValue:
    """Whether postal code and country are asked for."""
    petition = load_petition(slug)
    wanted = {name: request.form.get(f"ask_{name}", "") for name in ("postal_code", "country")}
    if not set(wanted.values()) <= set(ADDRESS_RULES):
        return tab_page(petition, error=_("Choose for each whether it is asked for.")), 422
    before = {name: getattr(petition, name) for name in wanted}
    if wanted == before:
        notice(_("Nothing was changed: it is so already."))
        return to_tab(slug)
    if request.form.get("was") != _as_text(before):
        return tab_page(petition, error=CHANGED), 409
    if asks_first(petition):
        sent = {"was": _as_text(before), **{f"ask_{name}": rule for name, rule in wanted.items()}}
        return confirmation(petition, _("Change what is asked of where signers live"), sent)
    with writing() as session:
        held = session.get_one(Petition, petition.id, with_for_update=True, populate_existing=True)
        held.postal_code, held.country = wanted["postal_code"], wanted["country"]
        audit.record(session, "form.address_changed", held, before=_as_text(before), after=_as_text(wanted))
    petition_changed.send(petition_id=petition.id)
    notice(_("Saved. Who opens the form from now on sees it so."))
    return to_tab(slug)


def tab_page(petition: Petition, error: Any = "") -> str:
    """The whole tab, with what went wrong where something did."""
    rows = fields.live_fields(db.session(), petition.id)
    kinds = {row.kind for row in rows}
    locale = current.member().locale
    return render_template(
        "admin/fields/petition.html",
        **desk(petition),
        error=error,
        rows=[(row, label_of(row), row.current_wordings) for row in rows],
        removed=[(row, label_of(row), fields.answers_to(row.id)) for row in fields.removed_fields(petition.id)],
        locale_shown=locale if locale in petition.locales else petition.default_locale,
        was=_as_text({"postal_code": petition.postal_code, "country": petition.country}),
        kind_names=KIND_NAMES,
        kind_costs=KIND_COSTS,
        addable=[kind for kind in KINDS if kind not in KNOWN_KINDS or kind not in kinds],
        known_kinds=KNOWN_KINDS,
        is_full=len(rows) >= MOST_FIELDS,
        most=MOST_FIELDS,
        **preview_of(petition, asked_form(petition)),
    )


def load(petition: Petition, field_id: int, *, is_asked: bool = True) -> PetitionField:
    """A field of the petition; else 404. Back to the tab where somebody has taken it off (or put it on) meanwhile."""
    row = db.session.get(PetitionField, field_id) if field_id < 2**31 else None
    if row is None or row.petition_id != petition.id:
        abort(404)
    if row.is_asked != is_asked:
        notice(_("Nothing was changed: somebody else has taken this field off the form."), kind=WARNING)
        abort(make_response(to_tab(petition.slug)))
    return row


def asks_first(petition: Petition) -> bool:
    """Whether people sign at this moment, and the change has not been told of yet."""
    return petition.status == "open" and request.form.get("confirmed") != "yes"


def confirmation(
    petition: Petition,
    words: str,
    sent: dict[str, str],
    entry: FieldEntry | None = None,
    row: PetitionField | None = None,
) -> str:
    """The page that tells what a change means for a form that people sign at this moment."""
    return render_template(
        "admin/fields/confirmation.html",
        **desk(petition),
        words=words,
        sent={**sent, "confirmed": "yes"},
        entry=entry,
        kind_names=KIND_NAMES,
        answers=fields.answers_to(row.id) if row is not None else 0,
        **(
            preview_of(petition, form_with(petition, entry, row.id if row is not None else 0))
            if entry is not None
            else {}
        ),
    )


def desk(petition: Petition) -> dict[str, Any]:
    """What every page of the tab shows."""
    return {"petition": petition, "text": petition.text_for(current.member().locale)}


def preview_of(petition: Petition, asked: AskedForm) -> dict[str, Any]:
    """The form as signers see it, in the language that is looked at; its controls are not to be used."""
    wanted = request.form.get("preview_in") or request.args.get("preview_in") or current.member().locale
    locale = wanted if wanted in petition.locales else petition.default_locale
    with use_locale(page_locale(locale)):
        form = SignForm(petition, formdata=None, asked=asked)
        page = render_template(
            "signing/_form.html", petition=petition, form=form, text=petition.text_for(locale), via=""
        )
    return {"preview": Markup(page), "preview_in": locale}  # noqa: S704  # our own template, which escapes


def form_with(petition: Petition, entry: FieldEntry, field_id: int) -> AskedForm:
    """The form with this field as it is described: in its place, or behind all others."""
    asked, described = asked_form(petition), entry.as_asked(field_id)
    if any(each.id == field_id for each in asked.fields):
        return AskedForm(asked.revision, tuple(described if f.id == field_id else f for f in asked.fields))
    return AskedForm(asked.revision, (*asked.fields, described))


def label_of(row: PetitionField) -> str:
    """What a field is called, in the member's language if it has one."""
    words = row.current_wordings
    worded = words.get(current.member().locale) or next(iter(words.values()))
    return fields.known_label(row.kind) or worded.label


def revision_seen() -> int:
    """The revision that was looked at; one that there is not for what is no number."""
    return number_of(request.form.get("revision"))


def told(petition: Petition, field: PetitionField) -> dict[str, Any]:
    """What the audit log says of a change: no words of a signer are in it."""
    return {"petition": petition.slug, "kind": field.kind, "required": field.is_required}


def _as_text(rules: dict[str, str]) -> str:
    return f"{rules['postal_code']} {rules['country']}"


def to_tab(slug: str, anchor: str | None = None) -> ResponseReturnValue:
    """Back to the tab."""
    return redirect(url_for(".petition", slug=slug, _anchor=anchor), 303)
