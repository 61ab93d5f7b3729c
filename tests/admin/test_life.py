"""A petition opens, closes, is archived and deleted: each told before, and taken back where that can be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import AuditEntry, Petition
from petition_app.models.base import now
from petition_app.petitions.life import change_settings
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import confirmed
from tests.visitor import Visitor

DESK = "/admin/petitions/clean-water"
PAGE = "/fr/petitions/clean-water"


def text(browser: Desk | Visitor, path: str) -> str:
    return browser.get(path).get_data(as_text=True)


@pytest.fixture
def editor(as_member: AsMember) -> Desk:
    return as_member("editor", "Edith")


def status() -> str:
    return db.session.query(Petition).filter_by(slug="clean-water").one().status


def undo(desk: Desk) -> None:
    """Press “Undo” on the notice of the page that comes next."""
    found = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(?:(?!</form>).)*Undo', text(desk, DESK), re.S)
    assert found is not None
    desk.send(found[1].replace("&amp;", "&"))


@both_engines
def test_a_draft_opens_and_is_a_draft_again(
    editor: Desk, client: Visitor, make_petition: Callable[..., Petition]
) -> None:
    make_petition(status="draft")
    assert "Put it online" in text(editor, DESK)
    assert "Everybody can read it and sign it" in text(editor, f"{DESK}/opening")
    assert editor.send(f"{DESK}/opening").location == DESK
    assert client.get(PAGE).status_code == 200
    undo(editor)
    assert status() == "draft"
    assert client.get(PAGE).status_code == 404
    assert [e.action for e in db.session.query(AuditEntry)][-2:] == ["petition.opened", "petition.taken_offline"]


@both_engines
def test_once_somebody_has_signed_it_is_no_draft_any_more(
    app: Flask, editor: Desk, client: Visitor, petition: Petition
) -> None:
    confirmed(app, client)
    editor.send(f"{DESK}/offline")
    assert "cannot be a draft again" in text(editor, DESK)
    assert status() == "open"
    assert editor.send(f"{DESK}/deletion").status_code == 303
    assert "Only a draft that nobody has signed" in text(editor, DESK)


@both_engines
def test_closed_archived_and_back(app: Flask, editor: Desk, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    assert "the number: 1 now" in text(editor, f"{DESK}/closing")
    editor.send(f"{DESK}/closing")
    assert "Cette pétition est close" in text(client, PAGE)
    undo(editor)
    assert status() == "open"
    editor.send(f"{DESK}/closing")
    assert "Deliver it to its recipients" not in text(editor, f"{DESK}/archiving")
    editor.send(f"{DESK}/archiving")
    assert (status(), client.get(PAGE).status_code) == ("archived", 200)
    undo(editor)
    assert status() == "closed"
    editor.send(f"{DESK}/archiving")
    assert "among those that are closed" in text(editor, f"{DESK}/unarchiving")
    editor.send(f"{DESK}/unarchiving")
    assert status() == "closed"


@both_engines
def test_a_closing_date_is_the_same_after_the_undoing(editor: Desk, petition: Petition) -> None:
    closing = now() + timedelta(days=3)
    change_settings("clean-water", closes_at=closing)
    editor.send(f"{DESK}/closing")
    undo(editor)
    assert db.session.query(Petition).one().closes_at == closing


def test_what_somebody_else_has_done_already_is_said(editor: Desk, petition: Petition) -> None:
    for path, sentence in (
        ("opening", "The petition is open: nothing was done."),
        ("archiving", "The petition is open: nothing was done."),
        ("unarchiving", "The petition is open: nothing was done."),
    ):
        assert editor.send(f"{DESK}/{path}").location == DESK
        assert sentence in text(editor, DESK)
    editor.send(f"{DESK}/closing")
    editor.send(f"{DESK}/closing")
    assert "The petition is closed: nothing was done." in text(editor, DESK)
    assert editor.get("/admin/petitions/none/closing").status_code == 404


@both_engines
def test_a_draft_is_deleted(editor: Desk, make_petition: Callable[..., Petition]) -> None:
    make_petition(status="draft")
    editor.send(f"{DESK}/text", act="save", revision="0", title="x", body="y")
    assert "gone for good" in text(editor, f"{DESK}/deletion")
    assert editor.send(f"{DESK}/deletion").location == "/admin/"
    assert db.session.query(Petition).count() == 0
    assert "is deleted" in text(editor, "/admin/")
    assert editor.get(DESK).status_code == 404


class TestOfASiteThatDoesNotSayWhoRunsIt:
    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {"PETITION_ASSOCIATION_HOSTING": ""}

    def test_what_is_missing_is_listed_and_nothing_opens(
        self, editor: Desk, make_petition: Callable[..., Petition], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Settings, "is_local", False)
        make_petition(status="draft")
        page = text(editor, f"{DESK}/opening")
        assert "Something is missing" in page
        assert "The site says who runs it." in page
        assert f'action="{DESK}/opening"' not in page
        assert editor.send(f"{DESK}/opening").status_code == 422
        assert status() == "draft"


def test_strangers_and_others_are_refused(charlie: Desk, as_member: AsMember, petition: Petition) -> None:
    assert charlie.send(f"{DESK}/closing").status_code in (303, 401)
    for role in ("moderator", "translator", "reader"):
        assert as_member(role, role.title()).send(f"{DESK}/closing").status_code == 403
    assert status() == "open"
