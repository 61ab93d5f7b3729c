"""What an update's mail says, and how a signer gets out of it: by the mail program's button, or by the page's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask

from petition_app.config_values import MailServer
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import SmtpTransport
from petition_app.models import Consent, Petition, Signature
from petition_app.models.base import now
from petition_app.petitions import markdown
from petition_app.transactions import writing
from petition_app.updates import mailing, recipients
from petition_app.web.tokens import confirmation_token, personal_token, unsubscribing_token
from tests.databases import both_engines
from tests.mail.conftest import Memory, Postbox
from tests.story import confirmed, sign
from tests.updates.conftest import MakeCrowd, MakeUpdate, send_now, stored
from tests.visitor import Visitor

TEXTS = {
    "fr": ("La mairie répond", "Elle **répond** :\n\n1. oui\n2. non\n\n[La lettre](https://example.org/lettre)\n"),
    "en": ("The town answers", "It *answers*.\n\n<script>alert(1)</script>\n"),
}
ELSEWHERE = {"Origin": "https://mail.example.com", "Sec-Fetch-Site": "cross-site"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def sent(update_id: int) -> list[EmailMessage]:
    send_now(update_id)
    mailing.advance_all(now())
    transport = Memory()
    while outbox.send_due(now() + timedelta(minutes=1), transport):
        pass
    return transport.mails


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def way_out(mail: EmailMessage) -> str:
    """The path of the link by which a mail program unsubscribes."""
    found = re.fullmatch(r"<https?://[^/]+(/[^>]+)>", str(mail["List-Unsubscribe"]))
    assert found is not None, mail["List-Unsubscribe"]
    return found[1]


def news_of_alice() -> list[Consent]:
    db.session.rollback()
    return db.session.query(Consent).filter_by(purpose="petition_news").order_by(Consent.id).all()


def test_the_text_is_there_as_html_and_as_plain_text(
    petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 1, name="alice")
    make_crowd(petition, 1, name="eve", locale="en")
    french, english = sorted(sent(make_update(petition, TEXTS)), key=lambda mail: str(mail["To"]))
    assert french["Subject"] == "La mairie répond"
    assert "<strong>répond</strong>" in html_of(french)
    assert "Elle répond :\n\n1. oui\n\n2. non\n\nLa lettre (https://example.org/lettre)" in text_of(french)
    assert "Bonjour Alice" in text_of(french)
    assert "/fr/petitions/clean-water" in text_of(french)
    assert english["Content-Language"] == "en"
    assert "<em>answers</em>" in html_of(english)
    assert "<script>" not in html_of(english)
    assert "in your language" not in text_of(english)


def test_without_a_text_in_the_signers_language_the_petitions_own_is_sent_and_that_is_said(
    petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 1, name="eve", locale="en")
    (mail,) = sent(make_update(petition))
    assert mail["Subject"] == "La mairie répond"
    assert "There is no text in your language. It is sent to you in this one: French." in text_of(mail)
    assert "Get no more news" in html_of(mail)
    assert '<div lang="fr" dir="ltr">' in html_of(mail)


class TestOnTheWire:
    """The headers as a server is given them: a long address must stay in one piece."""

    @pytest.fixture
    def variables(self, smtp: Postbox) -> dict[str, str]:
        return {
            "PETITION_SITE_URL": "https://petitions.a-rather-long-name-of-an-association.example.org",
            "PETITION_MAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "PETITION_MAIL_FROM": "petition@example.org",
            "PETITION_ABUSE_CONTROLS": "on",
        }

    def test_headers(self, smtp: Postbox, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate) -> None:
        make_crowd(petition, 1, name="alice")
        send_now(make_update(petition))
        mailing.advance_all(now())
        sender = SmtpTransport(MailServer("127.0.0.1", smtp.port, tls=False, user=None, password=None))
        assert outbox.send_due(now() + timedelta(minutes=1), sender) == 1
        sender.close()
        data = bytes(smtp.envelopes[0].content or b"").decode()
        head = data.partition("\r\n\r\n")[0]
        address = r"<https://petitions\.a-rather-long-name-of-an-association\.example\.org/fr/news/[\w.-]+>"
        assert re.search(rf"(?m)^List-Unsubscribe:\s+{address}\r$", head), head
        assert re.search(r"(?m)^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$", head), head
        list_id = r"<clean-water\.petition\.petitions\.a-rather-long-name-of-an-association\.example\.org>"
        assert re.search(rf"(?m)^List-ID:\s+{list_id}\r$", head), head
        assert "Precedence: bulk" in head
        assert "Auto-Submitted: auto-generated" in head
        assert "=?" not in head.partition("List-Unsubscribe:")[2].partition("MIME-Version")[0]


@both_engines
def test_a_mail_program_unsubscribes_by_itself(
    app: Flask, client: Visitor, petition: Petition, make_update: MakeUpdate
) -> None:
    confirmed(app, client, consent_petition_news="y", consent_association_news="y")
    update_id = make_update(petition)
    (mail,) = sent(update_id)
    path = way_out(mail)
    # A scanner looks at the link first, and again: nothing comes of that.
    for _ in range(2):
        page = client.get(path)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert news_of_alice()[0].withdrawn_at is None
    for _ in range(2):  # and as often as it likes
        answer = client.post(path, data=ONE_CLICK, headers=ELSEWHERE)
        assert answer.status_code == 200
    (consent,) = news_of_alice()
    first = consent.withdrawn_at
    assert first is not None
    assert abs(now() - first) < timedelta(minutes=1)
    assert stored(update_id).unsubscribed == 1
    # Exactly this one: the others stand, and the signature counts.
    others = db.session.query(Consent).filter(Consent.purpose != "petition_news").all()
    assert {each.purpose for each in others} == {"processing", "association_news", "name_display"}
    assert all(each.withdrawn_at is None for each in others)
    assert db.session.query(Signature).one().status == "confirmed"
    assert recipients.count(petition.id, now()) == 0
    assert "nothing to end" in client.get(path.replace("/fr/", "/en/")).get_data(as_text=True)


def test_multipart_as_some_programs_send_it(
    client: Visitor, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 1, name="alice")
    (mail,) = sent(make_update(petition))
    answer = client.post(way_out(mail), data=ONE_CLICK, headers=ELSEWHERE, content_type="multipart/form-data")
    assert answer.status_code == 200
    assert news_of_alice()[0].withdrawn_at is not None


def test_the_button_on_the_page(
    client: Visitor, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 1, name="alice")
    (mail,) = sent(make_update(petition))
    page = client.get(way_out(mail)).get_data(as_text=True)
    action = re.search(r'<form method="post"\s+action="([^"]+)"', page)
    assert action is not None
    done = client.post(action[1])
    assert done.status_code == 200
    assert "aucune nouvelle" in done.get_data(as_text=True)
    assert news_of_alice()[0].withdrawn_at is not None


def test_two_of_one_mailbox_get_one_mail_whose_way_out_is_out_for_both(
    client: Visitor, petition: Petition, make_petition: Callable[..., Petition], make_crowd: MakeCrowd,
    make_update: MakeUpdate,
) -> None:  # fmt: skip
    make_crowd(petition, 1, name="alice", mailbox="home@example.org", email="home@example.org")
    make_crowd(petition, 1, name="bob", mailbox="home@example.org", email="home@example.org", seat=2)
    make_crowd(make_petition("air"), 1, name="carol", mailbox="home@example.org", email="home@example.org")
    (mail,) = sent(make_update(petition))
    client.post(way_out(mail), data=ONE_CLICK)
    assert [consent.withdrawn_at is not None for consent in news_of_alice()] == [True, True, False]


def test_the_token_opens_nothing_else_and_nothing_else_opens_it(
    client: Visitor, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    (signature_id,) = make_crowd(petition, 1, name="alice")
    key = db.session.get_one(Signature, signature_id).key or ""
    token = unsubscribing_token(key, make_update(petition))
    for path in (f"/fr/signatures/{token}", f"/fr/signatures/{token}/confirmation"):
        assert client.get(path).status_code in (404, 410)
    for other in (personal_token(key), confirmation_token(key), token + "x", "x", "x.1.AAAAAA.b"):
        assert client.get(f"/fr/news/{other}").status_code == 404
        assert client.post(f"/fr/news/{other}", data=ONE_CLICK).status_code == 404
    assert news_of_alice()[0].withdrawn_at is None


def test_an_erased_signature_has_nothing_to_end(
    client: Visitor, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    (signature_id,) = make_crowd(petition, 1, name="alice")
    (mail,) = sent(make_update(petition))
    with writing() as session:
        session.delete(session.get_one(Signature, signature_id))
    assert client.get(way_out(mail)).status_code == 200
    assert client.post(way_out(mail), data=ONE_CLICK).status_code == 200


@both_engines
def test_a_mailbox_that_is_gone_gets_news_again_when_its_signer_says_so_anew(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    personal = confirmed(app, client, consent_petition_news="y")
    with writing() as session:
        session.query(Consent).filter_by(purpose="petition_news").update({"undeliverable_at": now()})
    assert recipients.count(petition.id, now()) == 0
    assert "undeliverable_at" in client.get(f"{personal}/data.json").get_data(as_text=True)
    assert "a été refusé" in client.get(personal).get_data(as_text=True)
    entries = {"given_name": "Alice", "surname": "Exemple", "country": "FR", "postal_code": "75011"}
    kept = client.post(personal, data={**entries, "name_display": "full", "consent_petition_news": "y"})
    assert kept.status_code == 303
    assert recipients.count(petition.id, now()) == 1
    assert [each.withdrawn_at is None for each in news_of_alice()] == [False, True]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("# A\n\nb *c*\nd", "A\n\nb c d"),
        ("- a\n- b\n  - c", "- a\n\n- b\n\n  - c"),
        ("3. a\n4. b", "3. a\n\n4. b"),
        ("<https://example.org/>", "https://example.org/"),
        ("[x](https://example.org/) y", "x (https://example.org/) y"),
        ("> q\n\n---\n\n    code", "q\n\n* * *\n\ncode"),
        ("a  \nb `c`", "a\nb c"),
    ],
)
def test_markdown_as_plain_text(source: str, wanted: str) -> None:
    assert markdown.readable(source) == wanted


def test_who_has_not_confirmed_is_not_told(
    app: Flask, client: Visitor, petition: Petition, make_update: MakeUpdate
) -> None:
    sign(client, consent_petition_news="y")
    (mail,) = sent(make_update(petition))
    assert str(mail["Subject"]).startswith("Confirmez votre signature")
