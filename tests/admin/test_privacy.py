"""The papers that the law asks for, made from the settings as they are, in each language of the site."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

from flask import Flask

from petition_app.i18n.locales import use_locale
from petition_app.models import Petition
from petition_app.privacy.processing import ACTIVITIES
from petition_app.privacy.retention import RULES
from petition_app.site import effective
from petition_app.site.storing import store
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.visitor import Visitor


def words_of(document: bytes) -> str:
    """The text of an OpenDocument text, as LibreOffice reads it."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.text"
        tree = ElementTree.fromstring(archive.read("content.xml"))  # noqa: S314  # our own
    return "\n".join("".join(part.itertext()) for part in tree.iter() if part.tag.endswith(("}p", "}h")))


@both_engines
def test_the_register_says_what_this_site_does_in_each_language(app: Flask, alice: Desk, petition: Petition) -> None:
    for locale, title in (("fr", "De l’eau propre pour Exempleville"), ("en", "Clean water for Exampletown")):
        answer = alice.get(f"/admin/privacy/register/{locale}.odt")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="register-{locale}.odt"'
        told = words_of(answer.data)
        for known in ("Association Exemple", "contact@example.org", "Hébergeur Exemple", "Ada Exemple", title):
            assert known in told, (locale, known)
        with use_locale(locale):
            for rule in RULES:
                assert rule.sentence() in told, rule.name
            for activity in ACTIVITIES:
                assert all(str(line) in told for line in (activity.name, activity.purpose, activity.ground))
    assert {name for activity in ACTIVITIES for name in activity.rules} == {rule.name for rule in RULES}


def test_a_changed_setting_changes_every_paper(app: Flask, alice: Desk, client: Visitor, petition: Petition) -> None:
    with writing() as session:
        store(session, {"signers_kept_months": "12", "data_protection_contact": "Bob <& Témoin>"})
    effective.look(at_once=True)
    app.extensions["page_layer"].drop()
    told = words_of(alice.get("/admin/privacy/register/en.odt").data)
    assert "Bob <& Témoin>" in told
    for text in (
        told,
        client.get("/en/privacy").get_data(as_text=True),
        client.get("/en/petitions/clean-water").get_data(as_text=True),
        alice.get("/admin/privacy").get_data(as_text=True),
    ):
        assert "erased 12 months after the petition was closed" in text


def test_the_association_chooses_the_time_within_bounds(app: Flask, alice: Desk) -> None:
    alice.step_up()
    assert alice.send("/admin/settings/association", signers_kept_months="24").status_code == 303
    assert effective.settings().signers_kept_months == 24
    for wrong in ("0", "37", "-1", "x", "9" * 400):
        answer = alice.send("/admin/settings/association", signers_kept_months=wrong)
        assert answer.status_code == 422, wrong
    assert effective.settings().signers_kept_months == 24


def test_only_administrators_have_the_papers(app: Flask, as_member: AsMember, charlie: Desk) -> None:
    editor = as_member("editor", "Eve")
    for path in ("/admin/privacy", "/admin/privacy/register/fr.odt", "/admin/requests"):
        assert editor.get(path).status_code == 403
        assert charlie.get(path).status_code == 303
    alice = as_member("administrator", "Ada")
    for language in ("xx", "de", "..", "%00"):
        assert alice.get(f"/admin/privacy/register/{language}.odt").status_code == 404


def test_beside_the_form_stands_what_becomes_of_the_data(client: Visitor, petition: Petition) -> None:
    page = client.get("/en/petitions/clean-water").get_data(as_text=True)
    summary = page[page.index('<details class="asked">') :]
    summary = summary[: summary.index("</details>")]
    assert "Your data, in short" in summary
    assert "Association Exemple" in summary
    assert "erased 6 months after the petition was closed" in summary
    assert 'href="/en/privacy#times"' in summary
    assert 'href="/en/lost-link"' in page
