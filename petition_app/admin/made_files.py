"""Files that were made of a petition's signatures: fetched and removed, each with its line in the log."""

from __future__ import annotations

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from petition_app.admin import audit
from petition_app.admin.notices import notice
from petition_app.extensions import db
from petition_app.files import orders, sending
from petition_app.models import Petition, StoredFile
from petition_app.models.base import now
from petition_app.transactions import writing


def load_file(file_id: int, kind: str) -> StoredFile:
    """A file of this kind; else 404."""
    file = db.session.get(StoredFile, file_id) if file_id < 2**31 else None
    if file is None or file.kind != kind:
        abort(404)
    return file


def send_file(file_id: int, act: str) -> ResponseReturnValue:
    """The file, or the rest of it: a download that goes on where it broke off is told of once."""
    if "Range" not in request.headers and request.method == "GET":
        with writing() as session:
            audit.record(session, act, session.get_one(StoredFile, file_id))
    return sending.send(db.session.get_one(StoredFile, file_id))


def remove_file(file: StoredFile, act: str) -> str:
    """Call it off, or take it away before its time; answers with the name of its petition."""
    file_id, slug = file.id, db.session.get_one(Petition, file.petition_id).slug
    with writing() as session:
        audit.record(session, act, session.get_one(StoredFile, file_id))
    orders.call_off(file_id, now())
    notice(_("The file is gone. That it was made stays in the list."))
    return slug
