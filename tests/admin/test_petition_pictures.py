"""A petition's picture, described in each language, and the logos of those who carry it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image

from petition_app.extensions import db
from petition_app.models import AuditEntry, Petition, StoredPicture
from petition_app.petitions.life import change_settings
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.visitor import Visitor

PICTURES, PAGE = "/admin/petitions/clean-water/pictures", "/fr/petitions/clean-water"
ALTS = {"alt-fr": "Une rivière", "alt-en": "A river"}


@pytest.fixture
def editor(as_member: AsMember) -> Desk:
    return as_member("editor", "Edith")


def photograph(colour: str = "teal", size: tuple[int, int] = (1200, 600)) -> io.BytesIO:
    """A JPEG that says where it was taken."""
    image, target = Image.new("RGB", size, colour), io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Camera of Exempleville"
    image.save(target, "JPEG", exif=exif)
    return io.BytesIO(target.getvalue())


def text(browser: Desk | Visitor, path: str) -> str:
    return browser.get(path).get_data(as_text=True)


def send(desk: Desk, data: io.BytesIO | None, path: str = PICTURES, field: str = "picture", **fields: Any) -> Any:
    files = {field: (data, "x.gif")} if data is not None else {}
    return desk.send(path, files=files, **{"act": "save", **fields})


@both_engines
def test_it_stands_on_the_page_in_sizes_and_with_its_description(
    editor: Desk, client: Visitor, petition: Petition
) -> None:
    assert send(editor, photograph(), **ALTS).status_code == 303
    page = text(client, PAGE)
    assert 'alt="Une rivière"' in page
    assert 'alt="A river"' in text(client, "/en/petitions/clean-water")
    sizes = re.findall(r"(/media/[0-9a-f]{32}\.jpg) (\d+)w", page)
    assert [width for _path, width in sizes] == ["480", "960", "1200"]
    assert 'property="og:image"' in page
    answer = client.get(sizes[0][0])
    shown = Image.open(io.BytesIO(answer.data))
    assert shown.size == (480, 240)
    assert b"Exempleville" not in answer.data
    assert "immutable" in answer.headers["Cache-Control"]
    # Other words for it, another one in its place, and none.
    assert send(editor, None, **{**ALTS, "alt-fr": "Un fleuve"}).status_code == 303
    assert 'alt="Un fleuve"' in text(client, PAGE)
    for colour in ("red", "blue"):
        assert send(editor, photograph(colour), **ALTS).status_code == 303
    assert db.session.query(StoredPicture).count() == 2  # the last one, and the one that pages may still show
    editor.send(PICTURES, act="remove")
    assert "petition-picture" not in text(client, PAGE)
    assert db.session.query(StoredPicture).count() == 0
    acts = [entry.action for entry in db.session.query(AuditEntry)]
    assert acts == ["petition.picture_changed"] * 4 + ["petition.picture_removed"]


def test_what_is_no_picture_or_not_described_is_refused(editor: Desk, petition: Petition) -> None:
    for data, alts, sentence in (
        (None, ALTS, "Please choose a picture."),
        (io.BytesIO(b""), ALTS, "This file is empty."),
        (io.BytesIO(b"<svg onload=alert(1)>"), ALTS, "This is not a picture that can be shown."),
        (photograph(), {**ALTS, "alt-en": " "}, "Please describe the picture in English"),
        (photograph(), {**ALTS, "alt-en": "x" * 301}, "longer than 300 characters"),
        (photograph(), {**ALTS, "alt-en": "a\x00"}, "a character here that cannot be shown"),
        (io.BytesIO(b"\xff" * (6 * 2**20 + 1)), ALTS, "larger than 6 MB"),
    ):
        answer = send(editor, data, **alts)
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)
    assert db.session.query(StoredPicture).count() == 0


@both_engines
def test_an_organisation_has_its_logo(editor: Desk, client: Visitor, petition: Petition) -> None:
    change_settings("clean-water", carriers=[{"name": "Amis Exemple", "url": ""}, {"name": "Union", "url": ""}])
    logo = f"{PICTURES}/logos/1"
    assert send(editor, photograph(size=(300, 300)), logo, "logo", name="Union").status_code == 303
    assert "carrier-logo" in text(client, PAGE)
    # It stays with its organisation, wherever that stands.
    settings = {"slug": "clean-water", "default_locale": "fr", "comments": "after", "signers_per_mailbox": "2"}
    rows = {"carrier_name": ["Union", "Amis Exemple"], "carrier_url": ["", ""], "revision": "0"}
    assert editor.send("/admin/petitions/clean-water/settings", **settings, **rows).status_code == 303
    carriers = db.session.query(Petition).one().carriers
    assert carriers is not None
    assert ["logo" in carrier for carrier in carriers] == [True, False]
    # Of an old page: what it meant stands elsewhere now.
    send(editor, photograph(), logo, "logo", name="Union")
    assert "have changed in the meantime" in text(editor, PICTURES)
    assert send(editor, None, f"{PICTURES}/logos/0", "logo", name="Union").status_code == 422
    editor.send(f"{PICTURES}/logos/0", act="remove", name="Union")
    assert "carrier-logo" not in text(client, PAGE)
    assert db.session.query(StoredPicture).count() == 0


def test_strangers_and_others_are_refused(charlie: Desk, as_member: AsMember, petition: Petition) -> None:
    assert charlie.get(PICTURES).status_code == 303
    for role in ("moderator", "translator", "reader"):
        assert send(as_member(role, role.title()), photograph(), **ALTS).status_code == 403
