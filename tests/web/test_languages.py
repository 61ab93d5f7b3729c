"""The switch of languages: on the same page, in the petition's own languages first, without a script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from petition_app import config_values
from petition_app.extensions import db
from petition_app.models import Petition, PetitionText
from petition_app.web.keyset import cursor_of
from tests.visitor import Visitor

LANGUAGES = ["ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt"]


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(config_values, "available_locales", lambda: LANGUAGES)
    return {"PETITION_LOCALES": "fr en ar de es it nl pl pt"}


def switch(client: Visitor, path: str) -> tuple[str, str]:
    """The two parts of the switch: the petition's languages, and the site's others."""
    page = client.get(path).get_data(as_text=True)
    found = re.search(r'<nav class="languages".*?</nav>', page, re.S)
    assert found is not None
    first, _line, others = found[0].partition("<p>")
    return first, others


def links(part: str) -> dict[str, str]:
    return {code: href for href, code in re.findall(r'<a href="([^"]+)"\s+hreflang="([\w-]+)"', part)}


def test_a_petitions_languages_come_first_and_the_others_apart(client: Visitor, petition: Petition) -> None:
    db.session.add(PetitionText(petition_id=petition.id, locale="ar", title="ماء", body="ماء نظيف."))
    db.session.commit()
    first, others = switch(client, "/fr/petitions/clean-water")
    assert links(first) == {code: f"/{code}/petitions/clean-water" for code in ("fr", "en", "ar")}
    assert set(links(others)) == set(LANGUAGES) - {"fr", "en", "ar"}
    assert "<details" in first
    assert re.search(r'hreflang="ar"\s+lang="ar"\s*><bdi dir="rtl">العربية</bdi>', first)
    assert re.search(r'lang="fr"\s+aria-current="true"', first)
    # In a language that the petition does not have, the page is there and says so.
    first, others = switch(client, "/de/petitions/clean-water")
    assert re.search(r'lang="de"\s+aria-current="true"', others)


@pytest.mark.parametrize("path", ["/signatures", "/comments", "/changes", "/sign"])
def test_it_stays_on_the_page_that_is_read(client: Visitor, petition: Petition, path: str) -> None:
    first, _others = switch(client, f"/fr/petitions/clean-water{path}?odd=%22%3E")
    assert links(first)["en"] == f"/en/petitions/clean-water{path}"


def test_it_stays_at_the_place_in_a_list(client: Visitor, petition: Petition) -> None:
    from petition_app.models.base import now

    place = cursor_of(now(), 7)
    first, _others = switch(client, f"/fr/petitions/clean-water/signatures?before={place}")
    assert links(first)["en"].startswith("/en/petitions/clean-water/signatures?before=")


def test_pages_of_the_site_have_all_its_languages(client: Visitor, make_petition: Callable[..., Petition]) -> None:
    first, others = switch(client, "/fr/privacy")
    assert links(first) == {code: f"/{code}/privacy" for code in LANGUAGES}
    assert others == ""


def test_no_more_is_asked_of_the_database_for_nine_languages(client: Visitor, petition: Petition) -> None:
    from sqlalchemy import event

    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    client.get("/fr/petitions/clean-water?fresh=1")  # what stands still on it is kept from then on
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.get("/fr/petitions/clean-water?fresh=2")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in asked if "petition_texts" in one]) == 1
