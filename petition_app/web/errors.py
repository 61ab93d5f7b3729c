"""Pages for what went wrong: each says what it is and what to do. None shows an exception."""

from __future__ import annotations

import contextlib
import logging

from flask import Flask, Response, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, InternalServerError

from petition_app.extensions import db
from petition_app.transactions import STORAGE_ERRORS, StorageUnavailable, is_unavailable, storage_reason
from petition_app.web.origin import ForeignOrigin

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _failure)
    for error in (StorageUnavailable, *STORAGE_ERRORS):
        app.register_error_handler(error, _unavailable)
    app.teardown_appcontext(_let_go)


def _let_go(_error: BaseException | None) -> None:
    """End the session. A connection that broke after the answer was made has nothing left to undo: the answer stands.

    It runs before Flask-SQLAlchemy's own, whose error would reach nobody but the server, which answers an empty 500.
    """
    try:
        db.session.remove()
    except STORAGE_ERRORS as error:
        log.warning("a connection broke after its use", extra={"fields": {"reason": storage_reason(error)}})
        db.session.registry.clear()


def error_page(status: int, title: str, message: str) -> Response:
    """A kind page with this status."""
    page = render_template("errors/error.html", status=status, title=title, message=message)
    return make_response(page, status)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())
    title, message = _words(error)
    response = error_page(error.code or 500, title, message)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _words(error: HTTPException) -> tuple[str, str]:
    if isinstance(error, ForeignOrigin):
        return _("This came from another site"), _(
            "What you sent was not sent from our own page, so it was not taken. "
            "Open the petition on this site and sign there. "
            "If you were on our page, a privacy extension or an old browser may have hidden that."
        )
    if error.code in (404, 400):
        return _("There is no such page"), _(
            "The address may be mistyped or cut off, or the page may have been taken down."
        )
    if error.code == 405:
        return _("This cannot be done here"), _("The address is right, but it cannot be used in this way.")
    if error.code == 413:
        return _("That is too much at once"), _(
            "What you sent is larger than this form can take. Shorten the text and send it again."
        )
    if error.code == 429:
        return _("One moment, please"), _("Many requests came from your connection. Please try again in a few minutes.")
    return _("This could not be understood"), _("Go back, check what you entered and try again.")


def unavailable(page: str) -> Response:
    """A page that says that the database cannot take this now. htmx puts it in place too (page.js looks for that)."""
    response = make_response(page, 503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["HX-Reswap"] = "outerHTML" if request.method == "POST" else "none"
    return response


def _unavailable(error: Exception) -> Response:
    """Said without asking the database anything; what was sent can be sent again by one press."""
    if not is_unavailable(error):
        return _failure(error)
    log.error("the database cannot be used", extra={"fields": {"reason": storage_reason(error)}})
    with contextlib.suppress(Exception):  # there may be nothing left to roll back
        db.session.rollback()
    return unavailable_page()


def unavailable_page() -> Response:
    """What a request is answered with while the database cannot be used."""
    sent = list(request.form.items(multi=True)) if request.method == "POST" else []
    page = render_template(
        "errors/error.html",
        status=503,
        title=_("One moment, please"),
        message=_("The site’s database cannot be used just now. Nothing that was confirmed is lost."),
        sent=sent,
    )
    response = unavailable(page)
    if sent:
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#content"
    return response


def _failure(error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    db.session.rollback()
    try:
        return failure_page()
    except Exception:  # the page itself failed: say it plainly
        log.exception("error page failed")
        return make_response(InternalServerError().get_response())


def failure_page() -> Response:
    """What a request is answered with that has failed."""
    return error_page(
        500,
        _("Something went wrong on our side"),
        _("It has been noted. Nothing that was confirmed is lost. Please try again in a few minutes."),
    )
