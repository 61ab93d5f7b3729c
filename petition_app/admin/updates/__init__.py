"""Updates: written in each language side by side, looked at, tried on oneself, and sent to those who asked for news."""

from __future__ import annotations

from petition_app.admin.updates import course, screen, sending, sheets

blueprint = screen.blueprint

__all__ = ["blueprint", "course", "sending", "sheets"]
