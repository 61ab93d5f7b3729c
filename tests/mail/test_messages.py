"""What stands in the mails: the right headers, short words in the signer's language, one link, and nothing injected."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

import pytest
from flask import Flask
from markupsafe import escape

from petition_app.admin import membership
from petition_app.extensions import db
from petition_app.mail import messages, outbox
from petition_app.mail.outbox import Addressee
from petition_app.models import Comment, Member, OutboxMessage, Petition, PetitionText, Signature, Update, UpdateText
from petition_app.models.base import now
from petition_app.outcomes import answers
from petition_app.transactions import writing
from petition_app.web.tokens import read_confirmation_token, read_personal_token
from tests.mail.conftest import Memory, enqueue
from tests.mail.conftest import row as row_of
from tests.story import link_in, read_mail

Make = Callable[..., Signature]


def sent(kind: str, signature: Signature) -> EmailMessage:
    """The mail as its reader's program reads it."""
    assert enqueue(kind, signature) is not None
    transport = Memory()
    while outbox.send_due(now(), transport):
        pass
    (mail,) = transport.mails
    return read_mail(mail.as_bytes())


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()  # type: ignore[union-attr, no-any-return]


def html_of(mail: EmailMessage) -> str:
    return mail.get_body(("html",)).get_content()  # type: ignore[union-attr, no-any-return]


def links_in_html(mail: EmailMessage) -> list[str]:
    return re.findall(r"https?://[^\s\"<>]+", html_of(mail))


class TestConfirmation:
    def test_it_has_the_one_link_that_confirms_in_both_parts(self, petition: Petition, make_signature: Make) -> None:
        alice = make_signature(petition)
        mail = sent("confirmation", alice)
        link = link_in(mail)
        token = re.fullmatch(r"/fr/signatures/([^/]+)/confirmation", link)
        assert token is not None
        assert read_confirmation_token(token[1]) == alice.key
        assert links_in_html(mail) == [f"http://localhost:8000{link}"]
        assert f"http://localhost:8000{link}" in text_of(mail).splitlines()

    def test_its_headers_are_those_of_a_mail_that_a_machine_sends_to_one_person(
        self, petition: Petition, make_signature: Make
    ) -> None:
        mail = sent("confirmation", make_signature(petition))
        assert str(mail["From"]) == "Association Exemple <petition@localhost>"
        assert (mail["To"], mail["Reply-To"]) == ("alice@example.org", "contact@example.org")
        assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
        assert mail["Content-Language"] == "fr"
        assert mail["Date"].datetime is not None
        assert re.fullmatch(r"<[0-9a-f]{32}@localhost>", mail["Message-ID"])
        assert "List-Unsubscribe" not in mail
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]

    def test_it_is_in_the_language_that_was_signed_in(self, petition: Petition, make_signature: Make) -> None:
        english = sent("confirmation", make_signature(petition, locale="en"))
        assert english["Subject"] == "Confirm your signature: Clean water for Exampletown"
        assert "The link is good for 30 days." in text_of(english)
        assert '<html lang="en" dir="ltr">' in html_of(english)
        assert link_in(english).startswith("/en/signatures/")

    def test_it_fetches_nothing_and_follows_nobody(self, petition: Petition, make_signature: Make) -> None:
        html = html_of(sent("confirmation", make_signature(petition)))
        for trace in ("<img", "<link", "<script", "url(", "@import", "<iframe"):
            assert trace not in html


class TestPersonalLinks:
    def test_whoever_signs_again_gets_the_way_to_the_signature(self, petition: Petition, make_signature: Make) -> None:
        alice = make_signature(petition, status="confirmed")
        mail = sent("personal_link", alice)
        token = re.fullmatch(r"/fr/signatures/([^/]+)", link_in(mail))
        assert token is not None
        assert read_personal_token(token[1]) == alice.key
        assert len(links_in_html(mail)) == 1

    def test_a_full_mailbox_gets_one_link_for_each_of_its_signers(
        self, petition: Petition, make_petition: Callable[..., Petition], make_signature: Make
    ) -> None:
        alice = make_signature(petition, status="confirmed")
        bob = make_signature(petition, given_name="Bob", status="confirmed")
        make_signature(petition, given_name="Pending")
        make_signature(make_petition("other"), given_name="Elsewhere", status="confirmed")
        mail = sent("personal_links", alice)
        tokens = re.findall(r"^http://localhost:8000/fr/signatures/(\S+)$", text_of(mail), re.M)
        assert [read_personal_token(token) for token in tokens] == [alice.key, bob.key]
        assert "Bob Exemple" in text_of(mail)
        for other in ("Pending", "Elsewhere"):
            assert other not in text_of(mail) + html_of(mail)
        assert len(set(links_in_html(mail))) == 2


