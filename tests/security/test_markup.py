"""Markup in everything that is stored: whatever a text is, on every page and in every mail it is text."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

from flask import Flask
from sqlalchemy import JSON, String, Text, update
from sqlalchemy.exc import IntegrityError

from petition_app.admin import membership
from petition_app.extensions import Base, db
from petition_app.models import (
    Comment,
    Demand,
    Member,
    Petition,
    RecipientAnswer,
    SiteSetting,
    Update,
)
from petition_app.models.base import now
from petition_app.models.update import UpdateText
from petition_app.petitions.markdown import render
from petition_app.transactions import writing
from petition_app.web import tokens
from tests.admin.desk import Desk
from tests.security.routes import routes
from tests.story import confirmed, mails, sign
from tests.visitor import Visitor

MARK = "seen4242"
EVIL = (
    f"{MARK}\"'><evil-tag onevil=1></title></textarea></script></style>--><img src=x onerror=evil()>"
    "[a](javascript:evil()) <javascript:evil()> &lt;evil-tag&gt; {{ 7 * 7 }} %(x)s {x}"
)
# What the program itself chooses among: words of its own, never anybody's.
OWN = re.compile(
    r"^(status|state|kind|.*locale|slug|key|.*key|.*hash|role|purpose|comments|name_display|country|.*mark|network|mailbox"
    r"|verdict|action|object_kind|format|content_type|use|.*sha256|digest|.*token|totp_secret|accent|colour|email|job|holder"
    r"|fingerprint|held_for|postal_code.*|source|day|provider|domain|reason_kind|.*_mail|version_num|id|given_from|signs|area"
    r"|.*place|departement)$"
)


class Reader(HTMLParser):
    """Notes what must never become of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.texts = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "evil-tag":
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction") and re.match(
                r"\s*(javascript|data:text)", value or "", re.I
            ):
                self.found.append(f"{tag} {name}={value}")
            self.texts += f" {value}"

    def handle_data(self, data: str) -> None:
        self.texts += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def everything(petition: Petition) -> dict[str, str]:
    """A row of what people write, and the ids by which pages show them."""
    at = now()
    with writing() as session:
        demand = Demand(petition_id=petition.id, position=0, texts={"fr": EVIL}, outcomes=[], revision=0)
        demand.decide("partly", at.date(), {"fr": EVIL}, "https://example.org/", None)
        answer = RecipientAnswer(
            petition_id=petition.id, name=EVIL, locale="fr", statement=EVIL, expires_at=at + timedelta(days=9)
        )
        session.add_all([demand, answer])
        session.flush()
        answer.give(EVIL, EVIL, EVIL, {str(demand.id): {"verdict": "partly", "sentence": EVIL}}, at)
        answer.approve(at)
        told = Update(petition_id=petition.id, texts=[UpdateText(locale="fr", title=EVIL, body=EVIL)])
        session.add(told)
        session.flush()
        told.publish(session, at)
        for name in ("association_name", "association_address", "association_publisher", "association_hosting"):
            session.merge(SiteSetting(name=name, value=EVIL))
    return {
        "demand_id": str(demand.id),
        "answer_id": str(answer.id),
        "update_id": str(told.id),
        "number": "1",
        "answer_token": tokens.answer_token(answer.key),
    }


def poison_every_column() -> int:
    """Write it into each text of each table that somebody may have typed."""
    poisoned = 0
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            is_text = isinstance(column.type, (String, Text)) and not isinstance(column.type, JSON)
            if not is_text or column.primary_key or column.foreign_keys or OWN.match(column.name):
                continue
            if table.name in ("site_settings", "stored_files", "outbox_messages", "scheduled_jobs"):
                continue
            try:
                with writing() as session:
                    poisoned += session.execute(update(table).values({column.name: EVIL})).rowcount  # type: ignore[attr-defined]  # of an UPDATE
            except IntegrityError:
                continue
    db.session.expire_all()
    return poisoned


def test_nothing_that_is_stored_becomes_markup(app: Flask, client: Visitor, alice: Desk, petition: Petition) -> None:
    personal = confirmed(app, client, comment="A comment").rpartition("/")[2]
    ids = everything(petition)
    assert poison_every_column() > 15
    app.extensions["page_layer"].drop()
    alice.step_up()
    shown, read_pages = set(), 0
    comment_id = str(db.session.query(Comment).one().id)
    signature_id = str(db.session.query(Comment).one().signature_id)
    member_id = str(alice.member_id)
    parts = {
        **ids,
        "slug": petition.slug,
        "comment_id": comment_id,
        "signature_id": signature_id,
        "member_id": member_id,
    }
    for route in routes(app, **parts, token=personal):
        if route.method != "GET":
            continue
        is_answers = route.endpoint.startswith("outcomes.")
        address = route.address.replace(personal, ids["answer_token"]) if is_answers else route.address
        if route.endpoint in ("updates.unsubscribing", "signing.erase_answer"):
            continue
        browser = alice if address.startswith("/admin") else client
        answer = browser.get(address)
        assert answer.status_code < 500, route
        if answer.mimetype != "text/html":
            continue
        page = read(answer.get_data(as_text=True))
        assert page.found == [], (route.endpoint, page.found)
        assert "49 %" not in page.texts
        read_pages += 1
        if MARK in page.texts:
            shown.add(route.endpoint)
    assert read_pages > 60
    assert len(shown) > 15, shown
    assert {"public.petition", "signing.personal", "admin.signatures.signature", "admin.team.member"} <= shown


def test_nor_in_a_mail(app: Flask, client: Visitor, alice: Desk, petition: Petition) -> None:
    sign(client)
    everything(petition)
    poison_every_column()
    with writing() as session:
        member = session.get_one(Member, alice.member_id)
    membership.send_password_link(member, now(), by_member=True)
    sent = mails(app)
    assert len(sent) == 2
    for mail in sent:
        part = mail.get_body(("html",))
        assert part is not None
        page = read(part.get_content())
        assert page.found == []
        assert MARK in page.texts
        assert "\n" not in str(mail["Subject"])


def test_markdown_makes_none_either() -> None:
    page = read(
        str(render(EVIL + "\n\n<evil-tag onevil=1>\n\n![x](javascript:evil())\n\n<a href='javascript:evil()'>x</a>"))
    )
    assert page.found == []
    assert MARK in page.texts
