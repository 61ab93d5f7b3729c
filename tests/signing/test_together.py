"""Many sign at once, and the count is exact."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.signing.confirming import confirm_signature
from petition_app.web.tokens import confirmation_token
from tests.databases import both_engines
from tests.story import ALICE, count_is_exact


@both_engines
def test_two_hundred_sign_and_confirm_from_sixteen_threads(app: Flask, petition: Petition) -> None:
    def one(number: int) -> int:
        client = app.test_client()
        entries = {**ALICE, "surname": f"Exemple {chr(97 + number % 26)}{number}", "email": f"a{number}@example.org"}
        assert client.post("/fr/petitions/clean-water/signatures", data=entries).status_code == 303
        with app.app_context():
            key = db.session.query(Signature.key).filter_by(email=f"a{number}@example.org").scalar()
            token = confirmation_token(key)
        statuses = [client.post(f"/fr/signatures/{token}/confirmation").status_code for _twice in range(2)]
        assert statuses == [303, 303]
        return number

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(one, range(200)))) == 200

    assert count_is_exact(petition.id) == 200
    assert db.session.query(Signature).count() == 200
    assert db.session.query(OutboxMessage).filter_by(kind="confirmation").count() == 200
    if db.engine.dialect.name == "sqlite":  # one writer: numbers are the order of confirming
        numbers = sorted(n for (n,) in db.session.query(Signature.number))
        assert numbers == list(range(1, 201))


@both_engines
def test_a_mailboxes_limit_holds_when_all_confirm_at_once(app: Flask, petition: Petition) -> None:
    client = app.test_client()
    for number in range(8):
        client.post("/fr/petitions/clean-water/signatures", data={**ALICE, "surname": f"Exemple {chr(97 + number)}"})
    keys = [key for (key,) in db.session.query(Signature.key)]
    db.session.rollback()

    def confirm(key: str) -> str:
        with app.app_context():
            return confirm_signature(key, now())[0]

    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(confirm, keys))
    assert outcomes == {"confirmed": 2, "mailbox_full": 6}
    assert count_is_exact(petition.id) == 2


@both_engines
def test_the_same_link_pressed_by_many_counts_once(app: Flask, petition: Petition) -> None:
    app.test_client().post("/fr/petitions/clean-water/signatures", data=ALICE)
    key = db.session.query(Signature.key).scalar()
    db.session.rollback()

    def confirm(_: int) -> str:
        with app.app_context():
            return confirm_signature(key, now())[0]

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(confirm, range(16))) == {"confirmed": 1, "already": 15}
    assert count_is_exact(petition.id) == 1
