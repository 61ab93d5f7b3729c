"""What a reader finds on a petition's page, in each language, and how it may be kept."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, update
from werkzeug.test import Client

from petition_app.extensions import db
from petition_app.models import Petition, PetitionText, Recipient
from petition_app.models.base import now
from petition_app.models.paper import PaperBatch
from petition_app.petitions.life import change_settings, close_petition
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.story import confirmed
from tests.visitor import Visitor

FR, EN = "/fr/petitions/clean-water", "/en/petitions/clean-water"


@pytest.fixture(autouse=True)
def online(petition: Petition) -> None:
    """Every test here reads the same open petition."""


def text_of(client: Visitor, path: str = FR) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_the_words_of_the_page_in_both_languages(app: Flask, client: Visitor) -> None:
    confirmed(app, client)
    french, english = text_of(client), text_of(client, EN)
    for words in ("Nombre de signatures\u00a0:", "Heure", "Code postal", "Prénom", "Nom", "Destinataire(s)", "Auteur"):
        assert words in french, words
    for words in ("Number of signatures:", "Hour", "Postal Code", "Name", "Surname", "Recipient(s)", "Author"):
        assert words in english, words
    assert "Commentaires" in french
    assert "Comments" in english
    assert "maire d’Exempleville" in french
    assert "mayor of Exampletown" in english
    assert '<html lang="fr" dir="ltr"' in french


def test_a_signer_stands_in_the_table_with_the_lapse_and_the_exact_moment(app: Flask, client: Visitor) -> None:
    confirmed(app, client, surname="Éléonore-Ægidius", postal_code="75 011")
    page = text_of(client)
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT[\d:]+Z?[^"]*"\s+title="[^"]+">à l’instant</time>', page)
    assert "Éléonore-Ægidius" in page
    assert "75011" in page


def test_the_text_is_set_as_headings_and_lists(client: Visitor) -> None:
    page = text_of(client)
    assert ">Ce que nous demandons</h2>" in page
    assert re.search(r"<ol>\s*<li[^>]*>De l’eau</li>", page)


def test_it_says_where_its_other_languages_are(client: Visitor) -> None:
    page = text_of(client)
    assert '<link rel="canonical" href="http://localhost:8000/fr/petitions/clean-water">' in page
    found = dict(re.findall(r'hreflang="([\w-]+)"\s+href="([^"]+)"', page))
    assert found == {
        "fr": "http://localhost:8000/fr/petitions/clean-water",
        "en": "http://localhost:8000/en/petitions/clean-water",
        "x-default": "http://localhost:8000/fr/petitions/clean-water",
    }


def test_it_describes_itself_to_programs(app: Flask, client: Visitor) -> None:
    confirmed(app, client)
    page = text_of(client, EN)
    found = re.search(r'<script type="application/ld\+json">(.+?)</script>', page, re.S)
    assert found
    data = json.loads(found[1])
    assert data["name"] == "Clean water for Exampletown"
    assert data["interactionStatistic"]["userInteractionCount"] == 1
    assert '<meta property="og:title" content="Clean water for Exampletown">' in page


def test_html_in_a_text_is_shown_not_run(client: Visitor, petition: Petition) -> None:
    with writing() as session:
        session.add(
            PetitionText(
                petition_id=petition.id,
                locale="fr",
                version=2,
                title="</script><script>alert(1)</script>",
                body="<img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](http://elsewhere.example/b.png)",
            )
        )
    page = text_of(client)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert "elsewhere.example/b.png" not in re.sub(r"<[^a][^>]*>", "", page) or 'src="http' not in page


def test_a_language_without_a_text_gets_the_default_one_marked_as_such(client: Visitor, petition: Petition) -> None:
    with writing() as session:
        session.delete(session.get_one(PetitionText, next(t.id for t in petition.texts if t.locale == "en")))
    page = text_of(client, EN)
    assert "De l’eau propre pour Exempleville" in page
    assert '<h1 lang="fr"' in page
    assert '<link rel="canonical" href="http://localhost:8000/fr/petitions/clean-water">' in page
    assert "This petition has no text in your language yet" in page
    assert not re.search(r'<link rel="alternate"\s+hreflang="en"', page)


def test_a_text_in_a_language_without_pages_of_its_own(client: Visitor, petition: Petition) -> None:
    with writing() as session:
        session.add(PetitionText(petition_id=petition.id, locale="ar", title="ماء نظيف", body="نطلب ماء نظيفا للجميع."))
    change_settings("clean-water", default_locale="ar")
    page = text_of(client)
    assert "De l’eau propre" in page
    assert '"x-default"\n        href="http://localhost:8000/fr/' in page


@both_engines
def test_a_new_version_is_what_readers_see(app: Flask, client: Visitor, petition: Petition) -> None:
    with writing() as session:
        session.add(PetitionText(petition_id=petition.id, locale="fr", version=2, title="Nouveau titre", body="Texte."))
    assert "Nouveau titre" in text_of(client)


@both_engines
def test_what_another_process_changes_is_on_the_next_page(app: Flask, client: Visitor, petition: Petition) -> None:
    """No signal comes from there: it must be seen in the database, whatever was known before."""
    changes = (
        (update(Recipient).where(Recipient.locale == "fr"), {"office": "préfète d’Ailleurs"}, "préfète d’Ailleurs"),
        (update(Petition), {"author": "Une autre association"}, "Une autre association"),
        (update(Petition), {"carriers": [{"name": "Les Amis de l’eau", "url": ""}]}, "Les Amis de l’eau"),
        (update(Petition), {"goal": 4321}, "4\u202f321"),
        (insert(PaperBatch), {"petition_id": petition.id, "label": "Marché", "counted": 1234}, "1\u202f234"),
    )
    for number, (change, values, shown) in enumerate(changes):
        assert shown not in text_of(client, f"{FR}?n={number}a")
        with db.engine.begin() as connection:
            connection.execute(change.values(values))
        assert shown in text_of(client, f"{FR}?n={number}b")
    with db.engine.begin() as connection:
        connection.execute(update(Petition).values(status="draft"))
    assert client.get(f"{FR}?n=draft").status_code == 404


def test_a_page_that_is_packed_in_pieces_is_the_same_page(app: Flask, client: Visitor) -> None:
    confirmed(app, client, surname="Éléonore-Ægidius")
    reader = Client(app.wsgi_app)  # a Visitor reads the words of what it gets
    for _ in range(2):  # the second time, of pieces that are known
        plain = reader.get(f"{FR}?via=mail")
        packed = reader.get(f"{FR}?via=mail", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16)
        assert unpacked.decompress(packed.data) == plain.data
        assert unpacked.eof
        assert not unpacked.unused_data  # one member: some programs read the first alone
        assert "Éléonore-Ægidius".encode() in plain.data
        app.extensions["page_layer"].drop()


def test_a_draft_is_nobodys(client: Visitor, make_petition: Callable[..., Petition]) -> None:
    make_petition("secret", status="draft")
    for path in ("", "/live", "/signatures", "/comments", "/sign"):
        assert client.get(f"/fr/petitions/secret{path}").status_code == 404
    assert "secret" not in text_of(client, "/fr/") if client.get("/fr/").status_code == 200 else True


def test_a_closed_petition_stays_to_be_read_and_takes_no_signatures(client: Visitor) -> None:
    close_petition("clean-water", now())
    page = text_of(client)
    assert "Cette pétition est close" in page
    assert "<form" not in page


def test_every_public_page_keeps_the_cache_contract(app: Flask, client: Visitor, make_petition) -> None:  # type: ignore[no-untyped-def]
    make_petition("second")
    confirmed(app, client)
    for path in (
        "/fr/",
        FR,
        EN,
        f"{FR}/live",
        f"{FR}/signatures",
        f"{FR}/comments",
        f"{FR}/sign",
        f"{FR}/check-your-inbox",
        "/fr/privacy",
        "/fr/charter",
        "/fr/legal",
    ):
        response = client.get(path)
        assert response.status_code == 200, path
        control = response.headers["Cache-Control"]
        limits = {name: int(value) for name, value in re.findall(r"([a-z-]+)=(\d+)", control)}
        assert control.startswith("public"), path
        assert limits["max-age"] <= 2, path
        assert limits["stale-while-revalidate"] <= 10, path
        assert limits["stale-if-error"] <= 300, path
        etag = response.headers["ETag"]
        assert not etag.startswith("W/"), path
        assert response.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding", path
        again = client.get(path, headers={"If-None-Match": etag})
        assert again.status_code == 304, path
        assert again.data == b""
        personal = client.get(path, headers={"Cookie": "a=b", "Accept-Language": "de", "User-Agent": "another"})
        assert personal.data == response.data, path


def test_a_page_carries_its_security(client: Visitor) -> None:
    headers = client.get(FR).headers
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
        assert part in policy
    assert "Strict-Transport-Security" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]
    assert headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_share_links_load_nothing_from_elsewhere(client: Visitor) -> None:
    page = text_of(client, EN)
    for host in ("share.joinmastodon.org", "wa.me", "t.me", "bsky.app", "www.facebook.com", "x.com"):
        assert f'href="https://{host}' in page
    assert 'href="mailto:?' in page
    assert not re.search(r'(?:src|srcset|data-src)="(?:https?:)?//', page)
    for tag in re.findall(r"<link[^>]+>", page):
        if "stylesheet" in tag or "icon" in tag:
            assert 'href="/static/' in tag


@pytest.mark.parametrize(("number", "goal"), [(0, "100"), (99, "100"), (100, "200"), (450, "500"), (1999, "2 000")])
def test_the_goal_is_the_next_step(client: Visitor, petition: Petition, number: int, goal: str) -> None:
    from petition_app.models.counter import PetitionCounter

    with writing() as session:
        session.add(PetitionCounter(petition_id=petition.id, slot=0, confirmed=number))
    page = text_of(client).replace("\u202f", " ").replace("\u00a0", " ")
    assert f"Objectif : {goal}" in page


def test_a_fixed_goal_stays(client: Visitor) -> None:
    change_settings("clean-water", goal=777)
    assert "777" in text_of(client)


def test_a_petition_closes_by_itself_at_its_moment(client: Visitor) -> None:
    from petition_app.petitions.life import close_due

    change_settings("clean-water", closes_at=now() - timedelta(seconds=1))
    assert "<form" not in text_of(client)
    assert close_due(now()) == 1
    assert "Cette pétition est close" in text_of(client)
    assert close_due(now()) == 0


def test_what_one_reader_put_into_an_address_is_in_nobody_elses_page(client: Visitor) -> None:
    """The links to other languages take along by which share link he came, and where he was; nothing else."""
    first = text_of(client, f"{FR}?via=planted&before=")
    assert "planted" not in first
    assert "via=mail" in text_of(client, f"{FR}?via=mail")
    for page in (text_of(client), text_of(client, f"{FR}?via=mail")):
        assert "planted" not in page
        assert "before=" not in page.split("</header>")[0]
