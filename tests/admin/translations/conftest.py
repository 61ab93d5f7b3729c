"""The translators of these tests."""

from __future__ import annotations

import pytest

from tests.admin.conftest import AsMember
from tests.admin.desk import Desk


@pytest.fixture
def tara(as_member: AsMember) -> Desk:
    """A translator."""
    return as_member("translator", "Tara")


@pytest.fixture
def paul(as_member: AsMember) -> Desk:
    """Another one."""
    return as_member("translator", "Paul")
