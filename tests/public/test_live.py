"""The number moves: the live fragment, its pace, its 304, and the older signers behind it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions.life import close_petition
from petition_app.public.pace import poll_interval
from petition_app.signing.lifecycle import withdraw_signature
from tests.databases import both_engines
from tests.story import confirmed, number_shown
from tests.visitor import Visitor

LIVE = "/fr/petitions/clean-water/live"


def signer(number: int) -> dict[str, str]:
    return {"surname": f"Numéro-{number:03}", "email": f"n{number}@example.org"}


@both_engines
def test_a_signature_and_its_withdrawal_move_the_number(app: Flask, client: Visitor, petition: Petition) -> None:
    assert number_shown(client) == 0
    confirmed(app, client)
    fragment = client.get(LIVE)
    assert number_shown(client) == 1
    assert "Exemple" in fragment.get_data(as_text=True)
    etag = fragment.headers["ETag"]
    assert client.get(LIVE, headers={"If-None-Match": etag}).status_code == 304

    withdraw_signature(1, now())
    assert number_shown(client) == 0
    assert client.get(LIVE, headers={"If-None-Match": etag}).status_code == 200
    assert "Exemple</td>" not in client.get(LIVE).get_data(as_text=True)


def test_the_fragment_carries_its_own_pace(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    html = client.get(LIVE).get_data(as_text=True)
    assert 'data-poll="3"' in html
    assert "load delay:3s" in html
    with time_machine.travel(now() + timedelta(hours=3)):
        app.extensions["page_layer"].drop()
        assert 'data-poll="60"' in client.get(LIVE).get_data(as_text=True)


def test_a_closed_petition_is_asked_no_more(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    close_petition("clean-water", now())
    html = client.get(LIVE).get_data(as_text=True)
    assert "data-poll" not in html
    assert "hx-get" not in re.sub(r'hx-get="[^"]+signatures[^"]*"', "", html)


@pytest.mark.parametrize(("minutes", "seconds"), [(0, 3), (2.9, 3), (5, 5), (15, 10), (39, 20), (59, 30), (61, 60)])
def test_the_pace_slows_with_the_quiet(minutes: float, seconds: int) -> None:
    at = now()
    assert poll_interval(at, at - timedelta(minutes=minutes)) == seconds


def test_nothing_ever_happened_is_quiet() -> None:
    assert poll_interval(now(), None) == 60


def test_the_page_and_the_live_route_render_the_same(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    fragment = client.get(LIVE).get_data(as_text=True)
    live = re.search(r'<div class="live".+?</table>', fragment, re.S)
    assert live
    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert re.sub(r"\s+", " ", live[0]) in re.sub(r"\s+", " ", page)


@both_engines
def test_older_signers_are_paged_without_gap_or_double(app: Flask, client: Visitor, petition: Petition) -> None:
    for number in range(60):
        confirmed(app, client, **signer(number))
    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    found = re.findall(r"Numéro-(\d{3})", page)
    link = re.search(r'hx-get="([^"]+before=[^"]+)"', page)
    while link:
        page = client.get(link[1].replace("&amp;", "&")).get_data(as_text=True)
        found += re.findall(r"Numéro-(\d{3})", page)
        link = re.search(r'hx-get="([^"]+before=[^"]+)"', page)
    assert [int(number) for number in found] == list(range(59, -1, -1))


def test_paging_goes_on_from_where_it_was_when_new_ones_come(app: Flask, client: Visitor, petition: Petition) -> None:
    for number in range(15):
        confirmed(app, client, **signer(number))
    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    shown = re.findall(r"Numéro-(\d{3})", page)
    link = re.search(r'hx-get="([^"]+before=[^"]+)"', page)
    assert link
    for number in range(15, 20):
        confirmed(app, client, **signer(number))
    older = re.findall(r"Numéro-(\d{3})", client.get(link[1]).get_data(as_text=True))
    assert [int(n) for n in shown + older] == list(range(14, -1, -1))
