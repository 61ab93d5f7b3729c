"""The site's settings, a page for each kind; while the site is set up, the same pages are its steps."""

from __future__ import annotations

from petition_app.admin.settings import appearance, association, languages, mail, sealing
from petition_app.admin.settings.pages import blueprint

__all__ = ["appearance", "association", "blueprint", "languages", "mail", "sealing"]
