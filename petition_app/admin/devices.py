"""A browser by the name that people know it by."""

from __future__ import annotations

from flask_babel import gettext as _

# The first that fits: browsers name their ancestors too.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """“Firefox, Linux”; what it says of itself where that is unknown here."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        # Translators: a browser and the system that it runs on, as “Firefox on Linux”
        return str(_("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or user_agent[:60] or str(_("Unknown device"))
