"""Whether this process lives, and whether the site can do its work: for monitors and load balancers."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models.base import now
from petition_app.operations import schema

blueprint = Blueprint("health", __name__)

# A mail that could have been sent so long ago means that no worker sends, or that no server takes any.
LONGEST_WAIT = timedelta(minutes=10)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return "ok", {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Database, migrations and outbox; 503 where one is not well."""
    found = {"database": "ok", "migrations": "ok", "outbox": "ok", "oldest_mail_seconds": 0}
    try:
        if schema.revision() != schema.newest_revision():
            found["migrations"] = "run petition upgrade"
        else:
            oldest = outbox.oldest_due(now())
            waited = now() - oldest if oldest else timedelta(0)
            found["oldest_mail_seconds"] = int(waited.total_seconds())
            if waited > LONGEST_WAIT:
                found["outbox"] = "mails wait: is the worker running, and does the mail server answer?"
    except SQLAlchemyError:
        db.session.rollback()
        found["database"] = "no answer"
    well = all(found[part] == "ok" for part in ("database", "migrations", "outbox"))
    return jsonify(found), 200 if well else 503
