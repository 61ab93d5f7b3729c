"""“I lost my link” on a site that seals: the links come to the address that was typed, and no record keeps it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition
from petition_app.sealing import names
from petition_app.sealing.turning_on import NewKeys
from tests.databases import both_engines
from tests.sealing.conftest import convert, everything
from tests.sealing.test_signing import ADDRESS, traces
from tests.story import confirmed, mails, mails_to
from tests.visitor import Visitor

PAGE = "/en/lost-link"


def requests() -> list[tuple[str, str, bool]]:
    """How they stand: the state, the recipient that is left, whether the mailbox is named by a hash."""
    db.session.rollback()
    rows = db.session.query(OutboxMessage).filter_by(kind="lost_links").order_by(OutboxMessage.id)
    return [(row.status, row.recipient, names.is_hashed(row.mailbox)) for row in rows]


@both_engines
def test_the_links_of_a_sealed_mailbox_go_where_it_was_typed(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings
) -> None:
    first = confirmed(app, client, email=ADDRESS)
    confirmed(app, client, email=ADDRESS, given_name="Ada")
    confirmed(app, client, email="bob@example.org", given_name="Bob")
    answers = [client.post(PAGE, data={"email": typed}) for typed in ("alicesecret+x@googlemail.com", "no@example.org")]
    assert len({(answer.status_code, answer.location) for answer in answers}) == 1
    last = mails(app)[-1]
    assert str(last["To"]) == "alicesecret+x@googlemail.com"
    told = last.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert first.rpartition("/")[2].split(".")[0] in told
    assert "Ada Exemple" in told
    assert "Bob" not in told
    assert requests() == [("sent", "", True), ("dropped", "", True)]
    held = everything(settings)
    assert [trace for trace in traces("alicesecret+x@googlemail.com") if trace in held] == []


@both_engines
def test_what_was_asked_for_before_the_sealing_is_not_left_readable(
    app: Flask, client: Visitor, petition: Petition, seal: Callable[[], NewKeys], settings: Settings
) -> None:
    confirmed(app, client, email=ADDRESS)
    client.post(PAGE, data={"email": ADDRESS})
    assert len(mails_to(app, ADDRESS)) == 2
    client.post(PAGE, data={"email": "bob@example.org"})
    assert requests() == [("sent", ADDRESS, False), ("queued", "bob@example.org", False)]
    seal()
    convert()
    assert requests() == [("sent", "", True), ("queued", "bob@example.org", True)]
    mails(app)
    assert requests()[1] == ("dropped", "", True)
    held = everything(settings)
    assert [trace for trace in traces() if trace in held] == []


def test_without_the_key_of_the_names_it_waits_and_holds_up_no_other_mail(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings
) -> None:
    confirmed(app, client, email=ADDRESS)
    client.post(PAGE, data={"email": ADDRESS})
    key = settings.data_dir / names.FILE
    kept = key.read_bytes()
    key.unlink()
    app.extensions.pop("mailbox_key")
    assert len(mails(app)) == 1
    assert requests() == [("queued", ADDRESS, True)]
    assert client.post(PAGE, data={"email": "bob@example.org"}).status_code == 503
    key.write_bytes(kept)
    db.session.query(OutboxMessage).update({"due_at": OutboxMessage.created_at})
    db.session.commit()
    assert len(mails(app)) == 2
    assert requests() == [("sent", "", True)]
