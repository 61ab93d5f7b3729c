"""The side list: each screen's module says where it is, what it is called and who may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request

from petition_app.admin.access import TABLE, may
from petition_app.models import Member

# The groups of the list, from its top.
PETITIONS, PEOPLE, ASSOCIATION = "petitions", "people", "association"
GROUPS = (PETITIONS, PEOPLE, ASSOCIATION)


@dataclass(frozen=True)
class Screen:
    """An entry. `waiting` counts what waits there for somebody, asked on each page: a question with an index."""

    endpoint: str
    label: Any
    action: str
    group: str
    position: int = 50
    waiting: Callable[[], int] | None = None

    def __post_init__(self) -> None:
        if self.action not in TABLE or self.group not in GROUPS:
            raise ValueError(f"{self.endpoint}: no such action or group")

    @property
    def is_here(self) -> bool:
        """Whether the page that is shown is this screen's: one of the same blueprint."""
        return (request.endpoint or "").rpartition(".")[0] == self.endpoint.rpartition(".")[0]


_SCREENS: dict[str, Screen] = {}


def add_screen(screen: Screen) -> None:
    """Put a screen into the list; called once, when its module is loaded."""
    _SCREENS[screen.endpoint] = screen


def screens_of(member: Member) -> list[list[Screen]]:
    """What this member's role may see, group by group; a group of which it sees nothing is not there."""
    seen = sorted((s for s in _SCREENS.values() if may(member.role, s.action)), key=lambda s: s.position)
    groups = [[screen for screen in seen if screen.group == group] for group in GROUPS]
    return [group for group in groups if group]
