"""The page layer: cache, static files, security headers, errors, locale-aware words and addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from petition_app.config import REQUESTS_AT_ONCE
from petition_app.i18n.catalogues import catalogues_changed
from petition_app.i18n.locales import babel_locale, own_name, page_locale, selected_locale
from petition_app.i18n.routing import is_localized
from petition_app.models.base import now
from petition_app.paths import resource_folder
from petition_app.site.effective import logo, site_changed
from petition_app.web import appearance, errors, filters, kept, row_numbers, security_headers
from petition_app.web.changes import petition_changed
from petition_app.web.gate import Gate
from petition_app.web.late_rules import LateRule
from petition_app.web.page_layer import PageLayer
from petition_app.web.requests import PlainRequest
from petition_app.web.sessions import TeamSessions
from petition_app.web.site import association_name, settings
from petition_app.web.static_files import StaticFiles
from petition_app.web.urls import absolute
from petition_app.web.visits import Visits, share_link

# The largest honest form is a signature with a comment of 1 000 characters and eight answers of 200: 32 kB where each
# character takes four bytes, percent-encoded.
MAX_BODY_BYTES = 64 * 1024


def init_app(app: Flask) -> None:
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES, MAX_FORM_PARTS=64)
    app.request_class = PlainRequest
    app.url_rule_class = LateRule
    app.session_interface = TeamSessions()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    errors.init_app(app)
    filters.init_app(app)
    security_headers.init_app(app)
    appearance.init_app(app)
    kept.init_app(app)
    row_numbers.init_app(app)
    _serve_through_page_layer(app)
    app.context_processor(_template_words)


def _serve_through_page_layer(app: Flask) -> None:
    proxies = app.config["SETTINGS"].trusted_proxies
    if proxies:
        # Host is not among them: addresses are made from the site's URL, so nobody needs to be believed about it.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]  # Flask's documented way
    static = StaticFiles(resource_folder("static"), app.config["SITE_URL"])
    visits = Visits((urlsplit(app.config["SITE_URL"]).hostname or "").removeprefix("www."))
    layer = PageLayer(Gate(app.wsgi_app, REQUESTS_AT_ONCE), static, visits=visits)
    app.wsgi_app = layer  # type: ignore[method-assign]  # Flask's documented way
    app.extensions.update(page_layer=layer, static_files=static, visits=visits)
    app.jinja_env.globals["static_url"] = static.url

    def drop(_sender: object, petition_id: int) -> None:
        layer.drop(f"petition:{petition_id}")
        layer.drop("home")

    def drop_all(sender: Flask) -> None:
        """The association's name, colour or languages, or a language's words: they are on every page, and in the
        forms that are kept.
        """
        if sender is app:
            layer.drop()
            kept.forget(app)

    # The application holds what it hears by, and a signal does not, so that one that is done with goes as a whole.
    app.extensions["page_layer_hears"] = drop, drop_all
    petition_changed.connect(drop)
    site_changed.connect(drop_all)
    catalogues_changed.connect(drop_all)


# A page that answers a form, and the page that has the form.
_PAGES_OF_FORMS = {
    "signing.sign": "signing.form",
    "signing.form_again": "signing.form",
    "signing.personal_again": "signing.personal",
}
# What else of an address says what its page shows. Pages that are kept in parts, and shown to others, have none of it.
_SHOWN_BY = {"public.changes": "since", "signing.personal": "done"}


def _taken_along() -> dict[str, str]:
    """What says where in a list the reader is, and by which share link he came: the same in every language.

    Of a share link only a name of ours: pages are kept by that, and shown to others.
    """
    taken = {"before": request.args.get("before", ""), "via": share_link(request.args.get("via"))}
    if name := _SHOWN_BY.get(request.endpoint or ""):
        taken[name] = request.args.get(name, "")
    return {name: value for name, value in taken.items() if value}


def _this_page_in(locale: str) -> str:
    """The address of the page that is shown, in another language; of the first page where it has no language."""
    if not is_localized() or request.endpoint is None:
        return url_for("public.home", locale=locale)
    if form := _PAGES_OF_FORMS.get(request.endpoint):
        return url_for(form, **{**(request.view_args or {}), "locale": locale})
    taken = urlencode(_taken_along())
    return f"/{locale}/{quote(request.path.split('/', 2)[2])}" + (f"?{taken}" if taken else "")


def _template_words() -> dict[str, Any]:
    site = settings()
    locale = selected_locale()
    return {
        "site": site,
        "logo": logo(),
        "association_name": association_name,
        "locale": locale,
        "locales": [(code, own_name(code)) for code in site.locales],
        "text_direction": babel_locale(locale).text_direction,
        "direction_of": lambda code: babel_locale(code).text_direction,
        "absolute": absolute,
        "page_locale": page_locale,
        "this_page_in": _this_page_in,
        "own_name": own_name,
        "now": now,
    }
