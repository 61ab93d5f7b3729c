"""What tests of a petition's translation stand on: a site in three languages, one from right to left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from petition_app import config_values
from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions import versions
from petition_app.texts.parts import Part
from petition_app.texts.reading import parts_of
from petition_app.texts.writing import Kept, Written, keep
from petition_app.transactions import writing
from tests.admin.conftest import as_member, quick_passwords

__all__ = ["as_member", "quick_passwords"]


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Arabic, whether it has a catalogue yet or not: its words matter less here than its direction."""
    monkeypatch.setattr(config_values, "available_locales", lambda: ["ar", "en", "fr"])
    return {"PETITION_LOCALES": "fr en ar"}


@pytest.fixture
def translate(petition: Petition) -> Callable[..., Kept]:
    """`translate("ar", title="…", **{"De l’eau": "…"})`: words by the part's name, or by what its source says."""
    petition_id = petition.id

    def write(locale: str, words: dict[str, str], by: str = "Tara") -> Kept:
        parts = parts_of(db.session.get_one(Petition, petition_id), locale)
        keys = {part.source: part.key for part in parts} | {part.key: part.key for part in parts}
        return keep(petition_id, locale, [Written(keys[name], said) for name, said in words.items()], by, now())

    return write


def part_of(locale: str, source: str) -> Part:
    """The part of the one petition with this source, as translators see it now."""
    db.session.rollback()
    db.session.expire_all()
    return next(part for part in parts_of(db.session.query(Petition).one(), locale) if part.source == source)


def change_source(old: str, new: str, *, reason: str = "Plus clair.") -> None:
    """The association puts another French text online."""
    with writing() as session:
        petition = session.query(Petition).one()
        words = versions.published_words(petition, "fr")
        changed = words.__class__(**{**words.__dict__, "body": words.body.replace(old, new)})
        assert changed != words
        versions.put_online(petition, "fr", changed, "change", reason, now())
