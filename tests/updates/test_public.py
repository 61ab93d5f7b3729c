"""Everybody reads the updates: newest first, folded after three, in their language or in the petition's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from petition_app.extensions import db
from petition_app.models import Petition, Update
from petition_app.models.base import now
from petition_app.transactions import writing
from petition_app.updates import mailing
from tests.databases import both_engines
from tests.updates.conftest import MakeUpdate
from tests.visitor import Visitor

PAGE = "/fr/petitions/clean-water"


def published(update_id: int, days_ago: int = 0) -> int:
    at = now() - timedelta(days=days_ago)
    with writing() as session:
        number = mailing.send(session, update_id, at, until=at, foreseen=0).number
    return number or 0


def read(client: Visitor, path: str) -> str:
    client.application.extensions["page_layer"].drop(None)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@both_engines
def test_newest_first_and_folded_after_three(client: Visitor, petition: Petition, make_update: MakeUpdate) -> None:
    for n in range(5):
        published(make_update(petition, {"fr": (f"Nouvelle {n}", f"Texte {n}.")}, by_mail=False), days_ago=9 - n)
    page = read(client, PAGE)
    assert re.findall(r"Nouvelle (\d)", page) == ["4", "3", "2", "1", "0"]
    shown, _summary, folded = page[page.index('id="updates"') :].partition("<summary>")
    assert len(re.findall(r"Nouvelle \d", shown)) == 3
    assert "2 nouvelles plus anciennes" in folded
    assert re.search(r'<time datetime="[0-9T:Z-]+">', shown)


def test_the_language_that_is_shown_is_told(client: Visitor, petition: Petition, make_update: MakeUpdate) -> None:
    number = published(make_update(petition, by_mail=False))
    page = read(client, f"/en/petitions/clean-water/updates/{number}")
    assert "This update has no text in your language. It is shown in this one: French." in page
    assert '<h1 lang="fr"' in page
    assert "no text in your language" not in read(client, f"{PAGE}/updates/{number}")


@both_engines
def test_what_is_not_published_is_not_there(client: Visitor, petition: Petition, make_update: MakeUpdate) -> None:
    update_id = make_update(petition)
    assert client.get(f"{PAGE}/updates/1").status_code == 404
    number = published(update_id)
    assert client.get(f"{PAGE}/updates/{number}").status_code == 200
    with writing() as session:
        session.get_one(Update, update_id).take_off(session, now())
    client.application.extensions["page_layer"].drop(None)
    assert client.get(f"{PAGE}/updates/{number}").status_code == 404
    assert "updates-title" not in read(client, PAGE)
    for number in (0, 2, 2**31, 10**30):
        assert client.get(f"{PAGE}/updates/{number}").status_code == 404


def test_a_draft_petitions_updates_are_nobodys(
    client: Visitor, make_petition: Callable[..., Petition], make_update: MakeUpdate
) -> None:
    published(make_update(make_petition(status="draft"), by_mail=False))
    assert client.get(f"{PAGE}/updates/1").status_code == 404


@pytest.fixture
def statements(app: Flask) -> list[str]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        # The settings are looked at by the clock, whatever is read.
        if text.startswith("SELECT") and "site_settings" not in text:
            sent.append(text)

    event.listen(db.engine, "before_cursor_execute", note)
    return sent


def test_a_petition_without_updates_asks_for_none(
    client: Visitor, petition: Petition, make_update: MakeUpdate, statements: list[str]
) -> None:
    read(client, PAGE)  # what stands still on it is kept from then on
    statements.clear()
    read(client, PAGE)
    without = len(statements)
    assert not [text for text in statements if re.search(r"\bFROM update", text)]
    published(make_update(petition, by_mail=False))
    read(client, PAGE)  # and the petition, which tells now that there are some, is loaded anew once
    statements.clear()
    read(client, PAGE)
    assert len(statements) == without + 1
