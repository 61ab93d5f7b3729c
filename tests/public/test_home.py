"""The way in: the visitor's language, the list of petitions, the pages that a site owes its visitors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions.life import archive_petition, close_petition
from tests.visitor import Visitor


@pytest.mark.parametrize(
    ("accepted", "goal"),
    [
        ("en-GB,en;q=0.9,fr;q=0.5", "/en/"),
        ("fr-CA", "/fr/"),
        ("de,en;q=0.3", "/en/"),
        ("ar", "/fr/"),
        ("", "/fr/"),
        ("*", "/fr/"),
        ("en;q=0,fr;q=0.1", "/fr/"),
        ("\x7f;;;q=q=q,,,", "/fr/"),
    ],
)
def test_the_visitors_language_decides(client: Visitor, accepted: str, goal: str) -> None:
    response = client.get("/", headers={"Accept-Language": accepted})
    assert (response.status_code, response.location) == (302, goal)
    assert response.headers["Cache-Control"] == "no-store"


def test_one_open_petition_is_the_home_page(client: Visitor, petition: Petition) -> None:
    response = client.get("/en/")
    assert (response.status_code, response.location) == (302, "/en/petitions/clean-water")
    assert response.headers["Cache-Control"].startswith("public, max-age=2")
    assert response.headers["ETag"]


def test_several_are_listed_the_closed_ones_apart(client: Visitor, make_petition: Callable[..., Petition]) -> None:
    for slug in ("first", "second", "third", "fourth"):
        make_petition(slug)
    make_petition("hidden", status="draft")
    close_petition("third", now())
    archive_petition("fourth", now())
    page = client.get("/en/").get_data(as_text=True)
    assert page.index("/en/petitions/first") < page.index("Closed petitions") < page.index("/en/petitions/third")
    assert "/en/petitions/fourth" not in page
    assert "/en/petitions/hidden" not in page
    assert client.get("/en/petitions/fourth").status_code == 200


def test_an_empty_site_says_so(client: Visitor) -> None:
    assert "Aucune pétition n’est ouverte" in client.get("/fr/").get_data(as_text=True)


def test_an_unknown_language_is_no_page(client: Visitor) -> None:
    for path in ("/xx/", "/sv/", "/fr-FR/", "/../", "/FR/", "/robots.txt", "/favicon.ico", "/%ff"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("name", ["privacy", "charter", "legal"])
def test_the_legal_pages_name_the_association(client: Visitor, locale: str, name: str) -> None:
    page = client.get(f"/{locale}/{name}").get_data(as_text=True)
    assert len(page) > 1500
    assert "contact@example.org" in page
    if name != "charter":
        assert "Association Exemple" in page


def test_the_legal_notice_names_everybody_that_it_must(client: Visitor) -> None:
    page = client.get("/fr/legal").get_data(as_text=True)
    for words in ("1 rue de l’Exemple", "1 rue de l&#39;Exemple"):
        if words in page:
            break
    else:
        pytest.fail("the address is missing")
    assert "Ada Exemple" in page
    assert "Hébergeur Exemple" in page


class TestOnAPublicSite:
    """A site that strangers reach, over https."""

    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {
            "PETITION_SITE_URL": "https://petitions.example",
            "PETITION_ABUSE_CONTROLS": "on",
            "PETITION_MAIL_URL": "smtp://127.0.0.1:1",
            "PETITION_MAIL_FROM": "petition@petitions.example",
        }

    def test_https_is_for_good(self, client: Visitor) -> None:
        assert "max-age=" in client.get("/fr/").headers["Strict-Transport-Security"]

    def test_links_are_the_sites_whatever_host_was_asked_for(
        self, app: Flask, client: Visitor, petition: Petition
    ) -> None:
        page = client.get("/fr/petitions/clean-water", headers={"Host": "evil.example"}).get_data(as_text=True)
        assert "https://petitions.example/fr/petitions/clean-water" in page
        assert "evil.example" not in page

    def test_the_preview_mailbox_is_not_there(self, client: Visitor) -> None:
        assert client.get("/mailbox").status_code == 404
