"""Files that are handed in: kept as they came, once it is known what they are."""

from __future__ import annotations

import hashlib
import zlib
from datetime import datetime

from sqlalchemy.orm import Session

from petition_app.models import FilePart, StoredFile
from petition_app.models.stored_file import PART_BYTES

# What a scanner or a phone makes, by how it begins. What it says of itself is not believed.
KINDS = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
)


class UnknownKind(ValueError):
    """It is none of the kinds that are kept."""


def kind_of(data: bytes) -> tuple[str, str]:
    """The content type of a scan, and the ending of its name. Raises UnknownKind."""
    for beginning, content_type, ending in KINDS:
        if data.startswith(beginning):
            return content_type, ending
    raise UnknownKind


def keep(session: Session, petition_id: int, stem: str, data: bytes, by: str, at: datetime) -> StoredFile:
    """Keep a scan, in the caller's write transaction. Raises UnknownKind."""
    content_type, ending = kind_of(data)
    file = StoredFile(
        petition_id=petition_id,
        kind="scan",
        name=f"{stem}.{ending}",
        content_type=content_type,
        options={},
        locale="",
        ordered_by=by,
        ordered_at=at,
        status="ready",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        finished_at=at,
    )
    session.add(file)
    session.flush()
    for position, start in enumerate(range(0, len(data), PART_BYTES)):
        part = data[start : start + PART_BYTES]
        packed = zlib.compress(part, 1)
        is_packed = len(packed) < len(part)
        row = FilePart(file_id=file.id, position=position, is_packed=is_packed, data=packed if is_packed else part)
        session.add(row)
    return file
