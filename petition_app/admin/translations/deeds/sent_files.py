"""Files of signatures, the document for the recipients, sheets of paper."""

from __future__ import annotations

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from petition_app.admin.paper import LARGEST_SCAN
from petition_app.admin.translations.deeds.deed import Deed, seen, sent
from petition_app.admin.translations.visits import File
from petition_app.exports.making import sealed_since
from petition_app.models import PaperBatch, PaperSignature, Recipient, StoredFile


def _none_waits(session: Session) -> None:
    session.execute(update(StoredFile).where(StoredFile.status.in_(("making", "ordered"))).values(status="failed"))


def _all_wait(session: Session) -> None:
    session.execute(update(StoredFile).values(status="making"))


def _no_files(session: Session) -> None:
    session.execute(delete(StoredFile))


def _sealed_since(session: Session) -> None:
    """A file that could not be made, for addresses were sealed after it was ordered."""
    session.execute(update(StoredFile).where(StoredFile.status == "failed").values(error=sealed_since()))


def _to_nobody(session: Session) -> None:
    session.execute(delete(Recipient))


def _known_already(session: Session) -> None:
    """Lines of people who have signed online, or on paper before; and a scan of the sheet."""
    lines = session.query(PaperSignature).order_by(PaperSignature.id).all()
    for line, found in zip(lines, ("online_name", "paper"), strict=False):
        line.found = found
    session.query(PaperBatch).one().scan_id = 1


_FILE = {"use": "check", "format": "csv", "columns": "surname"}
_LINE = {"label": "A market", "given_name-1": "Ada", "surname-1": "Example", "postal_code-1": ""}

DEEDS: list[Deed] = [
    *sent("exports", {"use": "check", "format": "csv"}, _FILE | {"columns": "nothing"}),
    *sent("exports", _FILE, before=_none_waits),
    *sent("exports", _FILE, before=_all_wait),
    *sent("exports", {}, to="/admin/exports/file/1/removal"),
    seen("exports", before=_no_files),
    seen("exports", before=_sealed_since),
    *sent("delivery", {"text": "en", "note": "\x01"}, {"text": "en"}),
    *sent("delivery", {"text": "en"}, before=_none_waits),
    seen("delivery", before=_to_nobody),
    seen("delivery", told={"is_installed": False}),
    *sent("paper-batch-new", {"label": "A market"}, _LINE),
    *sent("paper-batch-new", *(_LINE | {"scan": File("a.pdf", b"a", times)} for times in (1, LARGEST_SCAN + 1))),
    seen("paper-batch", before=_known_already),
    *sent("paper-batch-removal", {}),
]
