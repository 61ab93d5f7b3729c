"""The site's settings in the browser: who may, what is kept, what the pages then show."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from petition_app.extensions import db
from petition_app.models import AuditEntry, Petition, PictureFile, Signature, SiteSetting, StoredPicture
from petition_app.pictures import reading
from petition_app.site import effective
from petition_app.web.colours import contrast
from petition_app.web.site import settings
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.pictures.test_reading import photograph, saved
from tests.story import sign
from tests.visitor import Visitor

NAMES = ("NAME", "ADDRESS", "CONTACT", "PUBLISHER", "HOSTING")
RIVER = {
    "association_name": "Les Amis de la rivière",
    "association_address": "3 quai de l’Exemple, 00000 Exempleville",
    "association_contact": "contact@riviere.example",
    "association_publisher": "Ada Exemple",
    "association_hosting": "Hébergeur Exemple",
    "data_protection_contact": "Ben Témoin, donnees@riviere.example",
}


@pytest.fixture
def variables() -> dict[str, str]:
    """A site whose operator has set nothing of what the association may set."""
    return {f"PETITION_ASSOCIATION_{name}": "" for name in NAMES}


@pytest.fixture
def alice(alice: Desk) -> Desk:
    alice.step_up()
    return alice


def stored() -> dict[str, str]:
    return {row.name: row.value for row in db.session.query(SiteSetting)}


@both_engines
def test_the_association_is_named_everywhere_at_once(app: Flask, alice: Desk, client: Visitor) -> None:
    client.get("/en/legal")  # a copy of the page is kept
    page = alice.get("/admin/settings/association").get_data(as_text=True)
    assert "Who runs this site" in page
    assert alice.send("/admin/settings/association", **RIVER).location == "/admin/settings/association"
    legal, privacy = (client.get(f"/en/{name}").get_data(as_text=True) for name in ("legal", "privacy"))
    for value in (RIVER["association_name"], RIVER["association_publisher"], RIVER["association_hosting"]):
        assert value in legal
    assert RIVER["data_protection_contact"] in privacy
    assert "Saved." in alice.get("/admin/settings/association").get_data(as_text=True)
    entry = db.session.query(AuditEntry).filter_by(action="settings.changed").one()
    assert json.loads(entry.details)["association_name"] == RIVER["association_name"]
    assert alice.send("/admin/settings/association", **RIVER).status_code == 303
    assert db.session.query(AuditEntry).filter_by(action="settings.changed").count() == 1  # nothing was changed


def test_what_is_wrong_comes_back_with_the_reason(app: Flask, alice: Desk) -> None:
    wrong = {**RIVER, "association_contact": "nobody", "association_address": "x" * 301, "association_name": "<b>&"}
    response = alice.send("/admin/settings/association", **wrong)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "name@example.org" in page
    assert "longer than 300" in page
    assert "&lt;b&gt;&amp;" in page
    assert stored() == {}


class TestWhatTheOperatorHasSet:
    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {
            "PETITION_LOCALES": "fr,en",
            "PETITION_DEFAULT_LOCALE": "fr",
            "PETITION_TIMEZONE": "Europe/Paris",
            "PETITION_ACCENT_COLOUR": "#0d5c63",
            "PETITION_MAIL_URL": "smtp://user:secret-password@mail.example.org:587",
            "PETITION_MAIL_FROM": "petition@example.org",
        }

    def test_it_is_shown_with_its_variable_and_cannot_be_changed(self, app: Flask, alice: Desk) -> None:
        for page, variable in (
            ("association", "PETITION_ASSOCIATION_NAME"),
            ("languages", "PETITION_LOCALES"),
            ("appearance", "PETITION_ACCENT_COLOUR"),
            ("mail", "PETITION_MAIL_URL"),
        ):
            html = alice.get(f"/admin/settings/{page}").get_data(as_text=True)
            assert variable in html
            assert "secret-password" not in html
        assert 'name="association_name"' not in alice.get("/admin/settings/association").get_data(as_text=True)
        alice.send("/admin/settings/association", **RIVER)
        alice.send("/admin/settings/languages", locales="en", default="en", timezone="Asia/Tokyo")
        alice.send("/admin/settings/appearance", accent_colour="#ff0000", act="save")
        alice.send("/admin/settings/mail", host="elsewhere.example", sender="x@elsewhere.example", act="anyway")
        site = settings()
        assert site.association_name == "Association Exemple"
        assert site.locales == ("fr", "en")
        assert site.accent_colour == "#0d5c63"
        assert site.mail_server is not None
        assert (site.mail_server.host, site.mail_server.password) == ("mail.example.org", "secret-password")
        assert set(stored()) <= {"data_protection_contact"}


class TestAPublicSite:
    @pytest.fixture
    def variables(self) -> dict[str, str]:
        empty = {f"PETITION_ASSOCIATION_{name}": "" for name in NAMES}
        public = {"PETITION_SITE_URL": "https://petition.example.org", "PETITION_ABUSE_CONTROLS": "on"}
        return {**empty, **public, "PETITION_TRUSTED_PROXIES": "1"}

    def test_it_opens_nothing_until_the_association_is_named(self, app: Flask, as_member: AsMember) -> None:
        assert len(settings().missing_identity) == 5
        alice = as_member("administrator", "Alice")
        said = alice.get("/admin/").get_data(as_text=True)
        assert "does not say yet who runs it" in said
        assert "No mail goes out yet" in said
        assert "No mail goes out yet" not in as_member("editor", "Carol").get("/admin/").get_data(as_text=True)
        for name, value in RIVER.items():
            from petition_app.site.storing import store
            from petition_app.transactions import writing

            with writing() as session:
                store(session, {name: value})
        effective.look(at_once=True)
        assert settings().missing_identity == []
        assert "does not say yet who runs it" not in alice.get("/admin/").get_data(as_text=True)


@both_engines
def test_a_colour_is_corrected_shown_and_served(app: Flask, alice: Desk, client: Visitor) -> None:
    page = alice.get("/admin/settings/appearance/preview?accent_colour=ffdd00").get_data(as_text=True)
    assert "Made darker" in page
    assert "As you have picked it: #ffdd00" in page
    sheet = alice.get("/admin/settings/appearance/preview/ffdd00.css")
    assert sheet.content_type == "text/css; charset=utf-8"
    assert ".preview-dark" in sheet.get_data(as_text=True)
    assert alice.send("/admin/settings/appearance", accent_colour="#FD0", act="save").status_code == 303
    html = client.get("/en/legal").get_data(as_text=True)
    address = re.search(r'href="(/appearance/ffdd00-[0-9a-f]{12}\.css)"', html)
    assert address
    response = client.get(address[1])
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    accent = re.search(r"--accent:(#[0-9a-f]{6})", response.get_data(as_text=True))
    assert accent
    assert contrast(accent[1], "#faf8f4") >= 4.5
    for wrong in ("ffdd00-000000000000", "ffdd00", "red", "zzzzzz-000000000000"):
        assert client.get(f"/appearance/{wrong}.css").status_code == 404


def test_without_a_colour_no_page_asks_for_a_sheet(client: Visitor) -> None:
    assert "/appearance/" not in client.get("/en/legal").get_data(as_text=True)


@pytest.mark.parametrize("wrong", ["red", "#12", "#ggg", "red;}body{display:none", "\x00", "é" * 9])
def test_what_is_no_colour_is_refused(app: Flask, alice: Desk, wrong: str) -> None:
    response = alice.send("/admin/settings/appearance", accent_colour=wrong, act="save")
    assert response.status_code == 422
    assert "This is no colour" in response.get_data(as_text=True)
    assert alice.get("/admin/settings/appearance/preview", query_string={"accent_colour": wrong}).status_code == 200
    assert stored() == {}


@both_engines
def test_a_logo_stands_at_the_top_of_each_page(app: Flask, alice: Desk, client: Visitor) -> None:
    def send(**fields: Any) -> int:
        return alice.send("/admin/settings/appearance", act="save", **fields).status_code

    logo = saved(Image.new("RGBA", (800, 200), (13, 92, 99, 120)), "PNG")
    assert send(files={"logo": (io.BytesIO(logo), "logo.png")}) == 303
    html = client.get("/en/legal").get_data(as_text=True)
    found = re.search(r'<img class="logo"\s+src="(/media/[0-9a-f]{32}\.png)"', html)
    assert found
    assert client.get(found[1]).status_code == 200
    assert 'width="176"' in html
    assert 'alt=""' in html
    assert send(logo_alone="y", association_name="") == 303
    assert 'alt="Petitions"' in client.get("/en/legal").get_data(as_text=True)
    for _again in range(3):
        assert send(files={"logo": (io.BytesIO(saved(photograph(90, 90), "JPEG")), "x.exe")}) == 303
    assert db.session.query(StoredPicture).count() == 2  # this one, and the one that old pages still show
    assert send(no_logo="y") == 303
    assert "<img" not in client.get("/en/legal").get_data(as_text=True)
    assert db.session.query(PictureFile).count() <= 2


def test_what_is_no_logo_is_refused_with_a_sentence(app: Flask, alice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for data, sentence in (
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "choose a PNG, JPEG or WebP"),
        (b"", "This file is empty"),
        (b"\xff\xd8\xff" + b"x" * (3 * 2**20), "larger than 2 MB"),
    ):
        response = alice.send("/admin/settings/appearance", act="save", files={"logo": (io.BytesIO(data), "logo.png")})
        assert response.status_code == 422
        assert sentence in response.get_data(as_text=True)
    monkeypatch.setattr(reading, "is_installed", lambda: False)
    monkeypatch.setattr("petition_app.admin.settings.appearance.is_installed", lambda: False)
    page = alice.get("/admin/settings/appearance").get_data(as_text=True)
    assert "EXTRAS=&#34;pictures&#34;" in page


@both_engines
def test_the_languages_and_their_order(app: Flask, alice: Desk, client: Visitor, petition: Petition) -> None:
    assert list(settings().locales) == ["fr", "en"]
    page = alice.send(
        "/admin/settings/languages", order="en", up="en", locales="en", default="en", timezone="Europe/Paris"
    )
    assert page.status_code == 200
    assert stored() == {}
    chosen = {"locales": "en", "default": "en", "timezone": "Asia/Tokyo"}
    assert alice.send("/admin/settings/languages", **chosen).status_code == 303
    assert client.get("/en/legal").status_code == 200
    assert client.get("/fr/legal?x=1%26y").location == "/en/legal?x=1%26y"
    assert client.get("/sv/legal").status_code == 404
    begun_before = sign(client, locale="fr")
    assert begun_before.status_code == 303
    assert db.session.query(Signature).one().locale == "fr"
    assert client.get(begun_before.location).location.startswith("/en/")
    assert client.get("/").location == "/en/"
    assert settings().timezone.key == "Asia/Tokyo"
    for wrong in (
        {**chosen, "locales": None},
        {**chosen, "default": "fr"},
        {**chosen, "timezone": "Europe/Nowhere"},
        {**chosen, "locales": "xx"},
    ):
        assert alice.send("/admin/settings/languages", **wrong).status_code == 422


def test_a_moderator_and_a_stranger_change_nothing(app: Flask, bob: Desk, charlie: Desk) -> None:
    for name in ("association", "appearance", "languages", "mail"):
        assert bob.get(f"/admin/settings/{name}").status_code == 403
        assert bob.send(f"/admin/settings/{name}", **RIVER).status_code == 403
        assert charlie.send(f"/admin/settings/{name}", **RIVER).status_code == 401
    assert stored() == {}
