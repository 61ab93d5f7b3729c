"""The cast of the admin, for tests that try what an attacker would."""

from __future__ import annotations

from tests.admin.conftest import AsMember, alice, as_member, bob, charlie, quick_passwords

__all__ = ["AsMember", "alice", "as_member", "bob", "charlie", "quick_passwords"]
