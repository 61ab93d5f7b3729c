"""Readers flag a comment: once each, without an account, with the same answer whatever comes of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from petition_app.comments import flags
from petition_app.comments.moderation import queue_after, queue_length, show_comment
from petition_app.extensions import db
from petition_app.models import Comment, CommentFlag, ModerationSettings, Petition
from petition_app.models.base import now
from petition_app.transactions import writing
from petition_app.web.row_numbers import COMMENT, in_address
from tests.comments.crowd import comments
from tests.databases import both_engines
from tests.story import confirmed
from tests.visitor import Visitor

PAGE = "/fr/petitions/clean-water"
TEXT = "Un avis que certains n’aiment pas."


@pytest.fixture
def comment(app: Flask, client: Visitor, petition: Petition) -> int:
    confirmed(app, client, comment=TEXT)
    return db.session.query(Comment).one().id


def flag(client: Visitor, comment_id: int, reader: int, point: str = "insult") -> TestResponse:
    return client.post(
        f"{PAGE}/comments/{in_address(comment_id, COMMENT)}/flag",
        data={"point": point},
        environ_overrides={"REMOTE_ADDR": f"192.0.{reader}.2"},
    )


def shown(client: Visitor) -> bool:
    return TEXT in client.get(PAGE).get_data(as_text=True)


@both_engines
def test_different_readers_bring_a_comment_into_the_queue_and_none_hides_it(
    app: Flask, client: Visitor, comment: int
) -> None:
    found = re.search(r'class="flag"\s+href="([^"]+)"', client.get(PAGE).get_data(as_text=True))
    assert found is not None
    page = client.get(found[1]).get_data(as_text=True)
    assert TEXT in page
    assert 'value="advertising"' in page

    answers = [flag(client, comment, reader) for reader in (1, 1, 1, 2)]
    assert queue_length() == 0
    answers.append(flag(client, comment, 3, "advertising"))
    assert [item.id for item in queue_after(None, 10)] == [comment]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"{PAGE}/comments/flagged")}
    assert shown(client)
    assert "no comment leaves the page by flags alone" in client.get("/en/charter").get_data(as_text=True)

    # Who has looked at it has heard the readers: it takes as many new ones to bring it back.
    assert show_comment(comment, now())
    flag(client, comment, 3)
    flag(client, comment, 4)
    assert queue_length() == 0
    flag(client, comment, 5)
    flag(client, comment, 6)
    assert queue_length() == 1


@both_engines
def test_where_the_association_has_decided_so_flags_take_it_off_the_page_until_somebody_looks(
    app: Flask, client: Visitor, comment: int
) -> None:
    with writing() as session:
        session.add(ModerationSettings(id=1, flags_to_queue=2, flags_to_hide=3))
    assert "When 3 different readers have flagged a comment" in client.get("/en/charter").get_data(as_text=True)
    for reader in (1, 2):
        flag(client, comment, reader)
    assert shown(client)
    flag(client, comment, 3)
    assert not shown(client)
    assert queue_length() == 1
    published_at = db.session.get_one(Comment, comment).published_at
    assert show_comment(comment, now())
    assert shown(client)
    assert db.session.get_one(Comment, comment).published_at == published_at
    assert queue_length() == 0


class TestLimits:
    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {"PETITION_ABUSE_CONTROLS": "on"}

    def test_one_reader_flags_so_many_comments_and_is_never_told(
        self, app: Flask, client: Visitor, petition: Petition
    ) -> None:
        with writing() as session:
            ids = comments(session, petition, 20)
        answers = {flag(client, number, 1).status_code for number in ids}
        assert answers == {303}
        assert db.session.query(CommentFlag).count() == flags.FLAGGING[0].most


@pytest.mark.parametrize("path", ["99/flag", "2147483648/flag", "99999999999999999999/flag", "x/flag", "-1/flag"])
def test_what_is_not_there_breaks_nothing(app: Flask, client: Visitor, comment: int, path: str) -> None:
    assert client.get(f"{PAGE}/comments/{path}").status_code == 404
    assert client.post(f"{PAGE}/comments/{path}", data={"point": "\0"}).status_code in (303, 404)
    assert db.session.query(CommentFlag).count() == 0


def test_a_flag_from_another_site_or_on_another_petitions_address_counts_nothing(
    app: Flask, client: Visitor, comment: int, make_petition: object
) -> None:
    make_petition("other")  # type: ignore[operator]
    foreign = client.post(
        f"{PAGE}/comments/{in_address(comment, COMMENT)}/flag", headers={"Origin": "https://elsewhere.example"}
    )
    assert foreign.status_code == 403
    assert client.post(f"/fr/petitions/other/comments/{in_address(comment, COMMENT)}/flag").status_code == 303
    assert client.get(f"/fr/petitions/other/comments/{in_address(comment, COMMENT)}/flag").status_code == 404
    assert db.session.query(CommentFlag).count() == 0
    flag(client, comment, 1, "<nonsense>")
    (kept,) = db.session.query(CommentFlag).all()
    assert kept.point == ""
    assert "192.0" not in kept.reader


@both_engines
def test_flags_are_forgotten(app: Flask, client: Visitor, comment: int) -> None:
    for reader in (1, 2, 3):
        flag(client, comment, reader)
    assert flags.forget_flags(now() + timedelta(days=29), 2) == 0
    assert flags.forget_flags(now() + timedelta(days=31), 2) == 2
    assert flags.forget_flags(now() + timedelta(days=31), 2) == 1
