"""What the rules of retention say is what becomes of the data: in every table, and in the bytes of the files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, Column, Date, LargeBinary, String, Table, func, insert, select, update
from sqlalchemy.types import JSON, Boolean, Float, Integer, Text

from petition_app.admin import membership
from petition_app.config import Settings
from petition_app.extensions import Base, db
from petition_app.files.orders import KEPT_FOR
from petition_app.i18n.locales import use_locale
from petition_app.models import InvalidationRule, Member, OutboxMessage, Petition, Signature, Tally, Update
from petition_app.models.base import UTCDateTime, months_after, now
from petition_app.models.counter import confirmed_count
from petition_app.operations import forgetting, jobs, overwriting
from petition_app.operations.forgetting import DUTIES, nothing
from petition_app.operations.overwriting import overwrite
from petition_app.petitions.life import change_settings, close_petition, open_petition
from petition_app.privacy import forgetting as signers
from petition_app.privacy import former_members, retention
from petition_app.privacy.former_members import names_of_members
from petition_app.privacy.retention import RULES
from petition_app.signing import rules
from petition_app.signing.criteria import Criteria
from petition_app.signing.lifecycle import erase_signature
from petition_app.transactions import writing
from tests.admin.desk import make_member
from tests.databases import both_engines
from tests.story import ALICE, BOB, CHARLIE, confirmed, count_is_exact, number_shown, sign
from tests.visitor import Visitor

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

# What has no end, and why. Whatever else a column holds must be gone when its time is over: who adds one decides here.
STAYS = {
    "petitions": "the association's own words",
    "petition_texts": "the association's own words",
    "mail_words": "the association's own words",
    "text_drafts": "the association's own words",
    "text_parts": "the association's own words",
    "translations": "the site's own words",
    "translation_revisions": "the site's own words",
    "translation_files": "the site's own words",
    "former_slugs": "addresses of petitions",
    "recipients": "whom a petition is addressed to in public",
    "recipient_answers": "what a recipient has answered in public",
    "demands": "the association's own words",
    "updates": "the association's own words",
    "update_texts": "the association's own words",
    "petition_fields": "what a form asks",
    "field_wordings": "what a form asks",
    "moderation_settings": "the association's own words",
    "consent_wordings": "every wording that was ever shown",
    "site_settings": "the association's own words",
    "stored_pictures": "the association's pictures",
    "picture_files": "the association's pictures",
    "tallies": "sums",
    "visit_counts": "sums",
    "scheduled_jobs": "what the worker has done",
    "worker_keys": "keys of workers, which end with them",
    "handed_keys": "keys of workers, which end with them",
    "sealing_progress": "a number",
    "clusters.reasons": "numbers by which a cluster was found",
    "paper_batches": "a sheet's label",
    "invalidation_rules.reason": "why signatures were taken out, without a name",
    "signatures.locale": "a language",
}
# When something of each rule goes; it is there until then.
GOES = {
    "rate_counts.key": START + DAY,
    "used_challenges.mark": START + DAY,
    "outbox_messages.recipient": START + 7 * DAY,
    "signatures.network": START + 30 * DAY,
    "signatures.domain_mark": START + 30 * DAY,
    "signatures.signs": START + 30 * DAY,
    "clusters.mark": START + 30 * DAY,
    "clusters.label": START + 30 * DAY,
    "comment_flags.reader": START + 30 * DAY,
    "signatures.email": months_after(START, 6),
    "signatures.sealed_email": months_after(START, 6),
    "signatures.mail_domain": months_after(START, 6),
    "signatures.mailbox": months_after(START, 6),
    "signatures.held_for": months_after(START, 6),
    "invalidation_rules.criteria": months_after(START, 6),
    "signatures.surname": months_after(START, 6),
    "comments.text": months_after(START, 6),
    "signature_answers.value": months_after(START, 6),
    "paper_signatures.surname": months_after(START, 6),
    "audit_entries.object_label": START + 365 * DAY,
    "data_requests.person": START + 365 * DAY,
    "members.email": START + 365 * DAY,
    "members.mailbox": START + 365 * DAY,
    "members.password_hash": START + 365 * DAY,
    "members.totp_secret": START + 365 * DAY,
    "passkeys.name": START + 365 * DAY,
    "passkeys.public_key": START + 365 * DAY,
    "recovery_codes.hash": START + 365 * DAY,
    "members.name": START + 365 * DAY,  # wherever it stands: see MEMBERS_NAME
}
# The name of the one member: in the account, in the log, and beside each thing that the member did.
MEMBERS_NAME = "zqmembersname"
SHAPES: dict[str, Any] = {
    "petitions.status": "closed",
    "petitions.signers_forgotten_at": None,
    "signatures.status": "confirmed",
    "signatures.erased_at": None,
    "signatures.held_at": None,
    "comments.status": "published",
    "outbox_messages.status": "sent",
    "outbox_messages.claimed_until": None,
    "outbox_messages.member_link_id": None,  # that is over sooner, and would take the mail with it
    "stored_files.kind": "export",
    "stored_files.status": "ready",
    "stored_files.claimed_until": None,
    "petition_fields.forgets_answers": False,
    "rate_counts.expires_at": START + DAY - timedelta(minutes=2),
    "used_challenges.expires_at": START + DAY - timedelta(minutes=2),
    "invalidation_rules.status": "taken",
}


class Killed(Exception):
    pass


class Filled:
    """A row in every table, and a word of its own in every column that holds words: by `table.column`."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        with writing() as session:
            for table in Base.metadata.sorted_tables:
                if session.scalar(select(func.count()).select_from(table)) == 0:
                    row = {column.name: self._value(session, table, column) for column in table.columns}
                    session.execute(insert(table), row)

    def _value(self, session: Any, table: Table, column: Column[Any]) -> Any:
        name = f"{table.name}.{column.name}"
        if name in SHAPES:
            return SHAPES[name]
        for key in column.foreign_keys:
            return session.scalar(select(key.column).limit(1))
        for check in table.constraints:
            if isinstance(check, CheckConstraint) and (
                found := re.search(rf"\b{column.name} IN \('([^']*)'", str(check.sqltext))
            ):
                return found[1]
        plain: list[tuple[Any, Any]] = [
            (Boolean, True),
            (Integer, 1),
            (Date, date(2026, 3, 1)),
            (UTCDateTime, START),
            (Float, 0.1),
        ]
        for kind, value in plain:
            if isinstance(column.type, kind):
                return value
        return self._word(name, column.type)

    def _word(self, name: str, kind: Any) -> Any:
        length = getattr(kind, "length", None)
        if isinstance(kind, String) and length is not None and length < 12:
            return "fr"[:length]  # too short to be anybody's
        is_members = name == "members.name" or name in {str(column) for column in names_of_members()}
        word = self.words[name] = MEMBERS_NAME if is_members else f"zq{len(self.words):03d}marked"
        if isinstance(kind, LargeBinary):
            return word.encode()
        if isinstance(kind, JSON):
            return [word] if name.endswith("_ids") else {"said": word}
        if name == "invalidation_rules.criteria":
            return json.dumps({"name": word, "email": word, "mailbox": word, "network": word})
        return word * 50 if isinstance(kind, Text) else word  # over several pages, too

    def found(self, settings: Settings) -> set[str]:
        """What can be read still: in the database's files as they lie on the disk, or in PostgreSQL's rows."""
        kept = everything(settings)
        return {name for name, word in self.words.items() if word.encode() in kept}


