"""A petition's settings: its name in the address, author, goal, closing, comments, who carries it. And a copy of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import DateTimeLocalField, Field, HiddenField, IntegerField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.typed import ROW_ACTS, is_web_address, moved, number_of
from petition_app.i18n.locales import own_name
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions.arrangement import Arrangement, Carrier, Outdated, arrange, copy_petition
from petition_app.petitions.creation import LONGEST_SLUG, SlugTaken, is_slug
from petition_app.petitions.importer import LONGEST_AUTHOR
from petition_app.signing.cleaning import clean_line, has_controls
from petition_app.transactions import writing
from petition_app.web.htmx import wants_fragment
from petition_app.web.site import settings

blueprint = Blueprint("arrangement", __name__, url_prefix="/petitions")

# Translators: the tab of a petition’s settings
add_tab(Tab("admin.arrangement.form", _l("Settings"), "petitions.edit", position=20))
audit.name_acts({"petition.arranged": _l("changed a petition’s settings"), "petition.copied": _l("copied a petition")})

LARGEST_GOAL = 1_000_000_000
SEATS = (1, 2, 3, 5)
MOST_CARRIERS, LONGEST_NAME, LONGEST_URL = 50, 200, 500


class ArrangementForm(AdminForm):
    """What holds for the petition in all its languages."""

    revision = HiddenField()
    slug = LineField(_l("Name in the address"), [InputRequired(_l("Please fill this in.")), a_line(LONGEST_SLUG)])
    author = LineField(_l("Author"), [Optional(), a_line(LONGEST_AUTHOR)])
    default_locale = SelectField(_l("Main language"), [InputRequired(_l("Please choose a language."))])
    goal = IntegerField(
        _l("Goal"),
        [
            Optional(),
            NumberRange(
                1, LARGEST_GOAL, _l("A goal is a number of signatures, from 1 on. Leave it empty for one that grows.")
            ),
        ],
    )
    closes_at = DateTimeLocalField(
        _l("Closes on"), [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    )
    comments = RadioField(
        _l("Comments"),
        choices=[
            SelectChoice("after", _l("Shown at once; you can take them off the page")),
            SelectChoice("before", _l("Shown once somebody of the team has looked at them")),
            # Translators: no comments at all
            SelectChoice("off", _l("None")),
        ],
    )
    signers_per_mailbox = SelectField(
        _l("Signers with one e-mail address"), [InputRequired(_l("Please choose a number."))], coerce=int
    )

    def __init__(self, petition: Petition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.petition = petition
        self.default_locale.choices = [(code, own_name(code)) for code in petition.locales]
        seats = sorted({*SEATS, petition.signers_per_mailbox})
        self.signers_per_mailbox.choices = [
            (number, ngettext("%(num)s person", "%(num)s people", number)) for number in seats
        ]

    def validate_slug(self, field: Field) -> None:
        if not is_slug(field.data or ""):
            raise ValidationError(
                _("Small letters, digits and single hyphens make an address, such as “clean-water-for-all”.")
            )

    def validate_closes_at(self, field: Field) -> None:
        if field.data is None or field.data == _local(self.petition.closes_at):
            return
        if not 2000 <= field.data.year <= 2200:
            raise ValidationError(_("This is no date that a petition closes on."))
        if _moment(field.data) <= now():
            raise ValidationError(_("This moment has passed. To close the petition now, use “At a glance”."))


@blueprint.get("/<slug:slug>/settings")
@allowed("petitions.edit")
def form(slug: str) -> ResponseReturnValue:
    """How it is set up now."""
    petition = load_petition(slug)
    form = ArrangementForm(
        petition,
        formdata=None,
        data={
            "revision": str(petition.revision),
            "slug": petition.slug,
            "author": petition.author,
            "default_locale": petition.default_locale,
            "goal": petition.goal,
            "closes_at": _local(petition.closes_at),
            "comments": petition.comments,
            "signers_per_mailbox": petition.signers_per_mailbox,
        },
    )
    return _page(petition, form, [Carrier(carrier["name"], carrier["url"]) for carrier in petition.carriers or ()])


@blueprint.post("/<slug:slug>/settings")
@allowed("petitions.edit")
def save(slug: str) -> ResponseReturnValue:
    """Set it up anew; or add, move or remove one of those who carry it, on the page only."""
    petition = load_petition(slug)
    form, carriers = ArrangementForm(petition), _typed_carriers()
    act, _colon, place = request.form.get("act", "").partition(":")
    if act in ROW_ACTS:
        return _with_carriers(petition, form, moved(carriers, act, place, Carrier("", "")))
    is_good = form.validate()
    problems = _problems(carriers)
    form.form_errors.extend(problems)
    if not is_good or problems:
        return make_response(_page(petition, form, carriers), 422)
    try:
        arranged = arrange(petition.id, _arrangement(form, carriers), number_of(form.revision.data), now())
    except Outdated:
        return _outdated(petition, form, carriers)
    except SlugTaken:
        form.slug.errors = [_("Another petition has this name, or had it before. Please choose another one.")]
        return make_response(_page(petition, form, carriers), 422)
    with writing() as session:
        audit.record(session, "petition.arranged", session.get_one(Petition, arranged.id))
    notice(_("The settings are saved."))
    return redirect(url_for(".form", slug=arranged.slug), 303)


@blueprint.post("/<slug:slug>/copy")
@allowed("petitions.edit")
def copy(slug: str) -> ResponseReturnValue:
    """A draft like this one, as the start of the next."""
    petition = load_petition(slug)
    copied = copy_petition(petition.id, now())
    with writing() as session:
        audit.record(session, "petition.copied", session.get_one(Petition, copied.id), source=slug)
    notice(_("This is the copy: a draft with the same texts and settings, and without a signature."))
    return redirect(url_for("admin.texts.form", slug=copied.slug), 303)


def _local(moment: datetime | None) -> datetime | None:
    """As a field shows it: the site's time, to the minute, without a zone."""
    if moment is None:
        return None
    return moment.astimezone(settings().timezone).replace(tzinfo=None, second=0, microsecond=0)


