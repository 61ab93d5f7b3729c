"""The translators' workshop: the site's own words, in a list, in a form, and on the very pages where they are read.

What is worded here lies over the shipped catalogues (i18n/site_words.py) and goes back into them by a file
(i18n/exchange.py). The pages are those of a sample site (sample.py), so that nobody's data is seen.
"""

from __future__ import annotations

from petition_app.admin.translations import editing, exchanging, lists, pages, screen

blueprint = screen.blueprint

__all__ = ["blueprint", "editing", "exchanging", "lists", "pages"]
