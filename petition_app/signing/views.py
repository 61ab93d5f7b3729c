"""Signing a petition: the form, its answer, and the page that says to look into one's inbox."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import Blueprint, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import bindparam, select

from petition_app.antiabuse import rate_limit, suspicion, work
from petition_app.antiabuse.networks import Origin
from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import Petition, PetitionText
from petition_app.models.base import now
from petition_app.petitions.loading import load_public_petition
from petition_app.signing import submission
from petition_app.signing.forms import SignForm
from petition_app.signing.submission import Entry
from petition_app.transactions import StorageUnavailable
from petition_app.web import refusals
from petition_app.web.errors import unavailable
from petition_app.web.htmx import wants_fragment
from petition_app.web.origin import require_same_origin
from petition_app.web.page_layer import cacheable
from petition_app.web.site import settings
from petition_app.web.visits import share_link

blueprint = Blueprint("signing", __name__)
log = logging.getLogger(__name__)

# More versions than people sign at a time.
MOST_KNOWN_TEXTS = 1_000


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/sign")
def form(slug: str) -> ResponseReturnValue:
    """The form on a page of its own."""
    petition = load_public_petition(slug)
    if not petition.takes_signatures(now()):
        return _closed_page(petition)
    page = _form_page(petition, SignForm(petition, formdata=None))
    return cacheable(make_response(page), f"petition:{petition.id}")


@blueprint.post("/<locale:locale>/petitions/<slug:slug>/sign")
@require_same_origin
def form_again(slug: str) -> ResponseReturnValue:
    """The form in this language, with what was typed into it in another one. Nothing of it is taken or kept."""
    petition = load_public_petition(slug)
    if not petition.takes_signatures(now()):
        return _closed_page(petition)
    form = SignForm(petition)
    if request.form.get("again") == "errors":  # what was said to be wrong is said in this language
        form.validate()
    return _with_status(petition, form, 200)


@blueprint.post("/<locale:locale>/petitions/<slug:slug>/signatures")
@require_same_origin
def sign(slug: str) -> ResponseReturnValue:
    """Take a signature. Whatever the address has done here before, the answer is the same."""
    petition = load_public_petition(slug)
    if not petition.takes_signatures(now()):
        return _closed_page(petition)
    origin = Origin.of(request.remote_addr)
    form, petition_id = SignForm(petition), petition.id
    try:
        _refuse_floods(origin)
        if not form.validate():
            return _with_status(petition, form, 422)
        entry, done = _entry(form), _work(petition)
        submission.sign(petition, _shown_text(petition), selected_locale(), entry, origin, now(), done)
    except rate_limit.TooMany as error:
        return _too_many(petition, form, error.retry_after)
    except StorageUnavailable as error:
        return _not_now(petition, form, str(error))
    current_app.extensions["visits"].signed(petition_id, request.form.get("via"))
    if wants_fragment():
        return render_template("signing/_check_inbox.html", petition=petition, address=form.email.data)
    return redirect(url_for("signing.check_inbox", slug=slug), 303)


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/check-your-inbox")
def check_inbox(slug: str) -> ResponseReturnValue:
    """The same page for everybody who has sent the form."""
    petition = load_public_petition(slug)
    page = render_template("signing/check_inbox.html", petition=petition, text=petition.text_for(selected_locale()))
    return cacheable(make_response(page), f"petition:{petition.id}")


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/challenge")
def challenge(slug: str) -> ResponseReturnValue:
    """What the page's script fetches when somebody begins to type: a stamp, and work where the traffic is odd."""
    petition = load_public_petition(slug)
    at = now()
    given = work.challenge(petition.id, at, settings().secret_key, asks_work=_asks_work(petition))
    response = jsonify(given)
    response.headers["Cache-Control"] = "no-store"
    return response


def _work(petition: Petition) -> work.Work:
    fields = {name: request.form.get(name, "") for name in ("trap", "stamp", "work")}
    return work.read(fields, petition.id, now(), settings().secret_key, asks_work=_asks_work(petition))


