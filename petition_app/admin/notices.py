"""What the next page says of what was just done, with a way back where there is one."""

from __future__ import annotations

from flask import flash

SUCCESS, WARNING = "success", "warning"


def notice(sentence: str, *, undo: str = "", kind: str = SUCCESS) -> None:
    """Say it on the next page. `undo` is the address that a press on “Undo” posts to."""
    flash({"sentence": str(sentence), "undo": undo}, kind)  # type: ignore[arg-type]  # what a cookie holds as JSON
