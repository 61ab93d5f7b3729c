"""Load a petition for a reader, or answer as if it were not there."""

from __future__ import annotations

from flask import abort

from petition_app.models import Petition


def load_public_petition(slug: str) -> Petition:
    """The petition of this name, if it may be seen; else 404, whether it is a draft or nothing."""
    petition = Petition.by_slug(slug)
    if petition is None or not petition.is_public:
        abort(404)
    return petition
