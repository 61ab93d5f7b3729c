"""The site's settings, for whoever writes a page or a mail."""

from __future__ import annotations

from flask_babel import gettext as _

from petition_app.site.effective import settings

__all__ = ["association_name", "settings"]


def association_name() -> str:
    """The association's name, or words that stand for it while the site is only tried out."""
    # Translators: stands for the association's name while the site has not been given one
    return settings().association_name or _("the association that runs this site")
