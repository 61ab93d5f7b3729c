"""Who may do what: one table, role by action, and the mark that puts a route under one of its lines.

A screen's view says what it is about: `@allowed("petitions.edit")`, under its route. The guard (guard.py) reads that
before any view of the admin runs; a route without a mark is refused to everybody, and fails a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from flask_babel import lazy_gettext as _l

from petition_app.models.member import ROLES

View = TypeVar("View", bound=Callable[..., Any])

ADMINISTRATOR, EDITOR, MODERATOR, TRANSLATOR, READER = ROLES
EVERYBODY = frozenset(ROLES)

TABLE: dict[str, frozenset[str]] = {
    "dashboard.read": EVERYBODY,
    "account.manage": EVERYBODY,
    "account.secure": EVERYBODY,
    "petitions.read": frozenset({ADMINISTRATOR, EDITOR, MODERATOR, TRANSLATOR}),
    "petitions.edit": frozenset({ADMINISTRATOR, EDITOR}),
    "texts.translate": frozenset({ADMINISTRATOR, EDITOR, TRANSLATOR}),
    "petitions.open": frozenset({ADMINISTRATOR, EDITOR}),
    "petitions.close": frozenset({ADMINISTRATOR, EDITOR}),
    "petitions.archive": frozenset({ADMINISTRATOR, EDITOR}),
    "updates.write": frozenset({ADMINISTRATOR, EDITOR}),
    "updates.send": frozenset({ADMINISTRATOR, EDITOR}),
    "comments.moderate": frozenset({ADMINISTRATOR, MODERATOR}),
    "signatures.read": frozenset({ADMINISTRATOR, MODERATOR}),
    "signatures.moderate": frozenset({ADMINISTRATOR, MODERATOR}),
    "paper.enter": frozenset({ADMINISTRATOR, EDITOR, MODERATOR}),
    "statistics.read": frozenset({ADMINISTRATOR, EDITOR, MODERATOR, READER}),
    "exports.make": frozenset({ADMINISTRATOR}),
    "delivery.make": frozenset({ADMINISTRATOR, EDITOR}),
    "translations.edit": frozenset({ADMINISTRATOR, TRANSLATOR}),
    "team.manage": frozenset({ADMINISTRATOR}),
    "privacy.manage": frozenset({ADMINISTRATOR}),
    "settings.manage": frozenset({ADMINISTRATOR}),
    "audit.read": frozenset({ADMINISTRATOR}),
    "audit.export": frozenset({ADMINISTRATOR}),
}
# What the password is asked for again, when it was typed some time ago.
STEP_UP = frozenset({"account.secure", "audit.export", "exports.make", "team.manage", "settings.manage"})

ROLE_NAMES = {
    # Translators: a role in the association's team, of a man or a woman
    ADMINISTRATOR: _l("Administrator"),
    EDITOR: _l("Editor"),
    MODERATOR: _l("Moderator"),
    TRANSLATOR: _l("Translator"),
    READER: _l("Reader"),
}
ROLE_TASKS = {
    ADMINISTRATOR: _l("Everything, the team, the settings and the exports too."),
    EDITOR: _l("Writes petitions and updates, opens and closes them, delivers them."),
    MODERATOR: _l("Looks after comments and signatures."),
    TRANSLATOR: _l("Translates the petitions’ texts and the site’s own words."),
    READER: _l("Sees the numbers, and no signer’s data."),
}


@dataclass(frozen=True)
class Rule:
    """What a route asks of who comes: an action of the table, or "" for a door that anyone may stand at."""

    action: str
    most_bytes: int

    @property
    def is_door(self) -> bool:
        return not self.action

    @property
    def asks_for_password(self) -> bool:
        return self.action in STEP_UP


# A petition's text in several languages fits; a view that takes files says how large they may be.
MOST_BYTES = 2**20
# At a door stands whoever likes: no more than a form's worth is read of them.
MOST_BYTES_AT_DOOR = 2**16


def allowed(action: str, *, most_bytes: int = MOST_BYTES) -> Callable[[View], View]:
    """Put a view under a line of the table. It stands below the route: `@blueprint.get(…)`, then `@allowed(…)`."""
    if action not in TABLE:
        raise ValueError(f"{action} is not in the table of access")
    return _marked(Rule(action, most_bytes))


def door(view: View) -> View:
    """A page of those who are not signed in yet. There are few, and a test names them all."""
    return _marked(Rule("", MOST_BYTES_AT_DOOR))(view)


def _marked(rule: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access_rule = rule  # type: ignore[attr-defined]  # read by rule_of
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule of a route; None for one that was forgotten."""
    return getattr(app.view_functions[endpoint], "access_rule", None)


def admin_routes(app: Flask) -> Iterator[tuple[str, str, Rule | None]]:
    """Every route of the admin: its endpoint, its address, its rule."""
    for route in app.url_map.iter_rules():
        if is_admin_path(route.rule):
            yield route.endpoint, route.rule, rule_of(app, route.endpoint)


def is_admin_path(path: str) -> bool:
    return path == "/admin" or path.startswith("/admin/")


def may(role: str, action: str) -> bool:
    """Whether a role may do this. Raises KeyError for what is no action."""
    return role in TABLE[action]
