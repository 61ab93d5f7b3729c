"""A site with something of everything on it, written in Greek letters: what is in Latin ones is the site's own.

And every page of it: those that links lead to, those that none leads to, and forms sent empty, with their errors.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from sqlalchemy import update
from werkzeug.exceptions import HTTPException

from petition_app.admin import set_up
from petition_app.extensions import db
from petition_app.files import making
from petition_app.mail import outbox
from petition_app.models import (
    Cluster,
    Comment,
    Demand,
    OutboxMessage,
    Petition,
    PetitionText,
    RecipientAnswer,
    Signature,
)
from petition_app.models import Recipient as Addressee
from petition_app.models.base import now
from petition_app.petitions.life import open_petition
from petition_app.transactions import writing
from petition_app.updates import mailing
from tests.admin.desk import Desk, make_member, signed_in
from tests.fields import answers_for, asked, field_ids, revision_of
from tests.story import ALICE, link_in, mails_to, sign
from tests.visitor import Visitor

WORDS = "Ζητάμε καθαρό νερό για την πόλη μας"
PARAGRAPH = f"{WORDS}.\n\n## Τι ζητάμε\n\n1. Νερό\n2. Καθαρό\n"
# There is a page for each message of a catalogue: some of them stand for all.
MOST_ALIKE = 12
FIELDS = ("municipality", "phone", "question_text", "question_choice", "question_yes_no")


@dataclass(frozen=True)
class Shown:
    """A page as it was answered, where it was asked for and by whom."""

    name: str
    path: str
    html: str
    who: str = "reader"


@dataclass
class Site:
    """The site, and who looks at it: an administrator, a reader, somebody without an account at the door."""

    app: Flask
    locale: str
    alice: Desk
    reader: Visitor
    stranger: Desk
    tokens: list[str]
    first_day: list[Shown]


def everything(app: Flask, locale: str) -> Site:
    first_day = _first_day(app, locale)
    alice = signed_in(app, make_member("administrator", name="Αλίκη", email="alice@example.org", locale=locale))
    alice.step_up()
    reader = Visitor(app, app.response_class)
    for slug in ("clean-water", "closed", "archived", "draft"):
        _petition(slug, locale)
    site = Site(app, locale, alice, reader, Desk(app, app.response_class), [], first_day)
    _field_words(alice, locale)
    alice.send("/admin/petitions/clean-water/mails", version="0", why=f"{WORDS}.", thanks=f"{WORDS}.")
    _signers(site)
    _outcomes(site)
    _updates(site)
    _paper_and_files(site)
    _team(site)
    _trust(site)
    _ends(site)
    _removed_field(site)
    return site


def _first_day(app: Flask, locale: str) -> list[Shown]:
    """The pages that are there only as long as there is no team."""
    desk = Desk(app, app.response_class)
    shown = [desk.get(f"/admin/set-up?lang={locale}"), desk.send("/admin/set-up", code="wrong")]
    desk.send("/admin/set-up", code=set_up.new_code())
    shown += [desk.get("/admin/set-up/account"), desk.send("/admin/set-up/account")]
    path = "/admin/set-up"
    return [
        Shown(f"first day {number}", path, answer.get_data(as_text=True), "stranger")
        for number, answer in enumerate(shown)
    ]


def _petition(slug: str, locale: str) -> None:
    with writing() as session:
        petition = Petition(
            slug=slug, default_locale=locale, author="Σύλλογος", comments="before", goal=3, postal_code="optional"
        )
        petition.texts = [PetitionText(locale=locale, title=WORDS, summary=WORDS, body=PARAGRAPH)]
        petition.recipients = [Addressee(locale=locale, position=0, name="Άδα", office="δήμαρχος")]
        session.add(petition)
    if slug != "draft":
        open_petition(slug, now() - timedelta(days=3))


def _field_words(alice: Desk, locale: str) -> None:
    greek: dict[str, Any] = {f"purpose-{locale}": WORDS, f"label-{locale}": "Ποια μέρα;"}
    greek |= {f"choice-{n}-{locale}": word for n, word in enumerate(("Σάββατο", "Κυριακή"), 1)}
    asked(alice, *FIELDS, **greek)


def _removed_field(site: Site) -> None:
    """A field that is no longer asked, whose answers stay."""
    number = field_ids()["phone"]
    site.alice.send(f"/admin/form/clean-water/fields/{number}/removal", revision=revision_of(), answers="keep")


def _signers(site: Site) -> None:
    answers = answers_for(field_ids(), municipality="Πόλη", question_text="Ναι")
    for number, (name, comment) in enumerate([("Αλίκη", "Ναι"), ("Βάσω", "Όχι"), ("Γιώργος", ""), ("Δανάη", "Ίσως")]):
        email = f"s{number}@example.org"
        person = {**ALICE, "given_name": name, "surname": "Παράδειγμα", "email": email, "comment": comment}
        sign(site.reader, locale=site.locale, **person, consent_petition_news="y", **answers)
        link = link_in(mails_to(site.app, email)[-1])
        if number < 3:
            site.tokens.append(str(site.reader.post(link).location))
        else:
            site.tokens.append(link)
    ids = [key for (key,) in db.session.query(Comment.id).order_by(Comment.id)]
    for number, comment in enumerate(ids[:2]):
        choice = {"hide": comment, "point": "insult", "tells_signer": "y"} if number else {"show": comment}
        assert site.alice.send("/admin/comments/decision", **choice).status_code == 303
    with writing() as session:
        session.execute(update(OutboxMessage).values(due_at=now()))
    first = db.session.query(Signature).order_by(Signature.id).first()
    assert first is not None
    with writing() as session:
        for kind in ("personal_link", "personal_links"):
            outbox.enqueue(session, kind, outbox.Addressee.of(first), now())
    outbox.enqueue_test("operator@example.org", site.locale)
    site.alice.send("/admin/signatures/rules", id=[3], petition=1, foreseen=1, reason="Διπλή")


def _outcomes(site: Site) -> None:
    desk = "/admin/petitions/clean-water"
    revision = db.session.query(Petition.revision).filter_by(slug="clean-water").scalar()
    words = {"demand": [0, 0], f"text-{site.locale}": ["Νερό", "Καθαρό"]}
    site.alice.send(f"{desk}/demands", act="save", revision=revision, **words)
    (number, *_rest) = [key for (key,) in db.session.query(Demand.id).order_by(Demand.id)]
    said = {"revision": 0, "verdict": "partly", "on": now().date().isoformat(), f"sentence-{site.locale}": "Λίγο"}
    site.alice.send(f"{desk}/demands/{number}", **said)
    person = {"name": "Άδα", "office": "δήμαρχος", "locale": site.locale, "email": "camille@example.org"}
    site.alice.send(f"{desk}/answers/new", **person)
    site.tokens.append(link_in(mails_to(site.app, "camille@example.org")[-1]))
    site.alice.send(f"{desk}/answers/new", **{**person, "email": ""})
    with writing() as session:
        session.query(RecipientAnswer).order_by(RecipientAnswer.id.desc()).first().give(
            "Άδα", "δήμαρχος", WORDS, {}, now()
        )  # type: ignore[union-attr]


def _updates(site: Site) -> None:
    desk = "/admin/updates/clean-water"
    words = {f"title-{site.locale}": WORDS, f"body-{site.locale}": PARAGRAPH}
    site.alice.send(f"{desk}/new", **words)
    page = str(site.alice.send(f"{desk}/new", **words).location)
    html = site.alice.get(f"{page}/sending").get_data(as_text=True)
    hidden = dict(re.findall(r'<input type="hidden" name="(until|version)" value="([^"]*)"', html))
    site.alice.send(f"{page}/sending", **hidden, when="now", by_mail="yes")
    mailing.advance_all(now())
    site.alice.send(f"{page}/test")


def _paper_and_files(site: Site) -> None:
    line = {"given_name-1": "Ελένη", "surname-1": "Παράδειγμα"}
    made = site.alice.send("/admin/paper/clean-water/batches/new", label="Αγορά", **line)
    assert made.status_code == 303, made.get_data(as_text=True)
    site.alice.send("/admin/exports/clean-water", use="petition_news", format="csv", columns=["email", "surname"])
    making.make_due()
    site.alice.send("/admin/delivery/clean-water", text=site.locale, note=WORDS)


def _team(site: Site) -> None:
    person = {"name": "Ντόρα", "email": "dora@example.org", "role": "editor", "locale": site.locale}
    site.alice.send("/admin/team/invitation", **person)
    site.tokens.append(link_in(mails_to(site.app, "dora@example.org")[-1]))
    secret = {"totp_secret": "JBSWY3DPEHPK3PXP", "totp_confirmed_at": now()}
    make_member("reader", name="Βάσω", email="vaso@example.org", locale=site.locale, **secret)
    site.stranger.get(f"/admin/sign-in?lang={site.locale}")
    site.stranger.send("/admin/new-password", email="vaso@example.org")
    site.tokens.append(link_in(mails_to(site.app, "vaso@example.org")[-1]))


def _trust(site: Site) -> None:
    """A letter that asks about data, a lost link, and what the fraud desk has found."""
    letter = {"kind": "access", "received": now().date().isoformat(), "person": "Αλίκη", "contact": "", "note": WORDS}
    made = site.alice.send("/admin/requests/new", **letter)
    assert made.status_code == 303, made.get_data(as_text=True)
    site.alice.send(f"{made.location}/signatures", id=[1])
    assert site.reader.post(f"/{site.locale}/lost-link", data={"email": "s0@example.org"}).status_code == 303
    seen = {"first_at": now(), "last_at": now(), "counting": 2, "held": 1}
    with writing() as session:
        session.add(Cluster(petition_id=1, kind="network", mark="x", level=2, reasons={"evidence": 3}, **seen))


def _ends(site: Site) -> None:
    """What is at its end: petitions, a text that has a second version."""
    for act, slugs in (("closing", ("closed", "archived")), ("archiving", ("archived",))):
        for slug in slugs:
            site.alice.send(f"/admin/petitions/{slug}/{act}", outcome="")
    with writing() as session:
        petition = session.query(Petition).filter_by(slug="clean-water").one()
        body = PARAGRAPH.replace("Νερό", "Νερό, γρήγορα")
        text = PetitionText(
            locale=site.locale, title=WORDS, summary="", body=body, reason="Διόρθωση", version=2, kind="change"
        )
        petition.texts.append(text)


def pages(site: Site) -> tuple[list[Shown], set[str]]:
    """Every page that links lead to, from the first ones on, and the endpoints that answered them."""
    seen: set[str] = set()
    found = list(site.first_day)
    endpoints = {"admin.set_up.code_form", "admin.set_up.account_form"}
    alike: Counter[tuple[str | None, str]] = Counter()
    queue = deque((path, "alice" if path.startswith("/admin") else "reader") for path in _beginnings(site))
    queue.extend((path, "stranger") for path in _doors(site))
    while queue:
        path, who = queue.popleft()
        endpoint = _endpoint(site.app, path)
        # Of the workshop, each page once: it has thousands of texts, in each language.
        path_pattern = re.sub(
            r"(/admin/translations/)[^/?]+", r"\1#", re.sub("/messages/[0-9a-f]{32}.*", "/messages/#", path)
        )
        pattern = f"{who} {re.sub(r'[0-9]+', '#', path_pattern)}" if "?" in path else f"{who} {path_pattern}"
        if pattern in seen or endpoint in (None, "admin.sign_in.out") or alike[endpoint, who] >= MOST_ALIKE:
            continue
        seen.add(pattern)
        alike[endpoint, who] += 1
        answer = getattr(site, who).get(path)
        endpoints.add(str(endpoint))
        if answer.status_code in (301, 302, 303):
            queue.append((urljoin(path, answer.location), who))
            continue
        if answer.mimetype != "text/html" or answer.status_code >= 500:
            assert answer.status_code < 500, path
            continue
        html = answer.get_data(as_text=True)
        if html.lstrip().lower().startswith("<!doctype"):
            found.append(Shown(f"{path} ({who})", path, html, who))
        queue.extend((link, who) for link in _links(html, path) if _is_of(link, who))
    return found, endpoints


def _is_of(link: str, who: str) -> bool:
    return link.startswith("/admin") == (who != "reader")


def _beginnings(site: Site) -> Iterator[str]:
    yield from ("/", f"/{site.locale}/", f"/{site.locale}/nowhere", "/admin/", "/admin/nowhere", "/mailbox")
    yield from (token for token in site.tokens if not token.startswith("/admin"))
    for token in site.tokens[:3]:
        yield token.removesuffix("/receipt")
    yield f"/{site.locale}/lost-link/sent"
    yield "/admin/requests/1/signatures/1/erasure"
    yield "/admin/fraud/clean-water/1"
    for part in ("sign", "check-your-inbox", "comments", "comments/flagged", "signatures", "changes"):
        yield f"/{site.locale}/petitions/clean-water/{part}"
    for signature in db.session.query(Signature.id).limit(4):
        yield f"/admin/signatures/{signature.id}"
        yield f"/admin/signatures/{signature.id}/withdrawal"
    yield from ("/admin/passkeys/new", "/admin/account/passkeys/new", "/admin/account/second-factor/removal")
    for slug in ("clean-water", "closed", "archived", "draft"):
        yield f"/admin/petitions/new/{slug}"
        for act in ("opening", "closing", "archiving", "unarchiving", "deletion"):
            yield f"/admin/petitions/{slug}/{act}"
        yield f"/admin/petitions/{slug}/text/publication"


def _doors(site: Site) -> Iterator[str]:
    yield from (
        "/admin/sign-in",
        "/admin/sign-in/code",
        "/admin/sign-in/passkey",
        "/admin/set-up",
        "/admin/set-up/account",
    )
    yield from ("/admin/new-password", "/admin/new-password/sent", "/admin/")
    yield from (token for token in site.tokens if token.startswith("/admin"))
    yield "/admin/invitation/wrong"


def errors(site: Site, found: list[Shown]) -> Iterator[Shown]:
    """Forms with something to fill in, sent with nothing in them: each address once."""
    sent: set[str] = set()
    for page in found:
        who = getattr(site, page.who)
        for action, hidden in _forms(page.html):
            address = urljoin(page.path, action or page.path)
            if address in sent or "sign-out" in address:
                continue
            sent.add(address)
            answer = who.post(address, data=hidden)
            assert answer.status_code < 500, address
            html = answer.get_data(as_text=True)
            if answer.status_code not in (301, 302, 303) and html.lstrip().lower().startswith("<!doctype"):
                yield Shown(f"{address} sent empty", address, html)


def _links(html: str, path: str) -> list[str]:
    links = []
    for href in re.findall(r'<a\b[^>]*?\bhref="([^"]+)"', html):
        url = urlsplit(urljoin(f"http://localhost{path}", href.replace("&amp;", "&")))
        if url.netloc.partition(":")[0] == "localhost":
            links.append(url.path + (f"?{url.query}" if url.query else ""))
    return links


class _Forms(HTMLParser):
    """The forms of a page that one writes into: where they are sent, and what they carry unseen."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], bool]] = []
        self._is_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_open = attributes.get("method", "").lower() == "post"
            if self._is_open:
                self.found.append((attributes.get("action", ""), {}, False))
        elif self._is_open and tag in ("input", "textarea"):
            action, hidden, _is_written = self.found[-1]
            if attributes.get("type") == "hidden":
                hidden[attributes.get("name", "")] = attributes.get("value", "")
            elif attributes.get("type", "text") in ("text", "email", "password", "number", "search", "url", "date"):
                self.found[-1] = (action, hidden, True)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_open = False


def _forms(html: str) -> list[tuple[str, dict[str, str]]]:
    parser = _Forms()
    parser.feed(html)
    return [(action, hidden) for action, hidden, is_written in parser.found if is_written]


def _endpoint(app: Flask, path: str) -> str | None:
    try:
        endpoint, _values = app.url_map.bind("localhost").match(urlsplit(path).path)
    except HTTPException:  # the page that says that there is none
        return "none"
    return str(endpoint)
