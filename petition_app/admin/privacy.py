"""What is kept of people, as the association answers for it: the register of consents, the times, the papers."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from petition_app.admin.access import allowed
from petition_app.admin.screens import ASSOCIATION, Screen, add_screen
from petition_app.extensions import db
from petition_app.i18n.locales import own_name, selected_locale, use_locale
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions.fields import asked_form
from petition_app.privacy import text_document
from petition_app.privacy.consent_register import wordings_kept
from petition_app.privacy.processing import register
from petition_app.web.site import settings

blueprint = Blueprint("privacy", __name__, url_prefix="/privacy")

add_screen(Screen("admin.privacy.index", _l("Privacy"), "privacy.manage", ASSOCIATION, position=30))

PURPOSE_WORDS = {
    "processing": _l("To process the signature"),
    "petition_news": _l("News about the petition"),
    "association_news": _l("News about other actions"),
    "name_display": _l("How the name is shown"),
}


@blueprint.get("")
@allowed("privacy.manage")
def index() -> ResponseReturnValue:
    """Every wording of every consent, with how many agreed; how long things are kept; the register to download."""
    languages = [(code, own_name(code)) for code in settings().locales]
    return render_template(
        "admin/privacy/index.html", wordings=wordings_kept(), purposes=PURPOSE_WORDS, languages=languages
    )


@blueprint.get("/register/<language>.odt")
@allowed("privacy.manage")
def processing_register(language: str) -> ResponseReturnValue:
    """The register of processing activities (GDPR, article 30) in one of the site's languages, as of now."""
    if language not in settings().locales:
        abort(404)
    with use_locale(language):
        title, sections = register(_petitions(), now())
        file = text_document.text_document(title, sections)
    response = make_response(file)
    response.headers["Content-Type"] = text_document.MIMETYPE
    response.headers["Content-Disposition"] = f'attachment; filename="register-{language}.odt"'
    return response


def _petitions() -> list[str]:
    """What is signed here, by the titles in the current language, each with what its form asks beside, and what for."""
    locale, lines = selected_locale(), []
    public = select(Petition).where(Petition.status != "draft").order_by(Petition.id)
    for petition in db.session.scalars(public):
        lines.append(petition.text_for(locale).title)
        for field in asked_form(petition).fields:
            words = field.words_in(locale, petition.default_locale)
            lines.append(f"– {field.label_in(locale, petition.default_locale)}: {words.purpose}")
    return lines