def _asks_work(petition: Petition) -> bool:
    return settings().abuse_controls and suspicion.memory().of(petition.id).asks_work(now())


def _refuse_floods(origin: Origin) -> None:
    site = settings()
    if site.abuse_controls:
        limits = rate_limit.signing_limits(origin.address, origin.network)
        rate_limit.refuse_any(limits, now(), site.network_key)


def _entry(form: SignForm) -> Entry:
    return Entry(
        given_name=form.text_of("given_name"),
        surname=form.text_of("surname"),
        email=form.text_of("email"),
        postal_code=form.text_of("postal_code"),
        country=form.text_of("country"),
        comment=form.text_of("comment"),
        name_display=form.text_of("name_display"),
        consents=form.chosen_consents(),
        answers=form.answers(),
    )


def _shown_text(petition: Petition) -> int:
    """The version that the signer was shown, as the form names it; the newest where that is not this petition's."""
    named = request.form.get("text_version", "")
    is_id = named.isdecimal() and len(named) < 12
    if is_id and _is_text_of(petition, int(named)):
        return int(named)
    return petition.text_for(selected_locale()).id


def _is_text_of(petition: Petition, text_id: int) -> bool:
    """Whether a version is this petition's. Once it is, it is so for ever: each process asks the database once."""
    known: set[tuple[int, datetime, int]] = current_app.extensions.setdefault("texts_of_petitions", set())
    pair = petition.id, petition.created_at, text_id
    if pair in known:
        return True
    if db.session.connection().scalar(_PETITION_OF_TEXT, {"text": text_id}) != petition.id:
        return False
    if len(known) >= MOST_KNOWN_TEXTS:
        known.clear()
    known.add(pair)
    return True


_PETITION_OF_TEXT = select(PetitionText.petition_id).where(PetitionText.id == bindparam("text"))


def _form_page(petition: Petition, form: SignForm) -> str:
    template = "signing/_form.html" if wants_fragment() and form.is_submitted() else "signing/sign.html"
    text, via = petition.text_for(selected_locale()), share_link(request.form.get("via"))
    return render_template(template, petition=petition, form=form, text=text, via=via, kept=_kept())


def _kept() -> dict[str, str]:
    """What the page's script has put into a form that comes back: it is as good the next time."""
    sent = {name: request.form.get(name, "") for name in ("stamp", "work")}
    return {name: value for name, value in sent.items() if value and len(value) <= work.MOST_LENGTH}


def _with_status(petition: Petition, form: SignForm, status: int) -> ResponseReturnValue:
    return make_response(_form_page(petition, form), status)


def _too_many(petition: Petition, form: SignForm, retry_after: int) -> ResponseReturnValue:
    """All that was typed stays in the form, and a sentence says how long to wait."""
    refusals.note("many")
    minutes = max(1, -(-retry_after // 60))
    form.form_errors.append(
        ngettext(
            "Many signatures came from your connection in a short time. "
            "Yours was not taken yet: please send it again in %(num)s minute.",
            "Many signatures came from your connection in a short time. "
            "Yours was not taken yet: please send it again in %(num)s minutes.",
            minutes,
        )
    )
    response = make_response(_form_page(petition, form), 429)
    response.headers["Retry-After"] = str(retry_after)
    return response


def _not_now(petition: Petition, form: SignForm, reason: str) -> ResponseReturnValue:
    """The database takes nothing, and may still be read: then the form comes back as it was typed."""
    log.error("a signature could not be taken", extra={"fields": {"reason": reason}})
    form.form_errors.append(
        _("The site cannot take signatures just now. What you typed is still here: please send it again in a minute.")
    )
    return unavailable(_form_page(petition, form))


def _closed_page(petition: Petition) -> ResponseReturnValue:
    page = render_template("signing/closed.html", petition=petition, text=petition.text_for(selected_locale()))
    return make_response(page, 410)
