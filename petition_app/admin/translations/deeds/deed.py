"""One thing that somebody does at a form of the admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Deed:
    """`at` names the place of the form; the rest is the place's own (places.py) where nothing else is said."""

    at: str
    data: Data | Callable[[], Data] | None = None
    path: Callable[[], str] | None = None
    who: str | None = None
    before: Callable[[Session], object] | None = None
    first: tuple[tuple[str, Data], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    into: str = ""


def sent(at: str, *sheets: Data, to: str = "", **more: Any) -> list[Deed]:
    """The form at a place, sent once with each of these; `to` is where it is sent, if not to its own address."""
    path = (lambda: to) if to else None
    return [Deed(at, sheet, path, **more) for sheet in sheets]


def seen(at: str, to: str = "", **more: Any) -> Deed:
    """A page that is only looked at, in a state that is rare."""
    return Deed(at, path=(lambda: to) if to else None, **more)
