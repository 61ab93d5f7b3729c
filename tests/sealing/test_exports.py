"""Files of sealed addresses: made with the passphrase, encrypted as long as they lie there, fetched with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.files import making, orders
from petition_app.models import FilePart, Petition, StoredFile
from petition_app.models.base import now
from petition_app.sealing.handing_over import Receiver
from petition_app.sealing.keyring import Keyring, keyring
from petition_app.sealing.turning_on import NewKeys
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.sealing.conftest import PASSPHRASE, convert, everything
from tests.updates.conftest import MakeCrowd

PAGE = "/admin/exports/clean-water"


@pytest.fixture
def crowd(petition: Petition, make_crowd: MakeCrowd, seal: Callable[[], NewKeys]) -> NewKeys:
    make_crowd(petition, 9)
    keys = seal()
    convert()
    return keys


def order(alice: Desk, passphrase: str | None = PASSPHRASE, use: str = "petition_news") -> int:
    alice.step_up()
    columns = ["email", "given_name"] if use == "petition_news" else ["given_name"]
    alice.get(PAGE)
    sent = {"csrf_token": alice.token, "use": use, "format": "csv", "columns": columns, "passphrase": passphrase or ""}
    return alice.post(PAGE, data=sent).status_code


def file() -> StoredFile:
    db.session.rollback()
    return db.session.scalars(select(StoredFile).execution_options(populate_existing=True)).one()


@both_engines
def test_a_file_of_addresses_from_its_order_to_its_fetching(
    alice: Desk, crowd: NewKeys, receiver: Receiver, settings: Settings
) -> None:
    assert order(alice, "") == 422
    assert order(alice, "four green herons sleep") == 422
    assert db.session.query(StoredFile).count() == 0
    assert order(alice) == 303
    receiver.attend()
    assert making.make_due() == 1
    assert file().status == "ready"
    held = everything(settings)
    assert b"s1@example.org" not in held
    part = db.session.scalars(select(FilePart.data)).one()
    assert b"example" not in part
    path = f"/admin/exports/file/{file().id}"
    assert alice.get(path).location == f"{path}/passphrase"
    assert "Enter the passphrase" in alice.get(f"{path}/passphrase").get_data(as_text=True)
    assert alice.send(f"{path}/passphrase", passphrase="no such thing").status_code == 422
    response = alice.send(f"{path}/passphrase", passphrase=PASSPHRASE)
    assert response.mimetype == "text/csv"
    lines = response.get_data(as_text=True).splitlines()
    assert sum("@example.org" in line for line in lines) == 9
    receiver._beaten = float("-inf")  # twenty seconds later
    receiver.attend()
    assert keyring().jobs() == []


@both_engines
def test_without_the_key_it_waits_and_holds_up_no_other(
    app: Flask, alice: Desk, crowd: NewKeys, receiver: Receiver
) -> None:
    assert order(alice) == 303
    app.extensions["keyring"] = Keyring()  # whoever had it has died
    receiver.close()
    assert order(alice, use="check") == 303
    assert making.make_due() == 1
    states = dict(db.session.execute(select(StoredFile.id, StoredFile.status).order_by(StoredFile.id)).all())  # type: ignore[arg-type]
    waiting, made = sorted(states)
    assert (states[waiting], states[made]) == ("ordered", "ready")
    page = alice.get(PAGE).get_data(as_text=True)
    assert "waits for the passphrase" in page
    next_one = Receiver()
    next_one.attend()
    assert alice.send(f"/admin/exports/file/{waiting}/passphrase", passphrase=PASSPHRASE).status_code == 303
    next_one.attend()
    assert making.make_due() == 1
    next_one.close()


def test_a_file_that_was_ordered_before_the_sealing_says_what_to_do(
    alice: Desk, petition: Petition, make_crowd: MakeCrowd, seal: Callable[[], NewKeys]
) -> None:
    make_crowd(petition, 3)
    assert order(alice, None) == 303
    seal()
    convert()
    making.make_due()
    assert file().status == "failed"
    assert "Order it again" in file().error


def test_only_what_is_to_be_opened_asks_for_the_passphrase(alice: Desk, crowd: NewKeys) -> None:
    assert order(alice, None, use="check") == 303
    assert not file().is_sealed
    assert orders.is_anything_due(now())


def test_the_command_asks_for_it_too(app: Flask, crowd: NewKeys, settings: Settings) -> None:
    from petition_app.operations.cli import petition as command

    ours = {f"PETITION_{name.upper()}": value for name, value in settings.values.items() if value}
    db.session.remove()
    arguments = ["export", "clean-water", "--for", "petition_news"]
    wrong = CliRunner(env=ours).invoke(command, arguments, input="four green herons sleep\n")
    assert wrong.exit_code == 1
    assert "neither the passphrase" in wrong.output
    right = CliRunner(env=ours).invoke(command, arguments, input=f"{PASSPHRASE}\n")
    assert right.exit_code == 0, right.output
    assert right.output.count("@example.org") == 9