@pytest.mark.parametrize(
    "name",
    [
        "عبد الرحمن",
        "Ελένη-Μαρία",
        "Nguyễn Thị",
        'O’Connor <b>&amp;</b> "Fils"',
        "X" * 80,
        "👩‍👩‍👧 Famille",
        "%(name)s {{ 7 * 7 }} %s",
        "\u202egnitrohs",
    ],
)
def test_any_name_stands_in_the_mail_as_it_was_entered(petition: Petition, make_signature: Make, name: str) -> None:
    mail = sent("confirmation", make_signature(petition, given_name=name))
    assert name in text_of(mail)
    assert f"<bdi>{escape(name)}</bdi>" in html_of(mail)
    assert len(links_in_html(mail)) == 1


class TestTitles:
    def titled(self, petition: Petition, title: str) -> None:
        with writing() as session:
            for text in session.query(PetitionText).filter_by(petition_id=petition.id):
                text.title = title

    @pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00"])
    def test_none_adds_a_header(self, petition: Petition, make_signature: Make, end: str) -> None:
        self.titled(petition, f"Water{end}Bcc: charlie@example.org{end}{end}Body")
        mail = sent("confirmation", make_signature(petition, locale="en"))
        assert mail["Bcc"] is None
        assert mail["Subject"] == "Confirm your signature: Water Bcc: charlie@example.org Body"

    def test_a_long_one_is_shortened_in_the_subject_and_whole_in_the_mail(
        self, petition: Petition, make_signature: Make
    ) -> None:
        title = "Wasser" * 50
        self.titled(petition, title)
        mail = sent("confirmation", make_signature(petition, locale="en"))
        assert mail["Subject"] == f"Confirm your signature: {title[:99]}…"
        assert title in text_of(mail)

    def test_one_of_wide_letters_stays_within_what_smtp_carries(self, petition: Petition, make_signature: Make) -> None:
        title = "水" * 300
        self.titled(petition, title)
        transport = Memory()
        enqueue("confirmation", make_signature(petition))
        outbox.send_due(now(), transport)
        data = transport.mails[0].as_bytes()
        assert max(len(line) for line in data.splitlines()) <= 998
        assert title in text_of(read_mail(data))
        assert title in html_of(read_mail(data))

    @pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
    def test_what_ends_a_line_elsewhere_ends_none_in_a_mail(
        self, petition: Petition, make_signature: Make, end: str
    ) -> None:
        self.titled(petition, end.join(["水" * 60] * 9))
        transport = Memory()
        enqueue("confirmation", make_signature(petition))
        outbox.send_due(now(), transport)
        assert max(len(line) for line in transport.mails[0].as_bytes().split(b"\n")) <= 998

    def test_one_that_knows_what_stands_between_the_parts_adds_none(
        self, petition: Petition, make_signature: Make
    ) -> None:
        """Whoever has had a mail knows it."""
        between = sent("confirmation", make_signature(petition)).get_boundary()
        self.titled(petition, f"Water\n--{between}\nContent-Type: text/html\n\nforged\n--{between}--\n")
        mail = sent("confirmation", make_signature(petition, email="b@example.org"))
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert between in text_of(mail)
        assert "/confirmation" in html_of(mail)

    def test_what_joins_letters_and_emoji_is_kept(self, petition: Petition, make_signature: Make) -> None:
        self.titled(petition, "می\u200cخواهیم 👩\u200d🌾")
        mail = sent("confirmation", make_signature(petition, locale="en"))
        assert "می\u200cخواهیم 👩\u200d🌾" in mail["Subject"]


class TestSender:
    @pytest.mark.parametrize(
        ("setting", "header"),
        [
            ("petition@example.org", "Association Exemple <petition@example.org>"),
            ('"Les Amis, « de l’eau »" <petition@example.org>', "Les Amis, « de l’eau »"),
            ('"Ada; Exemple" <petition@example.org>', '"Ada; Exemple" <petition@example.org>'),
            ("petition@bücher.example.org", "petition@xn--bcher-kva.example.org"),
            ("petition@::1", "petition@[IPv6:::1]"),
        ],
    )
    def test_is_written_as_a_header_needs_it(self, app: Flask, setting: str, header: str) -> None:
        mail = EmailMessage(policy=messages.POLICY)
        mail["From"] = messages.sender(setting)
        data = mail.as_bytes()
        assert data.isascii()
        read = read_mail(data)["From"]
        assert not read.defects
        assert header in str(read) or read.addresses[0].display_name.startswith(header)
        assert len(read.addresses) == 1


