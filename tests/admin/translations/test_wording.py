"""Wording a text of the site: readers see it, nobody is written over, nothing can hurt, and all of it can be undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from petition_app import create_app
from petition_app.extensions import db
from petition_app.i18n import catalogues, site_words
from petition_app.models import AuditEntry, Petition, Translation
from petition_app.models.translation import key_of
from petition_app.site import effective
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.visitor import Visitor

HOME = "/admin/translations"
SHIPPED = "Signer cette pétition"
KEY = key_of(None, "Sign this petition")
PATH = f"{HOME}/fr/messages/{KEY}"
COUNTED = "%(num)s text to do", "%(num)s texts to do"


def word(desk: Desk, text: str, version: int = 0, path: str = PATH, **fields: str) -> int:
    return desk.send(path, **{"text-0": text, "version": str(version), **fields}).status_code


def read(client: Visitor, path: str = "/fr/petitions/clean-water/sign") -> str:
    return client.get(path).get_data(as_text=True)


@both_engines
def test_readers_see_it_and_it_can_be_undone(tara: Desk, client: Visitor, petition: Petition) -> None:
    assert SHIPPED in read(client)
    assert word(tara, "Je signe, moi aussi") == 303
    assert "Je signe, moi aussi" in read(client)
    assert SHIPPED not in read(client)
    assert db.session.query(AuditEntry).filter_by(action="translation.saved").count() == 1
    page = tara.get(PATH).get_data(as_text=True)
    assert f"{PATH}/restoration?version=0" in page  # the way back
    assert word(tara, "Je signe", 1) == 303
    assert tara.send(f"{PATH}/restoration?version=1").status_code == 303
    assert "Je signe, moi aussi" in read(client)
    assert tara.send(f"{PATH}/restoration?version=0").status_code == 303
    assert SHIPPED in read(client)
    history = tara.get(PATH).get_data(as_text=True)
    assert all(text in history for text in ("Je signe, moi aussi", "Je signe", "The program’s text", "Tara"))
    assert tara.send(f"{PATH}/restoration?version=77").status_code == 404


@both_engines
def test_two_who_write_at_once_are_shown_to_each_other(tara: Desk, as_member: AsMember) -> None:
    theo = as_member("translator", "Theo")
    assert word(tara, "Signer") == 303
    answer = theo.send(PATH, **{"text-0": "Signez", "version": "0"})
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Tara has saved this text in the meantime" in page
    assert "Signez</textarea>" in page
    assert 'name="version" value="1"' in page
    assert db.session.query(Translation).one().strings == ["Signer"]
    # Beside the page that is read, htmx takes in what says so.
    assert theo.send(PATH, htmx=True, **{"text-0": "Signez", "version": "0"}).status_code == 422
    assert word(theo, "Signez", 1) == 303
    assert db.session.query(Translation).one().strings == ["Signez"]
    assert word(theo, "Signez", 2) == 303  # nothing new: no version, no line in the log
    assert db.session.query(Translation).one().version == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<b>Signer", "The source has no tags"),
        ("Signer <script>alert(1)</script>", "The source has no tags"),
        ("Signer <img src=x onerror=alert(1) ", "please take them out"),
        ("Signer &lt;", "write the character itself"),
        ("Signer %(name)s", "These must stand in it"),
        ("Signer à 100 %", "A percent sign"),
        ("Si\u202egner", "cannot be shown"),
        ("Signer sur https://elsewhere.example", "A link must lead"),
        ("Signer javascript:alert(1)", "A link must lead"),
        ("", "not translated yet"),
    ],
)
def test_what_could_hurt_is_not_taken(tara: Desk, client: Visitor, petition: Petition, text: str, said: str) -> None:
    live = tara.send(f"{PATH}/check", **{"text-0": text}).get_data(as_text=True)
    assert said in live
    answer = tara.send(PATH, **{"text-0": text, "version": "0"})
    if text:
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
        assert tara.send(PATH, **{"text-0": text, "version": "0", "unsure": "y"}).status_code == 422
    assert SHIPPED in read(client)


def test_what_is_in_the_database_is_checked_again_when_it_is_loaded(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    for text in ("<script>alert(1)</script>", "Signer %(name)s", "Si\u202egner"):
        with writing() as session:
            session.query(Translation).delete()
            session.add(
                Translation(locale="fr", key=KEY, msgid="Sign this petition", strings=[text], shipped=[], version=1)
            )
            catalogues.tell_everybody(session)
        effective.look(at_once=True)
        page = read(client)
        assert text not in page
        assert "<script>alert" not in page
        # Markup that is not the source's is taken out; what cannot be mended is not used at all.
        assert SHIPPED in page or ">alert(1)<" in page or "Signer" in page


def test_what_is_unsure_is_kept_and_shown_to_nobody(tara: Desk, client: Visitor, petition: Petition) -> None:
    assert word(tara, "Je signerais", unsure="y", comment="Trop prudent ?") == 303
    assert SHIPPED in read(client)
    page = tara.get(PATH).get_data(as_text=True)
    assert "Je signerais</textarea>" in page
    assert "Trop prudent ?" in page
    listed = tara.get(f"{HOME}/fr?state=fuzzy").get_data(as_text=True)
    assert "Je signerais" in listed


def test_every_plural_form_has_its_field_with_numbers(tara: Desk) -> None:
    path = f"{HOME}/fr/messages/{key_of(None, '%(num)s signature')}"
    page = tara.get(path).get_data(as_text=True)
    assert "Translation for 0, 1" in page
    assert "Translation for 2, 3, 4" in page
    answer = tara.send(path, **{"text-0": "une", "text-1": "", "version": "0"})
    assert answer.status_code == 422
    assert "Translation for 2, 3, 4: This is not translated yet." in answer.get_data(as_text=True)


@both_engines
def test_another_process_sees_it(app: Flask, tara: Desk, petition: Petition) -> None:
    other = create_app(app.config["SETTINGS"])
    other.test_client_class = Visitor
    with other.app_context():
        reader: Visitor = other.test_client()  # type: ignore[assignment]  # the class is set above
        page = "/fr/petitions/clean-water"
        assert SHIPPED in reader.get(page).get_data(as_text=True)
    word(tara, "Je signe")
    with other.app_context():
        other.extensions["page_layer"].drop()  # as it is by itself within a second
        other.extensions["site"].due = 0.0
        assert "Je signe" in reader.get(page).get_data(as_text=True), "the first one who reads sees it"
        db.session.remove()
        db.engine.dispose()


def test_save_and_next_goes_through_what_is_looked_for(tara: Desk) -> None:
    page = tara.get(f"{HOME}/fr?place=check-inbox").get_data(as_text=True)
    assert "place=check-inbox" in page
    answer = tara.send(f"{PATH}?place=sign", **{"text-0": "Je signe", "version": "0", "act": "next"})
    assert answer.status_code == 303
    assert f"/messages/{key_of(None, 'Leave this empty')}?place=sign" in answer.location
    # The last one of those that are looked for leads back to the list.
    done = tara.send(f"{PATH}?state=missing", **{"text-0": "Signons", "version": "1", "act": "next"})
    assert done.location.endswith("/admin/translations/fr?state=missing")


@pytest.mark.parametrize(
    "path",
    [
        f"{HOME}/xx",
        f"{HOME}/fr/messages/no-such-key",
        f"{HOME}/fr/pages/no-such-page",
        f"{HOME}/xx/messages.po",
    ],
)
def test_what_is_not_there_is_told(tara: Desk, path: str) -> None:
    assert tara.get(path).status_code == 404


@both_engines
def test_odd_requests_make_no_error(tara: Desk) -> None:
    for query in ("?page=0", "?page=99999999", "?page=x", "?state=x", "?place=x", "?words=%00", "?words=" + "x" * 3000):
        assert tara.get(f"{HOME}/fr{query}").status_code == 200
    for version in ("", "x", "-1", "9" * 30):
        assert tara.send(PATH, **{"text-0": "Signer", "version": version}).status_code == 409
    assert tara.send(f"{PATH}/restoration?version=x").status_code == 404
    odd = {"text-0": "Signer\0", "text-7": "x", "version": "0", "comment": "a\0\u202eb" * 500}
    assert tara.send(PATH, **odd).status_code == 422
    assert tara.send(PATH, **{**odd, "text-0": "Signons"}).status_code == 303
    assert db.session.query(Translation).one().comment.startswith("abab")


def test_what_is_too_long_is_told_and_stays_in_its_field(tara: Desk) -> None:
    long = "signer " * 1000
    for field, text, told in (
        ("text-0", long, "This is longer than 5,000 characters. Please shorten it."),
        ("comment", long, "The note is longer than 1,000 characters. Please shorten it."),
    ):
        answer = tara.send(PATH, **{"text-0": "Signons", "version": "0", field: text})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert told in page
        assert text.strip() in page
    checked = tara.send(f"{PATH}/check", **{"text-0": long, "version": "0"}).get_data(as_text=True)
    assert "This is longer than 5,000 characters." in checked
    assert db.session.query(Translation).count() == 0


def test_what_came_into_the_database_too_long_is_not_shown(
    app: Flask, client: Visitor, tara: Desk, petition: Petition
) -> None:
    assert word(tara, "Je signe") == 303
    db.session.query(Translation).one().strings = ["Je signe " * 1000]
    db.session.commit()
    catalogues.of_app().forget()
    assert SHIPPED in read(client)
    assert "Je signe Je signe" not in read(client)


def test_a_database_that_is_away_leaves_the_words_of_before(
    app: Flask, tara: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    word(tara, "Je signe")
    supplier = site_words._Supplier(app)
    known = supplier("fr")
    assert known == {(None, "Sign this petition"): "Je signe"}
    broken: Callable[..., None] = lambda *_args: (_ for _ in ()).throw(site_words.SQLAlchemyError())  # noqa: E731
    monkeypatch.setattr(type(db.engine), "connect", broken)
    timers = []
    monkeypatch.setattr(site_words.threading, "Timer", lambda seconds, act: timers.append(seconds) or _Timer())
    assert supplier("fr") == known
    assert timers == [site_words.AGAIN_AFTER_SECONDS]


class _Timer:
    daemon = False

    def start(self) -> None:
        """Nothing is due in a test."""


def test_from_right_to_left_a_placeholder_is_whole_in_its_field(tara: Desk) -> None:
    """The field has isolates around it, which are kept nowhere: what is saved is what was meant."""
    path = f"{HOME}/ar/messages/{key_of(None, 'Signatures: %(title)s')}"
    page = tara.get(path).get_data(as_text=True)
    assert "\u2066%(title)s\u2069</textarea>" in page
    assert 'data-insert="\u2066%(title)s\u2069"' in page
    typed = "موقّعو \u2066%(title)s\u2069"
    assert "cannot be shown" not in tara.send(f"{path}/check", **{"text-0": typed}).get_data(as_text=True)
    assert word(tara, typed, path=path) == 303
    assert db.session.query(Translation).one().strings == ["موقّعو %(title)s"]
    assert word(tara, "موقّعو %(title)s", 1, path=path) == 303
    assert db.session.query(Translation).one().version == 1  # nothing new
    # Whoever is overtaken still has it whole in the field; elsewhere in the text such a character is refused.
    overtaken = tara.send(path, **{"text-0": f"كل {typed}", "version": "0"})
    assert overtaken.status_code == 409
    assert f"كل {typed}</textarea>" in overtaken.get_data(as_text=True)
    assert word(tara, "\u2066موقّعو\u2069 %(title)s", 1, path=path) == 422
    # Where it runs from left to right, nothing of that is needed.
    assert "\u2066" not in tara.get(path.replace("/ar/", "/fr/")).get_data(as_text=True)
