"""What a person does, in a line each: sign, read the mail, press the button."""

from __future__ import annotations

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import transport_for
from petition_app.models import Signature
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count

ALICE = {
    "given_name": "Alice",
    "surname": "Exemple",
    "email": "alice@example.org",
    "postal_code": "75011",
    "country": "FR",
    "comment": "",
    "name_display": "full",
    "consent_processing": "y",
}
BOB = {**ALICE, "given_name": "Bob", "surname": "Témoin", "email": "bob@example.org"}
CHARLIE = {**ALICE, "given_name": "Charlie", "surname": "Étranger", "email": "charlie@example.org"}


def sign(
    client: FlaskClient, slug: str = "clean-water", *, locale: str = "fr", htmx: bool = False, **fields: Any
) -> TestResponse:
    """Send the form: Alice's entries unless told otherwise; None leaves a field out."""
    entries = {k: v for k, v in {**ALICE, **fields}.items() if v is not None}
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(f"/{locale}/petitions/{slug}/signatures", data=entries, headers=headers)


def mails(app: Flask) -> list[EmailMessage]:
    """Let the worker send what is due, then read every mail there is, oldest first."""
    settings = app.config["SETTINGS"]
    transport = transport_for(settings)
    while outbox.send_due(now(), transport):
        pass
    transport.close()
    return [read_mail(path.read_bytes()) for path in sorted(settings.mailbox_dir.glob("*.eml"))]


def read_mail(data: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(data)  # type: ignore[return-value]  # the default policy makes EmailMessage


def mails_to(app: Flask, address: str) -> list[EmailMessage]:
    return [mail for mail in mails(app) if address in str(mail["To"])]


def link_in(mail: EmailMessage) -> str:
    """The path of the one link in a mail's text."""
    part = mail.get_body(("plain",))
    assert part is not None
    links = re.findall(r"https?://\S+", part.get_content())
    assert len(links) == 1, links
    return re.sub(r"^https?://[^/]+", "", links[0])


def confirmed(app: Flask, client: FlaskClient, **fields: Any) -> str:
    """Sign and confirm; answers with the path of the personal page."""
    sign(client, **fields)
    link = link_in(mails(app)[-1])
    response = client.post(link)
    assert response.status_code == 303, response.get_data(as_text=True)
    return response.location.removesuffix("/receipt")


def number_shown(client: FlaskClient, slug: str = "clean-water") -> int:
    """The number that the live fragment carries."""
    html = client.get(f"/fr/petitions/{slug}/live").get_data(as_text=True)
    found = re.findall(r'data-count="(\d+)"', html)
    assert len(found) == 1
    return int(found[0])


def count_is_exact(petition_id: int) -> int:
    """The counters hold what the rows say; answers with it."""
    db.session.rollback()
    rows = db.session.query(Signature).filter_by(petition_id=petition_id, status="confirmed").count()
    assert confirmed_count(petition_id) == rows
    return rows
