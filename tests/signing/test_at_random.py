"""Two nodes, a few mailboxes, and everything that can be done to a signature, at once and at random: then the audit."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from petition_app import create_app
from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import Comment, Consent, Petition, Signature
from petition_app.models.base import now
from petition_app.models.confirmation import Holding
from petition_app.models.counter import DayCounter
from petition_app.signing import lifecycle
from petition_app.signing.confirming import confirm_signature
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.story import ALICE, count_is_exact

THREADS, DEEDS = 8, 240
MAILBOXES = ("alice@example.org", "bob@example.org", "carol@example.org")
NAMES = ("Alice", "Bob", "Carol")


class Book:
    """What was acknowledged, and what was done to it afterwards."""

    def __init__(self) -> None:
        self.confirmed: list[int] = []
        self.left: set[int] = set()
        self.answers: Counter[object] = Counter()


@pytest.fixture
def nodes(app: Flask, settings: Settings) -> Iterator[list[Flask]]:
    other = create_app(settings)
    yield [app, other]
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


@both_engines
@pytest.mark.parametrize("seed", [7, 2019])
def test_whatever_is_done_at_once_the_count_is_exact(nodes: list[Flask], petition: Petition, seed: int) -> None:
    dice, book = random.Random(seed), Book()  # noqa: S311  # dice, and no secret
    deeds = [(random.Random(dice.random()), nodes[number % 2]) for number in range(DEEDS)]  # noqa: S311
    db.session.rollback()
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(_do_something, *deed, book) for deed in deeds]:
            done.result(60)

    assert set(book.answers) <= {303, "confirmed", "already", "held", "mailbox_full", "withdrawn", "gone", "done"}
    assert book.answers["confirmed"] == len(set(book.confirmed)), "each was confirmed once"
    _audit(petition, book)


def _do_something(dice: random.Random, node: Flask, book: Book) -> None:
    does = dice.choices((_sign, _confirm, _withdraw, _erase, _hold), (8, 8, 2, 1, 1))[0]
    if does is _sign:
        book.answers[_sign(dice, node)] += 1
        return
    with node.app_context():
        rows = db.session.execute(select(Signature.id, Signature.key, Signature.created_at)).all()
        db.session.rollback()
        if rows:
            row = dice.choice(rows[-12:])
            book.answers[_OTHERS[does](row.id, row.key or "", row.created_at, book)] += 1


def _sign(dice: random.Random, node: Flask) -> int:
    entry = {**ALICE, "email": dice.choice(MAILBOXES), "given_name": dice.choice(NAMES)}
    entry["comment"] = dice.choice(("", f"Pour une eau propre, numéro {dice.randrange(10**9)}."))
    if dice.random() < 0.5:
        entry["consent_petition_news"] = "y"
    return int(node.test_client().post("/fr/petitions/clean-water/signatures", data=entry).status_code)


def _confirm(signature_id: int, key: str, _entered: datetime, book: Book) -> str:
    outcome = confirm_signature(key, now())[0]
    if outcome == "confirmed":
        book.confirmed.append(signature_id)
    return outcome


def _withdraw(signature_id: int, _key: str, _entered: datetime, book: Book) -> str:
    book.left.add(signature_id)
    lifecycle.withdraw_signature(signature_id, now())
    return "done"


def _erase(signature_id: int, _key: str, _entered: datetime, book: Book) -> str:
    book.left.add(signature_id)
    lifecycle.erase_signature(signature_id, now())
    return "done"


def _hold(signature_id: int, _key: str, entered: datetime, _book: Book) -> str:
    with writing() as session:
        Holding(signature_id, entered, now(), "network").write(session)
    return "done"


_OTHERS: dict[Callable[..., object], Callable[[int, str, datetime, Book], str]] = {
    _confirm: _confirm,
    _withdraw: _withdraw,
    _erase: _erase,
    _hold: _hold,
}


def _audit(petition: Petition, book: Book) -> None:
    counted = count_is_exact(petition.id)
    assert db.session.scalar(select(func.sum(DayCounter.confirmed))) == counted
    signatures = db.session.scalars(select(Signature).execution_options(populate_existing=True)).all()
    standing = {signature.id for signature in signatures if signature.status == "confirmed"}
    assert standing == set(book.confirmed) - book.left, "each that was acknowledged counts until it leaves"
    people, seats = Counter[object](), defaultdict(set)
    for signature in signatures:
        if signature.is_erased:
            assert (signature.status, signature.email, signature.given_name) == ("withdrawn", None, "")
        if signature.id in standing:
            people[signature.mailbox, signature.name_key] += 1
            seats[signature.mailbox].add(signature.seat)
    assert set(people.values()) <= {1}
    assert all(taken <= {1, 2} for taken in seats.values())
    _nothing_is_anothers({signature.id: signature for signature in signatures})


def _nothing_is_anothers(signatures: dict[int, Signature]) -> None:
    """What hangs on a signature came with its last entry, and with no other."""
    for thing, moment in [(c, c.given_at) for c in db.session.scalars(select(Consent))] + [
        (c, c.created_at) for c in db.session.scalars(select(Comment))
    ]:
        signature = signatures[thing.signature_id]
        assert not signature.is_erased
        assert moment == signature.created_at
    agreed = Counter((c.signature_id, c.purpose) for c in db.session.scalars(select(Consent)))
    assert set(agreed.values()) == {1}
    living = {number for number, signature in signatures.items() if not signature.is_erased}
    assert {number for number, purpose in agreed if purpose == "processing"} == living
