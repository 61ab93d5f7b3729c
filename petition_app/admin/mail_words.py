"""What the association adds, in its own words, to the mail that asks to confirm, and to the page after that."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field, HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import Optional, ValidationError

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.typed import number_of
from petition_app.i18n.locales import own_name, use_locale
from petition_app.models import MailWords, Petition
from petition_app.models.base import now
from petition_app.models.mail_words import PARTS, OwnWords, Part
from petition_app.petitions import mail_words
from petition_app.petitions.mail_words import LONGEST, Stale
from petition_app.signing.cleaning import clean_text, has_controls, names_a_page
from petition_app.transactions import writing
from petition_app.web.site import association_name, settings

blueprint = Blueprint("mail_words", __name__, url_prefix="/petitions")

# Translators: the tab of a petition where its own words in mails are written
add_tab(Tab("admin.mail_words.form", _l("Mails"), "petitions.edit", position=17))
audit.name_acts({"mail_words.saved": _l("changed what the association adds to a petition’s mails")})


def fits(_form: AdminForm, field: Field) -> None:
    """Plain text of a mail's length."""
    text = field.data or ""
    if len(text) > LONGEST:
        raise ValidationError(_("This is longer than %(most)s characters. Please shorten it.", most=LONGEST))
    if has_controls(text.replace("\t", " ")):
        raise ValidationError(_("There is a character here that cannot be shown. Please type the text again."))


def no_page(_form: AdminForm, field: Field) -> None:
    """Of a mail whose one link is the site's own."""
    if names_a_page(field.data or ""):
        raise ValidationError(
            _("Please write it without any web address: the only link in this mail is the one that confirms.")
        )


class MailWordsForm(AdminForm):
    """Both parts, in the petition's main language."""

    version = HiddenField()
    why = TextAreaField(_l("Mail with the confirmation link"), [Optional(), fits, no_page], filters=[clean_text])
    thanks = TextAreaField(_l("After confirming"), [Optional(), fits], filters=[clean_text])
    preview_in = SelectField(_l("Language"), [Optional()], validate_choice=False)

    def __init__(self, petition: Petition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = dict.fromkeys((petition.default_locale, *settings().locales))
        self.preview_in.choices = [SelectChoice(code, own_name(code)) for code in offered]
        if self.preview_in.data not in offered:
            self.preview_in.data = petition.default_locale

    @property
    def words(self) -> dict[Part, str]:
        return {"why": self.why.data or "", "thanks": self.thanks.data or ""}


@blueprint.get("/<slug:slug>/mails")
@allowed("petitions.edit")
def form(slug: str) -> ResponseReturnValue:
    """The words as signers have them, beside how they look there."""
    petition = load_petition(slug)
    newest = _newest(petition)
    return _page(petition, _form_of(petition, newest), None if newest is not None else _of_former_language(petition))


@blueprint.post("/<slug:slug>/mails")
@allowed("petitions.edit")
def save(slug: str) -> ResponseReturnValue:
    """Let signers have what was typed, unless somebody else has changed it meanwhile."""
    petition = load_petition(slug)
    form = MailWordsForm(petition)
    if request.form.get("act") == "preview":
        return _page(petition, form)
    if not form.validate():
        return make_response(_page(petition, form), 422)
    petition_id = petition.id
    try:
        made = mail_words.save(petition_id, form.words, number_of(form.version.data), now())
    except Stale:
        return _with_theirs(slug, form)
    if made is None:
        notice(_("Nothing has changed."))
    else:
        with writing() as session:
            audit.record(
                session,
                "mail_words.saved",
                session.get_one(Petition, petition_id),
                text=made.locale,
                version=made.version,
            )
        notice(_("The text is saved."))
    return redirect(url_for(".form", slug=slug), 303)


@blueprint.post("/<slug:slug>/mails/preview")
@allowed("petitions.edit")
def preview(slug: str) -> ResponseReturnValue:
    """How the words look, while they are typed."""
    petition = load_petition(slug)
    return render_template("admin/mail_words/_preview.html", **_preview_of(petition, MailWordsForm(petition)))


def _with_theirs(slug: str, form: MailWordsForm) -> ResponseReturnValue:
    """What was typed stays, and what somebody else has saved meanwhile stands above it: nobody's is lost unseen."""
    petition = load_petition(slug)
    theirs = _newest(petition)
    form.version.data = str(theirs.version if theirs is not None else 0)
    form.form_errors.append(_("Somebody has saved this text in the meantime. Please look at it again."))
    return make_response(_page(petition, form, theirs), 409)


def _newest(petition: Petition) -> MailWords | None:
    return petition.newest_mail_words(petition.default_locale)


def _of_former_language(petition: Petition) -> MailWords | None:
    """What was said before another main language was chosen: whoever says it in that one sees what it was."""
    versions = petition.mail_words if petition.has_mail_words else ()
    return next((words for words in reversed(versions) if not words.source_id), None)


def _form_of(petition: Petition, words: MailWords | None) -> MailWordsForm:
    version = words.version if words is not None else 0
    said = {part: words.words(part) if words is not None else "" for part in PARTS}
    return MailWordsForm(petition, formdata=None, data={"version": str(version), **said})


def _page(petition: Petition, form: MailWordsForm, theirs: MailWords | None = None) -> str:
    return render_template(
        "admin/mail_words/form.html",
        petition=petition,
        text=petition.text_for(current.member().locale),
        form=form,
        theirs=theirs,
        longest=LONGEST,
        **_preview_of(petition, form),
    )


_ATTRIBUTES = re.compile(r'\s(?:style|href)="[^"]*"')


def _preview_of(petition: Petition, form: MailWordsForm) -> dict[str, Any]:
    """The mail and the words of the page, by their own templates, in the language that is looked at.

    A page takes no styles but those of the site's sheets, and no link of a mail that nobody has got leads anywhere.
    """
    wanted, association = form.preview_in.data, association_name()
    why, thanks = (_shown(petition, part, form.words[part][:LONGEST], wanted) for part in PARTS)
    with use_locale(wanted):
        mail = render_template(
            "emails/confirmation.html",
            layout="admin/mail_words/_mail.html",
            signature=SimpleNamespace(given_name=current.member().name),
            text=petition.text_for(wanted),
            link="",
            own=why,
            association=association,
        )
        page = render_template("signing/_own_words.html", own=thanks, association=association)
    return {
        "mail": Markup(_ATTRIBUTES.sub("", mail)),  # noqa: S704  # our own template, which escapes
        "page": Markup(page),  # noqa: S704  # the same
        "preview_in": wanted,
    }


def _shown(petition: Petition, part: Part, typed: str, locale: str) -> OwnWords | None:
    """What a signer of this language gets: its translation where there is one, else what is typed."""
    if not typed:
        return None
    said = petition.newest_mail_words(locale) if locale != petition.default_locale else None
    return (
        OwnWords(said.words(part), locale)
        if said is not None and said.words(part)
        else OwnWords(typed, petition.default_locale)
    )
