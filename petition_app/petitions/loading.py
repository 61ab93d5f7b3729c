"""Load a petition for a reader, or answer as if it were not there."""

from __future__ import annotations

from flask import Response, abort, make_response, redirect, request, url_for

from petition_app.models import Petition


def load_public_petition(slug: str) -> Petition:
    """The petition of this name, if it may be seen; else 404, whether it is a draft or nothing.

    A name that it had before leads to the one that it has now. What is sent to it is taken: somebody has signed on a
    page that was opened under the old name.
    """
    petition = Petition.by_slug(slug)
    if petition is None and (moved := Petition.by_former_slug(slug)) is not None and moved.is_public:
        if request.method in ("GET", "HEAD"):
            abort(_to_new_name(moved.slug))
        return moved
    if petition is None or not petition.is_public:
        abort(404)
    return petition


def _to_new_name(slug: str) -> Response:
    address = url_for(str(request.endpoint), **{**(request.view_args or {}), **request.args.to_dict(), "slug": slug})
    response = make_response(redirect(address, 301))
    response.headers["Cache-Control"] = "public, max-age=60"
    return response
