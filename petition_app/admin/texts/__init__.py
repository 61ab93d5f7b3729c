"""A petition's text in each of its languages: written, seen as readers will, put online, changed with a reason."""

from __future__ import annotations

from petition_app.admin.texts import desk, publication, writing

blueprint = desk.blueprint

__all__ = ["blueprint", "publication", "writing"]
