"""The pages that tell who runs the site and what happens with data, made from the site's settings."""

from __future__ import annotations

from flask import make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import ModerationSettings, Petition
from petition_app.petitions.fields import Words, asked_form, removed_fields
from petition_app.privacy.processing import sealing_told
from petition_app.public.views import blueprint
from petition_app.sealing import state
from petition_app.web.page_layer import cacheable


@blueprint.get("/<locale:locale>/privacy")
def privacy() -> ResponseReturnValue:
    sealed = sealing_told() if state.current() is not None else ""
    return _page("public/privacy.html", asking=_asking(), sealed=sealed)


def _asking() -> list[tuple[Petition, list[tuple[str, Words]], bool]]:
    """The petitions whose forms ask for more than an address, and what: in the reader's language where it has words.

    The last is whether one keeps answers to what it asks no longer.
    """
    locale, found = selected_locale(), []
    listed = select(Petition).where(Petition.form_revision > 0, Petition.status.in_(("open", "closed", "archived")))
    for petition in db.session.scalars(listed.order_by(Petition.id)):
        default = petition.default_locale
        asked = [
            (each.label_in(locale, default), each.words_in(locale, default)) for each in asked_form(petition).fields
        ]
        removed = bool(removed_fields(petition.id))
        if asked or removed:
            found.append((petition, asked, removed))
    return found


@blueprint.get("/<locale:locale>/charter")
def charter() -> ResponseReturnValue:
    return _page("public/charter.html", rules=ModerationSettings.current())


@blueprint.get("/<locale:locale>/legal")
def legal() -> ResponseReturnValue:
    return _page("public/legal.html")


def _page(template: str, **values: object) -> ResponseReturnValue:
    return cacheable(make_response(render_template(template, **values)), "legal")
