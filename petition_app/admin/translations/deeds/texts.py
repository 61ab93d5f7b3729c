"""A petition's text is written and put online, and translated part by part."""

from __future__ import annotations

from sqlalchemy.orm import Session

from petition_app.admin.translations.deeds.deed import Data, Deed, seen, sent
from petition_app.admin.translations.deeds.states import petition
from petition_app.admin.translations.sample_data import BODY, DRAFT, OPEN, OTHER
from petition_app.admin.translations.visits import File
from petition_app.models import TextDraft, TextPart
from petition_app.texts.exchange import LARGEST_FILE, bundle_of
from petition_app.texts.parts import seen_name
from petition_app.texts.po import SEEN

_TITLE = "Clean water for Exampletown"
_NEWEST = f"{BODY}3. Soon\n"


def _only_spelling(session: Session) -> None:
    """The draft says the same as what is online, in other spaces; so does what is written of a translation."""
    draft = session.query(TextDraft).one()
    draft.body = _NEWEST.replace("our water", "Our water")
    _written(session, OPEN, "title", _TITLE, f"{_TITLE}.")


def _tidy(session: Session) -> None:
    """Texts as a form sends them: without an empty line at their end."""
    for text in petition(session, OPEN).texts:
        text.body = text.body.strip()
    draft = session.query(TextDraft).one()
    draft.body = draft.body.strip()


def _saved_by_nobody(session: Session) -> None:
    session.query(TextDraft).one().saved_by = ""


def _changed_since(session: Session) -> None:
    """Somebody has translated the title, and it was changed in the main language since."""
    _written(session, OPEN, "title", "Water", "Agua")
    _written(session, OTHER, "title", "Trees", "Arbres")
    _written(session, OTHER, "summary", "We ask for what everybody needs.", "Ce qu’il faut à tous.")


def _all_translated(session: Session) -> None:
    for part in bundle_of(petition(session, OTHER), "fr").entries:
        _written(session, OTHER, part.key, part.source, part.target or "…")


def _written(session: Session, slug: str, key: str, source: str, target: str) -> None:
    place = {"petition_id": petition(session, slug).id, "locale": "fr", "key": key}
    part = session.query(TextPart).filter_by(**place).one_or_none() or TextPart(**place, online="")
    part.source, part.target, part.saved_by = source, target, "Bob Sample"
    session.add(part)
    session.flush()


def _catalogue() -> Data:
    """A file that translates a part, would change another one that was changed here, and has one that is nowhere."""
    return {"file": File("sample.po", _CATALOGUE.encode())}


_CATALOGUE = f"""
msgid ""
msgstr "Language: fr\\nContent-Type: text/plain; charset=utf-8\\n"

#: {SEEN}{seen_name("Arbres")}
msgctxt "title"
msgid "More trees for Exampletown"
msgstr "Des arbres"

#: seen-none
msgctxt "summary"
msgid "We ask for what everybody needs."
msgstr "Tout"

msgctxt "nowhere"
msgid "Nowhere"
msgstr "Nulle part"
"""


def _address(slug: str, *way: str) -> str:
    return "/".join(("/admin/petitions", slug, *way))


_SHEET = {"act": "publish", "revision": "3", "title": _TITLE, "body": _NEWEST}
_LONG = {"recipient_name": ["x" * 400] * 31, "recipient_office": [""] * 31}
_SAVED = {"act": "autosave", "revision": "3", "title": _TITLE, "summary": "", "body": "Water"}
_TEXT, _SHOWN = _address(OPEN, "text?text=en"), _address(OPEN, "text", "publication?text=en")
_ONLINE = _SAVED | {
    "summary": "We ask for what everybody needs.",
    "body": _NEWEST,
    "recipient_name": "Ada Example",
    "recipient_office": "mayor of Exampletown",
}
_KEPT = {"to": _TEXT, "into": "writing-status"}
_PART, _FILE = _address(OTHER, "translation", "part?text=fr"), _address(OTHER, "translation", "file?text=fr")
_ONLINE_FR = _address(OPEN, "translation", "publication?text=fr")
_BAD_FILES = (
    File("a.po", b'msgid ""\nmsgstr "Language: de\\n"\n\nmsgctxt "title"\nmsgid "a"\nmsgstr "b"\n'),
    File("a.po", b'msgid ""\nmsgstr "Language: fr\\n"\n'),
    File("a.po", b"#", times=LARGEST_FILE + 1),
    File("a.po", b'msgid ""\nmsgstr "Language: fr\\n"\n\nmsgctxt "title"\nmsgid "a"\nmsgstr "b"\n'),
    File("a.xlf", b"<html></html>"),
    File("a.xlf", b"<!DOCTYPE xliff><xliff/>"),
)

DEEDS: list[Deed] = [
    *sent("text", _SHEET | {"body": "---"}, _SHEET | {"recipient_name": "", "recipient_office": "mayor"}, to=_TEXT),
    *sent("text", _SHEET | _LONG, to=_TEXT),
    *sent("text", {"revision": "3"}, to=_address(OPEN, "text", "drop?text=en")),
    *sent("text", {}, to=_address(OPEN, "text", "taking-up?text=en&revision=1")),
    *sent("text", _SAVED, _SAVED | {"revision": "1"}, _SAVED | {"title": "x" * 400}, **_KEPT),
    *sent("text", _SAVED | {"revision": "1"}, before=_saved_by_nobody, **_KEPT),
    *sent("text", _SHEET | {"act": "keep", "revision": "1"}, to=_TEXT, before=_saved_by_nobody),
    *sent("text", _ONLINE, before=_tidy, **_KEPT),
    seen("text-draft", first=((_address(DRAFT, "text"), _SHEET | {"act": "keep", "revision": "0"}),)),
    seen("text-publication", _SHOWN, before=_only_spelling),
    *sent("text-publication", {"revision": "3", "kind": "change", "reason": ""}, to=_SHOWN),
    *sent("text-publication", {"revision": "3", "kind": "change", "reason": "Soon"}, to=_SHOWN),
    *sent("text-draft", _SHEET | {"revision": "0", "title": "A road"}, to=_address(DRAFT, "text")),
    seen("text-translation", _address(OTHER, "translation"), settings={"locales": ("en",)}),
    seen("text-translation", before=_changed_since),
    seen("text-translation", _address(OTHER, "translation?text=fr&show=open"), before=_all_translated),
    *sent("text-translation", {"t-title": "Forêt", "s-title": "none"}, before=_changed_since),
    *sent("text-translation", {"t-title": "Des arbres", "s-title": "none"}),
    *sent("text-translation", {"file": File("a.po", b"msgid")}, to=_FILE),
    *sent("text-translation", *({"file": file} for file in _BAD_FILES), to=_FILE),
    *sent("text-translation", _catalogue(), to=_FILE, before=_changed_since),
    seen("text-translation-publication", _ONLINE_FR, before=_changed_since),
]
