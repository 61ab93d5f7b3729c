"""Why a translator's file cannot be read: told to an operator in English, to a translator in their own language."""

from __future__ import annotations

from typing import Literal

from flask_babel import gettext as _

Kind = Literal["encoding", "charset", "line", "other"]


class DamagedFile(ValueError):
    """It is no catalogue that can be read. `line` is where, `charset` what it is written in; `text` says it in full."""

    def __init__(self, kind: Kind, text: str, *, line: int = 0, charset: str = "") -> None:
        self.kind, self.line, self.charset = kind, line, charset
        super().__init__(text)


def worded(error: Exception) -> str:
    """What to do about it, in the reader's language."""
    if not isinstance(error, DamagedFile) or error.kind == "other":
        return str(_("It is no catalogue, or it is damaged."))
    if error.kind == "encoding":
        return str(_("It is not written in UTF-8. Please save it so."))
    if error.kind == "charset":
        return str(_("It is written in %(charset)s. Please save it as UTF-8.", charset=error.charset))
    return str(_("Line %(line)s is damaged.", line=error.line))
