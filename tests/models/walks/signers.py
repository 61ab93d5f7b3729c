"""What readers and signers do, each route once."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from petition_app.mail import outbox
from petition_app.mail.transport import transport_for
from petition_app.models.base import now
from petition_app.operations import demo
from petition_app.web.keyset import cursor_of
from tests import fields
from tests.admin.desk import make_member, signed_in
from tests.plans import Recorder
from tests.story import BOB, link_in, mails_to, sign
from tests.visitor import Visitor

ALICE_CORRECTED = {
    "given_name": "Alicia",
    "surname": "Modèle",
    "postal_code": "1000",
    "country": "BE",
    "name_display": "initial",
    "comment": "Corrigé.",
}


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
