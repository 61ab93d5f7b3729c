"""What an association adds to the mail that asks to confirm, and its thanks once a signature counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import event

from petition_app import config_values
from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.models.mail_words import Part
from petition_app.petitions.mail_words import add_version, save
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.mail.test_directions import html_of
from tests.story import link_in, mails, mails_to, sign
from tests.visitor import Visitor

WHY = "Sans vous, la mairie ne lira rien.\nAvec vous, si.\n\n<b>Merci</b> & à bientôt."
THANKS = "Merci ! La suite est sur https://example.org/suite."
ARABIC = "بدونكم لن تقرأ البلدية شيئا."


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Arabic, whether it has a catalogue yet or not: its words matter less here than its direction."""
    monkeypatch.setattr(config_values, "available_locales", lambda: ["ar", "en", "fr"])
    return {"PETITION_LOCALES": "fr en ar", "PETITION_ASSOCIATION_NAME": "Collectif <Exemple>"}


def add(petition: Petition, locale: str = "fr", **words: str) -> None:
    """The words of one language, as the editor or a translator leaves them."""
    said: dict[Part, str] = {"why": words.get("why", ""), "thanks": words.get("thanks", "")}
    with writing() as session:
        add_version(session.get_one(Petition, petition.id), locale, said, now())
    db.session.expire_all()


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@both_engines
def test_the_words_stand_below_the_sites_own_in_both_parts_of_the_mail(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    sign(client, email="before@example.org")
    before = mails_to(app, "before@example.org")[-1]
    add(petition, why=WHY, thanks=THANKS)
    sign(client)
    mail = mails_to(app, "alice@example.org")[-1]
    text, page = plain(mail), html_of(mail)
    own = plain(before).partition("\n-- \n")[0].split("http")[0]
    assert text.startswith(own), "nothing of the site's own sentences is missing, or stands elsewhere"
    heading = re.search(r"^.*Collectif <Exemple>\s?:$", text, re.M)
    assert heading is not None
    assert text.index("30 ") < text.index("* * *") < heading.start() < text.index(WHY)
    assert text.rstrip().endswith(f"{WHY}\n\n-- \nCollectif <Exemple>")
    assert "\n\n\n" not in text
    assert link_in(mail), "one link, which confirms"
    assert mail["Subject"] == before["Subject"]
    assert '<div lang="fr" dir="ltr">' in page
    assert "Sans vous, la mairie ne lira rien.<br>Avec vous, si.</p>" in page
    assert "&lt;b&gt;Merci&lt;/b&gt; &amp; à bientôt." in page
    assert page.index("30 jours") < page.index("<bdi>Collectif &lt;Exemple&gt;</bdi>") < page.index("Sans vous")
    assert THANKS not in text + page
    assert "overflow-wrap: anywhere" in page, "a word without end makes no mail that is wider than a phone"


@both_engines
def test_a_signer_gets_them_in_the_own_language_or_else_in_the_petitions(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    add(petition, why=WHY, thanks=THANKS)
    add(petition, "en", why="Without you, nobody reads it.")
    sign(client, locale="en", email="english@example.org")
    english = mails_to(app, "english@example.org")[-1]
    assert "Without you, nobody reads it." in plain(english)
    assert "A message from Collectif <Exemple>:" in plain(english)
    assert "Sans vous" not in plain(english) + html_of(english)
    assert "written in this language" not in plain(english) + html_of(english)
    sign(client, locale="ar", email="arabic@example.org")
    arabic = mails_to(app, "arabic@example.org")[-1]
    page = html_of(arabic)
    assert '<html lang="ar" dir="rtl">' in page
    assert '<div lang="fr" dir="ltr">' in page
    assert WHY in plain(arabic)
    for told in (plain(arabic), page):
        assert re.search(r"written in this language: \S+\.|[\u0600-\u06ff][^:\n]*: الفرنسية", told)
    add(petition, "ar", why=ARABIC)
    sign(client, locale="ar", email="arabic-2@example.org")
    page = html_of(mails_to(app, "arabic-2@example.org")[-1])
    assert '<div lang="ar" dir="rtl">' in page
    assert ARABIC in page
    assert "Sans vous" not in page
    receipt = client.post(link_in(english)).location
    thanks = client.get(receipt).get_data(as_text=True)
    assert re.search(r'class="prose"\s+lang="fr"\s+dir="ltr"', thanks), "the thanks have not been translated"
    assert "written in this language: French." in thanks


@both_engines
def test_thanks_are_said_once_a_signature_counts_and_by_no_mail(
    app: Flask, client: Visitor, petition: Petition, held: Callable[[], None]
) -> None:
    add(petition, thanks=f"{THANKS} <script>")
    sign(client)
    link = link_in(mails(app)[-1])
    assert "suite" not in client.get(link).get_data(as_text=True)
    sent = len(mails(app))
    receipt = client.post(link).location
    page = client.get(receipt).get_data(as_text=True)
    assert '<a href="https://example.org/suite" rel="nofollow noopener noreferrer">' in page.replace(
        'rel="noopener noreferrer nofollow"', 'rel="nofollow noopener noreferrer"'
    )
    assert "&lt;script&gt;" in page
    assert "Collectif &lt;Exemple&gt;</bdi>" in page
    assert len(mails(app)) == sent, "no mail goes once a signature counts"
    held()
    assert "suite" not in client.get(receipt).get_data(as_text=True)


@pytest.fixture
def held(app: Flask) -> Callable[[], None]:
    """What is looked at before it counts is not thanked for yet."""

    def hold() -> None:
        with writing() as session:
            session.connection().exec_driver_sql(
                "UPDATE signatures SET status = 'pending', seat = NULL, confirmed_at = NULL, held_at = created_at"
            )

    return hold


def test_what_is_said_no_more_is_said_in_no_other_language_either(petition: Petition) -> None:
    add(petition, why=WHY, thanks=THANKS)
    add(petition, "en", why="Without you.", thanks="Thank you.")
    save(petition.id, {"why": "", "thanks": THANKS}, 1, now())
    save(petition.id, {"why": "Autre chose.", "thanks": THANKS}, 2, now())
    db.session.expire_all()
    found = db.session.get_one(Petition, petition.id)
    said = found.own_words("why", "en")
    assert said is not None
    assert (said.text, said.locale) == ("Autre chose.", "fr")
    thanks = found.own_words("thanks", "en")
    assert thanks is not None
    assert thanks.text == "Thank you."
    assert [words.version for words in found.mail_words if words.locale == "fr"] == [1, 2, 3], "each stays as it was"


def test_another_main_language_takes_them_from_nobody(petition: Petition) -> None:
    add(petition, why=WHY)
    with writing() as session:
        session.get_one(Petition, petition.id).default_locale = "en"
    db.session.expire_all()
    found = db.session.get_one(Petition, petition.id)
    own = found.own_words("why", "fr")
    assert own is not None
    assert own.text == WHY
    assert found.own_words("why", "en") is None
    assert found.own_words("thanks", "fr") is None


@both_engines
def test_signing_asks_for_none_of_it(app: Flask, client: Visitor, petition: Petition) -> None:
    add(petition, why=WHY, thanks=THANKS)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    assert sign(client).status_code == 303
    assert asked
    assert not any("mail_words" in statement.partition("FROM")[2] for statement in asked)
