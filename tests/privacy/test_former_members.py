"""Members are forgotten when their time is over, wherever their names stand."""

from __future__ import annotations

import pytest
from flask import Flask

from petition_app.admin import membership
from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import Member, Petition, Update
from petition_app.models.base import now
from petition_app.operations import forgetting, jobs
from petition_app.operations.forgetting import nothing
from petition_app.operations.overwriting import overwrite
from petition_app.privacy import former_members, retention
from petition_app.transactions import writing
from tests.admin.desk import make_member
from tests.databases import both_engines
from tests.privacy.later import DAY, HOUR, START, Killed, everything


@both_engines
def test_members_who_have_left_are_forgotten_a_year_later_and_nobody_else(
    app: Flask, petition: Petition, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = {name: make_member("editor", name=name) for name in ("Ottoline", "Bertram", "Cosima", "Dorian")}
    with writing() as session:
        for name, member in people.items():
            words = {"by_mail": False, "member_id": member, "member_name": name, "edited_by": name}
            session.add(Update(petition_id=petition.id, **words))
    membership.disable(people["Ottoline"], START)
    membership.disable(people["Bertram"], START)
    membership.disable(people["Cosima"], START)
    membership.enable(people["Cosima"])
    assert forgetting.DUTIES["members"].run(START + 365 * DAY - HOUR, nothing) == 0

    monkeypatch.setattr(former_members, "BATCH", 1)

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):  # broken off after the first, it goes on with the second and with the names
        forgetting.DUTIES["members"].run(START + 365 * DAY + HOUR, kill)
    assert forgetting.DUTIES["members"].run(START + 365 * DAY + HOUR, nothing) == 1
    assert {member.name for member in db.session.query(Member)} == {"Cosima", "Dorian"}
    updates = db.session.query(Update).order_by(Update.id).all()
    assert [update.member_name for update in updates] == ["–", "–", "Cosima", "Dorian"]
    assert [update.edited_by for update in updates] == ["–", "–", "Cosima", "Dorian"]
    jobs.forget_ways_in(START + 365 * DAY)
    forgetting.forget_log(now() + 366 * DAY)
    assert overwrite()
    kept = everything(settings)
    assert b"ottoline" not in kept.lower()
    assert b"Cosima" in kept


def test_an_invitation_that_nobody_accepts_is_forgotten_counted_from_the_last_mail(app: Flask) -> None:
    forget, month = forgetting.DUTIES["members"].run, retention.INVITED
    member, _link = membership.invite("ada@example.org", name="Ada", role="reader", locale="fr", at=START)
    membership.invite_again(member.id, START + 20 * DAY)
    assert forget(START + month + HOUR, nothing) == 0
    make_member("administrator", name="Dorian")  # who has come
    assert forget(now() + 10 * month, nothing) == 1
    assert [member.name for member in db.session.query(Member)] == ["Dorian"]
