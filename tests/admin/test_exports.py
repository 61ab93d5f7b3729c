"""An administrator has files made, for one use each; whoever may not, gets none."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.files import making, orders
from petition_app.models import AuditEntry, FilePart, Petition, StoredFile
from petition_app.models.base import now
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import BOB, confirmed
from tests.visitor import Visitor

PAGE = "/admin/exports/clean-water"


@pytest.fixture
def desk(app: Flask, client: Visitor, petition: Petition, alice: Desk) -> Desk:
    confirmed(app, client)
    confirmed(app, client, **{**BOB, "consent_petition_news": "y"})
    alice.step_up()
    return alice


def acts() -> list[str]:
    return [entry.action for entry in db.session.query(AuditEntry) if entry.action.startswith("export")]


@both_engines
def test_from_the_order_to_the_file(desk: Desk) -> None:
    page = desk.get(f"{PAGE}?use=petition_news").get_data(as_text=True)
    assert 'value="email"' in page
    assert "Only for e-mails with news about this petition" in page
    done = desk.send(PAGE, use="petition_news", format="csv", columns=["email", "surname"])
    assert done.status_code == 303
    waiting = desk.get(f"{PAGE}/files").get_data(as_text=True)
    assert "hx-get" in waiting
    assert "<progress" in waiting
    making.make_due()
    ready = desk.get(f"{PAGE}/files").get_data(as_text=True)
    assert "hx-get" not in ready
    (file,) = db.session.query(StoredFile).all()
    assert (file.ordered_by, file.status) == ("Alice", "ready")
    assert file.sha256 in ready
    answer = desk.get(f"/admin/exports/file/{file.id}")
    assert list(csv.DictReader(io.StringIO(answer.get_data(as_text=True)))) == [
        {"email": "bob@example.org", "surname": "Témoin", "allowed_use": "petition_news"}
    ]
    part = desk.get(f"/admin/exports/file/{file.id}", headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.data) == (206, answer.data[5:10])
    assert acts() == ["export.ordered", "export.fetched"]


def test_a_file_is_taken_away(desk: Desk) -> None:
    desk.send(PAGE, use="check", format="xlsx", columns=["number"])
    making.make_due()
    (file,) = db.session.query(StoredFile).all()
    assert desk.send(f"/admin/exports/file/{file.id}/removal").status_code == 303
    assert db.session.query(FilePart).count() == 0
    assert desk.get(f"/admin/exports/file/{file.id}").status_code == 404
    assert "removed" in desk.get(PAGE).get_data(as_text=True)
    assert acts() == ["export.ordered", "export.removed"]


@pytest.mark.parametrize(
    "fields",
    [
        {"use": "check", "format": "csv", "columns": ["email"]},
        {"use": "check", "format": "csv"},
        {"use": "check", "format": "exe", "columns": ["number"]},
        {"use": "everything", "format": "csv", "columns": ["number"]},
        {},
    ],
)
def test_what_may_not_be_ordered(desk: Desk, fields: dict[str, Any]) -> None:
    answer = desk.send(PAGE, **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert db.session.query(StoredFile).count() == 0


def test_not_too_many_at_once(desk: Desk) -> None:
    for _ in range(6):
        desk.send(PAGE, use="check", format="csv", columns=["number"])
    assert db.session.query(StoredFile).count() == 4
    assert "still being made" in desk.get(PAGE).get_data(as_text=True)


def test_the_password_stands_before_every_file(app: Flask, petition: Petition, as_member: AsMember) -> None:
    late = as_member("administrator", "Late")
    file_id = orders.place(orders.Order(petition.id, "export", "x.csv", "text/csv", {"use": "check"}, "fr", 0), now())
    for path in (PAGE, f"/admin/exports/file/{file_id}"):
        assert "step_up_password" in late.get(path).get_data(as_text=True)
    for role in ("editor", "moderator", "translator", "reader"):
        assert as_member(role, role.title()).get(f"/admin/exports/file/{file_id}").status_code == 403


def test_no_other_file_comes_out_of_this_door(desk: Desk, petition: Petition) -> None:
    other = orders.place(orders.Order(petition.id, "delivery", "x.pdf", "application/pdf", {}, "fr", 0), now())
    assert desk.get(f"/admin/exports/file/{other}").status_code == 404
    assert desk.get("/admin/exports/file/99999999999999").status_code == 404
