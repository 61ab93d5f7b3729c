"""What a petition demands, what became of each demand, and what its recipients answer."""

from __future__ import annotations

from petition_app.admin.demands import outcome, replies, screen, wording

blueprint = screen.blueprint

__all__ = ["blueprint", "outcome", "replies", "wording"]
