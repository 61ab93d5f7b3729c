"""What signers seldom meet, as translators look at it: each text on the page, form, mail or paper that has it."""

from __future__ import annotations

import logging
import re

import pytest
from flask import Flask

from petition_app.admin.translations import book
from petition_app.admin.translations.sample import sample_site
from petition_app.i18n.marking import marking
from petition_app.models.translation import key_of
from petition_app.operations.logs import OfThisSite
from tests.admin.desk import Desk
from tests.story import sign
from tests.visitor import Visitor

FRENCH, ARABIC = "/admin/translations/fr", "/admin/translations/ar"
# Texts that the sample has nowhere, and that are told on the page that they belong to. This number only goes down.
MOST_TOLD = 0


@pytest.mark.long
def test_every_text_of_the_signers_is_seen_where_it_is_read(tara: Desk, app: Flask) -> None:
    with app.app_context(), app.test_request_context("/"):
        sample, entries = sample_site(), book.open_book("fr").entries.values()
        read = [entry for entry in entries if not all("/admin/" in file for file in entry.files)]
        told = [entry.sources[0] for entry in read if not sample.places_of(entry.key, entry.files)]
        assert len(told) <= MOST_TOLD, told


@pytest.mark.parametrize(
    ("place", "beginning"),
    [
        ("sign-not-now", "The site cannot take signatures just now."),
        ("sign-sent", "We have sent a mail to this address:"),
        ("unavailable", "What you typed is kept here."),
        ("failed", "Something went wrong on our side"),
        ("expired", "This link has expired"),
        ("confirmation-again", "This was entered anew after you had opened the page."),
        ("personal-answers", "Erase this answer: "),
        ("personal-group", "The association is looking at a group of signatures"),
        ("mail-personal_link-held", "You have confirmed your signature already."),
        ("privacy-unnamed", "the association that runs this site"),
    ],
)
def test_a_rare_text_stands_on_its_own_page(tara: Desk, place: str, beginning: str) -> None:
    usual = keys_at(tara, "sign-wrong")
    known = book.printed("fr").messages.items()
    key = next(key for key, (_message, source) in known if source.sources[0].startswith(beginning))
    page = tara.get(f"{FRENCH}/pages/{place}/frame?shown={key}").get_data(as_text=True)
    assert page.count("data-shown") == 1
    assert "could not be" not in page
    assert f"{FRENCH}/pages/{place}/frame?shown={key}" in tara.get(f"{FRENCH}/messages/{key}").get_data(as_text=True)
    assert keys_at(tara, "sign-wrong") == usual, "the next look finds the sample as it was"


def test_who_has_sent_too_much_is_told_when_to_come_back(tara: Desk, client: Visitor, petition: object) -> None:
    """By the limits as they are: the sample's are reached, the site's are not."""
    for place in ("sign-too-many", "lost-link-too-many"):
        page = tara.get(f"{FRENCH}/pages/{place}/frame").get_data(as_text=True)
        assert re.search(r"dans <[^>]*>?\d+ minutes?|dans \d+ minutes?", page), place
    assert sign(client).status_code in (302, 303)


def test_how_long_ago_is_told_in_the_catalogues_words(tara: Desk) -> None:
    """They are for languages that have no such words elsewhere; a translator of any language sees them."""
    page = tara.get(f"{ARABIC}/pages/signers-lapses/frame").get_data(as_text=True)
    for unit in ("minute", "hour", "day", "week", "month", "year"):
        assert page.count(f'data-texts="{key_of(None, f"%(num)s {unit} ago")}"') >= 2, unit
    usual = tara.get(f"{ARABIC}/pages/signers/frame").get_data(as_text=True)
    assert key_of(None, "%(num)s minute ago") not in usual


def test_what_goes_wrong_on_the_sample_is_in_no_log() -> None:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "a signature could not be taken", None, None)
    fault = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", None, (ValueError, ValueError(), None))
    assert OfThisSite().filter(record)
    with marking():
        assert not OfThisSite().filter(record)
        assert OfThisSite().filter(fault)


def keys_at(tara: Desk, place: str) -> list[str]:
    return re.findall(r'data-texts="([^"]+)"', tara.get(f"{FRENCH}/pages/{place}/frame").get_data(as_text=True))
