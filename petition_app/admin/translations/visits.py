"""How somebody of the sample site's team comes to a page of its admin: without a door, for there is no password."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from petition_app.admin.guard import CSRF_HEADER
from petition_app.admin.translations.sample_desk import EARLIER, HALFWAY
from petition_app.extensions import db
from petition_app.models import MemberSession
from petition_app.models.base import now
from petition_app.models.member_session import hash_of

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
        """Put into the request's cookie what a browser would have; the session is as if it had just begun."""
        flask.session.update(locale=self.locale, csrf_token=_TOKEN, key=self.who)
        row = db.session.scalar(select(MemberSession).where(MemberSession.key_hash == hash_of(self.who)))
        if row is None:
            return
        row.created_at = row.last_seen_at = now()
        row.stepped_up_at = now() if self.who not in (EARLIER, HALFWAY) else None
        row.member.locale = self.locale
        db.session.commit()
