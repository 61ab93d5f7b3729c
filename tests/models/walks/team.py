"""What the association does at its desk, each route once."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage

from flask import Flask
from sqlalchemy import insert, literal, select, update

from petition_app.extensions import db
from petition_app.fraud import watching
from petition_app.mail import outbox
from petition_app.mail.transport import PermanentFailure, transport_for
from petition_app.models import (
    Cluster,
    ClusterSignature,
    Comment,
    Consent,
    ConsentWording,
    OutboxMessage,
    Petition,
    Signature,
    Update,
)
from petition_app.models.base import now
from petition_app.operations import demo
from petition_app.transactions import writing
from petition_app.updates import mailing
from petition_app.web.keyset import cursor_of
from petition_app.web.row_numbers import COMMENT, in_address
from petition_app.web.tokens import unsubscribing_token
from tests.admin.desk import make_member, signed_in
from tests.mail.conftest import Memory
from tests.models.grown_site import NETWORK, SIGNATURES
from tests.plans import Recorder
from tests.visitor import Visitor


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
        outbox.send_due(now() + timedelta(seconds=20), Memory(before=refuse))


def refuse(_mail: EmailMessage) -> None:
    """The server knows nobody."""
    raise PermanentFailure("550 5.1.1 nobody", no_mailbox=True)


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