class TestHostsBeyondAscii:
    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {
            "PETITION_SITE_URL": "https://pétition.example.org",
            "PETITION_ABUSE_CONTROLS": "on",
            "PETITION_ASSOCIATION_CONTACT": "écrire@example.org",
        }

    def test_links_and_message_ids_are_ascii(self, petition: Petition, make_signature: Make) -> None:
        mail = sent("confirmation", make_signature(petition, email="alice@bücher.example.org"))
        assert mail["Message-ID"].endswith("@xn--ptition-bya.example.org>")
        assert mail["To"] == "alice@xn--bcher-kva.example.org"
        assert mail["Reply-To"] is None  # no server that takes ASCII alone could be handed it
        (link,) = links_in_html(mail)
        assert link.startswith("https://xn--ptition-bya.example.org/fr/signatures/")


def invited() -> OutboxMessage | None:
    """A mail that asks Dora into the team."""
    membership.invite("dora@example.org", name="Dora", role="reader", locale="fr", at=now())
    return db.session.query(OutboxMessage).filter_by(kind="invitation").one()


def forgot() -> OutboxMessage | None:
    """A mail by which Dora gets a new password."""
    dora = db.session.query(Member).filter_by(name="Dora").one()
    membership.send_password_link(dora, now())
    return db.session.query(OutboxMessage).filter_by(kind="password_reset").one()


def hidden_comment(petition: Petition, make_signature: Make) -> OutboxMessage | None:
    """A mail that tells Carol that her comment was hidden."""
    carol = make_signature(petition, given_name="Carol", email="carol@example.org", status="confirmed")
    with writing() as session:
        comment = Comment(petition_id=petition.id, signature_id=carol.id, text="Non !", status="hidden")
        comment.hide(now(), point="insult", reason="Sans injure.")
        session.add(comment)
    return enqueue("comment_hidden", carol)


def asked(petition: Petition) -> OutboxMessage:
    """A mail to a recipient."""
    answer = answers.ask(petition.id, "Ada Exemple", "maire", "fr", "ada@example.org", now())
    return db.session.query(OutboxMessage).filter_by(answer_id=answer.id).one()


def updates(petition: Petition, alice: Signature) -> list[OutboxMessage | None]:
    """News of the petition for Alice, and for the member who writes it."""
    with writing() as session:
        update = Update(petition_id=petition.id)
        update.texts = [UpdateText(locale="fr", title="La mairie répond", body="Elle **répond**.")]
        session.add(update)
        session.flush()
        alice = session.get_one(Signature, alice.id)
        outbox.enqueue_bulk(session, update.id, [Addressee(alice.id, petition.id, "a@b.c", "a@b.c", "fr")], now(), _now)
        outbox.enqueue_test_of_update(session, update.id, "bob@example.org", "fr", now())
    return list(db.session.query(OutboxMessage).filter(OutboxMessage.update_id.is_not(None)))


def lost_links() -> OutboxMessage | None:
    """The links of all that was signed with an address."""
    with writing() as session:
        queued = outbox.enqueue_for_mailbox(session, "lost_links", "alice@example.org", "fr", now())
    return row_of(queued)


def _now(_number: int) -> datetime:
    return now()


def test_every_kind_of_mail_can_be_made(petition: Petition, make_signature: Make) -> None:
    alice = make_signature(petition, status="confirmed")
    bob = make_signature(petition, given_name="Bob")
    rows = [enqueue("confirmation", bob), enqueue("personal_link", alice), enqueue("personal_links", alice)]
    rows.append(row_of(outbox.enqueue_test("operator@example.org", "fr")))
    rows += [invited(), forgot(), hidden_comment(petition, make_signature), asked(petition)]
    rows += updates(petition, alice)
    rows.append(lost_links())
    assert {row.kind for row in rows if row} == set(messages.BUILDERS)
    for row in filter(None, rows):
        db.session.add(row)
        mail = messages.render(row)
        assert mail["Subject"]
        assert "!" not in text_of(mail).replace("> Non !", "")
