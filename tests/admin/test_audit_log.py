"""The administrator reads the log, looks for something in it, and takes it along."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from petition_app.admin import audit
from petition_app.extensions import db
from petition_app.models import AuditEntry, Petition
from petition_app.transactions import writing
from tests.admin.desk import Desk, make_member
from tests.databases import both_engines

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def write(number: int, **values: object) -> None:
    """Entries a minute apart, the last one the newest; every tenth at the same moment as the one before."""
    with writing() as session:
        for place in range(number):
            row = {"action": "member.invited", "object_label": f"no. {place}", "member_name": "Alice", **values}
            session.add(AuditEntry(at=AT + timedelta(minutes=place - (place % 10 == 0)), **row))


def labels(html: str) -> list[int]:
    return [int(found) for found in re.findall(r"<bdi[^>]*>no\. (\d+)</bdi>", html)]


@both_engines
def test_page_by_page_nothing_is_left_out(app: Flask, alice: Desk) -> None:
    write(120)
    address, seen = "/admin/log", []
    for _page in range(3):
        html = alice.get(address).get_data(as_text=True)
        seen += labels(html)
        following = re.search(r'href="([^"]+)"[^>]*rel="next"', html)
        address = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == list(range(120))
    assert address == ""
    assert seen[:2] == [119, 118]


@both_engines
def test_it_is_filtered(app: Flask, alice: Desk) -> None:
    bob = make_member("editor", name="Bob")
    write(3)
    write(3, member_id=bob, member_name="Bob", action="member.enabled", object_label="no. 7")
    for query, number in (
        (f"member={bob}", 3),
        ("member=0", 3),
        ("action=member.enabled", 3),
        (f"member={bob}&action=member.invited", 0),
        ("since=2026-05-01&until=2026-05-01", 6),
        ("since=2026-05-02", 0),
        ("until=2026-04-30", 0),
        ("until=9999-12-31", 6),
        ("since=0001-01-01", 6),
    ):
        html = alice.get(f"/admin/log?{query}").get_data(as_text=True)
        assert len(labels(html)) == number, query


@pytest.mark.parametrize(
    "query",
    [
        "member=x",
        "member=-1",
        "member=99999999999999999999",
        "action=%00",
        "since=x",
        "until=0000-00-00",
        "before=x",
        "%ff=%00",
        "member=%F0%9F%8C%BB&before=",
    ],
)
def test_what_cannot_be_looked_for_breaks_nothing(app: Flask, alice: Desk, query: str) -> None:
    alice.step_up()
    for path in ("/admin/log", "/admin/log/log.csv"):
        assert alice.get(f"{path}?{query}").status_code in (200, 404)


@both_engines
def test_it_is_taken_along_as_csv(app: Flask, alice: Desk) -> None:
    write(1100)
    write(1, object_label="=HYPERLINK(1)", member_name="+Mallory", details=json.dumps({"reason": "@x"}))
    assert 'name="step_up_password"' in alice.get("/admin/log/log.csv").get_data(as_text=True)
    alice.step_up()
    response = alice.get("/admin/log/log.csv?action=member.invited")
    assert response.headers["Content-Disposition"] == 'attachment; filename="log.csv"'
    rows = list(csv.DictReader(io.StringIO(response.get_data(as_text=True))))
    assert len(rows) == 1101
    assert {row["object"] for row in rows} >= {"'=HYPERLINK(1)", "no. 0", "no. 1099"}
    assert {row["member"] for row in rows} == {"Alice", "'+Mallory"}
    assert rows[0]["moment"] > rows[-1]["moment"]
    assert db.session.query(AuditEntry).filter_by(action="audit.exported").count() == 1


def test_the_act_and_its_entry_are_there_together_or_not_at_all(app: Flask, petition: Petition) -> None:
    def break_off() -> None:
        with writing() as session:
            audit.record(session, "member.invited", session.get_one(Petition, petition.id), why="x")
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        break_off()
    assert db.session.query(AuditEntry).count() == 0
    with writing() as session:
        audit.record(session, "member.invited", session.get_one(Petition, petition.id), why="é")
    entry = db.session.query(AuditEntry).one()
    assert (entry.object_kind, entry.object_id, entry.object_label) == ("petitions", petition.id, "clean-water")
    assert (entry.member_id, entry.member_name, entry.details) == (None, "", '{"why": "é"}')


def test_an_act_without_a_name_is_a_mistake(app: Flask) -> None:
    with pytest.raises(ValueError, match="has no name"), writing() as session:
        audit.record(session, "petition.eaten")


def test_the_log_keeps_names_as_they_were(app: Flask, alice: Desk) -> None:
    alice.send("/admin/account", name="Alice Nouveau", locale="en")
    entry = db.session.query(AuditEntry).one()
    assert entry.member_name == "Alice"
    html = alice.get("/admin/log").get_data(as_text=True)
    assert "changed the own name or language" in html


def test_an_empty_log_says_what_will_be_there(alice: Desk) -> None:
    assert "Nothing yet" in alice.get("/admin/log").get_data(as_text=True)
    assert "Nothing like that" in alice.get("/admin/log?member=0").get_data(as_text=True)
