"""The pages as translators look at them: each text can be pointed at, nothing of it comes to readers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from petition_app.admin.translations import book
from petition_app.admin.translations.desk_places import PLACES
from petition_app.admin.translations.marked import pointable
from petition_app.admin.translations.sample import sample_site
from petition_app.config_values import MailServer
from petition_app.extensions import db
from petition_app.i18n import shipped
from petition_app.i18n.marking import OPEN, MarkedWords, marked
from petition_app.models import Petition, Signature
from petition_app.models.translation import key_of
from tests.admin.desk import Desk
from tests.story import sign
from tests.visitor import Visitor

HOME = "/admin/translations/fr"
MARK = re.compile("[\ue000-\ue01f]")
KEY = key_of(None, "Sign this petition")


@pytest.mark.long
def test_every_page_and_mail_can_be_pointed_at(tara: Desk, client: Visitor, petition: Petition) -> None:
    sign(client, surname="Réelle-Signataire")
    before = client.get("/fr/petitions/clean-water/sign").data
    for place in PLACES:
        answer = tara.get(f"{HOME}/pages/{place.name}/frame")  # the client proves it well-formed
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200, place.name
        assert page.count("data-texts=") > 2, place.name
        assert not MARK.search(page), place.name
        assert "<script src=" in page
        assert "site." not in "".join(re.findall(r"<script[^>]*>", page)), "the page's own scripts stay out"
        assert "could not be" not in page, place.name
        assert "Réelle" not in page, "nobody's data is seen"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    # The real pages, in this very process, know nothing of it; and the sample has left no trace in the site.
    assert client.get("/fr/petitions/clean-water/sign").data == before
    assert client.get("/fr/petitions/sample").status_code == 404
    assert [signature.surname for signature in db.session.query(Signature)] == ["Réelle-Signataire"]


def test_links_lead_to_the_same_page_here_and_nowhere_else(tara: Desk) -> None:
    page = tara.get(f"{HOME}/pages/personal/frame").get_data(as_text=True)
    addresses = set(re.findall(r'<(?:a|form)\b[^>]*?\s(?:href|action)="([^"#]+)"', page))
    assert f"{HOME}/pages/withdrawal/frame" in addresses
    assert f"{HOME}/pages/privacy/frame" in addresses
    assert all(address.startswith(f"{HOME}/pages/") for address in addresses), addresses
    form = tara.get(f"{HOME}/pages/sign/frame").get_data(as_text=True)
    assert f'action="{HOME}/pages/sign-wrong/frame"' in form
    assert 'method="post"' not in form


def test_a_text_is_shown_where_it_stands(tara: Desk) -> None:
    page = tara.get(f"{HOME}/pages/sign/frame?shown={KEY}").get_data(as_text=True)
    assert page.count("data-shown") == 1
    assert re.search(rf'data-texts="{KEY}" data-shown>[^<]*Signer cette pétition', page)
    for odd in ("", "x", "%3Cscript%3E", "0" * 400):
        assert "data-shown" not in tara.get(f"{HOME}/pages/sign/frame?shown={odd}").get_data(as_text=True)


@pytest.mark.long
def test_every_text_has_a_picture(tara: Desk, app: Flask) -> None:
    """On a page that has it, nearly all (test_deeds.py); and told on the page that it belongs to, all the others."""
    with app.app_context(), app.test_request_context("/"):
        sample, entries = sample_site(), book.open_book("fr").entries.values()
        seen = [entry for entry in entries if sample.places_of(entry.key, entry.files)]
        assert len(seen) >= 0.97 * len(entries)
        assert all(sample.near(entry.files) for entry in entries)


def test_a_text_of_the_team_is_shown_on_the_page_that_has_it(tara: Desk) -> None:
    key = key_of(None, "Invite somebody")
    assert f"{HOME}/pages/desk-team/frame?shown={key}" in tara.get(f"{HOME}/messages/{key}").get_data(as_text=True)
    page = tara.get(f"{HOME}/pages/desk-team/frame?shown={key}").get_data(as_text=True)
    assert page.count("data-shown") == 1
    assert "Inviter" in page
    assert "Tara" not in page, "nobody of the real team is seen"


def test_a_text_of_a_rare_case_is_told_on_the_page_that_it_belongs_to(tara: Desk) -> None:
    key = key_of(None, "The passkey is added. You can sign in with it from now on.")
    form = tara.get(f"{HOME}/messages/{key}").get_data(as_text=True)
    assert "The sample has no such case." in form
    frame = re.search(rf'src="({HOME}/pages/desk-\w+/frame\?shown={key})"', form)
    assert frame
    page = tara.get(frame[1]).get_data(as_text=True)
    assert re.search(rf'<div class="notice" role="status">\s*<p><x-text data-texts="{key}" data-shown>La clé', page)


def test_how_mails_go_out_is_not_told(tara: Desk, app: Flask) -> None:
    known = app.extensions["site"].known
    server = MailServer("smtp.example.org", 587, tls=False, user="post", password="secret")
    app.extensions["site"].known = replace(known, settings=replace(known.settings, mail_server=server))
    page = tara.get(f"{HOME}/pages/desk-settings-mail/frame").get_data(as_text=True)
    assert "smtp.example.org" not in page
    assert page.count("data-texts=") > 2


@pytest.mark.parametrize("place", ["export-passphrase", "settings-sealed", "set-up", "comments-empty"])
def test_a_state_that_is_rare_is_made_for_one_look(tara: Desk, place: str) -> None:
    usual = texts_at(tara, "settings-sealing")
    page = tara.get(f"{HOME}/pages/desk-{place}/frame").get_data(as_text=True)
    assert page.count("data-texts=") > 2
    assert "could not be" not in page
    assert texts_at(tara, "settings-sealing") == usual


def texts_at(tara: Desk, place: str) -> list[str]:
    return re.findall(r'data-texts="([^"]+)"', tara.get(f"{HOME}/pages/desk-{place}/frame").get_data(as_text=True))


def test_the_form_shows_the_page_glossary_and_what_is_like_it(tara: Desk) -> None:
    page = tara.get(f"{HOME}/messages/{key_of(None, 'Confirm your signature: %(title)s')}").get_data(as_text=True)
    assert f"{HOME}/pages/mail-confirmation/frame?shown=" in page
    assert "<mark>signature</mark>" in page
    assert 'data-insert="%(title)s"' in page
    assert "Confirmer ma signature" in page
    assert "petition_app/mail/messages.py" in page


def test_only_this_site_may_frame_it(tara: Desk) -> None:
    assert "frame-src 'self'" in tara.get(f"{HOME}/pages/sign").headers["Content-Security-Policy"]
    assert "frame-src" not in tara.get(HOME).headers["Content-Security-Policy"]


def test_what_is_looked_for_is_found(tara: Desk) -> None:
    assert "Signer cette pétition" in tara.get(f"{HOME}?words=SIGN+THIS").get_data(as_text=True)
    assert "Signer cette pétition" in tara.get(f"{HOME}?words=cette+pétition&place=sign").get_data(as_text=True)
    assert "No text fits" in tara.get(f"{HOME}?words=cette+pétition&place=mail-test").get_data(as_text=True)
    assert "No text fits" in tara.get(f"{HOME}?state=missing").get_data(as_text=True)
    assert "My account" in tara.get(f"{HOME}?place=team").get_data(as_text=True)


def test_what_the_program_says_anew_is_shown_beside_what_was_worded_here(
    tara: Desk, client: Visitor, petition: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tara.send(f"{HOME}/messages/{KEY}", **{"text-0": "Je signe", "version": "0"})
    po = tmp_path / "fr" / "LC_MESSAGES" / "messages.po"
    po.parent.mkdir(parents=True)
    text = shipped.po_of("fr").read_text("utf-8")
    po.write_text(text.replace('msgstr "Signer cette pétition"', 'msgstr "Signez la pétition"'), "utf-8")
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    assert "Je signe" in tara.get(f"{HOME}?state=conflict").get_data(as_text=True)
    page = tara.get(f"{HOME}/messages/{KEY}").get_data(as_text=True)
    assert "Signez la pétition" in page
    assert "Je signe</textarea>" in page
    # Kept by saving it once more; or given up for the program's.
    tara.send(f"{HOME}/messages/{KEY}", **{"text-0": "Je signe", "version": "1"})
    assert "No text fits" in tara.get(f"{HOME}?state=conflict").get_data(as_text=True)
    tara.send(f"{HOME}/messages/{KEY}", **{"text-0": "Je signe", "version": "2", "act": "shipped"})
    assert "Signez la pétition</textarea>" in tara.get(f"{HOME}/messages/{KEY}").get_data(as_text=True)
    assert "Je signe" not in client.get("/fr/petitions/clean-water/sign").get_data(as_text=True)


def words(text: str, name: str = "name") -> str:
    return marked(text, name)


@pytest.mark.parametrize(
    ("html", "made"),
    [
        (f"<p>{words('a')}</p>", '<p><x-text data-texts="K">a</x-text></p>'),
        (f"<p>{words('a <b>c</b>')}</p>", '<p><x-text data-texts="K">a <b>c</b></x-text></p>'),
        (f"<p>{words('x ' + words('y') + ' z')}</p>", None),
        (f'<input placeholder="{words("a")}">', '<input placeholder="a" data-texts="K">'),
        (f"<title>{words('a')}</title>", '<title data-texts="K">a</title>'),
        (f"<option value=1>{words('a')}</option>", '<option value=1 data-texts="K">a</option>'),
        (f"<svg><text>{words('a')}</text></svg>", '<svg><text data-texts="K">a</text></svg>'),
        (f"<p>{words('cut off')[:-1]}</p>", '<p data-texts="K">cut off</p>'),
        (f"<p>{words('a')[:9]}</p>", "<p></p>"),
        ("<p>&amp; &#39; é</p>", "<p>&amp; &#39; é</p>"),
        ("<script>alert(1)</script><p>x</p>", "<p>x</p>"),
    ],
)
def test_marks_become_elements_where_one_may_stand(html: str, made: str | None) -> None:
    found = pointable(html, lambda _method, _address: "").html.replace(key_of(None, "name"), "K")
    assert not MARK.search(found)
    assert made is None or found == made


def test_an_empty_text_is_not_the_catalogues_head() -> None:
    class Words:
        def ugettext(self, msgid: str) -> str:
            return msgid or "head"

    assert MarkedWords(Words()).gettext("") == ""
    assert MarkedWords(Words()).gettext("a").startswith(OPEN)
