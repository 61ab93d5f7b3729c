"""The petition that a screen is about: the one that the address names."""

from __future__ import annotations

from flask import abort

from petition_app.models import Petition


def load_petition(slug: str) -> Petition:
    """The petition of this name, drafts too; else 404."""
    petition = Petition.by_slug(slug)
    if petition is None:
        abort(404)
    return petition
