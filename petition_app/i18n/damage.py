"""Why a translator's file cannot be read: told to an operator in English, to a translator in their own language."""

from __future__ import annotations

from typing import Literal

from flask_babel import gettext as _

Kind = Literal["encoding", "charset", "line", "plurals", "other"]


class DamagedFile(ValueError):
    """It is no catalogue that can be read. `line` is where, `charset` what it is written in, `rule` the plural forms
    that it should have; `text` says it in full.
    """

    def __init__(self, kind: Kind, text: str, *, line: int = 0, charset: str = "", rule: str = "") -> None:
        self.kind, self.line, self.charset, self.rule = kind, line, charset, rule
        super().__init__(text)


def worded(error: Exception) -> str:
    """What to do about it, in the reader's language."""
    if not isinstance(error, DamagedFile) or error.kind == "other" or (error.kind == "plurals" and not error.rule):
        return str(_("It is no catalogue, or it is damaged."))
    if error.kind == "encoding":
        return str(_("It is not written in UTF-8. Please save it so."))
    if error.kind == "charset":
        return str(_("It is written in %(charset)s. Please save it as UTF-8.", charset=error.charset))
    if error.rule:
        return str(_("Its plural forms are not those of the language. Its head must say: %(rule)s", rule=error.rule))
    return str(_("Line %(line)s is damaged.", line=error.line))
