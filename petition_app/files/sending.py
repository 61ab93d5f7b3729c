"""Sending a stored file, or the rest of one whose download broke off."""

from __future__ import annotations

import io
import threading
import zlib
from typing import IO, Any, cast

from flask import Response, request, stream_with_context
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.http import dump_options_header
from werkzeug.wsgi import FileWrapper

from petition_app.extensions import db
from petition_app.models import FilePart, StoredFile
from petition_app.models.stored_file import PART_BYTES
from petition_app.sealing import boxes
from petition_app.web.security_headers import private

# A slow reader holds a thread of the process that serves everybody: so many of eight at once (serve.py).
MOST_AT_ONCE = 3
BLOCK_BYTES = 2**16
RETRY_AFTER_SECONDS = 20

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def send(file: StoredFile, key: bytes | None = None) -> Response:
    """The file, or the bytes of it that are asked for (Range, If-Range); `key` opens the parts of a sealed one.

    Raises ServiceUnavailable when too many are being sent.
    """
    if not _places.acquire(blocking=False):
        raise ServiceUnavailable(retry_after=RETRY_AFTER_SECONDS)
    try:
        response = Response(content_type=file.content_type)
        response.headers["Content-Disposition"] = dump_options_header("attachment", {"filename": file.name})
        response.set_etag(file.sha256)
        response.last_modified = file.finished_at
        response.response = FileWrapper(cast(IO[bytes], StoredBody(file, key)), BLOCK_BYTES)
        response.content_length = file.size
        response.make_conditional(request, accept_ranges=True, complete_length=file.size)
    except BaseException:
        _places.release()
        raise
    # Around it only now: for a range, the wrapper's place is set.
    response.response = stream_with_context(iter(response.response))
    response.call_on_close(_places.release)
    return private(response)


class StoredBody(io.RawIOBase):
    """A stored file to read from: a part at a time, and no transaction open in between."""

    def __init__(self, file: StoredFile, key: bytes | None = None) -> None:
        self._id, self._size, self._at, self._key = file.id, file.size, 0, key
        self._position, self._part = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = min(max(0, base + offset), self._size)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Up to the end of the part: less than was asked for is not the end of the file."""
        if self._at >= self._size:
            return 0
        position, start = divmod(self._at, PART_BYTES)
        piece = self._load(position)[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _load(self, position: int) -> bytes:
        if position != self._position:
            part = db.session.get(FilePart, (self._id, position))
            if part is None:
                raise FileNotFoundError("the file was removed while it was sent")
            data = part.data if self._key is None else boxes.decrypted(part.data, self._key)
            self._position, self._part = position, zlib.decompress(data) if part.is_packed else data
            db.session.expunge(part)
            db.session.rollback()
        return self._part
