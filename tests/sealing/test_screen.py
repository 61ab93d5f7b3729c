"""The settings' page: what sealing is and is not, turned on once, the recovery key to print, another passphrase."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import AuditEntry, Petition, Signature, SiteSetting
from petition_app.operations import doctor
from petition_app.operations.cli import petition as command
from petition_app.sealing import boxes, names, state
from petition_app.sealing.turning_on import NewKeys
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.admin.test_privacy import words_of
from tests.databases import both_engines
from tests.sealing.conftest import PASSPHRASE
from tests.story import confirmed, sign
from tests.visitor import Visitor

PAGE = "/admin/settings/sealing"
NEW = "seven blue kingfishers"


@pytest.fixture
def alice(alice: Desk) -> Desk:
    alice.step_up()
    return alice


def key_in(page: str) -> str:
    groups = re.findall(r"<code>([A-Z2-9]{4})</code>", page)
    assert len(groups) == 8
    return "-".join(groups)


def private_key(typed: str) -> bytes:
    sealing = state.current()
    assert sealing is not None
    return sealing.unlock(typed)


@both_engines
def test_it_is_turned_on_and_the_recovery_key_is_shown_once(alice: Desk, settings: Settings) -> None:
    page = alice.get(PAGE).get_data(as_text=True)
    assert "What it protects from, and what not" in page
    assert alice.send(PAGE, new="too short", again="too short").status_code == 422
    assert alice.send(PAGE, new=PASSPHRASE, again="another one altogether").status_code == 422
    shown = alice.send(PAGE, new=PASSPHRASE, again=PASSPHRASE).get_data(as_text=True)
    recovery_key = key_in(shown)
    assert private_key(PASSPHRASE) == private_key(recovery_key)
    assert PASSPHRASE not in shown
    said = str(db.session.execute(select(AuditEntry.action, AuditEntry.details)).all())
    assert "sealing.turned_on" in said
    rows = " ".join(db.session.scalars(select(SiteSetting.value)))
    assert [secret for secret in (PASSPHRASE, recovery_key, names.found_key()) if secret in f"{said} {rows}"] == []
    assert "Addresses have been sealed since" in alice.get(PAGE).get_data(as_text=True)
    # Once more, it changes nothing.
    assert alice.send(PAGE, new=NEW, again=NEW).status_code == 303
    assert private_key(PASSPHRASE)
    if settings.on_sqlite:
        assert (settings.data_dir / names.FILE).stat().st_mode & 0o077 == 0


def test_another_passphrase_and_another_recovery_key(alice: Desk, sealed: NewKeys) -> None:
    path = f"{PAGE}/passphrase"
    assert alice.send(path, present="four green herons sleep", new=NEW, again=NEW).status_code == 422
    assert alice.send(path, present=sealed.recovery_key, new=NEW, again=NEW).status_code == 303
    assert private_key(NEW)
    with pytest.raises(boxes.CannotOpen):
        private_key(PASSPHRASE)
    assert alice.send(f"{PAGE}/recovery-key", known=PASSPHRASE).status_code == 422
    shown = alice.send(f"{PAGE}/recovery-key", known=NEW).get_data(as_text=True)
    assert private_key(key_in(shown)) == private_key(NEW)
    with pytest.raises(boxes.CannotOpen):
        private_key(sealed.recovery_key)


def test_others_than_administrators_are_refused(as_member: AsMember) -> None:
    for role in ("editor", "moderator", "translator", "reader"):
        member = as_member(role, role.title())
        assert member.get(PAGE).status_code == 403
        for path in (PAGE, f"{PAGE}/passphrase", f"{PAGE}/recovery-key"):
            assert member.send(path).status_code == 403


def test_without_the_packages_it_says_how_to_get_them(alice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "is_installed", lambda: False)
    page = alice.get(PAGE).get_data(as_text=True)
    assert "make install EXTRAS=sealing" in page
    assert "Seal the addresses" not in page
    assert alice.send(PAGE, new=PASSPHRASE, again=PASSPHRASE).status_code == 409
    assert state.current() is None


def test_what_cannot_work_is_off_and_says_why(
    app: Flask, client: Visitor, alice: Desk, petition: Petition, sealed: NewKeys
) -> None:
    confirmed(app, client, comment="Bonne idée.")
    signature = db.session.scalars(select(Signature)).one()
    page = alice.get(f"/admin/signatures/{signature.id}").get_data(as_text=True)
    assert "The address is sealed, so nothing can be sent from here." in page
    assert "Send the link" not in page
    assert alice.send(f"/admin/signatures/{signature.id}/mail").status_code == 303
    assert "alice@example.org" not in alice.get("/admin/signatures").get_data(as_text=True).partition("<main")[2]
    found = alice.send("/admin/signatures", email="alice@example.org", petition="0").get_data(as_text=True)
    assert "Alice Exemple" in found
    assert "no mail goes to the signer" in alice.get("/admin/comments/published").get_data(as_text=True)


def test_the_policy_and_the_register_say_so_where_it_is_so(
    client: Visitor, alice: Desk, petition: Petition, seal: Callable[[], NewKeys], app: Flask
) -> None:
    said = "rests sealed: it can be read with the association’s passphrase only"
    papers = "/en/privacy", "/admin/privacy/register/en.odt"
    assert said not in client.get(papers[0]).get_data(as_text=True)
    assert said not in words_of(alice.get(papers[1]).data)
    seal()
    app.extensions["page_layer"].drop()
    assert said in client.get(papers[0]).get_data(as_text=True)
    assert said in words_of(alice.get(papers[1]).data)


def run(settings: Settings, *arguments: str, typed: str = "") -> str:
    ours = {f"PETITION_{name.upper()}": value for name, value in settings.values.items() if value}
    db.session.remove()
    done = CliRunner(env=ours).invoke(command, [*arguments], input=typed)
    assert done.exit_code == 0, done.output
    return done.output


def test_restored_without_the_key_the_operator_is_told_and_can_mend_it(
    app: Flask, client: Visitor, petition: Petition, sealed: NewKeys, settings: Settings, tmp_path: Path
) -> None:
    confirmed(app, client, email="bob@example.org")
    file = str(tmp_path / "site.tar.gz")
    run(settings, "backup", file)
    (settings.data_dir / names.FILE).unlink()
    app.extensions.pop("mailbox_key")
    said = run(settings, "restore", file, "--yes")
    assert "petition sealing rename" in said
    findings = [finding for finding in doctor.examine() if finding.subject == "addresses"]
    assert [finding.verdict for finding in findings] == ["wrong"]
    assert sign(client).status_code == 503
    assert "1 signatures" in run(settings, "sealing", "rename", typed=f"{PASSPHRASE}\n")
    from petition_app.site import effective

    effective.look(at_once=True)
    findings = [finding for finding in doctor.examine() if finding.subject == "addresses"]
    assert [finding.verdict for finding in findings] == ["ok"]
    assert "keep a copy of it, apart" in findings[0].sentence
    sign(client, email="bob@example.org")  # known again
    assert db.session.query(Signature).count() == 1
