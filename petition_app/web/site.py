"""The site's settings, for whoever writes a page or a mail."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _

from petition_app.config import Settings


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def association_name() -> str:
    """The association's name, or words that stand for it while the site is only tried out."""
    # Translators: stands for the association's name while the site has not been given one
    return settings().association_name or _("the association that runs this site")
