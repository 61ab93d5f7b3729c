"""Every statement of the hot routes and of the regular jobs finds its rows by an index, on both engines."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, text, update

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import transport_for
from petition_app.models import Comment, OutboxMessage, Petition, RateCount, Signature
from petition_app.models.base import now
from petition_app.operations import demo, jobs, schedule
from petition_app.transactions import writing
from petition_app.web.keyset import cursor_of
from tests.databases import both_engines
from tests.plans import Recorder, Statement, faults
from tests.story import link_in, mails_to, sign
from tests.visitor import Visitor

SIGNATURES = 3000
ALICE_CORRECTED = {
    "given_name": "Alicia",
    "surname": "Modèle",
    "postal_code": "1000",
    "country": "BE",
    "name_display": "initial",
    "comment": "Corrigé.",
}


@pytest.fixture
def variables() -> dict[str, str]:
    """With rate limits and the pacing of mails: they ask the database, too."""
    return {"PETITION_ABUSE_CONTROLS": "on"}


@pytest.fixture
def crowd(app: Flask, make_petition: Callable[..., Petition]) -> None:
    """A site that has been there for a while: signers, comments, those who never confirmed, and mails of all kinds."""
    make_petition()  # the home page shows a list where there are two
    demo.load()
    demo.add_signatures(SIGNATURES, lambda _done: None)
    petition = Petition.by_slug(demo.SLUG)
    assert petition is not None
    at = now()
    with writing() as session:
        petition.comments = "after"
        session.add(petition)
        few = db.session.query(Signature.id).filter(~Signature.comment.has()).limit(600)
        for (number,) in few.all():
            moment = at - timedelta(minutes=number)
            session.add(
                Comment(
                    petition_id=petition.id, signature_id=number, text="Oui.", status="published", published_at=moment
                )
            )
        unconfirmed = db.session.query(Signature.id).order_by(Signature.id.desc()).limit(50).subquery()
        session.execute(
            update(Signature)
            .where(Signature.id.in_(db.session.query(unconfirmed.c.id)))
            .values(status="pending", seat=None, confirmed_at=None, created_at=at - timedelta(days=31)),
            execution_options={"synchronize_session": False},
        )
        session.execute(insert(OutboxMessage), [_mail(number) for number in range(2000)])
        session.execute(
            insert(RateCount), [{"key": f"{n}", "count": 1, "expires_at": at - timedelta(hours=n)} for n in range(500)]
        )
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    db.session.remove()


def _mail(number: int) -> dict[str, object]:
    """Nine of ten were sent in the last ten days; the others failed, or wait for tomorrow."""
    at = now() - timedelta(minutes=7 * number)
    status = {0: "failed", 1: "queued"}.get(number % 20, "sent")
    return {
        "kind": "confirmation",
        "priority": 0,
        "locale": "fr",
        "recipient": f"m{number}@example.org",
        "mailbox": f"m{number}@example.org",
        "message_id": f"<{number}@localhost>",
        "status": status,
        "created_at": at,
        "due_at": now() + timedelta(days=1) if status == "queued" else at,
        "finished_at": None if status == "queued" else at,
        "attempts": 0,
        "last_error": "",
    }


@both_engines
@pytest.mark.usefixtures("crowd")
def test_every_statement_finds_its_rows_by_an_index(app: Flask, client: Visitor) -> None:
    with Recorder().listening(db.engine) as recorder:
        read(client, recorder)
        sign_and_leave(app, client, recorder)
        work(app, recorder)
    # Nothing that was listed has slipped through the recorder.
    assert len(recorder.statements) > 60
    if found := complaints(recorder):
        pytest.fail(found, pytrace=False)  # whole: an assertion would cut it short


def complaints(recorder: Recorder) -> str:
    with db.engine.connect() as connection:
        return "\n".join(fault for statement in recorder.statements if (fault := faults(connection, statement)))


def read(client: Visitor, recorder: Recorder) -> None:
    """What readers ask for, each once: it is in nobody's cache yet."""
    deep = cursor_of(now() - timedelta(days=2), 1000)
    for route, path in {
        "home": "/fr/",
        "petition page": f"/fr/petitions/{demo.SLUG}",
        "live fragment": f"/fr/petitions/{demo.SLUG}/live",
        "signers": f"/fr/petitions/{demo.SLUG}/signatures",
        "signers behind a cursor": f"/fr/petitions/{demo.SLUG}/signatures?before={deep}",
        "comments": f"/fr/petitions/{demo.SLUG}/comments",
        "comments behind a cursor": f"/fr/petitions/{demo.SLUG}/comments?before={cursor_of(now(), 1000)}",
        "readyz": "/readyz",
    }.items():
        with recorder.route(route):
            assert client.get(path).status_code == 200


