"""The mail of an update: its text as it stands on the page, and the way out in one press (RFC 8058)."""

from __future__ import annotations

from email.message import EmailMessage
from urllib.parse import urlsplit

from flask_babel import gettext as _

from petition_app.i18n.locales import page_locale
from petition_app.mail.messages import compose, mail_domain, one_line
from petition_app.models import OutboxMessage, Petition, Update
from petition_app.petitions import markdown
from petition_app.web.site import settings
from petition_app.web.tokens import unsubscribing_token
from petition_app.web.urls import absolute

# In place of a signature's key, which is longer: the way out of a test leads nowhere.
TEST_KEY = "test"


def update(mail: OutboxMessage) -> EmailMessage:
    """An update, to a signer who asked for it."""
    signature = mail.signature
    if signature is None:
        raise ValueError("an update goes to a signer")
    return _composed(mail, signature.key or "", signature.given_name, _news(mail).text_for(*_languages(mail)).title)


def test(mail: OutboxMessage) -> EmailMessage:
    """The same for the member who writes it."""
    # Translators: begins the subject of a mail that a member of the team sends to himself or herself
    subject = _("[Test] %(title)s", title=_news(mail).text_for(*_languages(mail)).title)
    return _composed(mail, TEST_KEY, "", subject)


def unwanted(mail: OutboxMessage) -> str:
    """Why an update is no longer wanted by its signer, "" where it is."""
    signature = mail.signature
    if signature is None or signature.is_erased:
        return "the signature is erased"
    if signature.status != "confirmed":
        return f"the signature is {signature.status}"
    consent = signature.consent_to("petition_news")
    if consent is None or not consent.stands:
        return "the signer does not want news any more"
    return "" if mail.update is not None else "the update is gone"


def unwanted_test(mail: OutboxMessage) -> str:
    return "" if mail.update is not None else "the update is gone"


def _composed(mail: OutboxMessage, key: str, name: str, subject: str) -> EmailMessage:
    news = _news(mail)
    petition = news.petition
    text = news.text_for(*_languages(mail))
    locale = page_locale(mail.locale)
    way_out = absolute("updates.unsubscribing", locale=locale, token=unsubscribing_token(key, news.id))
    return compose(
        mail,
        "update",
        subject,
        headers={
            # RFC 8058: a mail program's own button posts there, and asks nothing of anybody.
            "List-Unsubscribe": f"<{way_out}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-ID": _list_id(petition),
            "Precedence": "bulk",
        },
        name=name,
        petition=petition,
        petition_text=petition.text_for(mail.locale),
        text=text,
        body=markdown.render(text.body),
        plain_body=markdown.readable(text.body),
        is_foreign=text.locale != mail.locale,
        link=absolute("public.petition", locale=locale, slug=petition.slug),
        way_out=way_out,
        is_test=key == TEST_KEY,
    )


def _list_id(petition: Petition) -> str:
    """What a mail program sorts by: one name a petition, for good (RFC 2919)."""
    host = mail_domain(urlsplit(settings().site_url).hostname or "localhost").strip("[]").replace(":", "-")
    return f"<{one_line(petition.slug, 80)}.petition.{host}>"


def _news(mail: OutboxMessage) -> Update:
    if mail.update is None:
        raise ValueError(f"a mail of the kind {mail.kind} carries an update")
    return mail.update


def _languages(mail: OutboxMessage) -> tuple[str, str]:
    return mail.locale, _news(mail).petition.default_locale