def everything(settings: Settings) -> bytes:
    if settings.on_sqlite:
        return b"".join(path.read_bytes() for path in Path(settings.data_dir).glob("petition.sqlite3*"))
    with db.engine.connect() as connection:
        rows = [connection.execute(select(table)).all() for table in Base.metadata.sorted_tables]
    return repr(rows).encode()


def run(at: datetime) -> None:
    """All that the worker does about it, once."""
    for job in jobs.JOBS:
        if job.name.startswith(("erase", "forget", "remove")):
            job.run(at, nothing)
    assert overwrite()


@both_engines
def test_everything_goes_when_its_time_is_over_and_not_before(app: Flask, settings: Settings) -> None:
    filled = Filled()
    assert len(filled.words) > 100
    db.session.remove()
    assert filled.found(settings) == set(filled.words)
    for end in sorted(set(GOES.values())):
        going = {name for name in GOES if GOES[name] == end}
        run(end - HOUR)
        assert going <= filled.found(settings), end
        run(end + HOUR)
        assert not going & filled.found(settings), end
    run(START + 800 * DAY)
    found = filled.found(settings)
    left = {name for name in found if name not in STAYS and name.partition(".")[0] not in STAYS}
    assert left == set()
    assert MEMBERS_NAME not in {filled.words[name] for name in found}
    signature = db.session.query(Signature).one()
    assert (signature.status, signature.number, signature.country) == ("confirmed", 1, "fr")