def _moment(local: datetime) -> datetime:
    return local.replace(tzinfo=settings().timezone).astimezone(UTC)


def _typed_carriers() -> list[Carrier]:
    names, urls = request.form.getlist("carrier_name"), request.form.getlist("carrier_url")
    pairs = [(clean_line(name), clean_line(url)) for name, url in zip(names, urls, strict=False)]
    return [Carrier(name, url) for name, url in pairs[: MOST_CARRIERS + 1]]


def _problems(carriers: list[Carrier]) -> list[str]:
    """What is wrong with those who carry it; empty rows are left out without a word."""
    problems = []
    if len(carriers) > MOST_CARRIERS:
        # Translators: the number is always 50
        problems.append(_("At most %(most)s organisations fit.", most=MOST_CARRIERS))
    for carrier in carriers:
        if carrier.url and not carrier.name:
            problems.append(_("An organisation has an address, but no name."))
        if len(carrier.name) > LONGEST_NAME or len(carrier.url) > LONGEST_URL:
            problems.append(_("An organisation’s name or address is too long. Please shorten it."))
        if has_controls(carrier.name) or "\n" in carrier.name + carrier.url:
            problems.append(_("There is a character here that cannot be shown. Please type the text again."))
        if carrier.url and not is_web_address(carrier.url, "http", "https"):
            problems.append(_("“%(url)s” is no address of a page. It begins with https://", url=carrier.url[:80]))
    return list(dict.fromkeys(problems))


def _arrangement(form: ArrangementForm, carriers: list[Carrier]) -> Arrangement:
    local, before = form.closes_at.data, form.petition.closes_at
    return Arrangement(
        slug=form.slug.data or "",
        default_locale=form.default_locale.data,
        author=form.author.data or "",
        goal=form.goal.data,
        closes_at=before if local == _local(before) else _moment(local) if local is not None else None,
        comments=form.comments.data,
        signers_per_mailbox=form.signers_per_mailbox.data,
        carriers=tuple(carrier for carrier in carriers if carrier.name),
    )


def _outdated(petition: Petition, form: ArrangementForm, carriers: list[Carrier]) -> ResponseReturnValue:
    """Somebody was quicker: what was typed stays on the page, and the next press saves it over what is there now."""
    form.revision.data = str(petition.revision)
    form.form_errors.append(
        _(
            "Somebody has changed these settings since you opened this page, so yours were not saved. "
            "Compare them with how they are now, shown below each field; then save again."
        )
    )
    return make_response(_page(petition, form, carriers, is_outdated=True), 409)


def _with_carriers(petition: Petition, form: ArrangementForm, carriers: list[Carrier]) -> ResponseReturnValue:
    if wants_fragment():
        return render_template("admin/arrangement/_carriers.html", petition=petition, carriers=carriers)
    return _page(petition, form, carriers)


def _page(petition: Petition, form: ArrangementForm, carriers: list[Carrier], *, is_outdated: bool = False) -> str:
    return render_template(
        "admin/arrangement/form.html",
        petition=petition,
        text=petition.text_for(petition.default_locale),
        form=form,
        carriers=carriers or [Carrier("", "")],
        is_outdated=is_outdated,
        timezone=settings().timezone.key,
    )
