"""A database that goes away just after a page was made from it."""

from __future__ import annotations

import sqlite3

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition_app.extensions import db
from petition_app.models import Petition


def test_the_answer_that_was_made_is_given(app: Flask, petition: Petition, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_connection: object) -> None:
        raise sqlite3.OperationalError("the connection is gone")

    db.session.remove()
    with monkeypatch.context() as breaking:
        breaking.setattr(db.engine.dialect, "do_rollback", broken)
        with app.app_context():
            answer = FlaskClient(app, app.response_class).get("/fr/petitions/clean-water/sign")
    assert answer.status_code == 200
    with app.app_context():  # and the next one is well
        assert FlaskClient(app, app.response_class).get("/fr/petitions/clean-water/sign").status_code == 200
