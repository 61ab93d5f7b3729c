"""What the team's forms answer is shown where it is answered, and what is looked at leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from petition_app.admin.translations import book
from petition_app.admin.translations.desk_places import BY_NAME, LISTED, PLACES
from petition_app.admin.translations.fragments import put_in
from petition_app.admin.translations.sample import SampleSite, sample_site
from petition_app.extensions import db
from petition_app.models import Petition, Translation
from petition_app.models.translation import key_of
from tests.admin.desk import Desk
from tests.visitor import Visitor

HOME = "/admin/translations/fr"
# Texts that the sample does not show where they are, and why. There may only ever be fewer.
NOWHERE = {
    "The passkey is added. You can sign in with it from now on.": "only a device can make a passkey",
    "Somebody was faster: the addresses are sealed already, by another passphrase.": "two press at the same moment",
}


@pytest.fixture
def sample(app: Flask) -> Iterator[SampleSite]:
    with app.app_context(), app.test_request_context("/"):
        yield sample_site()


@pytest.mark.long
def test_what_is_told_where_it_is_not_is_known_and_little(sample: SampleSite) -> None:
    told = [entry for entry in book.open_book("fr").entries.values() if not sample.places_of(entry.key, entry.files)]
    assert {entry.sources[0] for entry in told} <= NOWHERE.keys()


@pytest.mark.long
def test_each_deed_answers_something_that_no_page_says(sample: SampleSite) -> None:
    """A line that brings nothing has come to be wrong: its form has another field by now, or its state is another."""
    said = {key for place in LISTED for key in sample.keys_at(place)}
    idle = [place.name for place in PLACES if place.is_deed and said >= set(sample.keys_at(place))]
    assert idle == []


@pytest.mark.parametrize(
    "sentence",
    [
        "The petition is online.",  # said where one is led to
        "This is not a picture that can be shown. Please choose a PNG, JPEG or WebP file.",
        "Kept at %(time)s. Readers do not see it yet.",  # in a part that htmx asks for
        "There were many tries from your connection. Please wait a quarter of an hour.",
        "Nothing answers at %(place)s. Please check the port.",  # told to the template, for no server is asked
        "You are alone here",
        "The addresses were sealed after this file was ordered. Order it again, with the passphrase.",
        "There is nothing left to take back: it has changed since.",
    ],
)
def test_a_sentence_is_shown_where_it_is_said(tara: Desk, sentence: str) -> None:
    key = key_of(None, sentence)
    form = tara.get(f"{HOME}/messages/{key}").get_data(as_text=True)
    assert "The sample has no such case." not in form
    frame = re.search(rf'src="({HOME}/pages/desk-[\w-]+-then-\d+/frame\?shown={key})"', form)
    assert frame
    page = tara.get(frame[1]).get_data(as_text=True)
    assert page.count("data-shown") == 1
    assert "<main" in page, "it is a whole page"
    assert "Tara" not in page


def test_nothing_of_a_deed_stays(sample: SampleSite) -> None:
    for name in ("desk-team-then-1", "desk-deletion-then-1", "desk-settings-sealing-then-2"):
        usual = as_it_is(sample)
        assert sample.shown(BY_NAME[name], "fr")
        assert as_it_is(sample) == usual


def as_it_is(sample: SampleSite) -> tuple[list[str], object]:
    """The team as the sample has it, and its settings."""
    page = re.sub(r'name="csrf_token"[^>]*', "", sample.shown(BY_NAME["desk-team"], "fr"))
    return re.findall(r">([^<]+)<", page), sample.app.extensions["site"].known


def test_deeds_are_not_in_the_way_of_who_chooses_a_page(tara: Desk) -> None:
    page = tara.get(f"{HOME}/pages/desk-team").get_data(as_text=True)
    assert "pages/desk-team-member" in page
    assert "-then-" not in page
    assert tara.get(f"{HOME}/pages/desk-team-then-1").status_code == 200


def test_a_part_is_put_where_htmx_would_put_it() -> None:
    page = '<main>\n<br><p id="a">old <b>words</b></p>\n<div id="c"></div></main>'
    assert put_in(page, "new", "a") == page.replace("old <b>words</b>", "new")
    assert put_in(page, '<p id="a">new</p>', "a") == page.replace("old <b>words</b>", "new")
    assert put_in(page, "new", "c") == page.replace('"c">', '"c">new')
    elsewhere = '<div id="c" hx-swap-oob="true">more</div>'
    assert put_in(page, f"new{elsewhere}", "a") == put_in(page, "new", "a").replace('<div id="c"></div>', elsewhere)
    with pytest.raises(LookupError):
        put_in(page, "new", "d")


def test_what_the_samples_translators_word_is_said_nowhere(tara: Desk, client: Visitor, petition: Petition) -> None:
    key = key_of(None, "Saved. Readers see it within two seconds.")
    form = tara.get(f"{HOME}/messages/{key}").get_data(as_text=True)
    frame = re.search(rf'src="({HOME}/pages/[\w-]+/frame\?shown={key})"', form)
    assert frame
    assert "Je signe" in tara.get(frame[1]).get_data(as_text=True)
    assert "Je signe" not in tara.get(f"{HOME}/pages/sign/frame").get_data(as_text=True)
    assert "Je signe" not in client.get("/fr/petitions/clean-water/sign").get_data(as_text=True)
    assert db.session.query(Translation).all() == []
