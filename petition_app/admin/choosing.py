"""The petition that a screen is about: all of them to choose from, or the one that the address names."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import case, select
from sqlalchemy.orm import selectinload

from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import Petition, PetitionText
from petition_app.models.counter import confirmed_count

MOST_SHOWN = 200


@dataclass(frozen=True)
class Choice:
    """A petition to choose."""

    petition: Petition
    text: PetitionText
    confirmed: int


def choose(title: str, sentence: str, endpoint: str) -> ResponseReturnValue:
    """The petitions, each leading to this endpoint's page of it; straight there where there is only one."""
    order = case({"open": 0, "closed": 1, "draft": 2}, value=Petition.status, else_=3)
    found = select(Petition).order_by(order, Petition.id.desc()).limit(MOST_SHOWN).options(selectinload(Petition.texts))
    petitions = db.session.scalars(found).all()
    if len(petitions) == 1:
        return redirect(url_for(endpoint, slug=petitions[0].slug))
    choices = [
        Choice(petition, petition.text_for(selected_locale()), confirmed_count(petition.id)) for petition in petitions
    ]
    return render_template("admin/choose.html", title=title, sentence=sentence, endpoint=endpoint, choices=choices)


def load_petition(slug: str) -> Petition:
    """The petition of this name, drafts too; else 404."""
    petition = Petition.by_slug(slug)
    if petition is None:
        abort(404)
    return petition
