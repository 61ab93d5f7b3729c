"""What is no longer good for anything is forgotten: ended sessions, used and old links."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from petition_app.extensions import db
from petition_app.models import Member, MemberLink, MemberSession
from petition_app.models.base import now
from petition_app.operations.jobs import forget_ways_in
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.databases import both_engines


@both_engines
def test_what_has_ended_is_forgotten_and_the_rest_is_not(app: Flask, as_member: AsMember) -> None:
    bob = as_member("editor")
    at = now()
    with writing() as session:
        member = session.get_one(Member, bob.member_id)
        for key, created, seen in (("idle", 4, 4), ("aged", 31, 0)):
            old = {"created_at": at - timedelta(days=created), "last_seen_at": at - timedelta(days=seen)}
            session.add(MemberSession(member=member, key_hash=key, **old))
        good = MemberLink.make("password_reset", at, member=member)
        used = MemberLink.make("password_reset", at, member=member)
        used.use(at)
        session.add_all([good, used, MemberLink.make("invitation", at - timedelta(days=8), member=member)])
    forget_ways_in(at)
    assert [link.key for link in db.session.query(MemberLink)] == [good.key]
    assert db.session.query(MemberSession).count() == 1
    assert bob.get("/admin/").status_code == 200
