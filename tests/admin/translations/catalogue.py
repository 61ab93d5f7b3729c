"""A language's catalogue, taken away as a file and brought back."""

from __future__ import annotations

import io
from typing import Any

import polib

from tests.admin.desk import Desk

HOME = "/admin/translations/fr"


def exported(desk: Desk) -> bytes:
    return desk.get(f"{HOME}/messages.po").data


def taken_away(desk: Desk) -> polib.POFile:
    return polib.pofile(exported(desk).decode())


def brought(desk: Desk, file: polib.POFile | bytes | str, **fields: str) -> Any:
    data = file if isinstance(file, bytes) else str(file).encode()
    return desk.send(f"{HOME}/file", **fields, files={"file": (io.BytesIO(data), "fr.po")})
