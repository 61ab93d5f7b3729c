"""The languages that pages are offered in, their order, the one of strangers, and the clock."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from functools import cache

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.admin.access import allowed
from petition_app.admin.settings.pages import add_section, blueprint, fixed, page, save, saved
from petition_app.config_values import available_locales
from petition_app.web.site import settings

add_section(
    "admin.settings.languages",
    _l("Languages"),
    _l("Which languages the pages are offered in, and the time zone that times are told in."),
    position=30,
)


@dataclass
class Chosen:
    """What is ticked and in which order, as it stands on the page."""

    order: list[str]
    ticked: list[str]
    default: str
    timezone: str
    error: str = ""

    def move_up(self, code: str) -> None:
        place = self.order.index(code)
        if place:
            self.order[place - 1 : place + 1] = [code, self.order[place - 1]]

    def check(self) -> bool:
        if not self.ticked:
            self.error = _("Please choose at least one language.")
        elif self.default not in self.ticked:
            self.error = _("The language of other visitors must be one of those that are offered.")
        elif self.timezone not in time_zones():
            self.error = _("Please choose a time zone.")
        return not self.error


@blueprint.get("/languages")
@allowed("settings.manage")
def languages() -> ResponseReturnValue:
    """The languages as they are."""
    known = settings()
    order = [*known.locales, *(code for code in available_locales() if code not in known.locales)]
    return _page(Chosen(order, list(known.locales), known.default_locale, known.timezone.key))


@blueprint.post("/languages")
@allowed("settings.manage")
def save_languages() -> ResponseReturnValue:
    """Save them, or move one up and show the page again."""
    chosen = _sent()
    up = request.form.get("up", "")
    if up:
        if up in chosen.order:
            chosen.move_up(up)
        return _page(chosen)
    if not chosen.check():
        return _page(chosen, 422)
    ticked = [code for code in chosen.order if code in chosen.ticked]
    save({"locales": ",".join(ticked), "default_locale": chosen.default, "timezone": chosen.timezone})
    return saved("languages")


def _sent() -> Chosen:
    """What was sent, of what there is; in place of what the operator has set, that."""
    there, known, fixed_ones = available_locales(), settings(), fixed()
    order = [code for code in dict.fromkeys(request.form.getlist("order")) if code in there]
    order += [code for code in there if code not in order]
    ticked = [code for code in request.form.getlist("locales") if code in there]
    default, timezone = request.form.get("default", ""), request.form.get("timezone", "")
    return Chosen(
        order=order,
        ticked=list(known.locales) if "locales" in fixed_ones else ticked,
        default=known.default_locale if "default_locale" in fixed_ones else default,
        timezone=known.timezone.key if "timezone" in fixed_ones else timezone,
    )


def _page(chosen: Chosen, status: int = 200) -> ResponseReturnValue:
    return page("languages", status, chosen=chosen, zones=time_zones())


@cache
def time_zones() -> tuple[str, ...]:
    """The places whose clocks there are, as the IANA names them; without what is kept for old programs."""
    regions = (
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    names = (name for name in zoneinfo.available_timezones() if name.partition("/")[0] in regions and "/" in name)
    return ("UTC", *sorted(names))
