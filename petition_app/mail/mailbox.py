"""The preview mailbox in the browser, so that a newcomer can sign and confirm before there is a mail server.

Whoever reads it can confirm anything: it is shown on this very machine only, and to nobody who came through a proxy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from petition_app.config import is_loopback
from petition_app.web.security_headers import private
from petition_app.web.site import settings

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")

FORWARDED = re.compile(r"(?i)^(forwarded|via|x-forwarded.*|x-real-ip|x-original.*|cf-.*|true-client-ip)$")


@dataclass(frozen=True)
class Preview:
    """A mail of the mailbox, as the page shows it."""

    name: str
    subject: str
    to: str
    sender: str
    date: datetime | None
    text: str


@blueprint.before_request
def only_on_this_machine() -> None:
    host = re.sub(r":\d+$", "", request.host)
    forwarded = any(FORWARDED.match(name) for name in request.headers.keys())  # noqa: SIM118  # pairs, not a dict
    if not settings().shows_mailbox or not is_loopback(host) or forwarded:
        abort(404)


@blueprint.after_request
def keep_private(response: Response) -> Response:
    return private(response)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """All mails, the newest first."""
    files = sorted(settings().mailbox_dir.glob("*.eml"), reverse=True)
    return render_template("mailbox/index.html", mails=[_read(path) for path in files])


@blueprint.get("/<name>")
def message(name: str) -> ResponseReturnValue:
    """One mail, with its links to click."""
    files = {path.name: path for path in settings().mailbox_dir.glob("*.eml")}
    if name not in files:
        abort(404)
    preview = _read(files[name])
    return render_template("mailbox/message.html", mail=preview, text=_linked(preview.text))


def _read(path: Path) -> Preview:
    mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    if not isinstance(mail, EmailMessage):
        raise TypeError("the default policy makes EmailMessage")
    body = mail.get_body(("plain",))
    date = getattr(mail["Date"], "datetime", None)
    text = body.get_content() if body is not None else ""
    return Preview(path.name, str(mail["Subject"]), str(mail["To"]), str(mail["From"]), date, text)


def _linked(text: str) -> Markup:
    """The text with this site's addresses as links."""
    pieces = re.split(r"(https?://[^\s<>]+)", text)
    return Markup("").join(  # noqa: S704  # every piece is escaped
        Markup('<a href="{0}">{0}</a>').format(piece) if index % 2 else escape(piece)
        for index, piece in enumerate(pieces)
    )
