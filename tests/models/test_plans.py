"""Every statement of the hot routes and of the regular jobs finds its rows by an index, on both engines."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, insert, literal, select, text, update

from petition_app.exports import rows
from petition_app.exports.making import Export, order_of, write_export
from petition_app.exports.uses import USES
from petition_app.extensions import db
from petition_app.files import making, orders
from petition_app.fraud import watching
from petition_app.mail import outbox
from petition_app.mail.transport import PermanentFailure, PreviewTransport, nothing, transport_for
from petition_app.models import (
    Cluster,
    ClusterSignature,
    Comment,
    CommentFlag,
    Consent,
    ConsentWording,
    OutboxMessage,
    Petition,
    RateCount,
    Signature,
    Update,
)
from petition_app.models.base import months_after, now
from petition_app.models.paper import paper_count
from petition_app.operations import demo, forgetting, jobs, schedule
from petition_app.paper import entry
from petition_app.paper.entry import Line
from petition_app.petitions.mail_words import add_version
from petition_app.statistics import counting
from petition_app.statistics.numbers import numbers_of
from petition_app.statistics.visits import write_visits
from petition_app.transactions import writing
from petition_app.updates import mailing, recipients
from petition_app.web.keyset import cursor_of
from petition_app.web.row_numbers import COMMENT, in_address
from petition_app.web.tokens import unsubscribing_token
from tests import fields
from tests.admin.desk import make_member, signed_in
from tests.databases import both_engines
from tests.plans import Recorder, Statement, faults
from tests.story import BOB, link_in, mails_to, sign
from tests.visitor import Visitor

SIGNATURES = 3000
NETWORK = "a3f9c21077aa0b1c"
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
        add_version(petition, petition.default_locale, {"why": "Pour tous.", "thanks": "Merci."}, at)
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
        session.execute(
            update(Signature).where(Signature.id % 5 == 0).values(network=func.substr(Signature.key, 1, 16)),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(Signature).where(Signature.id % 100 == 0).values(network=NETWORK),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(Comment).where(Comment.id % 9 == 0).values(queued_at=at - timedelta(hours=1), reviewed_at=at),
            execution_options={"synchronize_session": False},
        )
        flagged = session.scalars(select(Comment.id).limit(200)).all()
        session.execute(insert(CommentFlag), [{"comment_id": key, "reader": f"{key}", "point": ""} for key in flagged])
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
def test_every_statement_finds_its_rows_by_an_index(
    app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rows, counting):  # a batch is a small part of a large petition
        monkeypatch.setattr(module, "BATCH", 50)
    monkeypatch.setattr(recipients, "WINDOW", 50)
    monkeypatch.setattr(recipients, "LARGE_WINDOW", 50)
    with Recorder().listening(db.engine) as recorder:
        read(client, recorder)
        sign_and_leave(app, client, recorder)
        moderate(app, client, recorder)
        ask_for_more(app, client, recorder)
        put_into_another_language(app, recorder)
        tell(app, client, recorder)
        answer_letters(app, recorder)
        work(app, recorder)
        forget(recorder)
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
            assert client.get(path, headers={"User-Agent": "Firefox"}).status_code == 200


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
    with recorder.route("withdrawing a consent"):
        assert client.post(f"{personal}/consents/petition_news/withdrawal").status_code == 303
    with recorder.route("a lost link"):
        assert client.post("/fr/lost-link", data={"email": "alice@example.org"}).status_code == 303
        outbox.send_due(now() + timedelta(minutes=30), transport_for(app.config["SETTINGS"]))
    with recorder.route("withdrawal"):
        assert client.post(f"{personal}/withdrawal").status_code == 303
    with recorder.route("erasure"):
        assert client.post(f"{personal}/erasure").status_code == 200


def moderate(app: Flask, client: Visitor, recorder: Recorder) -> None:
    """What a moderator asks for: each list, each way to look for signatures, a rule from its preview to its undoing."""
    desk = signed_in(app, make_member("moderator", name="Bob"))
    (petition,) = [p for p in db.session.query(Petition) if p.slug == demo.SLUG]
    comment = db.session.query(Comment.id).filter_by(status="published").first()
    assert comment is not None
    flag = f"/fr/petitions/{demo.SLUG}/comments/{in_address(comment[0], COMMENT)}/flag"
    with recorder.route("flag"):
        assert client.get(flag).status_code == 200
        assert client.post(flag, data={"point": "insult"}).status_code == 303
    deep = cursor_of(now() - timedelta(hours=2), 1)
    for path in ("", f"?after={deep}", f"/published?before={deep}", "/published", "/hidden", "/hidden?before=400"):
        with recorder.route(f"comments{path}"):
            assert desk.get(f"/admin/comments{path}").status_code == 200
    with recorder.route("deciding about comments"):
        assert desk.send("/admin/comments/decision", hide=comment[0], point="insult").status_code == 303
        act = re.search(r"/admin/comments/acts/[0-9a-f]+/undo", desk.get("/admin/comments").get_data(as_text=True))
        assert act is not None
        assert desk.send(act[0]).status_code == 303
    with recorder.route("signatures"):
        assert desk.get("/admin/signatures").status_code == 200
    week = {"since": "2020-01-01T00:00", "until": "2099-01-01T00:00"}
    for sought in (
        {"name": "Dup"},
        {"name": "jeanne dupont"},
        {"email": "signer-7@example.org"},
        {"email": "signer-"},
        {"postal_code": "75011"},
        {"postal_code": "75011", **week},
        {"network": NETWORK},
        {"network": NETWORK, "name": "a", **week},
        week,
    ):
        for after in ("", "100"):
            with recorder.route(f"signatures by {', '.join(sought)}{' from a place on' if after else ''}"):
                for where in (petition.id, 0):
                    answer = desk.send("/admin/signatures", petition=where, after=after, **sought)
                    assert answer.status_code == 200
    with recorder.route("fraud"):
        watching.watch(petition.id, now())
        cluster_id = make_cluster(petition.id)
        for path in ("", f"/{demo.SLUG}", f"/{demo.SLUG}?state=released", f"/{demo.SLUG}/{cluster_id}"):
            assert desk.get(f"/admin/fraud{path}").status_code == 200
    with recorder.route("deciding on a cluster"):
        for decision in ("quarantine", "release"):
            assert desk.send(f"/admin/fraud/clusters/{cluster_id}/{decision}").status_code == 303
    with recorder.route("a signature"):
        assert desk.get("/admin/signatures/100").status_code == 200
    with recorder.route("a rule"):
        sought = {"petition": petition.id, "email": "signer-1"}
        html = desk.send("/admin/signatures/rules/preview", **sought).get_data(as_text=True)
        number = re.search(r'name="foreseen" value="(\d+)"', html)
        assert number is not None
        made = desk.send("/admin/signatures/rules", **sought, foreseen=number[1], reason="x")
        assert made.status_code == 303
        assert desk.get(made.location).status_code == 200
        assert desk.get("/admin/signatures/rules").status_code == 200
        assert desk.send(f"{made.location}/undo").status_code == 303


def make_cluster(petition_id: int) -> int:
    """A cluster of some signatures of all kinds."""
    at = now()
    with writing() as session:
        cluster = Cluster(petition_id=petition_id, kind="network", mark="x", level=2, first_at=at, last_at=at)
        session.add(cluster)
        session.flush()
        some = session.scalars(select(Signature.id).where(Signature.petition_id == petition_id).limit(20)).all()
        session.add_all([ClusterSignature(cluster_id=cluster.id, signature_id=key) for key in some])
        session.execute(
            update(Signature).where(Signature.id.in_(some), Signature.status == "pending").values(held_at=at)
        )
    return cluster.id


def tell(app: Flask, client: Visitor, recorder: Recorder) -> None:
    """An update from its first word to the way out of its mail; and one more signer who asked for news."""
    desk = signed_in(app, make_member("editor", name="Carol"))
    with db.engine.begin() as connection:  # half of the crowd
        wording = connection.execute(select(ConsentWording.id).limit(1)).scalar_one()
        half = select(Signature.id, literal(wording), literal("petition_news"), literal("yes"), literal(now()))
        chosen = half.where(Signature.id % 2 == 0, Signature.status == "confirmed")
        columns = ["signature_id", "wording_id", "purpose", "value", "given_at"]
        connection.execute(insert(Consent).from_select(columns, chosen))
    home = f"/admin/updates/{demo.SLUG}"
    locale = db.session.query(Petition.default_locale).filter_by(slug=demo.SLUG).scalar()
    words = {f"title-{locale}": "Une réponse", f"body-{locale}": "Oui."}
    with recorder.route("writing an update"):
        draft = desk.send(f"{home}/new", **words).location
        assert desk.get(home).status_code == 200
        assert desk.send(f"{draft}/text", version="1", **words).status_code == 303
    with recorder.route("before an update goes out"):
        assert desk.get(f"{draft}/sending").status_code == 200
        assert desk.send(f"{draft}/test").status_code == 303
    with recorder.route("sending an update"):
        assert desk.send(f"{draft}/sending", version="2", when="now", per_minute="2400").status_code == 303
        assert db.session.query(Update).one().foreseen > SIGNATURES / 3
    with recorder.route("mailing an update"):
        outbox.send_due(now() + timedelta(seconds=20), transport_for(app.config["SETTINGS"]))
        mailing.advance_all(now() + timedelta(minutes=1))
    with recorder.route("an update’s progress"):
        assert desk.get(f"{draft}/progress").status_code == 200
    with recorder.route("stopping and resuming"):
        assert desk.send(f"{draft}/stop").status_code == 303
        assert desk.send(f"{draft}/resumption").status_code == 303
        assert db.session.query(Update).one().state == "sending"
    with recorder.route("the page with updates"):
        assert "/updates/1" in client.get(f"/fr/petitions/{demo.SLUG}").get_data(as_text=True)
        assert client.get(f"/fr/petitions/{demo.SLUG}/updates/1").status_code == 200
    mail = db.session.query(OutboxMessage).filter_by(kind="update").first()
    assert mail is not None
    assert mail.signature is not None
    out = f"/fr/news/{unsubscribing_token(mail.signature.key or '', mail.update_id or 0)}"
    with recorder.route("the way out"):
        assert client.get(out).status_code == 200
        assert client.post(out).status_code == 200
    with recorder.route("refused for good"):
        outbox.send_due(now() + timedelta(seconds=20), Refusing())


class Refusing(PreviewTransport):
    """Knows nobody."""

    def __init__(self) -> None:
        super().__init__(Path())

    def open(self) -> None:
        """Ready."""

    def send(
        self,
        message: EmailMessage,
        before_text: Callable[[], None] = nothing,
        after_text: Callable[[], None] = nothing,
    ) -> None:
        before_text()
        raise PermanentFailure("550 5.1.1 nobody", no_mailbox=True)


def ask_for_more(app: Flask, client: Visitor, recorder: Recorder) -> None:
    """A form with a field of its own, from its making to the end of its answers."""
    desk = signed_in(app, make_member("editor", name="Dora"))
    with recorder.route("adding fields"):
        ids = fields.asked(desk, "phone", "question_choice", slug=demo.SLUG)
        assert desk.get(f"/admin/form/{demo.SLUG}").status_code == 200
    answers = fields.answers_for(ids)
    with recorder.route("signing with answers"):
        assert sign(client, demo.SLUG, **BOB, **answers).status_code == 303
        assert sign(client, demo.SLUG, **BOB, **answers).status_code == 303
    confirmation = link_in(mails_to(app, "bob@example.org")[-1])
    with recorder.route("confirmation with answers"):
        confirmed = client.post(confirmation)
        assert confirmed.status_code == 303
    personal = confirmed.location.removesuffix("/receipt")
    with recorder.route("personal page with answers"):
        assert client.get(personal).status_code == 200
        assert client.post(f"{personal}/answers/{ids['phone']}/erasure").status_code == 303
        assert client.post(personal, data={**ALICE_CORRECTED, **answers}).status_code == 303
    with recorder.route("privacy page"):
        assert client.get("/fr/privacy").status_code == 200
    for kind, fate in (("phone", "keep"), ("question_choice", "erase")):
        path = f"/admin/form/{demo.SLUG}/fields/{ids[kind]}"
        with recorder.route(f"taking a field off: {fate}"):
            assert desk.get(f"{path}/removal").status_code == 200
            gone = desk.send(f"{path}/removal", revision=fields.revision_of(demo.SLUG), answers=fate)
            assert gone.status_code == 303
            assert desk.get(gone.location).status_code == 200


def answer_letters(app: Flask, recorder: Recorder) -> None:
    """What an administrator asks for when somebody has written about data."""
    desk = signed_in(app, make_member("administrator", name="Ada"))
    letter = {"kind": "access", "received": "2026-01-31", "person": "Jeanne Dupont"}
    with recorder.route("a request about data"):
        page = desk.send("/admin/requests/new", **letter).location
        assert desk.send(f"{page}/search", name="Dupont", email="").status_code == 200
        assert desk.send(f"{page}/signatures", id="100").status_code == 303
        for path in ("/admin/requests", page, f"{page}/signatures/100", f"{page}/signatures/100/data.json", "/admin/"):
            assert desk.get(path).status_code == 200
        assert desk.send(f"{page}/answer", answer="Done.").status_code == 303
    with recorder.route("the register of consents"):
        assert desk.get("/admin/privacy").status_code == 200


def forget(recorder: Recorder) -> None:
    """What is done when the signers' time is over; the other rules are among the jobs."""
    with recorder.route("forgetting everybody"):
        assert forgetting.forget_signers(months_after(now(), 40)) > SIGNATURES
    assert db.session.query(Signature.id).filter(Signature.email.is_not(None)).first() is None


