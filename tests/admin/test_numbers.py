"""The numbers, as each role may see them; nothing is counted while they are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.operations import demo
from petition_app.statistics.counting import BEHIND, count_signatures, count_unconfirmed
from petition_app.statistics.visits import write_visits
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.plans import Recorder, faults
from tests.visitor import Visitor

PAGE = "/admin/numbers/demo"


@pytest.fixture
def crowd(app: Flask, client: Visitor) -> None:
    demo.load()
    for referrer in ("https://journal.example/x", ""):
        client.get("/fr/petitions/demo", headers={"User-Agent": "Firefox", "Referer": referrer})
    client.get("/fr/petitions/demo?via=mastodon", headers={"User-Agent": "Firefox"})
    write_visits()
    count_signatures(now() + BEHIND + timedelta(seconds=1))
    count_unconfirmed(now())


@both_engines
@pytest.mark.usefixtures("crowd")
def test_a_reader_sees_the_numbers_and_no_signer(as_member: AsMember) -> None:
    page = as_member("reader").get(PAGE).get_data(as_text=True)
    assert "428" in page
    assert "974 La Réunion" in page
    assert "journal.example" in page
    assert "Share link: Mastodon" in page
    assert "example.org" not in page.replace("bob@example.org", "")
    assert "Files of signatures" not in page
    french = as_member("reader", "Rita", locale="fr").get(PAGE).get_data(as_text=True)
    assert "Royaume-Uni" in french


def test_nothing_is_there_yet(alice: Desk, make_petition: Callable[..., Petition]) -> None:
    make_petition()
    assert "Nobody has signed yet" in alice.get("/admin/numbers/clean-water").get_data(as_text=True)
    assert alice.get("/admin/numbers/none").status_code == 404


@pytest.mark.usefixtures("crowd")
def test_behind_a_cdn_it_is_said(client: Visitor, alice: Desk) -> None:
    client.get("/fr/petitions/demo", headers={"User-Agent": "Firefox", "CDN-Loop": "x"})
    write_visits()
    page = alice.get(PAGE).get_data(as_text=True)
    assert "stands behind a CDN" in page
    assert "journal.example" not in page


@both_engines
@pytest.mark.usefixtures("crowd")
def test_the_page_counts_no_rows(app: Flask, alice: Desk) -> None:
    with Recorder().listening(db.engine) as recorder, recorder.route("numbers"):
        assert alice.get(PAGE).status_code == 200
    own = [s for s in recorder.statements if "signatures" in s.text or "tallies" in s.text or "visit" in s.text]
    assert own
    assert not [s.text for s in own if "FROM signatures" in s.text]
    with db.engine.connect() as connection:
        assert "".join(faults(connection, statement) for statement in own) == ""
