"""A petition is made, set up, opened, closed, archived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from petition_app.admin.petition_pictures import LARGEST_PICTURE
from petition_app.admin.translations.deeds.deed import Data, Deed, seen, sent
from petition_app.admin.translations.deeds.states import HUGE_PNG, PNG, as_editor, petition
from petition_app.admin.translations.sample_data import ARCHIVED, CLOSED, DRAFT, OPEN, OTHER
from petition_app.admin.translations.visits import File
from petition_app.config_values import MailServer
from petition_app.models.base import now
from petition_app.petitions.decoding import LARGEST_BYTES
from petition_app.web.site import settings


def _address(slug: str, *way: str) -> str:
    return "/".join(("/admin/petitions", slug, *way))


def _is_nowhere(session: Session) -> None:
    """A draft with nothing to read, in the main language."""
    for text in petition(session, DRAFT).texts:
        text.body = ""


def _closes(session: Session) -> None:
    for slug in (DRAFT, OPEN):
        petition(session, slug).closes_at = now() + timedelta(days=30)


def _has_signed(session: Session) -> None:
    """A draft that somebody has signed."""
    petition(session, OPEN).take_offline()


def _has_picture(session: Session) -> None:
    """A picture and a logo; nothing is drawn, for their files are nowhere."""
    shown = {"id": 1, "files": [{"width": 96, "height": 96, "type": "image/png", "name": "none.png"}]}
    petition(session, OPEN).picture = shown | {"alts": {}}
    petition(session, OPEN).carriers = [{"name": "Example Collective", "url": "", "logo": shown}]


def _described(picture: File) -> Callable[[], Data]:
    """A picture with what it shows, in each language."""
    return lambda: {f"alt-{code}": "A spring" for code in settings().locales} | {"picture": picture}


_TYPED = {"revision": "0", "slug": OPEN, "default_locale": "en", "comments": "after", "signers_per_mailbox": "2"}
_TEXT = "We ask for a road, soon, and for all.\n"
_LEFT_OUT = (
    f"***\nA road {'and more ' * 40}\n\nTo: Ada Example, mayor\n\n{{{{ x }}}}\n\n{_TEXT}"
    "\n![a](https://example.org/a.png)\n\nAuthor: Example Collective\n\nShare this\n"
)
_NEW = {"source": f"A road\n\n{_TEXT}", "language": "en"}
_BAD_FILES = (
    File("a.pdf", b"%PDF"),
    File("a.html", b"<!doctype html><p>A road"),
    File("a.txt", b"A road"),
    File("a.txt", b"a", times=LARGEST_BYTES + 1),
)
_BAD_PICTURES = (
    File("a.png", PNG[:45]),
    File("a.png", HUGE_PNG),
    File("a.png", b"none"),
    File("a.png", b"a", times=LARGEST_PICTURE + 1),
)
_UNNAMED = {"site_url": "https://petitions.example.org", "association_contact": ""}
_SERVER = MailServer("mail.example.org", 587, tls=False, user=None, password=None)
_LOGO = _address(OPEN, "pictures", "logos", "0")

DEEDS: list[Deed] = [
    *sent("opening", {}),
    *sent("opening", {}, to=_address(OPEN, "opening")),
    seen("opening", before=_is_nowhere),
    seen("opening", before=_closes),
    seen("petition", before=_closes),
    *sent("petition", {}, to=_address(OPEN, "offline")),
    *sent("petition-draft", {}, to=_address(DRAFT, "offline")),
    *sent("closing", {}, to=_address(DRAFT, "closing")),
    *sent("closing", {}, to=_address(CLOSED, "closing")),
    *sent("closing", {}, to=_address(ARCHIVED, "closing")),
    *sent("archiving", {}),
    *sent("unarchiving", {}),
    *sent("deletion", {}),
    *sent("deletion", {}, to=_address(OPEN, "deletion")),
    *sent("arrangement", _TYPED | {"goal": "0", "closes_at": "2020-01-01T10:00"}),
    *sent("arrangement", _TYPED | {"closes_at": "1900-01-01T10:00", "carrier_name": "x" * 51, "carrier_url": ""}),
    *sent("arrangement", _TYPED | {"carrier_name": ["a"] * 51, "carrier_url": [""] * 51}),
    *sent("arrangement", _TYPED | {"carrier_name": ["", "x" * 300], "carrier_url": ["https://example.org", "nowhere"]}),
    *sent("arrangement", _TYPED | {"slug": OTHER}),
    *sent("arrangement", _TYPED | {"revision": "7"}),
    *sent("arrangement", _TYPED),
    *sent("arrangement", {}, to=_address(OPEN, "copy")),
    seen("new-petition", "/admin/petitions/new?set-up=1"),
    *sent("new-petition", _NEW),
    *sent("new-petition", _NEW, to=_address("new", "draft"), first=((_address("new", "draft"), _NEW),)),
    *sent("new-petition", {"source": _LEFT_OUT, "language": "en"}),
    *sent("new-petition", *({"source": "", "file": file} for file in _BAD_FILES)),
    Deed("new-petition-ready", {}, lambda: _address("new", DRAFT, "opening")),
    seen("new-petition-ready", settings=_UNNAMED),
    seen("new-petition-ready", settings=_UNNAMED, before=as_editor),
    seen("new-petition-ready", settings={"mail_server": _SERVER}),
    *(Deed("pictures", _described(file)) for file in (File("a.png", PNG), *_BAD_PICTURES)),
    *sent("pictures", {"alt-en": "x" * 400}),
    *sent("pictures", {"act": "remove"}),
    *sent("pictures", {"name": "nobody"}, to=_LOGO),
    *sent("pictures", {"name": "Example Collective", "logo": File("a.png", PNG)}, to=_LOGO, before=_has_picture),
]
