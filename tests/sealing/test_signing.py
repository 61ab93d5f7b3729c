"""Signing on a site that seals: the same for the signer, and an address that nobody reads in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, select

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.operations import backup
from petition_app.sealing import boxes, names
from petition_app.sealing.addresses import signatures_of
from petition_app.sealing.turning_on import NewKeys
from petition_app.signing import lifecycle
from petition_app.signing.criteria import Criteria, find
from petition_app.signing.search import find_signatures
from petition_app.statistics.counting import BEHIND, count_signatures
from petition_app.statistics.numbers import OTHERS
from tests.databases import both_engines
from tests.sealing.conftest import PASSPHRASE, everything
from tests.story import confirmed, link_in, mails, mails_to, sign
from tests.visitor import Visitor

ADDRESS = "Alice.Secret@gmail.com"
# What would tell it: as typed, canonical, and both hashed by what everybody knows.
CANONICAL = "alicesecret@gmail.com"


def traces(address: str = ADDRESS, canonical: str = CANONICAL) -> list[bytes]:
    plain = [address, address.lower(), canonical, address.partition("@")[0]]
    hashes = [h(text.encode()).hexdigest() for text in plain[:3] for h in (hashlib.sha256, hashlib.sha1, hashlib.md5)]
    return [text.encode() for text in (*plain, *hashes)]


def only() -> Signature:
    db.session.rollback()
    return db.session.scalars(select(Signature).execution_options(populate_existing=True)).one()


@both_engines
def test_the_address_is_readable_until_it_is_confirmed_and_sealed_with_it(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings
) -> None:
    sign(client, email=ADDRESS)
    waiting = only()
    assert waiting.email == ADDRESS
    assert names.is_hashed(waiting.mailbox)
    link = link_in(mails_to(app, ADDRESS)[-1])
    assert client.post(link).status_code == 303
    counted = only()
    assert counted.status == "confirmed"
    assert counted.email is None
    assert counted.is_sealed
    assert counted.mail_domain == "gmail.com"
    private_key = boxes.unlocked(sealed.passphrase_lock, PASSPHRASE)
    assert boxes.opened_address(counted.sealed_email or "", private_key) == ADDRESS
    assert boxes.opened_address(counted.sealed_email or "", boxes.unlocked(sealed.recovery_lock, sealed.recovery_key))
    held = everything(settings)
    assert [trace for trace in traces() if trace in held] == []


def test_a_stolen_backup_holds_no_address_and_no_key_of_the_names(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings, tmp_path: Path
) -> None:
    import gzip

    confirmed(app, client, email=ADDRESS)
    file = tmp_path / "stolen.tar.gz"
    backup.backup(settings, file)
    held = gzip.decompress(file.read_bytes())
    key = (settings.data_dir / names.FILE).read_text()
    assert [trace for trace in (*traces(), key.encode()) if trace in held] == []
    assert b"Exemple" in held  # it is the database that was looked through


@both_engines
def test_a_mailbox_is_known_again_whatever_its_spelling(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys
) -> None:
    page = confirmed(app, client, email=ADDRESS)
    before = len(mails(app))
    sign(client, email="a.lice.secret+x@googlemail.com")
    again = mails(app)[before:]
    assert [str(mail["To"]) for mail in again] == ["a.lice.secret+x@googlemail.com"]
    # Tokens differ by the second that they were made in; the key inside is the same.
    assert link_in(again[0]).rpartition("/")[2].split(".")[0] == page.rpartition("/")[2].split(".")[0]
    assert db.session.query(Signature).count() == 1


@both_engines
def test_a_full_mailbox_is_sent_its_links_to_the_address_that_was_typed(
    app: Flask, client: Visitor, make_petition: Callable[..., Petition], sealed: NewKeys
) -> None:
    make_petition(signers_per_mailbox=1)
    confirmed(app, client, email=ADDRESS)
    sign(client, email="alicesecret@gmail.com", given_name="Bob")
    last = mails(app)[-1]
    assert str(last["To"]) == "alicesecret@gmail.com"
    assert "Alice Exemple" in last.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@both_engines
def test_two_that_wait_for_the_last_seat(
    app: Flask, client: Visitor, make_petition: Callable[..., Petition], sealed: NewKeys
) -> None:
    make_petition(signers_per_mailbox=1)
    sign(client, email=ADDRESS)
    sign(client, email=ADDRESS, given_name="Bob")
    first, second = (link_in(mail) for mail in mails(app)[-2:])
    assert client.post(first).status_code == 303
    assert client.post(second).status_code == 409
    assert str(mails(app)[-1]["To"]) == ADDRESS


@both_engines
def test_no_statement_more_than_on_a_site_that_does_not_seal(
    app: Flask, client: Visitor, petition: Petition, request: pytest.FixtureRequest
) -> None:
    counted: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_rest: counted.append(statement))

    def story(email: str) -> list[int]:
        steps = []
        for step in ("sign", "confirm"):
            link = "" if step == "sign" else link_in(mails_to(app, email)[-1])
            counted.clear()
            sign(client, email=email) if step == "sign" else client.post(link)
            steps.append(len([each for each in counted if "site_settings" not in each]))
        return steps

    story("first@example.org")  # wordings are kept once
    plain = story("bob@example.org")
    request.getfixturevalue("sealed")
    assert story("charlie@example.org") == plain


@both_engines
def test_the_records_of_mails_forget_whom_they_went_to(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys
) -> None:
    sign(client, email=ADDRESS)
    assert db.session.scalars(select(OutboxMessage.recipient)).all() == [ADDRESS]
    mails(app)
    db.session.rollback()
    assert db.session.execute(select(OutboxMessage.status, OutboxMessage.recipient)).all() == [("sent", "")]


@both_engines
def test_a_signer_is_found_by_the_whole_address(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys
) -> None:
    confirmed(app, client, email=ADDRESS)
    assert len(find(Criteria(petition.id, email="alicesecret@gmail.com"), 0, 10).items) == 1
    assert find(Criteria(petition.id, email="alicesec"), 0, 10).items == []
    assert len(find_signatures("alice.secret@gmail.com", slug=None, limit=5)) == 1
    assert [found.given_name for found in signatures_of(" Alicesecret+here@googlemail.com ")] == ["Alice"]
    assert list(signatures_of("bob@example.org")) == []


@both_engines
def test_the_personal_page_says_sealed_and_its_copy_too(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys
) -> None:
    page = confirmed(app, client, email=ADDRESS)
    shown = client.get(page).get_data(as_text=True)
    assert "gmail.com" not in shown
    assert "scellée" in shown
    copy = client.get(f"{page}/data.json").json
    assert copy is not None
    assert (copy["email"], copy["email_is_sealed"], copy["mail_provider"]) == (None, True, "gmail.com")


@both_engines
def test_erasing_leaves_no_box(app: Flask, client: Visitor, petition: Petition, sealed: NewKeys) -> None:
    page = confirmed(app, client, email=ADDRESS)
    client.post(f"{page}/erasure")
    erased = only()
    assert (erased.sealed_email, erased.mail_domain, erased.mailbox) == (None, None, None)


@both_engines
def test_large_providers_are_counted_and_domains_of_ones_own_are_not_kept(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys
) -> None:
    from petition_app.models import Tally

    confirmed(app, client, email=ADDRESS)
    confirmed(app, client, email="bob@bobs-own.example", given_name="Bob")
    assert sorted(db.session.scalars(select(Signature.mail_domain))) == ["", "gmail.com"]
    assert count_signatures(now() + 2 * BEHIND)
    found = db.session.execute(select(Tally.key, Tally.count).where(Tally.kind == "provider")).all()
    assert dict(found) == {"Gmail": 1, OTHERS: 1}  # type: ignore[arg-type]  # rows are pairs


@both_engines
def test_one_that_is_taken_out_before_it_was_confirmed_is_sealed_soon_and_can_come_back(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings
) -> None:
    from petition_app.operations.jobs import keep_sealed
    from petition_app.transactions import writing

    sign(client, email=ADDRESS)
    link = link_in(mails(app)[-1])
    lifecycle.invalidate_signature(only().id, "a test", now())
    keep_sealed(now())
    assert only().is_sealed
    assert [trace for trace in traces() if trace in everything(settings)] == []
    with writing() as session:
        session.get_one(Signature, only().id).reinstate(now(), None, settings.timezone)
    assert client.post(link).status_code == 303
    assert only().status == "confirmed"
    assert only().is_sealed


@both_engines
def test_one_that_was_entered_anew_while_it_was_confirmed_is_sealed_soon(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings
) -> None:
    from petition_app.operations.jobs import keep_sealed
    from petition_app.transactions import writing

    confirmed(app, client, email=ADDRESS)
    with writing() as session:
        session.get_one(Signature, only().id).email = ADDRESS
    keep_sealed(now())
    assert only().is_sealed
    assert [trace for trace in traces() if trace in everything(settings)] == []


def test_without_the_key_of_the_names_nobody_signs_and_all_read(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings
) -> None:
    confirmed(app, client, email=ADDRESS)
    key = settings.data_dir / names.FILE
    kept = key.read_bytes()
    key.write_text("another key, which is as long as it must be")
    app.extensions.pop("mailbox_key")
    response = sign(client, email="bob@example.org")
    assert response.status_code == 503
    assert "bob@example.org" in response.get_data(as_text=True)  # what was typed is kept
    assert client.get("/fr/petitions/clean-water").status_code == 200
    key.write_bytes(kept)
    assert sign(client, email="bob@example.org").status_code == 303


def test_nothing_can_be_sent_to_a_sealed_address_without_its_owner(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys
) -> None:
    from petition_app.mail.outbox import Addressee
    from petition_app.transactions import writing

    confirmed(app, client, email=ADDRESS)
    with writing() as session:
        assert outbox.enqueue(session, "personal_link", Addressee.of(only()), now()) is None