def test_each_rule_has_its_sentence_and_its_job(app: Flask, client: Visitor) -> None:
    names = [rule.name for rule in RULES]
    assert names == list(dict.fromkeys(names))
    assert set(names) == set(DUTIES)
    assert all(duty.every <= DAY for duty in DUTIES.values())
    assert {duty.job for duty in DUTIES.values()} <= {job.name for job in jobs.JOBS}
    assert all(duty.job.startswith(("erase", "forget", "remove")) for duty in DUTIES.values())
    assert max(KEPT_FOR.values()) <= retention.FILES
    for locale in app.config["SETTINGS"].locales:
        page = client.get(f"/{locale}/privacy").get_data(as_text=True)
        with use_locale(locale):
            for rule in RULES:
                assert str(rule.what) in page
                assert rule.sentence() in page


@pytest.mark.parametrize("variables", [{"PETITION_SIGNERS_KEPT_MONTHS": "9"}], indirect=False)
def test_the_page_says_the_time_that_the_association_has_chosen(
    client: Visitor, petition: Petition, variables: dict[str, str]
) -> None:
    for path in ("/en/privacy", "/en/petitions/clean-water"):
        assert "erased 9 months after the petition was closed" in client.get(path).get_data(as_text=True), path


@both_engines
def test_the_unconfirmed_are_erased_and_the_confirmed_are_not(
    app: Flask, client: Visitor, petition: Petition, settings: Settings
) -> None:
    confirmed(app, client)
    sign(client, **{**CHARLIE, "comment": "Mot oublié."})
    run(now() + retention.UNCONFIRMED - HOUR)
    assert b"charlie@example.org" in everything(settings)
    run(now() + retention.UNCONFIRMED + HOUR)
    kept = everything(settings)
    assert b"charlie@example.org" not in kept
    assert "Mot oublié.".encode() not in kept
    assert b"alice@example.org" in kept
    assert count_is_exact(petition.id) == 1


@both_engines
def test_signers_are_forgotten_and_go_on_counting(
    app: Flask, client: Visitor, petition: Petition, settings: Settings
) -> None:
    personal = confirmed(app, client, comment="Mon avis.", consent_petition_news="y")
    confirmed(app, client, **BOB)
    withdrawn = confirmed(app, client, **CHARLIE)
    client.post(f"{withdrawn}/withdrawal")
    close_petition("clean-water", now())
    before = tallies(petition.id)
    at = months_after(now(), 6)
    assert forgetting.forget_signers(at - DAY) == 0
    assert forgetting.forget_signers(at + DAY) == 3
    assert forgetting.forget_signers(at + DAY) == 0
    run(at + DAY)
    kept = everything(settings)
    for told in ("alice@example.org", "Alice", "bob@example.org", "Témoin", "Mon avis.", "Étranger", "75011"):
        assert told.encode() not in kept, told
    assert number_shown(client) == count_is_exact(petition.id) == confirmed_count(petition.id) == 2
    assert [row.number for row in db.session.query(Signature).order_by(Signature.id)] == [1, 2, 3]
    assert {row.country for row in db.session.query(Signature)} == {"FR"}
    assert before
    jobs.count_signatures(at + 5 * DAY)
    assert tallies(petition.id) == before
    page = client.get("/fr/petitions/clean-water/signatures").get_data(as_text=True)
    assert "Alice" not in page
    assert page.count('class="hidden-name"') == 2
    assert client.get(personal).status_code == 410