def sign_and_leave(app: Flask, client: Visitor, recorder: Recorder) -> None:
    """A signature from the form to its withdrawal, and another to its erasure."""
    with recorder.route("signing"):
        assert sign(client, demo.SLUG, comment="Mon avis.", consent_petition_news="y").status_code == 303
    with recorder.route("sending mails"):
        confirmation = link_in(mails_to(app, "alice@example.org")[-1])
    with recorder.route("confirmation, GET"):
        assert client.get(confirmation).status_code == 200
    with recorder.route("confirmation, POST"):
        confirmed = client.post(confirmation)
        assert confirmed.status_code == 303
    with recorder.route("receipt"):
        assert client.get(confirmed.location).status_code == 200
    personal = confirmed.location.removesuffix("/receipt")
    with recorder.route("signing again"):
        assert sign(client, demo.SLUG).status_code == 303
    with recorder.route("personal page"):
        assert client.get(personal).status_code == 200
    with recorder.route("one's data"):
        assert client.get(f"{personal}/data.json").status_code == 200
    with recorder.route("correction"):
        assert client.post(personal, data=ALICE_CORRECTED).status_code == 303
    with recorder.route("withdrawal"):
        assert client.post(f"{personal}/withdrawal").status_code == 303
    with recorder.route("erasure"):
        assert client.post(f"{personal}/erasure").status_code == 200


def work(app: Flask, recorder: Recorder) -> None:
    """What the worker does, and what is asked about it."""
    transport = transport_for(app.config["SETTINGS"])
    with recorder.route("sending mails"):
        outbox.enqueue_test("ada@example.org", "fr")
        outbox.send_due(now(), transport)
    with recorder.route("the outbox, told"):
        outbox.oldest_due(now())
        outbox.failures()
        outbox.failed_count()
        db.session.rollback()
    for job in jobs.JOBS:
        with recorder.route(f"job: {job.name}"):
            lease = schedule.claim(job.name, job.every, now())
            assert lease is not None
            job.run(now(), lease.renew)
            lease.finish()
            assert job.name not in schedule.due({job.name: job.every}, now())


BAD = {
    "reads all of signatures": "SELECT id FROM signatures WHERE given_name = 'Alice'",
    "reads all of outbox_messages": "UPDATE outbox_messages SET attempts = 1 WHERE recipient = 'nobody'",
    "reads all of comments by": "SELECT id FROM comments ORDER BY id LIMIT 5",
    "sorts rows": "SELECT id FROM signatures WHERE petition_id = 1 AND mailbox > 'a' ORDER BY given_name",
    "reads all signatures of a petition": "SELECT surname FROM signatures WHERE petition_id = 1",
    "OFFSET": "SELECT id FROM signatures WHERE id > 5 ORDER BY id LIMIT 5 OFFSET 5",
    "count() over signatures": "SELECT count(*) FROM signatures WHERE petition_id = 1 AND mailbox > ''",
}


@both_engines
@pytest.mark.usefixtures("crowd")
def test_bad_statements_are_refused_with_their_plan(app: Flask) -> None:
    """The check itself is checked: one statement for each rule, told with its route, text and plan."""
    with db.engine.connect() as connection:
        for reason, bad in BAD.items():
            said = faults(connection, Statement("some route", bad, ()))
            wanted = reason
            if connection.dialect.name == "sqlite" and reason == "reads all of comments by":
                wanted = "reads all of comments"
            assert re.search(rf"some route:.*! [^\n]*{re.escape(wanted)}", said, re.S), (reason, said)
            assert bad in said
            assert "plan:" in said
            assert re.search(r"SCAN|SEARCH|Scan", said)
