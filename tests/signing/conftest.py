"""What tests of a form's own fields stand on."""

from __future__ import annotations

import pytest
from flask import Flask

from petition_app.models import Petition
from petition_app.models.petition_field import KINDS
from tests.admin.desk import Desk, make_member, signed_in
from tests.fields import asked


@pytest.fixture
def editor(app: Flask, petition: Petition) -> Desk:
    return signed_in(app, make_member("editor", name="Eve"))


@pytest.fixture
def ids(editor: Desk) -> dict[str, int]:
    """A form that asks for everything that there is, by key of each kind."""
    return asked(editor, *KINDS)
