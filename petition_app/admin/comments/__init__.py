"""Comments as the association sees them: what waits for a look, what is on the page, what was taken off it."""

from __future__ import annotations

from petition_app.admin.comments import deciding, holding, screen

blueprint = screen.blueprint

__all__ = ["blueprint", "deciding", "holding"]
