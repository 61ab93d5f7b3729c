"""The workshop of the translators itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from petition_app.admin.translations.deeds.deed import Deed, seen, sent
from petition_app.admin.translations.places import PLACES
from petition_app.admin.translations.visits import File
from petition_app.i18n import plurals
from petition_app.i18n.checking import LONGEST_TEXT
from petition_app.i18n.site_words import LONGEST_COMMENT
from petition_app.models import Translation, TranslationFile
from petition_app.models.base import now
from petition_app.models.translation import key_of

_HOME = "/admin/translations/fr"
_PLAIN, _NAMED = "Sign this petition", "%(name)s is shut out, on every device."
_TAGGED = 'Public, at most 1,000 characters. It keeps to the <a href="%(address)s">content charter</a>.'
_COUNTED = "%(num)s comment is hidden."
_LINKED = "This is no address of a page. It begins with https://"


def _message(msgid: str, way: str = "") -> str:
    return f"{_HOME}/messages/{key_of(None, msgid)}{way}"


def _typed(text: str, version: int = 0) -> dict[str, str]:
    return {"text-0": text, "version": str(version)}


def _counted() -> Mapping[str, str]:
    """The first form alone, of a message that has several."""
    count, _rule = plurals.rule_for("fr")
    return {f"text-{number}": "" if number else "%(num)s" for number in range(count)} | {"version": "0"}


def _worded(msgid: str = _PLAIN, strings: Sequence[str] = ("Je signe",), by: str = "Bob Sample", **values: Any) -> Any:
    """A state in which somebody has worded a message twice, in the place of what is shipped (`shipped`)."""
    shipped = values.pop("shipped", ["Signer cette pétition"])

    def word(session: Session) -> None:
        row = Translation(locale="fr", key=key_of(None, msgid), msgid=msgid)
        row.word((), shipped=shipped, at=now(), by=by)
        row.word(strings, shipped=shipped, at=now(), by=by, **values)
        session.add(row)

    return word


def _one_of_each(session: Session) -> None:
    """Worded here; in conflict with what is shipped by now; to do; and for what the program says no more."""
    _worded()(session)
    _worded(_NAMED, shipped=["Autrement"])(session)
    _worded(_LINKED, is_unsure=True)(session)
    _worded("Nobody says this any more.")(session)


_HEAD = """msgid ""
msgstr "Language: {}\\nContent-Type: text/plain; charset=utf-8\\n"

msgid "Sign this petition"
msgstr "{}"
"""
_GOOD = _HEAD.format("fr", "Je signe")
_KNOWN = 'msgid "Sign"\nmsgstr "Signer"'
_UNKNOWN = 'msgid "Nobody says this any more."\nmsgstr "Personne ne le dit plus."'
_FEWER = f'msgid "{_COUNTED}"\nmsgid_plural "%(num)s comments are hidden."\nmsgstr[0] "%(num)s"'
_PLAINLY = f'msgid "{_COUNTED}"\nmsgstr "%(num)s"'
_FILES = (
    b"\xff",
    b"msgid",
    _GOOD.replace("charset=utf-8", "charset=utf-7").encode(),
    b"# Nothing",
    _HEAD.format("de", "Jetzt").encode(),
    _HEAD.format("fr", "<b>").encode(),
    _HEAD.format("fr", "a" * (LONGEST_TEXT + 1)).encode(),
    _GOOD.encode(),
    _HEAD.format("fr", "Signer cette pétition").encode(),
    f"{_GOOD}\n{_PLAINLY}\n".encode(),
    f"{_GOOD}\n{_KNOWN}\n\n{_UNKNOWN}\n".encode(),
    _GOOD.replace("Language: fr", "Language: fr\\nPlural-Forms: nplurals=1; plural=0;").encode()
    + f"\n{_FEWER}\n".encode(),
)


def _damaged(session: Session) -> None:
    """What a file said that was taken in cannot be read any more."""
    session.add(TranslationFile(locale="fr", headers=[], obsolete='#~ msgid "'))


DEEDS: list[Deed] = [
    seen("translations", before=_one_of_each),
    seen("translations", told={"books": [("fr", None)]}),
    seen("translations-language", before=_one_of_each),
    seen("translations-language", f"{_HOME}?page=2"),
    seen("translations-message", f"{_HOME}/pages/sign"),
    seen("translations-message", told={"places": (), "near": PLACES[:1]}),
    seen("translations-message", _message(_NAMED)),
    seen("translations-message", before=_worded(shipped=["Autrement"])),
    seen("translations-message", before=_worded(is_unsure=True, previous=["Sign it"])),
    *sent("translations-message", _typed("Je signe")),
    *sent("translations-message", _typed("Je signe"), before=_worded(strings=("Signez",))),
    *sent("translations-message", _typed("Je signe"), before=_worded(strings=("Signez",), by="")),
    *sent("translations-message", {}, to=_message(_NAMED, "/restoration?version=2"), before=_worded(_NAMED)),
    *sent("translations-message", *map(_typed, ("a > b", "a &amp; b", "a\nb")), to=_message(_PLAIN)),
    *sent("translations-message", _typed("a"), to=_message(_NAMED)),
    *sent("translations-message", _typed("a") | {"comment": "a" * (LONGEST_COMMENT + 1)}, to=_message(_PLAIN)),
    *sent("translations-message", *map(_typed, ("a", '</a><a href="%(address)s">')), to=_message(_TAGGED)),
    *sent("translations-message", _typed("https://example.net/"), to=_message(_LINKED)),
    Deed("translations-message", _counted, lambda: _message(_COUNTED)),
    seen("translations-file", f"{_HOME}/messages.po", before=_damaged),
    *sent("translations-file", *({"file": File("fr.po", content)} for content in _FILES)),
    *sent("translations-file", {"file": File("fr.po", _GOOD.encode())}, before=_worded(strings=("Signez",))),
]
