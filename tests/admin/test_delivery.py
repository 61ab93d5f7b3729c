"""An editor has the document for the recipients made, and fetches it."""

from __future__ import annotations

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.files import making
from petition_app.models import AuditEntry, Petition, StoredFile
from tests.admin.conftest import AsMember
from tests.databases import both_engines
from tests.story import confirmed
from tests.visitor import Visitor

PAGE = "/admin/delivery/clean-water"


@both_engines
def test_from_the_order_to_the_document(app: Flask, client: Visitor, petition: Petition, as_member: AsMember) -> None:
    confirmed(app, client)
    editor = as_member("editor")
    page = editor.get(PAGE).get_data(as_text=True)
    assert "1 online, 0 on paper" in page
    assert "mayor of Exampletown" in page
    assert editor.send(PAGE, text="fr", note="Un rendez-vous ?").status_code == 303
    editor.send(PAGE, text="fr")
    assert db.session.query(StoredFile).count() == 1
    assert "hx-get" in editor.get(f"{PAGE}/files").get_data(as_text=True)
    making.make_due()
    (file,) = db.session.query(StoredFile).all()
    answer = editor.get(f"/admin/delivery/file/{file.id}")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert editor.send(f"/admin/delivery/file/{file.id}/removal").status_code == 303
    assert editor.get(f"/admin/delivery/file/{file.id}").status_code == 404
    acts = [entry.action for entry in db.session.query(AuditEntry)]
    assert acts == ["delivery.ordered", "delivery.fetched", "delivery.removed"]


@pytest.mark.parametrize(
    "fields", [{"text": "xx"}, {}, {"text": "fr", "note": "x" * 3001}, {"text": "fr", "note": "a\u0000b"}]
)
def test_what_cannot_be_ordered(petition: Petition, as_member: AsMember, fields: dict[str, str]) -> None:
    answer = as_member("editor").send(PAGE, **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert db.session.query(StoredFile).count() == 0


def test_who_may_not(petition: Petition, as_member: AsMember) -> None:
    for role in ("moderator", "translator", "reader"):
        assert as_member(role, role.title()).get(PAGE).status_code == 403