def tallies(petition_id: int) -> set[tuple[str, str, int]]:
    """What is counted of a petition's signers: of countries, départements, languages, mail providers."""
    while not jobs.count_signatures(now() + HOUR):
        pass
    rows = db.session.query(Tally).filter(Tally.petition_id == petition_id, Tally.generation > 0)
    return {(row.kind, row.key, row.count) for row in rows}


@both_engines
def test_where_nobody_closes_two_years_of_silence_end_it(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    at = months_after(now(), retention.UNCLOSED_MONTHS)
    assert forgetting.forget_signers(at - DAY) == 0
    assert forgetting.forget_signers(at + DAY) == 1
    # It is open still: who signs now is known until it has been quiet for as long again.
    confirmed(app, client, **BOB)
    assert forgetting.forget_signers(now() + DAY) == 0
    assert count_is_exact(petition.id) == 2


def test_who_reopens_a_petition_begins_the_time_anew(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    close_petition("clean-water", now())
    open_petition("clean-water", now())
    assert forgetting.forget_signers(months_after(now(), 7)) == 0


@both_engines
def test_what_is_broken_off_is_gone_on_with(
    app: Flask, client: Visitor, petition: Petition, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        confirmed(app, client, email=f"signer{number}@example.org", given_name=f"Ada{'abcde'[number]}")
    close_petition("clean-water", now())
    monkeypatch.setattr(signers, "BATCH", 2)
    at = months_after(now(), 7)

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        forgetting.forget_signers(at, kill)
    assert db.session.query(Signature).filter(Signature.email.is_not(None)).count() == 3
    if settings.on_sqlite:
        # The writing anew is owed still, by whoever comes next.
        assert db.session.connection().exec_driver_sql("PRAGMA user_version").scalar() == 1
        db.session.rollback()
    assert forgetting.forget_signers(at) == 3
    assert db.session.query(OutboxMessage).filter(OutboxMessage.recipient.contains("signer")).count() == 0
    assert overwrite()
    assert b"@example.org" not in everything(settings).replace(b"contact@example.org", b"")


def test_a_rule_over_all_petitions_forgets_whom_it_was_about_with_the_log(app: Flask) -> None:
    said = {
        "name": "Exemple",
        "email": "a@example.org",
        "mailbox": "~hash",
        "cluster": 1,
        "since": "2026-01-01T00:00:00",
    }
    with writing() as session:
        session.add(InvalidationRule(criteria=json.dumps(said), reason="a test", status="taken", created_at=START))
    forgetting.forget_log(START + retention.LOG - HOUR)
    assert json.loads(db.session.query(InvalidationRule.criteria).scalar()) == said
    forgetting.forget_log(START + retention.LOG + HOUR)
    assert set(json.loads(db.session.query(InvalidationRule.criteria).scalar())) == {"cluster", "since"}


@both_engines
def test_who_is_erased_is_named_by_no_rule_that_took_the_signature(
    app: Flask, client: Visitor, petition: Petition, settings: Settings
) -> None:
    confirmed(app, client)
    confirmed(app, client, **BOB)
    for email in ("alice@example.org", "bob@example.org"):
        criteria = Criteria(petition.id, email=email)
        with writing() as session:
            rule = rules.make_rule(session, criteria, rules.preview(criteria).ids, "a test", None)
        rules.advance(rule.id, now())
    erase_signature(db.session.query(Signature.id).filter_by(email="alice@example.org").scalar(), now())
    assert overwrite()
    kept = everything(settings)
    assert b"alice@example.org" not in kept
    assert b"bob@example.org" in kept


def test_a_reader_holds_the_overwriting_up_and_it_is_done_later(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(app, client)
    close_petition("clean-water", now())
    monkeypatch.setattr(overwriting, "_PATIENCE_MS", 10)
    with db.engine.connect() as reader:
        reader.exec_driver_sql("SELECT * FROM signatures").all()
        forgetting.forget_signers(months_after(now(), 7))
        assert not overwrite()
    assert overwrite()


def test_the_command_does_it_all_and_says_so(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from petition_app.operations.cli import petition as command

    sign(client, **ALICE)
    with writing() as session:
        session.execute(update(Signature).values(created_at=now() - 31 * DAY))
    for name, value in app.config["SETTINGS"].values.items():
        monkeypatch.setenv(f"PETITION_{name.upper()}", value)
    done: Callable[..., Any] = CliRunner().invoke
    told = done(command, ["privacy", "run"])
    assert told.exit_code == 0, told.output
    assert re.search(r"^ +1  A signature that is not confirmed: It is erased 30 days", told.output, re.M)
    assert "overwritten" in told.output
    db.session.rollback()
    assert db.session.query(Signature).count() == 0


def test_the_time_is_the_association_s_within_bounds(app: Flask) -> None:
    from petition_app.config import read_settings
    from petition_app.config_sources import ConfigurationError

    for months in ("0", "37", "x"):
        with pytest.raises(ConfigurationError, match="SIGNERS_KEPT_MONTHS"):
            read_settings({"PETITION_SIGNERS_KEPT_MONTHS": months}, Path("/nowhere"))
    assert app.config["SETTINGS"].signers_kept_months == 6


@both_engines
def test_members_who_have_left_are_forgotten_a_year_later_and_nobody_else(
    app: Flask, petition: Petition, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = {name: make_member("editor", name=name) for name in ("Ottoline", "Bertram", "Cosima", "Dorian")}
    with writing() as session:
        for name, member in people.items():
            words = {"by_mail": False, "member_id": member, "member_name": name, "edited_by": name}
            session.add(Update(petition_id=petition.id, **words))
    membership.disable(people["Ottoline"], START)
    membership.disable(people["Bertram"], START)
    membership.disable(people["Cosima"], START)
    membership.enable(people["Cosima"])
    assert forgetting.DUTIES["members"].run(START + 365 * DAY - HOUR, nothing) == 0

    monkeypatch.setattr(former_members, "BATCH", 1)

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):  # broken off after the first, it goes on with the second and with the names
        forgetting.DUTIES["members"].run(START + 365 * DAY + HOUR, kill)
    assert forgetting.DUTIES["members"].run(START + 365 * DAY + HOUR, nothing) == 1
    assert {member.name for member in db.session.query(Member)} == {"Cosima", "Dorian"}
    updates = db.session.query(Update).order_by(Update.id).all()
    assert [update.member_name for update in updates] == ["–", "–", "Cosima", "Dorian"]
    assert [update.edited_by for update in updates] == ["–", "–", "Cosima", "Dorian"]
    jobs.forget_ways_in(START + 365 * DAY)
    forgetting.forget_log(now() + 366 * DAY)
    assert overwrite()
    kept = everything(settings)
    assert b"ottoline" not in kept.lower()
    assert b"Cosima" in kept


def test_an_invitation_that_nobody_accepts_is_forgotten_counted_from_the_last_mail(app: Flask) -> None:
    forget, month = forgetting.DUTIES["members"].run, retention.INVITED
    member, _link = membership.invite("ada@example.org", name="Ada", role="reader", locale="fr", at=START)
    membership.invite_again(member.id, START + 20 * DAY)
    assert forget(START + month + HOUR, nothing) == 0
    make_member("administrator", name="Dorian")  # who has come
    assert forget(now() + 10 * month, nothing) == 1
    assert [member.name for member in db.session.query(Member)] == ["Dorian"]


def test_a_setting_that_is_changed_later_moves_the_day(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    close_petition("clean-water", now())
    change_settings("clean-water", status="archived")
    assert forgetting.forget_signers(months_after(now(), 7)) == 1
