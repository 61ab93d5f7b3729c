"""Comments: when they appear, under which name, who takes them off the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from petition_app.comments.moderation import comments_by_status, hide_comment, show_comment
from petition_app.extensions import db
from petition_app.models import Comment, Petition
from petition_app.models.base import now
from petition_app.petitions.life import change_settings
from tests.databases import both_engines
from tests.story import confirmed
from tests.visitor import Visitor

PAGE, COMMENTS = "/fr/petitions/clean-water", "/fr/petitions/clean-water/comments"


def shown(client: Visitor, path: str = PAGE) -> str:
    return client.get(path).get_data(as_text=True)


@both_engines
def test_a_comment_is_taken_off_the_page_and_put_back(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="Un avis <b>fort</b>.\nDeuxième ligne.")
    assert "Un avis &lt;b&gt;fort&lt;/b&gt;.\nDeuxième ligne." in shown(client)
    comment = db.session.query(Comment).one()

    assert hide_comment(comment.id, "hors sujet", now())
    assert "Un avis" not in shown(client)
    assert "hors sujet" in shown(client, personal)
    assert [c.id for c in comments_by_status("hidden", slug="clean-water", limit=5)] == [comment.id]

    assert show_comment(comment.id, now())
    assert "Un avis" in shown(client)
    assert not hide_comment(999, "nobody’s", now())


def test_a_withdrawn_signatures_comment_cannot_be_shown(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="Un avis.")
    assert client.post(f"{personal}/withdrawal").status_code == 303
    assert not show_comment(db.session.query(Comment).one().id, now())
    assert "Un avis" not in shown(client)


@pytest.mark.parametrize(
    ("display", "name"), [("full", "Alice Exemple"), ("initial", "Alice E."), ("hidden", "Signataire")]
)
def test_a_comment_stands_under_the_name_that_its_signer_shows(
    app: Flask, client: Visitor, petition: Petition, display: str, name: str
) -> None:
    confirmed(app, client, comment="Un avis.", name_display=display)
    page = shown(client)
    assert name in page
    assert ("Exemple<" in page.split("Un avis")[1]) == (display == "full")


def test_comments_are_paged(app: Flask, client: Visitor, petition: Petition) -> None:
    for number in range(30):
        confirmed(app, client, comment=f"Avis n° {number:02}.", email=f"n{number}@example.org")
    page, found = shown(client), []
    while True:
        found += re.findall(r"Avis n° (\d\d)\.", page)
        link = re.search(r'hx-get="([^"]+/comments\?before=[^"]+)"', page)
        if not link:
            break
        page = shown(client, link[1])
    assert [int(n) for n in found] == list(range(29, -1, -1))


def test_without_comments_nothing_asks_for_one(app: Flask, client: Visitor, petition: Petition) -> None:
    change_settings("clean-water", comments="off")
    assert "Commentaire" not in re.sub(r"<head>.+?</head>", "", shown(client), flags=re.S)
    assert client.get(COMMENTS).status_code == 404


def test_an_old_cursor_shows_an_empty_page_kindly(
    app: Flask, client: Visitor, make_petition: Callable[..., Petition]
) -> None:
    make_petition("quiet")
    assert "Pas encore de commentaire" in shown(client, "/fr/petitions/quiet/comments")
