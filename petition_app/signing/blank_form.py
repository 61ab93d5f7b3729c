"""The form as everybody gets it: the same words for all readers of a language, made once and kept.

It is half of the work of a petition's page. What it is made from is in its key, so that nothing has to be dropped.
"""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from petition_app.i18n.locales import selected_locale
from petition_app.models import Petition, PetitionText
from petition_app.petitions.fields import asked_form
from petition_app.signing.forms import SignForm
from petition_app.web.kept import kept


def blank_form(petition: Petition, text: PetitionText, via: str) -> Markup:
    """The empty form under a petition, in the reader's language.

    A version of a text never changes, but while nobody may read it: that gives it another moment. `via` is the share
    link that the reader has followed, "" for none.
    """
    asked = asked_form(petition)
    asks = (petition.postal_code, petition.country, petition.comments, asked.revision, *petition.locales)

    def made() -> str:
        form = SignForm(petition, formdata=None, asked=asked)
        return render_template("signing/_form.html", petition=petition, form=form, text=text, via=via)

    return kept(("form", selected_locale(), petition.slug, asks, text.id, text.created_at, via), made)
