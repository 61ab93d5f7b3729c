"""How somebody of the sample site's team comes to a page of its admin: without a door, for there is no password."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import flask
from flask import Flask, Response, before_render_template
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from petition_app.admin.guard import CSRF_HEADER
from petition_app.admin.translations.sample_desk import EARLIER, HALFWAY
from petition_app.extensions import db
from petition_app.models import MemberSession
from petition_app.models.base import now
from petition_app.models.member_session import hash_of

MOST_STEPS = 3
_SAME_SITE = {"Sec-Fetch-Site": "same-origin", "User-Agent": "a translator"}
_TOKEN = "sample"  # noqa: S105  # it opens nothing but forms of the sample


@dataclass(frozen=True)
class Visit:
    """`who` is the key of one of the sample's sessions (sample_desk.py), "" for nobody who has signed in."""

    who: str
    locale: str

    def headers(self, app: Flask) -> dict[str, str]:
        """What a form of ours would bring along."""
        return {CSRF_HEADER: URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(_TOKEN)}

    def begin(self) -> None:
        """Put into the request's cookie what a browser would have; the session is as if it had just begun.

        Who has signed in meanwhile, or has a new key for another reason, goes on with that.
        """
        flask.session.update(locale=self.locale, csrf_token=_TOKEN)
        key = flask.session.setdefault("key", self.who)
        row = db.session.scalar(select(MemberSession).where(MemberSession.key_hash == hash_of(key)))
        if row is None:
            return
        row.created_at = row.last_seen_at = now()
        row.stepped_up_at = now() if self.who not in (EARLIER, HALFWAY) else None
        row.member.locale = self.locale
        db.session.commit()


@dataclass(frozen=True)
class File:
    """A file that is sent along with a form: its content is made when it is, for it may be a large one."""

    name: str
    content: bytes
    times: int = 1


class Browser:
    """Goes where an answer leads, and remembers what it is told there: what has just been done is said once."""

    def __init__(self, app: Flask, visit: Visit | None) -> None:
        self._app, self._visit = app, visit
        self._headers = _SAME_SITE | (visit.headers(app) if visit else {})
        self._cookie = ""

    def answer(
        self,
        method: str,
        path: str,
        data: Mapping[str, Any] | None,
        told: Mapping[str, Any] | None = None,
        view: Callable[[], Any] | None = None,
    ) -> str:
        """What the page says that one is led to.

        Its template is told `told` in the place of what its view says; or `view` answers, in the place of that.
        """
        with before_render_template.connected_to(_telling(told or {}), self._app):
            for _step in range(MOST_STEPS):
                response = self._one_answer(method, path, data, view)
                if response.status_code not in (301, 302, 303):
                    return response.get_data(as_text=True)
                method, path, data, view = "GET", response.location, None, None
        raise RuntimeError(f"{path} leads on and on")

    def part(self, method: str, path: str, data: Mapping[str, Any] | None) -> str:
        """What htmx is told that asks for a part of a page."""
        self._headers = self._headers | {"HX-Request": "true"}
        return self.answer(method, path, data)

    def _one_answer(
        self, method: str, path: str, data: Mapping[str, Any] | None, view: Callable[[], Any] | None
    ) -> Response:
        sent = {name: _as_typed(value) for name, value in data.items()} if data is not None else None
        headers = self._headers | ({"Cookie": self._cookie} if self._cookie else {})
        with self._app.test_request_context(path, method=method, data=sent, headers=headers):
            if self._visit:
                self._visit.begin()
            response = self._app.full_dispatch_request() if view is None else self._seen(view)
        db.session.rollback()
        if response.status_code == 500 and view is None:
            raise RuntimeError(f"{path} has failed")
        for cookie in response.headers.getlist("Set-Cookie"):
            self._cookie = cookie.partition(";")[0]
        return response

    def _seen(self, view: Callable[[], Any]) -> Response:
        """As the application answers, but for which view it is."""
        early = self._app.preprocess_request()
        return self._app.process_response(self._app.make_response(view() if early is None else early))


def _as_typed(value: Any) -> Any:
    return (BytesIO(value.content * value.times), value.name) if isinstance(value, File) else value


def _telling(told: Mapping[str, Any]) -> Callable[..., None]:
    """Puts these in the place of what a template gets by the same names."""

    def tell(_app: Flask, context: dict[str, Any], **_more: Any) -> None:
        known = {name: value for name, value in told.items() if name in context}
        context.update((name, value() if callable(value) else value) for name, value in known.items())

    return tell
