"""Every route is driven with one person's data; then they are looked for where they must not be.

The database holds them by its nature, and so does a backup of it (a stolen one is what sealing is for); the mail itself
carries them, too. Nothing else may: no log, no kept page, no address of a page, no error page, no record of visits, no
name of a file; and no link that opens anything lies anywhere.
"""

from __future__ import annotations

import io
import logging
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from petition_app.admin.access import is_admin_path
from petition_app.extensions import db
from petition_app.models import Petition, Signature, VisitCount
from petition_app.models.member_link import MemberLink
from petition_app.operations import backup
from petition_app.operations.logs import JsonFormatter
from petition_app.signing import submission
from petition_app.statistics.visits import write_visits
from petition_app.transactions import writing
from petition_app.web.tokens import confirmation_token, member_token, personal_token, unsubscribing_token
from tests.admin.desk import Desk, make_member, signed_in
from tests.story import ALICE, confirmed, mails
from tests.visitor import Visitor

ADDRESS, MEMBERS_ADDRESS = "zephyrine.quillfeather@secret.example", "ottoline.marchbanks@secret.example"
NETWORK = "203.0.113.77"
WHO = {
    **ALICE,
    "given_name": "Zephyrine",
    "surname": "Quillfeather",
    "email": ADDRESS,
    "name_display": "hidden",
    "consent_petition_news": "y",
}
NAMES = ("Zephyrine", "Quillfeather", "zephyrine", "quillfeather", ADDRESS, MEMBERS_ADDRESS, NETWORK)
# What ends the person, her petition or the member is driven last.
LAST = ("signing.withdraw", "signing.erase", "admin.sign_in.out", "deletion", "admin.life.", "admin.account.")
# What a form may be sent beside her data.
MORE = {
    "query": "Quillfeather",
    "person": "Zephyrine Quillfeather",
    "contact": ADDRESS,
    "received": "2026-01-01",
    "kind": "access",
    "name": "Quillfeather",
    "note": "x",
    "reason": "x",
}


class Told:
    """What was said to whoever asked, and what was asked."""

    def __init__(self, tokens: dict[str, str]) -> None:
        self.tokens = tokens
        self.answers: list[TestResponse] = []

    def check(self) -> None:
        for answer in self.answers:
            where = f"{answer.request.method} {answer.request.path}: {answer.status_code}"
            body = answer.get_data().decode("utf-8", "replace")
            head = unquote(str(answer.headers))
            holds_token = any(token in body + head for token in self.tokens.values())
            if holds_token or any(name in body for name in NAMES):
                assert answer.headers["Cache-Control"] == "no-store", where
            if holds_token and not is_admin_path(answer.request.path):
                assert answer.headers["Referrer-Policy"] == "no-referrer", where
            assert not [name for name in NAMES if name in head], where
            for address in re.findall(r'(?:href|action|src|hx-get|hx-post)="([^"]*)"', body):
                if not address.startswith("mailto:"):
                    assert not [name for name in NAMES if name in unquote(address)], (where, address)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the program writes to its log, as a server does."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    before, handler.level = root.level, logging.INFO
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.long
def test_nothing_of_a_person_is_where_it_must_not_be(
    app: Flask, client: Visitor, petition: Petition, log: io.StringIO, tmp_path: Path
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    confirmed(app, client, **WHO)
    desk = signed_in(app, make_member("administrator", name="Ottoline", email=MEMBERS_ADDRESS))
    desk.step_up()
    told = Told(tokens_of(desk))
    told.answers += errors(client, told.tokens)
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: any(part in rule.endpoint for part in LAST))
    driven = 0
    for rule in rules:
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            told.answers.append(ask(app, desk if is_admin_path(rule.rule) else client, rule, method, told.tokens))
            assert told.answers[-1].status_code < 500 or rule.rule == "/readyz", rule
            driven += 1
    assert driven > 150
    mails(app)
    write_visits()

    told.check()
    secrets = {**told.tokens, **{name: name for name in NAMES}}
    written = unquote(log.getvalue())
    assert '"route"' in written
    assert "Traceback" in written  # an error was logged, too
    for name, secret in secrets.items():
        assert secret not in written, f"{name} in the log"
    check_kept_pages(app, secrets)
    sources = " ".join(row.source for row in db.session.query(VisitCount))
    assert "search.example" in sources
    assert not [secret for secret in secrets.values() if secret in sources]
    check_backup(app, tmp_path / "site.tar.gz", told.tokens)
    names = " ".join(str(path) for path in app.config["SETTINGS"].data_dir.rglob("*"))
    assert not [secret for secret in secrets.values() if secret in names]


