"""One function a mail. The text is made when the worker sends it, so that no link rests in the database."""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import idna
from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import select

from petition_app.extensions import db
from petition_app.i18n.locales import use_locale
from petition_app.mail.headers import POLICY, kept
from petition_app.models import OutboxMessage, RecipientAnswer, Signature
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.models.member_link import MemberLink
from petition_app.models.outbox_message import MEMBER_KINDS
from petition_app.web.site import association_name, settings
from petition_app.web.tokens import answer_token, confirmation_token, member_token, personal_token
from petition_app.web.urls import absolute


def render(mail: OutboxMessage) -> EmailMessage:
    """The mail that a row of the outbox stands for, in the signer's language."""
    with use_locale(mail.locale):
        return BUILDERS[mail.kind](mail)


def unwanted(mail: OutboxMessage) -> str:
    """Why a mail is no longer wanted, "" where it is."""
    if mail.kind == "test":
        return ""
    if mail.kind == "answer_request":
        return "" if _answer(mail).is_open(now()) else "its link is no longer good"
    if mail.kind in _UNWANTED:
        return _UNWANTED[mail.kind](mail)
    if mail.kind in MEMBER_KINDS:
        return "" if _member_link(mail).is_good(now()) else "its link is no longer good"
    signature = mail.signature
    if signature is None or signature.is_erased:
        return "the signature is erased"
    if mail.kind == "confirmation" and (signature.status != "pending" or signature.is_held):
        return f"the signature is {'held' if signature.is_held else signature.status}"
    if mail.kind == "comment_hidden" and (signature.comment is None or signature.comment.status != "hidden"):
        return "the comment is not hidden any more"
    if mail.kind == "personal_links" and not _confirmed_of_mailbox(mail):
        return "no signature of this mailbox counts any more"
    return ""


def confirmation(mail: OutboxMessage) -> EmailMessage:
    """One link, to the page with the button that makes the signature count; below, what the association adds."""
    signature = _signature(mail)
    link = absolute("signing.confirmation", locale=mail.locale, token=confirmation_token(signature.key or ""))
    subject = _("Confirm your signature: %(title)s", title=_title(signature))
    return compose(mail, "confirmation", subject, link=link, own=signature.petition.own_words("why", mail.locale))


def personal_link(mail: OutboxMessage) -> EmailMessage:
    """The way to one's own signature, for whoever signed again."""
    signature = _signature(mail)
    subject = _("Your signature: %(title)s", title=_title(signature))
    return compose(mail, "personal_link", subject, link=_personal_link(mail, signature))


def personal_links(mail: OutboxMessage) -> EmailMessage:
    """The ways to all signatures of a mailbox in one petition, whose limit is reached."""
    signature = _signature(mail)
    subject = _("The signatures of your mailbox: %(title)s", title=_title(signature))
    links = [(f"{s.given_name} {s.surname}", _personal_link(mail, s)) for s in _confirmed_of_mailbox(mail)]
    return compose(mail, "personal_links", subject, links=links)


def comment_hidden(mail: OutboxMessage) -> EmailMessage:
    """That a comment was taken off the page, why, and the way to write it anew."""
    signature = _signature(mail)
    subject = _("Your comment is not shown: %(title)s", title=_title(signature))
    return compose(mail, "comment_hidden", subject, link=_personal_link(mail, signature), comment=signature.comment)


def invitation(mail: OutboxMessage) -> EmailMessage:
    """The way into the team, for whoever was asked to join it."""
    link = absolute("admin.invitation.form", token=member_token("invitation", _member_link(mail).key))
    subject = _("Join the team of %(association)s", association=association_name())
    return compose(mail, "invitation", subject, link=link, member=_member_link(mail).member)


def password_reset(mail: OutboxMessage) -> EmailMessage:
    """The way to a new password, for a member who has asked for it."""
    link = absolute("admin.new_password.form", token=member_token("password_reset", _member_link(mail).key))
    subject = _("A new password for %(site)s", site=settings().site_url)
    return compose(mail, "password_reset", subject, link=link, member=_member_link(mail).member)


def answer_request(mail: OutboxMessage) -> EmailMessage:
    """The private link by which a recipient answers a petition."""
    answer = _answer(mail)
    link = absolute("outcomes.answer", locale=mail.locale, token=answer_token(answer.key))
    text = answer.petition.text_for(mail.locale)
    return compose(
        mail,
        "answer_request",
        _("A petition is addressed to you: %(title)s", title=text.title),
        link=link,
        answer=answer,
        text=text,
        confirmed=confirmed_count(answer.petition_id),
    )


def test(mail: OutboxMessage) -> EmailMessage:
    """Whether mail arrives, for the operator."""
    return compose(mail, "test", _("A test mail from %(site)s", site=settings().site_url))


def add_kind(
    kind: str, builder: Callable[[OutboxMessage], EmailMessage], unwanted: Callable[[OutboxMessage], str]
) -> None:
    """Let a feature add a mail of its own: how it is made, and why it is not wanted any more; at wiring."""
    BUILDERS[kind], _UNWANTED[kind] = builder, unwanted


_UNWANTED: dict[str, Callable[[OutboxMessage], str]] = {}
BUILDERS: dict[str, Callable[[OutboxMessage], EmailMessage]] = {
    "confirmation": confirmation,
    "personal_link": personal_link,
    "personal_links": personal_links,
    "comment_hidden": comment_hidden,
    "invitation": invitation,
    "password_reset": password_reset,
    "answer_request": answer_request,
    "test": test,
}


