"""How the site looks: the association's logo and its colour."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from wtforms import BooleanField, Field, FileField
from wtforms.validators import ValidationError

from petition_app import config_values
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField
from petition_app.admin.settings.pages import add_section, blueprint, fixed, page, save, saved
from petition_app.models import StoredPicture
from petition_app.pictures.reading import INSTALL, NotAPicture, Picture, is_installed, read_picture
from petition_app.pictures.storage import sizes_of, store_sizes
from petition_app.site import effective
from petition_app.transactions import writing
from petition_app.web.appearance import preview_of
from petition_app.web.colours import Theme, dark_theme, light_theme
from petition_app.web.htmx import wants_fragment
from petition_app.web.site import settings
from petition_app.web.static_files import CONTENT_TYPES

# A picture that is too large is told so by its own sentence, up to this.
MOST_BYTES = 8 * 2**20
# As large as the head of a page shows it, in CSS pixels; it is kept for screens of twice as many, too.
LOGO_HEIGHT, LOGO_WIDTH = 44, 260
# The colour of static/css/10-tokens.css, where the association has picked none.
USUAL_COLOUR = "#0d5c63"

add_section(
    "admin.settings.appearance",
    _l("Appearance"),
    _l("The association’s logo and its colour."),
    position=20,
)


def a_colour(_form: AdminForm, field: Field) -> None:
    try:
        field.data = config_values.colour(field.data or "")
    except ValueError:
        raise ValidationError(_("This is no colour. It should be like #0d5c63.")) from None


class AppearanceForm(AdminForm):
    logo = FileField(_l("Logo"))
    logo_alone = BooleanField(_l("The logo has the association’s name in it: show it alone"))
    no_logo = BooleanField(_l("Take the logo away"))
    accent_colour = LineField(_l("Colour"), [a_colour])
    picked_colour = LineField(_l("Pick a colour"))

    def choose_colour(self) -> None:
        """There are two fields for it: what was picked counts where nothing else was typed."""
        kept = settings().accent_colour
        typed, picked = self.accent_colour.data or "", self.picked_colour.data or ""
        if typed == kept and picked not in (kept or USUAL_COLOUR, ""):
            self.accent_colour.data = picked


@dataclass(frozen=True)
class Preview:
    """What becomes of a colour in both themes."""

    colour: str
    light: Theme
    dark: Theme


@blueprint.get("/appearance")
@allowed("settings.manage")
def appearance() -> ResponseReturnValue:
    """Logo and colour as they are; of another colour (`?accent_colour=`) how it would look."""
    site = settings()
    form = AppearanceForm(
        formdata=None,
        data={
            "accent_colour": site.accent_colour,
            "logo_alone": bool(effective.known().rows.get(effective.LOGO_ALONE)),
        },
    )
    return _page(form)


@blueprint.get("/appearance/preview")
@allowed("settings.manage")
def preview() -> ResponseReturnValue:
    """How a colour would look."""
    form = AppearanceForm(request.args)
    form.choose_colour()
    form.accent_colour.validate(form)
    return _page(form, fragment=wants_fragment())


@blueprint.get("/appearance/preview/<colour>.css")
@allowed("settings.manage")
def preview_sheet(colour: str) -> ResponseReturnValue:
    """The style of the preview: of a colour that nobody has saved."""
    try:
        known = config_values.colour(colour)
    except ValueError:
        abort(404)
    return Response(preview_of(known or USUAL_COLOUR), content_type=CONTENT_TYPES["css"])


@blueprint.post("/appearance")
@allowed("settings.manage", most_bytes=MOST_BYTES)
def save_appearance() -> ResponseReturnValue:
    form = AppearanceForm()
    form.choose_colour()
    is_right, logo = form.validate(), None
    sent = form.logo.data.read() if form.logo.data and form.logo.data.filename else None
    if sent is not None:
        try:
            logo = read_picture(sent)
        except NotAPicture as error:
            form.logo.errors = [str(error)]
            is_right = False
    if not is_right or request.form.get("act") == "preview":
        return _page(form, status=200 if is_right else 422)
    values = {"accent_colour": form.accent_colour.data or "", effective.LOGO_ALONE: "1" if form.logo_alone.data else ""}
    if logo is not None or form.no_logo.data:
        values[effective.LOGO] = _kept(None if form.no_logo.data else logo)
    save(values)
    return saved("appearance")


def _kept(picture: Picture | None) -> str:
    """Keep a logo in place of the one before; answers with what the setting says.

    The one before stays until the next one comes: pages that were made a moment ago still show it.
    """
    width, height = picture.size if picture else (1, 1)
    shown = max(1, min(LOGO_WIDTH, round(LOGO_HEIGHT * width / height)))
    sizes = sizes_of(picture, (shown, 2 * shown)) if picture else None
    current, _space, former = effective.known().rows.get(effective.LOGO, "0 0").partition(" ")
    with writing() as session:
        stored = store_sizes(session, sizes).id if sizes else 0
        if former.isdecimal():
            session.execute(
                delete(StoredPicture).where(StoredPicture.id == int(former)),
                execution_options={"synchronize_session": False},
            )
    return f"{stored} {current}"


def _page(form: AppearanceForm, *, status: int = 200, fragment: bool = False) -> ResponseReturnValue:
    colour = form.accent_colour.data if not form.accent_colour.errors else ""
    shown = colour or settings().accent_colour or USUAL_COLOUR
    form.picked_colour.data = shown
    return page(
        "_preview" if fragment else "appearance",
        status,
        form=form,
        preview=Preview(shown, light_theme(shown), dark_theme(shown)),
        is_usual=not colour and "accent_colour" not in fixed(),
        logo=effective.logo(),
        install="" if is_installed() else INSTALL,
    )
