"""What was typed when a session had ended in the meantime: it goes along through the door, to be sent once more."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from petition_app.admin.addresses import safe_next

# Not what proves who somebody is, and not the token of the page from before.
_LEFT_OUT = ("csrf_token", "password", "code")


def of_request() -> str:
    """The fields of the form that came, and where it was going, as one text for a hidden field."""
    fields = [pair for pair in request.form.items(multi=True) if not any(word in pair[0] for word in _LEFT_OUT)]
    return json.dumps([request.full_path.rstrip("?"), urlencode(fields)])


def to_send_again(kept: str) -> ResponseReturnValue | None:
    """The page with one button that sends it once more; None where nothing is kept, or nothing that came from here."""
    try:
        to, fields = json.loads(kept)
        sent = parse_qsl(fields, keep_blank_values=True)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(to, str) or not sent:
        return None
    return make_response(render_template("admin/sent_too_late.html", to=safe_next(to), sent=sent, has_ended=True))
