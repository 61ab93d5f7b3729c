"""“I lost my link”: a form that has the personal links of all signatures with an address mailed to it.

What the page does is the same for every address, and takes the same time: it puts a mail into the outbox and looks for
nobody. Whether there is anything to send is found out by the worker, which drops the mail where there is not.
"""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import EmailField, Field
from wtforms.validators import StopValidation

from petition_app.antiabuse import rate_limit
from petition_app.antiabuse.rate_limit import Limit
from petition_app.i18n.locales import selected_locale
from petition_app.mail import outbox
from petition_app.mail.messages import compose
from petition_app.models import OutboxMessage
from petition_app.models.base import now
from petition_app.sealing.addresses import signatures_of
from petition_app.sealing.names import KeyMissing
from petition_app.signing.cleaning import clean_line
from petition_app.signing.forms import PublicForm, plausible_address
from petition_app.signing.views import blueprint
from petition_app.transactions import StorageUnavailable, writing
from petition_app.web import refusals
from petition_app.web.errors import unavailable
from petition_app.web.origin import require_same_origin
from petition_app.web.page_layer import cacheable
from petition_app.web.site import settings
from petition_app.web.tokens import personal_token
from petition_app.web.urls import absolute

ASKING = (Limit("lost-link-burst", 10, 600), Limit("lost-link-day", 50, 86_400))
# More than anybody has signed; who floods a mailbox with signatures makes no endless mail.
MOST_LINKS = 50


def _filled_in(_form: PublicForm, field: Field) -> None:
    if not field.data:
        raise StopValidation(_("Please fill this in."))


class LostLinkForm(PublicForm):
    email = EmailField(_l("E-mail"), [_filled_in, plausible_address], filters=[clean_line])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email.flags.required = True

    def in_reading_order(self) -> list[Field]:
        return [self.email]


@blueprint.get("/<locale:locale>/lost-link")
def lost_link() -> ResponseReturnValue:
    """Where the links are asked for; the same page for everybody."""
    return cacheable(make_response(_page(LostLinkForm(formdata=None))), "legal")


@blueprint.post("/<locale:locale>/lost-link")
@require_same_origin
def find_links() -> ResponseReturnValue:
    """Have them sent, if there are any: the answer does not tell."""
    form, site = LostLinkForm(), settings()
    network = rate_limit.network_of(request.remote_addr or "")
    try:
        if site.abuse_controls:
            rate_limit.refuse_beyond(ASKING, network, now(), site.network_key)
        if not form.validate():
            return make_response(_page(form), 422)
        with writing() as session:
            if site.abuse_controls:
                rate_limit.count_once(session.connection(), ASKING, network, now(), site.network_key)
            outbox.enqueue_for_mailbox(session, "lost_links", str(form.email.data), selected_locale(), now())
    except rate_limit.TooMany as error:
        return _too_many(form, error.retry_after)
    except StorageUnavailable:
        form.form_errors.append(_("The site cannot do this just now. Please send it again in a minute."))
        return unavailable(_page(form))
    return redirect(url_for("signing.links_on_their_way"), 303)


@blueprint.get("/<locale:locale>/lost-link/sent")
def links_on_their_way() -> ResponseReturnValue:
    """The same page for everybody who has sent the form."""
    return cacheable(make_response(render_template("signing/links_on_their_way.html")), "legal")


def _page(form: LostLinkForm) -> str:
    return render_template("signing/lost_link.html", form=form)


def _too_many(form: LostLinkForm, retry_after: int) -> ResponseReturnValue:
    refusals.note("many")
    minutes = max(1, -(-retry_after // 60))
    form.form_errors.append(
        ngettext(
            "This was asked for many times from your connection. Please send it again in %(num)s minute.",
            "This was asked for many times from your connection. Please send it again in %(num)s minutes.",
            minutes,
        )
    )
    response = make_response(_page(form), 429)
    response.headers["Retry-After"] = str(retry_after)
    return response


def mail(message: OutboxMessage) -> EmailMessage:
    """The links of all that was signed with an address, whatever became of it: all of it is its owner's to see.

    It goes to the address as its owner has confirmed it, where that can be read; else, and always where the site seals,
    as it was typed: that is the same mailbox.
    """
    signatures = signatures_of(message.recipient, MOST_LINKS)
    to = next((each.email for each in signatures if each.email and each.confirmed_at), "")
    links = [
        (
            signature.petition.text_for(message.locale).title,
            f"{signature.given_name} {signature.surname}",
            absolute("signing.personal", locale=message.locale, token=personal_token(signature.key or "")),
        )
        for signature in signatures
    ]
    return compose(message, "lost_links", _("Your personal links"), to=to, links=links)


def unwanted(message: OutboxMessage) -> str:
    """Why it is not sent: there is nothing in it, and whoever has not signed is not written to."""
    try:
        is_wanted = bool(signatures_of(message.recipient, 1))
    except KeyMissing:
        is_wanted = True  # nobody can tell until the key is back: it is tried again, and holds up no other mail
    return "" if is_wanted else "nothing was signed with this address"