def compose(
    mail: OutboxMessage,
    template: str,
    subject: str,
    headers: Mapping[str, str] | None = None,
    to: str = "",
    **values: object,
) -> EmailMessage:
    """A mail of two parts, from two templates. `headers` are added to those that every mail has.

    It goes to the row's recipient, or to another spelling of that (`to`).
    """
    signature = mail.signature
    shown = {
        "mail": mail,
        "subject": subject,
        "signature": signature,
        "petition": signature.petition if signature else None,
        "text": signature.text if signature else None,
        "association": association_name(),
        **values,
    }
    text, html = (render_template(f"emails/{template}.{kind}", **shown) for kind in ("txt", "html"))
    message = EmailMessage(policy=POLICY)
    message["From"] = kept("From", str(sender(settings().mail_from)))
    message["To"] = _address(to or mail.recipient)
    message["Subject"] = kept("Subject", one_line(subject, 200))
    message["Date"] = format_datetime(now())
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = kept("Auto-Submitted", "auto-generated")
    message["X-Auto-Response-Suppress"] = kept("X-Auto-Response-Suppress", "All")
    contact = settings().association_contact
    if contact and (reply_to := _address(contact)).addr_spec.isascii():
        message["Reply-To"] = kept("Reply-To", str(reply_to))
    message["Content-Language"] = kept("Content-Language", mail.locale.replace("_", "-"))
    for name, value in (headers or {}).items():
        message[name] = value
    message["MIME-Version"] = kept("MIME-Version", "1.0")
    boundary = _boundary_beside(text + html)
    message["Content-Type"] = kept("Content-Type", f'multipart/alternative; boundary="{boundary}"')
    message.set_payload([_part(text, "plain"), _part(html, "html")])
    return message


# Between the parts of the mails that this process makes.
_BOUNDARY = f"=_{secrets.token_hex(16)}"


def _boundary_beside(text: str) -> str:
    """Whoever has had a mail knows that boundary, and may have written it into what another one says."""
    return _BOUNDARY if _BOUNDARY not in text else f"=_{secrets.token_hex(16)}"


def _part(text: str, subtype: str) -> EmailMessage:
    """As it is, readable by anyone; encoded where a line is longer than SMTP carries (RFC 5321, 4.5.3.1.6)."""
    part = EmailMessage(policy=POLICY)
    if any(len(line) > 998 for line in text.encode().splitlines()):  # of bytes: these know SMTP's line ends alone
        part.set_content(text, subtype=subtype, cte="quoted-printable")
        del part["MIME-Version"]  # the whole mail says that
        return part
    part["Content-Type"] = kept("Content-Type", f'text/{subtype}; charset="utf-8"')
    part["Content-Transfer-Encoding"] = kept("Content-Transfer-Encoding", "8bit")
    part.set_payload(text.encode().decode("ascii", "surrogateescape"))  # how the package keeps bytes of eight bits
    return part


def sender(text: str) -> Address:
    """The sender as the setting writes it, with the association's name where it has none."""
    name, address = parseaddr(text) if "<" in text else ("", text)
    local, _at, domain = address.rpartition("@")
    return Address(one_line(name or settings().association_name, 80), local, mail_domain(domain))


def _address(text: str) -> Address:
    local, _at, domain = text.rpartition("@")
    return Address("", local, mail_domain(domain))


@functools.lru_cache(maxsize=1000)
def mail_domain(host: str) -> str:
    """A host as it stands after the @ in a header: Punycode (RFC 5891), or a literal (RFC 5321, 4.1.3)."""
    if ":" in host and not host.startswith("["):
        return f"[IPv6:{host}]"
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host


# What could break a header or turn its direction around; what scripts and emoji are joined by stays.
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str, most: int) -> str:
    """For a header: no line ends, no controls, not longer than `most` characters."""
    line = re.sub(r"[ \t]+", " ", UNFIT.sub(" ", text)).strip()
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _title(signature: Signature) -> str:
    """The petition's title, as much of it as a list of mails shows."""
    return one_line(signature.text.title, 100)


def _signature(mail: OutboxMessage) -> Signature:
    if mail.signature is None:
        raise ValueError(f"a mail of the kind {mail.kind} is about a signature")
    return mail.signature


def _member_link(mail: OutboxMessage) -> MemberLink:
    if mail.member_link is None:
        raise ValueError(f"a mail of the kind {mail.kind} carries a member's link")
    return mail.member_link


def _answer(mail: OutboxMessage) -> RecipientAnswer:
    answer = db.session.get(RecipientAnswer, mail.answer_id) if mail.answer_id else None
    if answer is None:
        raise ValueError(f"a mail of the kind {mail.kind} asks for an answer")
    return answer


def _personal_link(mail: OutboxMessage, signature: Signature) -> str:
    return absolute("signing.personal", locale=mail.locale, token=personal_token(signature.key or ""))


def _confirmed_of_mailbox(mail: OutboxMessage) -> list[Signature]:
    found = select(Signature).where(
        Signature.petition_id == _signature(mail).petition_id,
        Signature.mailbox == mail.mailbox,
        Signature.status == "confirmed",
    )
    return list(db.session.scalars(found.order_by(Signature.confirmed_at, Signature.id)))
