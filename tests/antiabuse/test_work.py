"""The stamp and the work that a page's script fetches: good once, for one petition, for some hours; else a sign."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from altcha.v1 import solve_challenge
from flask import Flask

from petition_app.antiabuse import work
from petition_app.models import UsedChallenge
from petition_app.transactions import writing
from tests.databases import both_engines

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(seconds=40)


@pytest.fixture(autouse=True)
def easy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "HARDNESS", 50)


def given(**changes: Any) -> dict[str, Any]:
    return work.challenge(7, AT, "secret", asks_work=True) | changes


def solved(puzzle: dict[str, Any], **changes: Any) -> str:
    solution = solve_challenge(puzzle["challenge"], puzzle["salt"], "SHA-256", puzzle["maxnumber"])
    assert solution is not None
    payload = {name: puzzle[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps(payload | {"number": solution.number} | changes).encode()).decode()


def signs(form: dict[str, str], petition_id: int = 7, at: datetime = LATER, asks_work: bool = True) -> str:
    return work.read(form, petition_id, at, "secret", asks_work=asks_work).signs


def test_where_the_traffic_is_as_usual_nobody_is_asked_for_work() -> None:
    plain = work.challenge(7, AT, "secret", asks_work=False)
    assert set(plain) == {"stamp"}
    assert signs({"stamp": plain["stamp"]}, asks_work=False) == "s"
    assert signs({}, asks_work=False) == ""


def test_a_stamp_tells_how_long_it_took() -> None:
    stamp = given()["stamp"]
    assert signs({"stamp": stamp}, at=AT + timedelta(seconds=2)) == "ast"
    assert signs({"stamp": stamp}, at=AT + timedelta(hours=25)) == "a"
    assert signs({"stamp": stamp}, at=AT - timedelta(seconds=1)) == "a"
    assert signs({"stamp": stamp}, petition_id=8) == "a"
    assert signs({"stamp": stamp[:-1] + ("0" if stamp[-1] != "0" else "1")}) == "a"
    assert signs({"trap": "x"}, asks_work=False) == "h"


def test_work_is_good_for_its_petition_and_for_some_hours() -> None:
    handed_in = solved(given()["work"])
    assert signs({"work": handed_in}) == "aw"
    assert signs({"work": handed_in}, petition_id=8) == "ar"
    assert signs({"work": handed_in}, at=AT + timedelta(hours=3)) == "a", "a page that lay open is no forgery"


@pytest.mark.parametrize(
    "changes",
    [
        {"number": -1},
        {"number": "1"},
        {"salt": None},
        {"algorithm": "SHA-1"},
        {"signature": "0" * 64},
        {"salt": "00?petition=7&expires=99999999999&"},
        {"salt": "00?petition=7&expires=" + "9" * 40 + "&"},
    ],
)
def test_forged_work_is_seen(changes: dict[str, Any]) -> None:
    assert signs({"work": solved(given()["work"], **changes)}) == "ar"


@pytest.mark.parametrize("text", ["x", "é", "W10=", "bnVsbA==", "e30=", "A" * 5000, "\x00"])
def test_nonsense_is_no_work_and_no_error(text: str) -> None:
    assert signs({"work": text, "stamp": text}) == "ar"


@both_engines
def test_work_that_was_handed_in_before_is_refused(app: Flask) -> None:
    done = work.read({"work": solved(given()["work"])}, 7, LATER, "secret", asks_work=True)
    with writing() as session:
        assert work.use(session.connection(), done) == "aw"
    with writing() as session:
        assert work.use(session.connection(), done) == "ar"
        assert session.query(UsedChallenge).count() == 1
    with writing() as session:
        work.forget_used(session, AT + timedelta(hours=3))
        assert session.query(UsedChallenge).count() == 0
