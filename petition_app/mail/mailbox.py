"""The preview mailbox in the browser, so that a newcomer can sign and confirm before there is a mail server.

Whoever reads it can confirm anything: it is shown on this very machine only, and to nobody who came through a proxy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from petition_app.config_values import is_loopback
from petition_app.web.security_headers import private
from petition_app.web.site import settings

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")

FORWARDED = re.compile(r"(?i)^(forwarded|via|x-forwarded.*|x-original.*|cf-.*|(.+-)?(client|real)-?ip|x-proxy.*)$")


@dataclass(frozen=True)
class Preview:
    """A mail of the mailbox, as the page shows it; the list does without its text."""

    name: str
    subject: str
    to: str
    sender: str
    date: datetime | None
    text: str = ""


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
    return render_template("mailbox/index.html", mails=[found for path in files if (found := _headers(path))])


@blueprint.get("/<name>")
def message(name: str) -> ResponseReturnValue:
    """One mail, with its links to click."""
    preview = _whole(name, _bytes_of(name))
    return render_template("mailbox/message.html", mail=preview, text=_linked(preview.text))


@blueprint.get("/<name>/source")
def source(name: str) -> ResponseReturnValue:
    """One mail as it was sent, headers and HTML version and all, as plain text."""
    return Response(_bytes_of(name), mimetype="text/plain")


def _bytes_of(name: str) -> bytes:
    """The file of this name: one that the folder lists, so no path leads out of it."""
    files = {path.name: path for path in settings().mailbox_dir.glob("*.eml")}
    try:
        return files[name].read_bytes()
    except (KeyError, OSError):
        abort(404)


def _headers(path: Path) -> Preview | None:
    try:
        with path.open("rb") as file:
            return _preview(path.name, BytesHeaderParser(policy=policy.default).parse(file))
    except OSError:
        return None  # the worker has just made room for a newer one


def _whole(name: str, data: bytes) -> Preview:
    mail = BytesParser(policy=policy.default).parsebytes(data)
    body = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    return replace(_preview(name, mail), text=body.get_content() if body is not None else "")


def _preview(name: str, mail: Message) -> Preview:
    date = getattr(mail["Date"], "datetime", None)
    return Preview(name, str(mail["Subject"]), str(mail["To"]), str(mail["From"]), date)


def _linked(text: str) -> Markup:
    """The text with its addresses as links."""
    pieces = re.split(r"(https?://[^\s<>]+)", text)
    return Markup("").join(
        Markup('<a href="{0}">{0}</a>').format(piece) if index % 2 else escape(piece)
        for index, piece in enumerate(pieces)
    )
