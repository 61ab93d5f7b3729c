"""A large petition to try out: `petition demo --signatures N`."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import func, select

from petition_app.extensions import db
from petition_app.models import Consent, Petition, Signature
from petition_app.models.counter import DayCounter
from petition_app.operations.demo import SIGNATURES, crowd
from tests.databases import both_engines
from tests.operations.conftest import Run
from tests.story import confirmed, count_is_exact, number_shown
from tests.visitor import Visitor


@both_engines
def test_a_crowd_signs_and_every_one_of_it_counts(
    app: Flask, client: Visitor, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "BATCH", 700)
    done = run("demo", "--signatures", "2000")
    assert done.exit_code == 0, done.output
    demo = Petition.by_slug("demo")
    assert demo is not None
    assert count_is_exact(demo.id) == number_shown(client, "demo") == SIGNATURES + 2000
    assert db.session.scalar(select(func.sum(DayCounter.confirmed))) == SIGNATURES + 2000
    ours = select(Signature).where(Signature.email.startswith("crowd-")).order_by(Signature.id)
    signatures = db.session.scalars(ours).all()
    moments = [signature.confirmed_at for signature in signatures if signature.confirmed_at]
    assert len(moments) == 2000
    assert all(earlier <= later for earlier, later in pairwise(moments)), "in the order of time"
    assert len({signature.country for signature in signatures}) > 8
    assert len({signature.name_key for signature in signatures}) > 500
    assert len({signature.key for signature in signatures}) == 2000
    first = signatures[0]
    assert {consent.purpose for consent in first.consents} >= {"processing", "name_display"}
    assert first.agrees_to("processing")
    assert all(consent.wording.locale == first.locale for consent in first.consents)
    assert {len(signature.key or "") for signature in signatures} == {32}
    assert {signature.confirmed_at - signature.created_at for signature in signatures if signature.confirmed_at} == {
        timedelta(minutes=3)
    }
    assert [signature.number for signature in signatures] == list(range(SIGNATURES + 1, SIGNATURES + 2001))
    shares = Counter(signature.name_display for signature in signatures)
    assert shares["full"] > 3 * shares["initial"] > 3 * shares["hidden"] > 300
    comments = [signature.comment for signature in signatures if signature.comment]
    assert 20 < len(comments) < 120
    assert all(comment.published_at == comment.signature.confirmed_at for comment in comments)


@both_engines
def test_the_site_goes_on_beside_a_crowd_and_it_leaves_without_a_trace(
    app: Flask, client: Visitor, petition: Petition, run: Run
) -> None:
    run("demo", "--signatures", "50")
    confirmed(app, client)
    assert run("demo", "--signatures", "50").exit_code == 0
    assert number_shown(client, "demo") == SIGNATURES + 100
    assert number_shown(client) == 1
    assert run("demo", "--remove").exit_code == 0
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 1
    assert db.session.scalar(select(func.count()).select_from(Consent)) == 2


class TestWhereStrangersComeBy:
    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {"PETITION_SITE_URL": "https://petitions.example.org", "PETITION_ABUSE_CONTROLS": "on"}

    def test_no_crowd_signs(self, app: Flask, run: Run) -> None:
        done = run("demo", "--signatures", "10")
        assert done.exit_code == 1
        assert "this very machine" in done.output
        assert db.session.scalar(select(func.count()).select_from(Signature)) == 0
