"""Every route is driven with people's data; then they are looked for where they must not be.

The database holds them by its nature, in the columns that are there for it, and so does a backup of it; the mail
itself carries them, too. Nothing else may: no log, no kept page but for the name of who chose to show it, no address of
a page, no error page, no record of visits, no name of a file; no link that opens anything lies anywhere; and where
addresses are sealed, no copy of the site holds one.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from petition_app.admin.access import is_admin_path
from petition_app.antiabuse import rate_limit
from petition_app.antiabuse.networks import network_mark
from petition_app.extensions import db
from petition_app.files import making
from petition_app.models import Petition, Signature, VisitCount
from petition_app.models.base import now
from petition_app.models.member_link import MemberLink
from petition_app.operations import backup
from petition_app.operations.logs import JsonFormatter
from petition_app.sealing.handing_over import Receiver
from petition_app.signing import submission
from petition_app.statistics.visits import write_visits
from petition_app.transactions import writing
from petition_app.web.tokens import confirmation_token, member_token, personal_token, unsubscribing_token
from tests.admin.desk import Desk, make_member, signed_in
from tests.admin.test_signatures import hidden_fields
from tests.privacy import copies
from tests.sealing.conftest import PASSPHRASE, quick_locks, seal, sealed
from tests.story import ALICE, confirmed, mails
from tests.visitor import Visitor

__all__ = ["quick_locks", "seal", "sealed"]  # fixtures of other tests that serve here as well

ADDRESS, MEMBERS_ADDRESS = "zephyrine.quillfeather@secret.example", "ottoline.marchbanks@secret.example"
NETWORK = "203.0.113.77"
# Who had the name shown, and lets a comment stand; her address is for nobody.
PUBLIC = {
    **ALICE,
    "given_name": "Lavinia",
    "surname": "Oakenshield",
    "email": "Lavinia.Oaken+list@googlemail.com",
    "comment": "Water is for all.",
}
PUBLIC_NAMES, PUBLIC_MAILBOX = ("Lavinia", "Oakenshield"), "laviniaoaken@gmail.com"
# Who wrote a letter about data: its answer goes to another address than that which was signed with.
LETTERS_ADDRESS = "quill.letters@elsewhere.example"
WHO = {
    **ALICE,
    "given_name": "Zephyrine",
    "surname": "Quillfeather",
    "email": ADDRESS,
    "name_display": "hidden",
    "consent_petition_news": "y",
}
# What ends the person, her petition or the member is driven last.
LAST = ("signing.withdraw", "signing.erase", "admin.sign_in.out", "deletion", "admin.life.", "admin.account.")
# Who was taken out of the count by a rule that named the address.
ROBOT = "robot.number.nine@secret.example"
# Whom the association asks into its team, where no signer's address may be.
NEWCOMER = "newcomer@elsewhere.example"
ADDRESSES = (ADDRESS, MEMBERS_ADDRESS, LETTERS_ADDRESS, PUBLIC["email"], PUBLIC_MAILBOX, ROBOT)
NAMES = ("Zephyrine", "Quillfeather", "zephyrine", "quillfeather", *ADDRESSES, NETWORK)
# Kept pages that show who signed.
SHOWS_SIGNERS = re.compile(r"/(fr|en)/petitions/clean-water(/live|/signatures|/comments|/sign|$)")
# Where a backup holds a name or an address, and why. Elsewhere it is a leak: whoever adds a column decides here.
BELONGS = {
    "signatures.given_name": "who signed",
    "signatures.surname": "who signed",
    "signatures.name_key": "by what the same person is known again",
    "signatures.email": "where the signer is written to",
    "signatures.mailbox": "by what a mailbox is told apart",
    "paper_signatures.given_name": "who signed on paper",
    "paper_signatures.surname": "who signed on paper",
    "paper_signatures.name_key": "by what the same person is known again",
    "outbox_messages.recipient": "where a mail went; a week at most",
    "outbox_messages.mailbox": "by what mails to a mailbox are counted; a week at most",
    "data_requests.person": "who asked about data",
    "data_requests.contact": "where the answer goes",
    "members.name": "the member's own",
    "members.email": "the member's own",
    "members.mailbox": "the member's own",
    "audit_entries.object_label": "a member is called by name and address, a request's signature by its number",
    "audit_entries.member_name": "the member who acted",
    "audit_entries.details": "what the association changed in its own settings",
    "invalidation_rules.criteria": "what a rule looks for, until its time is over",
    "invalidation_rules.member_name": "the member who made the rule",
    "file_parts.data": "a file of signers that the association has ordered; two days",
    "site_settings.value": "what the association says of itself",
}
# What a form may be sent beside her data.
MORE = {
    "query": "Quillfeather",
    "person": "Zephyrine Quillfeather",
    "contact": LETTERS_ADDRESS,
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
@pytest.mark.parametrize("is_sealed", [False, True], ids=["open", "sealed"])
def test_nothing_of_a_person_is_where_it_must_not_be(
    app: Flask,
    client: Visitor,
    petition: Petition,
    log: io.StringIO,
    tmp_path: Path,
    is_sealed: bool,
    request: pytest.FixtureRequest,
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    if is_sealed:
        request.getfixturevalue("sealed")
    confirmed(app, client, **PUBLIC)
    confirmed(app, client, **WHO)
    desk = signed_in(app, make_member("administrator", name="Ottoline", email=MEMBERS_ADDRESS))
    desk.step_up()
    busy(app, client, desk, PASSPHRASE if is_sealed else "")
    told = Told(tokens_of(desk))
    check_backup(app, tmp_path / "busy.tar.gz", told.tokens, is_sealed)
    told.answers += errors(client, told.tokens)
    rules = sorted(app.url_map.iter_rules(), key=is_last)
    driven, of_members = 0, {"email": NEWCOMER if is_sealed else ADDRESS}
    for rule in rules:
        if is_last(rule) and not (tmp_path / "before.tar.gz").exists():
            mails(app)
            check_backup(app, tmp_path / "before.tar.gz", told.tokens, is_sealed)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            who = desk if is_admin_path(rule.rule) else client
            told.answers.append(ask(app, who, rule, method, told.tokens, of_members))
            assert told.answers[-1].status_code < 500 or rule.rule == "/readyz", rule
            driven += 1
    assert driven > 150
    mails(app)
    write_visits()

    told.check()
    secrets = {**told.tokens, **{name: name for name in (*NAMES, *PUBLIC_NAMES)}}
    written = unquote(log.getvalue())
    assert '"route"' in written
    assert "Traceback" in written  # an error was logged, too
    for name, secret in secrets.items():
        assert secret not in written, f"{name} in the log"
    check_kept_pages(app, secrets)
    sources = " ".join(row.source for row in db.session.query(VisitCount))
    assert "search.example" in sources
    assert not [secret for secret in secrets.values() if secret in sources]
    check_backup(app, tmp_path / "after.tar.gz", told.tokens, is_sealed)
    names = " ".join(str(path) for path in app.config["SETTINGS"].data_dir.rglob("*"))
    assert not [secret for secret in secrets.values() if secret in names]


def busy(app: Flask, client: Visitor, desk: Desk, passphrase: str) -> None:
    """What an association does with signers: a file of them, sheets of paper, a rule that takes one out again."""
    confirmed(app, client, **{**WHO, "email": ROBOT, "surname": "Robot"})
    with contextlib.closing(Receiver()) as worker:
        worker.attend()
        page = "/admin/exports/clean-water"
        desk.get(page)
        order = {"use": "petition_news", "format": "csv", "columns": ["email", "surname"], "passphrase": passphrase}
        assert desk.send(page, **order).status_code == 303
        worker.attend()
        assert making.make_due() == 1
    sheet = {"label": "x", "given_name-1": "Zephyrine", "surname-1": "Papier", "postal_code-1": ""}
    assert desk.send("/admin/paper/clean-water/batches/new", **sheet).status_code == 303
    rules = "/admin/signatures/rules"
    preview = desk.send(f"{rules}/preview", email=ROBOT, petition="1").get_data(as_text=True)
    sent = {name: value for name, value in hidden_fields(preview, rules).items() if name != "csrf_token"}
    assert desk.send(rules, **sent, reason="x").status_code == 303


def is_last(rule: Rule) -> bool:
    return any(part in rule.endpoint for part in LAST)


def tokens_of(desk: Desk) -> dict[str, str]:
    signed = db.session.query(Signature).filter_by(surname=WHO["surname"]).one()
    key = signed.key or ""
    with writing() as session:
        link = MemberLink.make("password_reset", signed.created_at, member=desk.member)
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


def ask(
    app: Flask, who: Any, rule: Rule, method: str, tokens: dict[str, str], of_members: dict[str, str]
) -> TestResponse:
    """One request to a route: with her token where it takes one, and her data in its form."""
    values: dict[str, Any] = {}
    for name, converter in rule._converters.items():
        kind = converter.__class__.__name__
        values[name] = {
            "IntegerConverter": 1,
            "CommentConverter": 1,
            "LocaleConverter": "fr",
            "SlugConverter": "clean-water",
        }.get(kind, "x")
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
        data = {**WHO, **MORE, **({**of_members, "csrf_token": who.token} if isinstance(who, Desk) else {})}
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
    for answer in answers:
        page = answer.get_data(as_text=True)
        is_form = 'name="given_name"' in page  # what was typed is kept for who typed it
        assert is_form or not [name for name in (*NAMES, *PUBLIC_NAMES) if name in page], answer.request.path
    return answers


def check_kept_pages(app: Flask, secrets: dict[str, str]) -> None:
    """What the page layer keeps, and under which addresses: of people, the names that they chose to show."""
    for page in ("", "privacy", "legal", "charter", "lost-link", "petitions/clean-water", "petitions/clean-water/live"):
        assert app.test_client().get(f"/fr/{page}").status_code in (200, 302)
    layer = app.extensions["page_layer"]
    kept = {**layer._pages.entries, **layer._queries.entries}
    assert len(kept) > 5
    for key, entry in kept.items():
        content = entry.page.plain.body.decode("utf-8", "replace")
        for name, secret in secrets.items():
            assert secret not in unquote(str(key)), f"{name} in the address of a kept page"
            if secret not in PUBLIC_NAMES or not SHOWS_SIGNERS.search(str(key)):
                assert secret not in content, f"{name} in a kept page: {key}"


def check_backup(app: Flask, file: Path, tokens: dict[str, str], is_sealed: bool) -> None:
    """It holds people in the columns that are theirs alone; no link, session or network; sealed, no address at all."""
    folder = file.with_suffix("")
    folder.mkdir()
    backup.backup(app.config["SETTINGS"], file)
    members = copies.unpacked(file, folder)
    assert sorted(members) == ["manifest.json", "petition.sqlite3", "secret_key"]
    words = {*NAMES, *PUBLIC_NAMES, LETTERS_ADDRESS, PUBLIC_MAILBOX, PUBLIC["email"], NETWORK}
    for name in ("manifest.json", "secret_key"):
        assert not [word for word in words if any(guise in members[name] for guise in copies.guises(word))], name
    for name, token in {**tokens, "the network's address": NETWORK}.items():
        assert not [guise for guise in copies.guises(token) if guise in members["petition.sqlite3"]], f"{name} in it"
    found = copies.columns_with(folder / copies.DATABASE, words)
    told = {"signatures.given_name", "members.email", "paper_signatures.given_name"}
    told |= set() if is_sealed else {"signatures.email", "outbox_messages.recipient", "file_parts.data"}
    assert told <= set(found) or file.name != "busy.tar.gz"  # it does find what is there
    assert set(found) <= set(BELONGS), {column: found[column] for column in set(found) - set(BELONGS)}
    if is_sealed:
        for word in (ADDRESS, PUBLIC["email"], PUBLIC_MAILBOX, ROBOT):
            held = {name for name, content in members.items() if any(form in content for form in copies.guises(word))}
            columns = [column for column, words in found.items() if word in words]
            assert not held | set(columns), (word, held, columns)


@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on"}])
def test_networks_cannot_be_tried_out_with_what_a_backup_holds(
    app: Flask, client: Visitor, petition: Petition, tmp_path: Path, variables: dict[str, str]
) -> None:
    """Marks and counts of who signs: with the secret of the archive, no network of the world makes one of them."""
    site = app.config["SETTINGS"]
    confirmed(app, client)
    backup.backup(site, tmp_path / "site.tar.gz")
    members = copies.unpacked(tmp_path / "site.tar.gz", tmp_path)
    secret = members["secret_key"].decode()
    assert site.network_key.encode() not in b"".join(members.values())
    with contextlib.closing(sqlite3.connect(tmp_path / copies.DATABASE)) as database:
        marks = {row[0] for row in database.execute("SELECT network FROM signatures")}
        keys = {row[0] for row in database.execute("SELECT key FROM rate_counts")}
    limits = rate_limit.signing_limits("127.0.0.1", "127.0.0.0/24")
    for key, is_known in ((site.network_key, True), (secret, False)):
        assert (network_mark("127.0.0.0/24", key) in marks) == is_known
        assert any(limit.key(who, now(), key) in keys for limit, who in limits) == is_known
