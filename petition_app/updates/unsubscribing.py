"""The way out of the news of a petition: the button of a mail program, or the one on the page behind the link."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from petition_app.extensions import db
from petition_app.models import Signature, Update
from petition_app.models.base import now
from petition_app.models.news_consents import news_consents
from petition_app.transactions import writing
from petition_app.updates.mails import TEST_KEY
from petition_app.web.errors import error_page
from petition_app.web.security_headers import private
from petition_app.web.tokens import TokenDamaged, read_unsubscribing_token

blueprint = Blueprint("updates", __name__)


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """A page behind a token is one person's."""
    return private(response)


@blueprint.get("/<locale:locale>/news/<token>")
def unsubscribing(token: str) -> ResponseReturnValue:
    """One button. Opening the link ends nothing: mail scanners open links too."""
    return _page(token, "updates/unsubscribing.html")


@blueprint.post("/<locale:locale>/news/<token>")
def unsubscribe(token: str) -> ResponseReturnValue:
    """End it, as often as it is asked for.

    A mail program posts here by itself, from wherever it is (RFC 8058, 3.1): without a cookie, and from no page of
    ours. So nothing is asked of the request but the token, which can do nothing else.
    """
    try:
        key, update_id = read_unsubscribing_token(token)
    except TokenDamaged:
        return _damaged_page()
    end_news(key, update_id, now())
    return _page(token, "updates/unsubscribed.html")


def end_news(key: str, update_id: int, at: datetime) -> bool:
    """Withdraw the consent to news of the petition that this signature is of, for its mailbox; whether there was one.

    Two who share a mailbox get one mail between them, so that its way out is out for both.
    """
    with writing() as session:
        signature: Signature | None = session.scalar(_BY_KEY, {"key": key})
        if signature is None or signature.mailbox is None:
            return False
        # The update first, as the worker does that counts what came of its mails.
        update = session.get(Update, update_id, with_for_update=True, populate_existing=True)
        consents = news_consents(session, signature.petition_id, signature.mailbox)
        for consent in consents:
            consent.withdraw(at)
        if consents and update is not None and update.petition_id == signature.petition_id:
            update.unsubscribed += 1
    return bool(consents)


_BY_KEY = select(Signature).where(Signature.key == bindparam("key"))


def _page(token: str, template: str) -> ResponseReturnValue:
    try:
        key, update_id = read_unsubscribing_token(token)
    except TokenDamaged:
        return _damaged_page()
    signature: Signature | None = db.session.scalar(_BY_KEY, {"key": key})
    update = db.session.get(Update, update_id)
    petition = signature.petition if signature is not None else update.petition if update is not None else None
    is_wanted = signature is not None and signature.agrees_to("petition_news")
    return render_template(template, token=token, petition=petition, is_wanted=is_wanted, is_test=key == TEST_KEY)


def _damaged_page() -> Response:
    return error_page(
        404,
        _("This link is not complete"),
        _(
            "Something of it is missing or was changed on the way. "
            "Copy the whole link from the mail into the address bar."
        ),
    )