def tokens_of(desk: Desk) -> dict[str, str]:
    key = db.session.query(Signature).one().key or ""
    with writing() as session:
        link = MemberLink.make("password_reset", db.session.query(Signature).one().created_at, member=desk.member)
        session.add(link)
    with desk.session_transaction("/admin/") as cookie:
        session_key = str(cookie["key"])
    return {
        "the confirmation's link": confirmation_token(key),
        "the personal link": personal_token(key),
        "the way out of news": unsubscribing_token(key, 1),
        "a new password's link": member_token("password_reset", link.key),
        "the member's session": session_key,
    }


def ask(app: Flask, who: Any, rule: Rule, method: str, tokens: dict[str, str]) -> TestResponse:
    """One request to a route: with her token where it takes one, and her data in its form."""
    values: dict[str, Any] = {}
    for name, converter in rule._converters.items():
        kind = converter.__class__.__name__
        values[name] = {"IntegerConverter": 1, "LocaleConverter": "fr", "SlugConverter": "clean-water"}.get(kind, "x")
    if "token" in values:
        news, reset = rule.endpoint.startswith("updates."), rule.endpoint.startswith("admin.new_password")
        kind = "the way out of news" if news else "a new password's link" if reset else "the personal link"
        if rule.endpoint in ("signing.confirmation", "signing.confirm"):
            kind = "the confirmation's link"
        values["token"] = tokens[kind]
    address = app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
    headers = {"Referer": f"https://search.example/?q={quote('Zephyrine Quillfeather')}", "User-Agent": "Firefox"}
    environ = {"REMOTE_ADDR": NETWORK}
    if method == "GET":
        answer: TestResponse = who.get(address, headers=headers, environ_overrides=environ)
    else:
        data = {**WHO, **MORE, **({"csrf_token": who.token} if isinstance(who, Desk) else {})}
        answer = who.post(address, data=data, environ_overrides=environ)
    answer.get_data()  # what is made as it is read is made now
    return answer


def errors(client: Visitor, tokens: dict[str, str]) -> list[TestResponse]:
    """What goes wrong, with her data in it: wrong addresses, wrong methods, too much, and a fault of the program."""
    token = tokens["the personal link"]
    answers = [
        client.get(f"/fr/petitions/{quote(ADDRESS)}"),
        client.get(f"/{quote(ADDRESS)}"),
        client.get(f"/fr/signatures/{token}x"),
        client.put(f"/fr/signatures/{token}"),
        client.post("/fr/petitions/clean-water/signatures", data={**WHO, "comment": "x" * 100_000}),
        client.post("/fr/petitions/clean-water/signatures", data=WHO, headers={"Origin": "https://elsewhere.example"}),
    ]

    def broken(*_what: object) -> None:
        with writing() as session:
            session.execute(
                db.text("INSERT INTO signatures (given_name, email) VALUES (:name, :email)"),
                {"name": WHO["given_name"], "email": ADDRESS},
            )

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(submission, "sign", broken)
        answers.append(client.post("/fr/petitions/clean-water/signatures", data={**WHO, "email": f"a{ADDRESS}"}))
    assert [answer.status_code for answer in answers] == [404, 404, 404, 405, 413, 403, 500]
    return answers


def check_kept_pages(app: Flask, secrets: dict[str, str]) -> None:
    """What the page layer keeps, and under which addresses."""
    for page in ("", "privacy", "legal", "charter", "lost-link", "petitions/clean-water", "petitions/clean-water/live"):
        assert app.test_client().get(f"/fr/{page}").status_code in (200, 302)
    layer = app.extensions["page_layer"]
    kept = {**layer._pages.entries, **layer._queries.entries}
    assert len(kept) > 5
    for key, entry in kept.items():
        content = entry.page.plain.body.decode("utf-8", "replace")
        for name, secret in secrets.items():
            assert secret not in unquote(str(key)), f"{name} in the address of a kept page"
            assert secret not in content, f"{name} in a kept page: {key}"


def check_backup(app: Flask, file: Path, tokens: dict[str, str]) -> None:
    """A backup is the database: it holds who has signed, and no link, no session and no network address."""
    manifest = backup.backup(app.config["SETTINGS"], file)
    assert not [name for name in NAMES if name in str(manifest)]
    with tarfile.open(file) as archive:
        assert sorted(archive.getnames()) == ["manifest.json", "petition.sqlite3", "secret_key"]
        database = archive.extractfile("petition.sqlite3")
        assert database is not None
        content = database.read()
    for name, token in {**tokens, "the network's address": NETWORK}.items():
        assert token.encode() not in content, f"{name} in the backup"
