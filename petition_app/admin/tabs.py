"""The tabs of a petition: each screen that is about one petition says where it stands among them.

A template of such a screen extends `layouts/petition_desk.html`, which shows the petition's title, its state and the
tabs above the block `desk`; the view gives it `petition` and `text`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request

from petition_app.admin.access import TABLE, may
from petition_app.models import Member


@dataclass(frozen=True)
class Tab:
    """An entry: the endpoint, which takes the petition's `slug`, and who may see it.

    `waiting` counts what waits there for somebody, of the petition of this id: a question with an index.
    """

    endpoint: str
    label: Any
    action: str
    position: int = 50
    waiting: Callable[[int], int] | None = None

    def __post_init__(self) -> None:
        if self.action not in TABLE:
            raise ValueError(f"{self.endpoint}: there is no action {self.action}")

    @property
    def is_here(self) -> bool:
        """Whether the page that is shown is this tab's: one of the same blueprint."""
        return (request.endpoint or "").rpartition(".")[0] == self.endpoint.rpartition(".")[0]


_TABS: dict[str, Tab] = {}


def add_tab(tab: Tab) -> None:
    """Put a screen among a petition's tabs; called once, when its module is loaded."""
    _TABS[tab.endpoint] = tab


def tabs_of(member: Member) -> list[Tab]:
    """The tabs that this member's role may see, in order."""
    return sorted((tab for tab in _TABS.values() if may(member.role, tab.action)), key=lambda tab: tab.position)