def put_into_another_language(app: Flask, recorder: Recorder) -> None:
    """A title is translated anew, and put online with a reason."""
    desk = signed_in(app, make_member("editor", name="Tara"))
    screen = f"/admin/petitions/{demo.SLUG}/translation"
    with recorder.route("translating a text"):
        page = desk.get(f"{screen}?text=en").get_data(as_text=True)
        seen = re.search(r'name="s-title" value="(\w+)"', page)
        assert seen is not None
        typed = {"t-title": "A wholly different title", "s-title": seen[1]}
        assert desk.send(f"{screen}?text=en", **typed).status_code == 303
        assert desk.get(f"{screen}/file?text=en&format=xliff").status_code == 200
    with recorder.route("a text that is being translated"):
        assert desk.get(f"/admin/petitions/{demo.SLUG}/text?text=en").status_code == 200
    with recorder.route("words of mails"):
        mails = f"/admin/petitions/{demo.SLUG}/mails"
        assert desk.get(mails).status_code == 200
        assert desk.send(mails, version="1", why="Pour nous tous.", thanks="").status_code == 303
    with recorder.route("putting a translation online"):
        assert desk.get(f"{screen}/publication?text=en").status_code == 200
        assert desk.send(f"{screen}/publication?text=en", kind="change", reason="Better.").status_code == 303


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
    petition = Petition.by_slug(demo.SLUG)
    assert petition is not None
    petition_id = petition.id
    for use in USES:
        with recorder.route(f"export: {use}"):
            write_export(petition, Export(use, "csv", with_left=True), io.BytesIO(), lambda _done: None, now())
    with recorder.route("ordering and making a file"):
        orders.place(order_of(petition, Export("check", "csv"), "fr", "", now()), now())
        orders.is_anything_due(now())
        making.make_due()
        orders.files_of(petition_id, "export")
        orders.remove_expired(now() + timedelta(days=9))
    with recorder.route("a sheet of paper"):
        with writing() as session:
            lines = [Line(n, f"Ada{n}", "Exemple", "75011") for n in (1, 2)]
            batch = entry.add_batch(session, petition_id, "x", lines, "", now())
        with writing() as session:
            entry.count_line(session, batch.signatures[0].id, False)
        entry.batches_of(petition_id)
        entry.lines_between(petition_id, 0, 10)
        paper_count(petition_id)
    with recorder.route("numbers"):
        numbers_of(petition_id, now())
    with recorder.route("visits"):
        write_visits()
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
