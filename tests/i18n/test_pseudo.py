"""The pseudo-locales: made of the sources, for development alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import gettext, ngettext

from petition_app.config_sources import ConfigurationError
from petition_app.i18n import pseudo
from petition_app.i18n.locales import use_locale
from petition_app.models import Petition
from tests.conftest import make_settings
from tests.visitor import Visitor

DEVELOPMENT = {"PETITION_DEVELOPMENT": "on", "PETITION_LOCALES": "fr,en,en-XA,ar-XB"}


@pytest.fixture
def variables() -> dict[str, str]:
    return DEVELOPMENT


def test_what_is_no_word_stays_as_it_is() -> None:
    source = 'See <a href="%(url)s">the %(count)s signatures</a> &amp; 50 %% of them'
    for change in pseudo.CHANGES.values():
        made = change(source)
        for kept in ('<a href="%(url)s">', "%(count)s", "</a>", "&amp;", "%%"):
            assert kept in made
        assert made % {"url": "/", "count": "5"}
        assert (made[0], made[-1]) == (pseudo.OPENING, pseudo.CLOSING)
    assert pseudo.accented(" Name\n") == " ⟦Ñàɱé⟧\n"


def test_accented_texts_are_longer_by_two_fifths() -> None:
    source = "We ask for water that one can drink, in every house of this town."
    assert len(pseudo.accented(source)) == pytest.approx(1.4 * len(source), abs=2)


def test_pages_are_in_the_language_that_stands_in_for_it(app: Flask, client: Visitor, petition: Petition) -> None:
    accented = client.get("/en-XA/legal").get_data(as_text=True)
    assert '<html lang="en-XA" dir="ltr">' in accented
    assert "⟦Ļéĝàļ ñöţîçé" in accented
    assert '<html lang="ar-XB" dir="rtl">' in client.get("/ar-XB/legal").get_data(as_text=True)
    with use_locale("ar-XB"):
        assert gettext("Name") == "⟦\u202eName\u202c⟧"
        assert ngettext("%(num)s signature", "%(num)s signatures", 1) == "⟦1 \u202esignature\u202c⟧"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PETITION_LOCALES": "fr,en-XA"}, "names en-XA, which is for development alone"),
        ({"PETITION_DEVELOPMENT": "on", "PETITION_SITE_URL": "https://petition.example.org"}, "is not a loopback"),
        ({"PETITION_LOCALES": "fr,en-XB"}, "there is no catalogue"),
    ],
)
def test_a_site_that_strangers_reach_has_none(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make_settings(tmp_path, **variables)
