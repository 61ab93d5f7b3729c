"""Parts of pages that are kept: nobody finds what was made of what no longer holds, and many may keep at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.public import views
from petition_app.public.seeing import Seen
from petition_app.site import effective, storing
from petition_app.transactions import writing
from petition_app.web import kept as keeping
from petition_app.web.kept import kept
from tests.visitor import Visitor

PAGE = "/fr/petitions/clean-water"
COLOUR = "#a03020"


def test_a_page_that_was_begun_before_a_change_is_not_kept_for_those_after_it(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reader has the settings of when it was begun; the next one has the new ones."""
    del petition
    see = views.see

    def change() -> None:
        with app.app_context():
            with writing() as session:
                storing.store(session, {"accent_colour": COLOUR})
            effective.look(at_once=True)

    def changed_meanwhile(slug: str) -> Seen:
        monkeypatch.setattr(views, "see", see)
        db.session.rollback()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(change).result(20)
        return see(slug)

    monkeypatch.setattr(views, "see", changed_meanwhile)
    assert COLOUR[1:] not in client.get(PAGE).get_data(as_text=True)
    app.extensions["page_layer"].drop()
    assert COLOUR[1:] in client.get(PAGE).get_data(as_text=True)


def test_many_threads_keep_parts_where_there_is_no_room(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 3)

    def keep(name: int) -> None:
        with app.app_context():
            for number in range(3_000):
                assert kept((name, number), lambda: f"{name} {number}") == f"{name} {number}"  # noqa: B023

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(8)))
    with app.app_context():
        parts = app.extensions["kept_parts"]
        assert len(parts) == 3
        assert parts.size == sum(map(len, parts.values()))


def test_large_parts_make_room_for_the_newest(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers choose languages and share links: each has a frame of its own, and those of all are not kept."""
    monkeypatch.setattr(keeping, "MOST_CHARACTERS", 100)
    with app.app_context():
        for name in range(10):
            kept(name, lambda: "x" * 30)
        parts = app.extensions["kept_parts"]
        assert list(parts) == [7, 8, 9]
        kept("too large", lambda: "x" * 101)
        assert (len(parts), parts.size) == (0, 0)
