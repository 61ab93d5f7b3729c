"""Lines of a sheet become signatures on paper; those who have signed already are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal_column, select, text
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import PaperBatch, PaperSignature, Signature
from petition_app.models.names import name_key
from petition_app.web.changes import petition_changed

# Lines that are typed at once: as many as a sheet has.
LINES = 20


@dataclass(frozen=True)
class Line:
    """What stands on a line of the sheet, checked."""

    line: int
    given_name: str
    surname: str
    postal_code: str


def add_batch(
    session: Session, petition_id: int, label: str, lines: Sequence[Line], entered_by: str, at: datetime
) -> PaperBatch:
    """Keep the lines, in the caller's write transaction; who has signed already is kept and does not count.

    The same name with the same postal code is taken for the same person; the same name alone is told, and counts.
    """
    batch = PaperBatch(petition_id=petition_id, label=label, entered_by=entered_by, created_at=at)
    seen: dict[str, set[str]] = {}
    for line in lines:
        key = name_key(line.given_name, line.surname)
        found = _found(session, petition_id, key, line.postal_code, seen.setdefault(key, set()))
        seen[key].add(line.postal_code)
        batch.signatures.append(
            PaperSignature(
                petition_id=petition_id,
                line=line.line,
                given_name=line.given_name,
                surname=line.surname,
                name_key=key,
                postal_code=line.postal_code,
                found=found,
                is_counted=found in ("", "online_name"),
            )
        )
    batch.counted = sum(signature.is_counted for signature in batch.signatures)
    session.add(batch)
    return batch


def count_line(session: Session, signature_id: int, is_counted: bool) -> PaperSignature:
    """Let a line count, or not, as a member decides. Raises NoResultFound."""
    line: PaperSignature = session.get_one(PaperSignature, signature_id, with_for_update=True, populate_existing=True)
    if line.is_counted != is_counted:
        line.is_counted = is_counted
        batch = session.get_one(PaperBatch, line.batch_id, with_for_update=True, populate_existing=True)
        batch.counted += 1 if is_counted else -1
    return line


def remove_batch(session: Session, batch_id: int) -> PaperBatch:
    """Take a whole batch out again: it was entered by mistake. Raises NoResultFound."""
    batch: PaperBatch = session.get_one(PaperBatch, batch_id)
    session.delete(batch)
    return batch


def changed(petition_id: int) -> None:
    """Tell the pages that show the number, after the commit."""
    petition_changed.send(petition_id=petition_id)


def batches_of(petition_id: int, most: int = 50) -> Sequence[PaperBatch]:
    """The newest batches."""
    found = select(PaperBatch).where(PaperBatch.petition_id == petition_id)
    return db.session.scalars(found.order_by(PaperBatch.id.desc()).limit(most)).all()


def lines_between(petition_id: int, after: int, most: int) -> Iterable[PaperSignature]:
    """The lines that count, a batch at a time in the order of their entry: those behind the id `after`."""
    # Written as the index has it: “= 1”, which SQLAlchemy would write for SQLite, is another condition to that.
    is_counted = text("paper_signatures.is_counted")
    found = select(PaperSignature).where(
        PaperSignature.petition_id == petition_id, is_counted, PaperSignature.id > after
    )
    return db.session.scalars(found.order_by(PaperSignature.id).limit(most)).all()


def _found(session: Session, petition_id: int, key: str, postal_code: str, same_batch: set[str]) -> str:
    """Where this person stands already: on paper, online, or somebody of this name online."""
    on_paper = select(PaperSignature.postal_code).where(
        PaperSignature.petition_id == petition_id, PaperSignature.name_key == key
    )
    if postal_code in same_batch or postal_code in set(session.scalars(on_paper.limit(100))):
        return "paper"
    online = select(Signature.postal_code).where(
        Signature.petition_id == petition_id,
        Signature.name_key == key,
        Signature.status == literal_column("'confirmed'"),
    )
    codes = set(session.scalars(online.limit(100)))
    if not codes:
        return ""
    return "online" if postal_code and postal_code in codes else "online_name"
