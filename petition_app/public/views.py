"""The pages that everybody may read. Each is the same for everybody in a language, and kept by the page layer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from petition_app.extensions import db
from petition_app.i18n.locales import preferred_locale, selected_locale
from petition_app.models import Petition, PetitionText
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.petitions.difference import Paragraph, around_changes, difference
from petition_app.petitions.goal import next_goal
from petition_app.petitions.loading import load_public_petition
from petition_app.public.frame import filled, frame
from petition_app.public.moving import moving
from petition_app.public.numbers import numbers_of, signers_before
from petition_app.public.seeing import see
from petition_app.updates.listing import news_numbered
from petition_app.web import visits
from petition_app.web.keyset import place_of
from petition_app.web.page_layer import cacheable

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def root() -> ResponseReturnValue:
    """To the visitor's language."""
    response = redirect(url_for("public.home", locale=preferred_locale()), 302)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept-Language"
    return response


@blueprint.get("/<locale:locale>/")
def home() -> ResponseReturnValue:
    """The petitions; where just one is open, straight to it."""
    petitions = db.session.scalars(
        select(Petition).where(Petition.status.in_(("open", "closed"))).order_by(Petition.opened_at.desc())
    ).all()
    listed = [_listed(petition) for petition in petitions]
    open_ones = [item for item in listed if item["is_open"]]
    if len(open_ones) == 1:
        onwards = make_response(redirect(url_for("public.petition", slug=open_ones[0]["petition"].slug), 302))
        onwards.add_etag()
        return cacheable(onwards, "home")
    closed = [item for item in listed if not item["is_open"]]
    return cacheable(make_response(render_template("public/home.html", open=open_ones, closed=closed)), "home")


def _listed(petition: Petition) -> dict[str, Any]:
    confirmed = confirmed_count(petition.id)
    return {
        "petition": petition,
        "text": petition.text_for(selected_locale()),
        "confirmed": confirmed,
        "goal": next_goal(confirmed, petition.goal),
        "is_open": petition.takes_signatures(now()),
    }


@blueprint.get("/<locale:locale>/petitions/<slug:slug>")
def petition(slug: str) -> ResponseReturnValue:
    """A petition: its text, its number, its form, its newest signers and comments."""
    seen, via = see(slug), visits.share_link(request.args.get("via"))
    page = current_app.response_class(filled(frame(seen, via), moving(seen)))
    return cacheable(page, _tag(seen.petition), visits.mark(seen.petition.id, via))


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/changes")
def changes(slug: str) -> ResponseReturnValue:
    """How the text came to be what it is: each version with what it changed, and all that changed `since` one."""
    petition = load_public_petition(slug)
    newest = petition.text_for(selected_locale())
    versions = [text for text in petition.texts if text.locale == newest.locale]
    page = render_template(
        "public/changes.html",
        petition=petition,
        text=newest,
        versions=[
            (text, around_changes(difference(_lines(before), _lines(text))) if before is not None else None)
            for before, text in zip([None, *versions], versions, strict=False)
        ][::-1],
        since=_since(versions, request.args.get("since", "")),
    )
    return cacheable(make_response(page), _tag(petition))


def _lines(text: PetitionText) -> str:
    return "\n".join([text.title, text.summary, text.body, text.call_to_action])


def _since(versions: list[PetitionText], number: str) -> tuple[PetitionText, list[Paragraph | None]] | None:
    """The version of this number, and what the newest says otherwise; None where that is the newest, or none."""
    signed = next((text for text in versions[:-1] if str(text.version) == number), None)
    return (signed, around_changes(difference(_lines(signed), _lines(versions[-1])))) if signed is not None else None


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/live")
def live(slug: str) -> ResponseReturnValue:
    """What moves on the page. Kept for a second only: a browser must not answer the next question from its copy."""
    seen = see(slug)
    petition = seen.petition
    page = render_template("public/_live.html", petition=petition, numbers=numbers_of(seen), out_of_band=True)
    return cacheable(make_response(page), _tag(petition), max_age=1, swr=1)


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/signatures")
def signers(slug: str) -> ResponseReturnValue:
    """Older signers, a page at a time."""
    petition = load_public_petition(slug)
    place = place_of(request.args.get("before", ""))
    page = render_template(
        "public/signers.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        signers=signers_before(petition.id, place),
        is_first=place is None,
    )
    return cacheable(make_response(page), _tag(petition))


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/updates/<int:number>")
def update(slug: str, number: int) -> ResponseReturnValue:
    """One update of a petition; 404 for one that was taken off the page."""
    petition = load_public_petition(slug)
    news = news_numbered(petition, number, selected_locale())
    if news is None:
        abort(404)
    page = render_template(
        "public/update.html", petition=petition, text=petition.text_for(selected_locale()), news=news
    )
    return cacheable(make_response(page), _tag(petition))


def _tag(petition: Petition) -> str:
    return f"petition:{petition.id}"
