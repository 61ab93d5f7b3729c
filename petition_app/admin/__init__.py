"""The association's side, under /admin. Each screen is a module with a blueprint of its own, listed here.

A large one is a folder of them, whose `screen.py` (or `desk.py`) has the blueprint and what its views share.

A screen's view stands under its route and under a line of the table of access:

    @blueprint.post("/<int:petition_id>/closure")
    @allowed("petitions.close")
    def close(petition_id: int) -> ResponseReturnValue:

Its templates are `templates/admin/<screen>/<view>.html` and extend `layouts/admin.html`; its entry in the side list
is an `add_screen(…)`. A screen about one petition has a tab there instead: `add_tab(…)` and
`layouts/petition_desk.html`. Its words for the audit log are a `name_acts({…})`, what it has to say on the first page
is a function marked `@asks_for`. A page of the settings is an `add_section(…)` (admin/settings/pages.py), which makes
it a step of the set-up as well.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask


def init_app(app: Flask) -> None:
    from petition_app.admin import (
        account,
        arrangement,
        audit_log,
        comments,
        dashboard,
        data_requests,
        delivery,
        demands,
        exports,
        fields,
        fraud,
        guard,
        invitation,
        life,
        mail_words,
        new_password,
        new_petition,
        numbers,
        paper,
        passkeys,
        petition_pictures,
        petitions,
        privacy,
        request_signatures,  # noqa: F401  # adds its routes to the blueprint of data_requests
        rules,
        set_up,
        settings,
        sign_in,
        signatures,
        step_up,
        team,
        text_publication,
        text_translation,
        texts,
        translations,
        updates,
    )

    _configure_cookie(app)
    guard.init_app(app)
    admin = Blueprint("admin", __name__, url_prefix="/admin")
    screens = (
        *(
            dashboard,
            petitions,
            life,
            texts,
            text_translation,
            text_publication,
            arrangement,
            petition_pictures,
            demands,
            updates,
            fields,
            mail_words,
            comments,
            signatures,
            rules,
            fraud,
            numbers,
            exports,
            paper,
            delivery,
            data_requests,
            privacy,
            team,
            translations,
            settings,
            new_petition,
            audit_log,
            account,
        ),
        *(set_up, sign_in, step_up, invitation, new_password, passkeys),
    )
    for screen in screens:
        admin.register_blueprint(screen.blueprint)
    app.register_blueprint(admin)
    _add_words(app)


def _configure_cookie(app: Flask) -> None:
    """One cookie, of the admin alone, that ends with the browser; the member's session ends on the server."""
    is_https = app.config["SITE_URL"].startswith("https:")
    app.config.update(
        # A name that a browser takes over https only (RFC 6265bis); __Host- would ask for the path of the whole site.
        SESSION_COOKIE_NAME="__Secure-admin" if is_https else "admin",
        SESSION_COOKIE_PATH="/admin",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        # Lax, so that a link in a mail leads a member who is signed in to the page itself; nothing changes by a GET.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        # A form may be open all day: the token lasts as long as the cookie.
        WTF_CSRF_TIME_LIMIT=None,
    )


def _add_words(app: Flask) -> None:
    """What the templates of the admin say and ask, beside what all templates do."""
    from flask_wtf.csrf import generate_csrf

    from petition_app.admin import current
    from petition_app.admin.access import ROLE_NAMES, ROLE_TASKS, may
    from petition_app.admin.devices import device
    from petition_app.admin.screens import screens_of
    from petition_app.admin.tabs import tabs_of
    from petition_app.i18n.locales import own_name

    def can(action: str) -> bool:
        member = current.member_or_none()
        return member is not None and may(member.role, action)

    words: dict[str, Any] = {
        "csrf_token": generate_csrf,
        "member_or_none": current.member_or_none,
        "screens_of": screens_of,
        "tabs_of": tabs_of,
        "can": can,
        "role_names": ROLE_NAMES,
        "role_tasks": ROLE_TASKS,
        "own_name": own_name,
    }
    app.jinja_env.globals.update(words)
    app.jinja_env.filters["device"] = device
