"""Keeping a picture: made anew in the widths that pages show, each under a name that is made of its bytes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from petition_app.models import PictureFile, StoredPicture
from petition_app.pictures.reading import Picture

JPEG_QUALITY = 82


class Sizes(list[tuple[bytes, int, int]]):
    """The files of a picture, from the narrowest: bytes, width, height. All are of one kind."""

    def __init__(self, content_type: str, ending: str) -> None:
        super().__init__()
        self.content_type, self.ending = content_type, ending


def sizes_of(picture: Picture, widths: Iterable[int]) -> Sizes:
    """Make the files. A drawing stays sharp (PNG), a photograph small (JPEG). None is made larger than it came.

    Of a large picture that takes about a second: do it ahead of the transaction, where no signer waits for it.
    """
    widest = picture.size[0]
    made = Sizes("image/png", "png") if picture.is_drawing else Sizes("image/jpeg", "jpg")
    for width in sorted({min(width, widest) for width in widths}):
        image = picture.image
        if width < widest:
            image = image.resize((width, max(1, round(picture.size[1] * width / widest))), reducing_gap=3)
        made.append((_written(image, picture.is_drawing), *image.size))
    return made


def store_sizes(session: Session, sizes: Sizes) -> StoredPicture:
    """Keep what `sizes_of` has made, in the caller's write transaction."""
    named = [(f"{hashlib.sha256(data).hexdigest()[:32]}.{sizes.ending}", data, *size) for data, *size in sizes]
    stored = StoredPicture(
        content_type=sizes.content_type,
        files=[{"name": name, "width": width, "height": height} for name, _data, width, height in named],
    )
    session.add(stored)
    session.flush()
    session.add_all(PictureFile(picture_id=stored.id, name=name, data=data) for name, data, *_size in named)
    session.flush()
    return stored


def _written(image: Any, is_drawing: bool) -> bytes:
    target = io.BytesIO()
    if is_drawing:
        image.save(target, "PNG", optimize=True)
    else:
        image.save(target, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return target.getvalue()


def picture_url(name: str) -> str:
    """The address of one size, by its name."""
    return url_for("pictures.show", name=name)
