"""What happens to a signature between the look at its mailbox and the writing: on another node, in this very moment.

On SQLite nobody else writes then; there it is only a matter of what came first.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from select import select as wait_for_any
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, delete, select

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models import Comment, Consent, OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.models.confirmation import Holding
from petition_app.signing import confirming, lifecycle
from petition_app.signing.confirming import confirm_signature
from petition_app.transactions import writing
from petition_app.web.tokens import confirmation_token
from tests.story import count_is_exact, sign
from tests.visitor import Visitor

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

PLANTED: dict[str, Any] = {
    "postal_code": "38000",
    "comment": "Des mots de quelqu’un d’autre, tapés trop tard.",
    "consent_petition_news": "y",
}


@pytest.fixture
def meanwhile(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], object]], None]:
    """Have something done with the signature that waits, by another node, once a signer's mailbox was looked at."""

    def arrange(does: Callable[[int], object]) -> None:
        waiting = db.session.scalars(select(Signature.id)).one()
        db.session.rollback()
        plan, is_due = outbox.plan, [True]

        def elsewhere() -> None:
            with app.app_context():
                does(waiting)

        def planned(*args: Any, **options: Any) -> Any:
            if is_due.pop() if is_due else False:
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(elsewhere).result(20)
            return plan(*args, **options)

        monkeypatch.setattr(outbox, "plan", planned)

    return arrange


def _confirm(signature_id: int) -> None:
    key = db.session.scalars(select(Signature.key).where(Signature.id == signature_id)).one()
    assert confirm_signature(str(key), now())[0] == "confirmed"


def _rows(model: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(select(model).order_by(model.id).execution_options(populate_existing=True)))


def test_what_is_typed_while_it_is_confirmed_changes_nothing(
    client: Visitor, petition: Petition, meanwhile: Callable[..., None]
) -> None:
    sign(client)
    meanwhile(_confirm)
    assert sign(client, **PLANTED).status_code == 303

    (signature,) = _rows(Signature)
    assert (signature.status, signature.postal_code) == ("confirmed", "75011")
    assert sorted(consent.purpose for consent in _rows(Consent)) == ["name_display", "processing"]
    assert not _rows(Comment)
    assert count_is_exact(petition.id) == 1
    assert [mail.kind for mail in _rows(OutboxMessage)] == ["confirmation", "personal_link"]


def test_what_is_typed_while_it_is_held_changes_nothing(
    client: Visitor, petition: Petition, meanwhile: Callable[..., None]
) -> None:
    sign(client)

    def hold(signature_id: int) -> None:
        entered = db.session.get_one(Signature, signature_id).created_at
        with writing() as session:
            assert Holding(signature_id, entered, now(), "network").write(session)

    meanwhile(hold)
    assert sign(client, **PLANTED).status_code == 303
    (signature,) = _rows(Signature)
    assert signature.is_held
    assert signature.postal_code == "75011"
    assert not _rows(Comment)


def test_the_last_of_two_entries_at_once_stands_with_what_belongs_to_it(
    app: Flask, client: Visitor, petition: Petition, meanwhile: Callable[..., None]
) -> None:
    """Nothing stays of the other one: neither its comment nor what it agreed to."""
    sign(client)

    def enter_anew(_signature_id: int) -> None:
        assert sign(app.test_client(), **PLANTED).status_code == 303

    meanwhile(enter_anew)
    assert sign(client, comment="Mes propres mots, et rien d’autre.").status_code == 303
    (signature,) = _rows(Signature)
    assert (signature.status, signature.postal_code) == ("pending", "75011")
    assert [comment.text for comment in _rows(Comment)] == ["Mes propres mots, et rien d’autre."]
    assert sorted(consent.purpose for consent in _rows(Consent)) == ["name_display", "processing"]


@pytest.mark.parametrize("way", ["erased", "deleted"])
def test_who_signs_while_the_former_entry_goes_signs_anew(
    client: Visitor, petition: Petition, meanwhile: Callable[..., None], way: str
) -> None:
    """An erased row stays as it is: nobody's."""
    sign(client)

    def leave(signature_id: int) -> None:
        if way == "erased":
            lifecycle.erase_signature(signature_id, now())
            return
        with writing() as session:
            session.execute(delete(Signature).where(Signature.id == signature_id))

    meanwhile(leave)
    assert sign(client, comment="Me voici de nouveau, pour de bon.").status_code == 303
    former = [signature for signature in _rows(Signature) if signature.is_erased]
    assert [(row.status, row.email, row.surname) for row in former] == [("withdrawn", None, "")] * (way == "erased")
    (signature,) = (row for row in _rows(Signature) if not row.is_erased)
    assert (signature.status, signature.email) == ("pending", "alice@example.org")
    assert [comment.signature_id for comment in _rows(Comment)] == [signature.id]
    assert {consent.signature_id for consent in _rows(Consent)} == {signature.id}
    _confirm(signature.id)
    assert count_is_exact(petition.id) == 1


def test_one_that_was_stopped_between_the_look_and_the_writing_says_try_again(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with its machine, for so long that the server has ended its transaction."""
    sign(client)
    petition_id, key = petition.id, db.session.scalars(select(Signature.key)).one()
    db.session.rollback()
    link = f"/fr/signatures/{confirmation_token(str(key))}/confirmation"
    go_on, is_stopped = confirming.write_together, [True]

    def stopped(write: Any, connection: Connection) -> Any:
        if is_stopped.pop() if is_stopped else False:
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 20")
            driver: Any = connection.connection.driver_connection
            wait_for_any([driver.fileno()], [], [], 20)  # until the server says that it has ended it
        return go_on(write, connection)

    monkeypatch.setattr(confirming, "write_together", stopped)
    assert client.post(link).status_code == 503
    assert count_is_exact(petition_id) == 0
    assert client.post(link).status_code == 303
    assert count_is_exact(petition_id) == 1
