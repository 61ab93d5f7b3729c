"""How long ago it was, in languages that CLDR knows well and in those that it does not."""

from __future__ import annotations

from flask import Flask

from petition_app.i18n import catalogues, lapses
from petition_app.i18n.locales import babel_locale, use_locale


def ago(seconds: int, locale: str) -> str:
    with use_locale(locale):
        return lapses.ago(seconds, babel_locale(locale))


def test_most_languages_have_their_words_from_cldr(app: Flask) -> None:
    assert ago(300, "fr") == "il y a 5 minutes"
    assert ago(3_600, "pl") == "1 godzinę temu"
    assert ago(172_800, "ar") == "قبل يومين"


def test_where_cldr_has_none_the_catalogue_says_it(app: Flask) -> None:
    assert ago(300, "oc") == "5 minutes ago"  # no catalogue yet: the source's words, and not “-5 min”
    words = {(None, ("%(num)s minute ago", "%(num)s minutes ago")): ("fa %(num)s minuta", "fa %(num)s minutas")}
    catalogues.of_app().supply_overrides(lambda locale: words if locale == "oc" else {})
    assert ago(300, "oc") == "fa 5 minutas"
    assert ago(60, "oc") == "fa 1 minuta"
    # One unit that CLDR does know would stand among words that it does not.
    assert ago(2_629_800, "oc") == "1 month ago"
