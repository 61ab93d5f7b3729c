"""The register of consents: every wording, moment and withdrawal; and nothing that is agreed to for somebody."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
from flask import Flask

from petition_app.config import SETTINGS
from petition_app.extensions import db
from petition_app.models import Consent, ConsentWording, Petition, Signature
from petition_app.models.base import now
from petition_app.models.consent import wording_hash
from petition_app.operations import jobs
from petition_app.privacy import consent
from petition_app.privacy.consent import BOXES, OPTIONAL_BOXES
from tests.admin.desk import make_member, signed_in
from tests.databases import both_engines
from tests.story import BOB, confirmed, link_in, mails, mails_to, sign
from tests.visitor import Visitor

PAGE = "/fr/petitions/clean-water"


@pytest.mark.parametrize("rules", [{}, {"comments": "off", "postal_code": "hidden", "country": "hidden"}])
def test_no_box_is_ticked_whatever_is_set_or_asked(
    client: Visitor, make_petition: Callable[..., Petition], rules: dict[str, str]
) -> None:
    make_petition(**rules)
    ticks = "?" + "&".join(f"consent_{box}=y" for box in BOXES)
    for path in (PAGE, f"{PAGE}/sign", f"{PAGE}{ticks}", f"{PAGE}/sign{ticks}"):
        boxes = re.findall(r"<input[^>]*consent_[^>]*>", client.get(path).get_data(as_text=True))
        assert len(boxes) == len(BOXES)  # one for each purpose, and none for two
        assert not [box for box in boxes if "checked" in box]


def test_nothing_can_be_set_about_a_box(app: Flask) -> None:
    names = {setting.name for setting in SETTINGS} | set(Petition.__table__.columns.keys())
    assert not {name for name in names if re.search("consent|opt_?in|subscri|tick|newsletter", name)}


def test_without_its_own_tick_nothing_else_is_agreed_to(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client, consent_petition_news="y")
    given = {row.purpose for row in db.session.query(Consent)}
    assert given == {"processing", "petition_news", "name_display"}
    assert sign(client, **{**BOB, "consent_processing": None}).status_code == 422


@both_engines
def test_signing_again_subscribes_nobody_again(app: Flask, client: Visitor, petition: Petition) -> None:
    boxes = {f"consent_{purpose}": "y" for purpose in OPTIONAL_BOXES}
    personal = confirmed(app, client, **boxes)
    for purpose in OPTIONAL_BOXES:
        assert client.post(f"{personal}/consents/{purpose}/withdrawal").status_code == 303
    kept = standing()
    sign(client, **boxes)
    sign(client, **boxes, given_name="ALICE", surname="exemple")
    for mail in mails(app):
        link = link_in(mail) if "alice" in str(mail["To"]) else ""
        if link.endswith("/confirmation"):
            client.post(link)
    assert standing() == kept
    assert not any(db.session.query(Signature).one().agrees_to(purpose) for purpose in OPTIONAL_BOXES)


@both_engines
def test_the_way_out_of_a_mail_is_not_undone_by_signing_again(app: Flask, client: Visitor, petition: Petition) -> None:
    from petition_app.updates.unsubscribing import end_news

    confirmed(app, client, consent_petition_news="y")
    key = db.session.query(Signature).one().key or ""
    assert end_news(key, 0, now())
    sign(client, consent_petition_news="y")
    mails_to(app, "alice@example.org")
    assert not db.session.query(Signature).one().agrees_to("petition_news")


def standing() -> list[tuple[str, bool]]:
    db.session.rollback()
    return [(row.purpose, row.withdrawn_at is None) for row in db.session.query(Consent).order_by(Consent.id)]


@both_engines
def test_a_consent_is_taken_back_by_one_press(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, consent_petition_news="y")
    page = client.get(personal).get_data(as_text=True)
    assert "/consents/petition_news/withdrawal" in page
    assert "/consents/association_news/withdrawal" not in page
    answer = client.post(f"{personal}/consents/petition_news/withdrawal", follow_redirects=True)
    assert 'role="status"' in answer.get_data(as_text=True)
    signature = db.session.query(Signature).one()
    assert signature.status == "confirmed"
    assert not signature.agrees_to("petition_news")
    # Another one is no consent, and a stranger's link is none of hers.
    for path in (f"{personal}/consents/processing/withdrawal", f"{personal}/consents/x/withdrawal"):
        assert client.post(path).status_code == 303
    assert client.post(f"{personal}x/consents/petition_news/withdrawal").status_code == 404
    assert db.session.query(Signature).one().agrees_to("processing")


@both_engines
def test_withdrawing_the_signature_withdraws_what_was_agreed_to(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    personal = confirmed(app, client, consent_petition_news="y")
    client.post(f"{personal}/withdrawal")
    assert [row.withdrawn_at is None for row in db.session.query(Consent)] == [False] * 3


@both_engines
def test_the_register_keeps_every_wording_and_counts(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client, consent_petition_news="y")
    personal = confirmed(app, client, **BOB, locale="en", consent_petition_news="y")
    client.post(f"{personal}/consents/petition_news/withdrawal")
    jobs.count_consents(now())
    rows = {(row.purpose, row.locale): row for row in db.session.query(ConsentWording)}
    french, english = rows["petition_news", "fr"], rows["petition_news", "en"]
    assert (french.given, french.withdrawn) == (1, 0)
    assert (english.given, english.withdrawn) == (1, 1)
    for (purpose, locale), row in rows.items():
        assert row.hash == wording_hash(purpose, locale, row.text)
        assert row.hash == hashlib.sha256(f"{purpose}\0{locale}\0{row.text}".encode()).hexdigest()
    alice = signed_in(app, make_member("administrator", name="Alice"))
    page = alice.get("/admin/privacy").get_data(as_text=True)
    assert french.hash[:12] in page
    assert english.text in page
    assert "Register of consents" in page


@both_engines
def test_an_old_wording_stays_in_the_register(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(app, client)
    before = {row.hash: row.text for row in db.session.query(ConsentWording)}
    monkeypatch.setattr(consent, "association_name", lambda: "Les Amis de la rivière")
    confirmed(app, client, **BOB)
    after = {row.hash: row.text for row in db.session.query(ConsentWording)}
    assert before.items() <= after.items()
    shown = {row.signature.given_name: row.wording.text for row in db.session.query(Consent) if row.purpose == BOXES[0]}
    assert "Association Exemple" in shown["Alice"]
    assert "Les Amis de la rivière" in shown["Bob"]
