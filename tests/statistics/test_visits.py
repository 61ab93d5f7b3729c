"""Readings of a petition's page are counted, and nobody is told apart."""

from __future__ import annotations

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Petition, VisitCount
from petition_app.models.base import now
from petition_app.statistics import visits as writing_visits
from petition_app.statistics.numbers import numbers_of
from petition_app.statistics.visits import write_visits
from petition_app.web.visits import MOST_SOURCES
from tests.databases import both_engines
from tests.story import sign
from tests.visitor import Visitor

PAGE = "/fr/petitions/clean-water"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def read(client: Visitor, path: str = PAGE, *, agent: str = BROWSER, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers={"User-Agent": agent, **named}).status_code


def written() -> dict[str, tuple[int, int]]:
    write_visits()
    return {row.source: (row.views, row.signed) for row in db.session.query(VisitCount)}


@both_engines
def test_views_are_counted_by_where_they_came_from(client: Visitor, petition: Petition) -> None:
    read(client)
    read(client, Referer="https://www.journal.example/article?id=secret")
    read(client, Referer="https://journal.example/")
    read(client, Referer="http://localhost:8000/fr/")
    read(client, f"{PAGE}?via=mastodon", Referer="https://mastodon.example/@ada")
    read(client, f"{PAGE}?via=invented")
    assert written() == {"": (3, 0), "journal.example": (2, 0), "via:mastodon": (1, 0)}
    read(client, Referer="https://journal.example/")
    assert written()["journal.example"] == (3, 0)


def test_a_page_from_memory_counts_as_much_as_one_that_is_made(app: Flask, client: Visitor, petition: Petition) -> None:
    tag = client.get(PAGE, headers={"User-Agent": BROWSER}).headers["ETag"]
    assert read(client, If_None_Match=tag) == 304
    assert app.extensions["page_layer"].hits == 1
    assert written() == {"": (2, 0)}


def test_what_is_no_reading_is_not_counted(client: Visitor, petition: Petition) -> None:
    for agent in ("", "Mozilla/5.0 (compatible; Examplebot/2.1)", "curl/8.0"):
        read(client, agent=agent)
    read(client, Sec_Purpose="prefetch")
    client.head(PAGE, headers={"User-Agent": BROWSER})
    for path in (f"{PAGE}/live", f"{PAGE}/signatures", "/fr/petitions/none", f"{PAGE}/sign"):
        read(client, path)
    assert written() == {}


@both_engines
def test_a_sent_form_is_counted_by_its_share_link(client: Visitor, petition: Petition) -> None:
    page = client.get(f"{PAGE}?via=whatsapp").get_data(as_text=True)
    assert '<input type="hidden" name="via" value="whatsapp">' in page
    assert 'name="via"' not in client.get(PAGE).get_data(as_text=True)
    failed = sign(client, email="no address", via="whatsapp")
    assert '<input type="hidden" name="via" value="whatsapp">' in failed.get_data(as_text=True)
    sign(client, via="whatsapp")
    sign(client, email="bob@example.org", via='"><script>')
    assert written() == {"via:whatsapp": (1, 1), "": (1, 1)}


def test_behind_a_cdn_nothing_is_made_of_it(client: Visitor, petition: Petition) -> None:
    read(client)
    sign(client)
    write_visits()
    assert numbers_of(petition.id, now()).visits.conversion == 1.0
    read(client, CDN_Loop="example")
    write_visits()
    seen = numbers_of(petition.id, now()).visits
    assert (seen.is_partial, seen.conversion) == (True, None)
    assert [line.source for line in seen.sources] == [""]


def test_invented_sources_fill_nothing(client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing_visits, "MOST_SOURCES_A_DAY", 5)
    for number in range(MOST_SOURCES + 20):
        read(client, Referer=f"https://h{number}.example/")
    found = written()
    assert len(found) == 6
    assert found["(other)"][0] == MOST_SOURCES + 15
    for odd in ("https://[half", "javascript:alert(1)", "https://" + "a" * 300 + ".example/", "https://ü.example", "x"):
        read(client, Referer=odd.encode("utf-8").decode("latin-1"))
    assert written()[""] == (5, 0)


def test_what_cannot_be_written_waits(client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch) -> None:
    from petition_app.transactions import StorageUnavailable

    read(client)

    def full() -> None:
        raise StorageUnavailable("full")

    with monkeypatch.context() as broken:
        broken.setattr(writing_visits, "writing", full)
        with pytest.raises(StorageUnavailable):
            write_visits()
    read(client)
    assert written() == {"": (2, 0)}
