"""The cast of the admin: Alice looks after everything, Bob has the role that he is given, Charlie is nobody here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from petition_app.admin import passwords
from tests.admin.desk import Desk, make_member, signed_in

AsMember = Callable[..., Desk]


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same function with less work, for a test signs in often; test_passwords.py takes it as it is."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def as_member(app: Flask) -> AsMember:
    """`as_member("editor")`: the browser of a member of this role, signed in. `name=` tells two of them apart."""

    def as_member(role: str, name: str = "Bob", **values: Any) -> Desk:
        return signed_in(app, make_member(role, name=name, **values))

    return as_member


@pytest.fixture
def alice(as_member: AsMember) -> Desk:
    """An administrator."""
    return as_member("administrator", "Alice")


@pytest.fixture
def bob(as_member: AsMember) -> Desk:
    """A moderator; a test that wants him otherwise asks `as_member` for him."""
    return as_member("moderator", "Bob")


@pytest.fixture
def charlie(app: Flask) -> Desk:
    """A stranger: no member, and not signed in."""
    return Desk(app, app.response_class)
