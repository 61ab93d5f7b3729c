"""An editor writes an update, looks at it, tries it, sends it, stops it, and takes it off; two at once are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, Consent, OutboxMessage, Petition, Update
from petition_app.models.base import now
from petition_app.updates import mailing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import confirmed, mails, mails_to
from tests.updates.conftest import MakeCrowd, make_crowd
from tests.visitor import Visitor

__all__ = ["make_crowd"]

DESK = "/admin/updates/clean-water"
WORDS = {
    "title-fr": "La mairie répond",
    "body-fr": "Elle **répond**.",
    "title-en": "The town answers",
    "body-en": "It *answers*.",
}


def written(desk: Desk, **words: str) -> str:
    """Write a draft; answers with its page."""
    answer = desk.send(f"{DESK}/new", **(words or WORDS))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def the_update() -> Update:
    db.session.rollback()
    update: Update = db.session.query(Update).one()
    return update


def shown(desk: Desk, path: str) -> str:
    answer = desk.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def let_go(desk: Desk, page: str, **choice: str) -> str:
    """Press the button on the page before it goes out, as that page has it; answers with where it leads."""
    html = shown(desk, f"{page}/sending")
    hidden = dict(re.findall(r'<input type="hidden" name="(until|version)" value="([^"]*)"', html))
    assert set(hidden) == {"until", "version"}
    answer = desk.send(f"{page}/sending", **{**hidden, **choice})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def acts() -> list[str]:
    db.session.rollback()
    return [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]


def work(app: Flask) -> list[EmailMessage]:
    mailing.advance_all(now())
    db.session.query(OutboxMessage).update({"due_at": now() - timedelta(seconds=1)})
    db.session.commit()
    sent = mails(app)
    mailing.advance_all(now())
    return sent


@both_engines
def test_from_the_first_word_to_the_mailbox(
    app: Flask, client: Visitor, petition: Petition, as_member: AsMember
) -> None:
    confirmed(app, client, consent_petition_news="y")
    editor = as_member("editor")
    assert "No update yet" in shown(editor, DESK)
    page = written(editor)
    assert "The town answers" in shown(editor, page)
    assert "The town answers" in shown(editor, DESK)
    assert "/updates/" not in client.get("/en/petitions/clean-water").get_data(as_text=True)

    before = shown(editor, f"{page}/sending")
    assert "<strong>1</strong> person has asked for news" in re.sub(r"\s+", " ", before)
    assert editor.send(f"{page}/test", text="en").status_code == 303
    (test,) = mails_to(app, "bob@example.org")
    assert test["Subject"] == "[Test] The town answers"
    assert test["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    out = re.sub(r"^<https?://[^/]+|>$", "", str(test["List-Unsubscribe"]))
    assert "This was a test" in client.post(out, data={"List-Unsubscribe": "One-Click"}).get_data(as_text=True)
    assert db.session.query(Consent).filter_by(purpose="petition_news").one().withdrawn_at is None

    assert let_go(editor, page, by_mail="yes", per_minute="600", when="now") == page
    assert "hx-get" in shown(editor, f"{page}/progress")
    work(app)
    (mail,) = [mail for mail in mails_to(app, "alice@example.org") if mail["Subject"] == "La mairie répond"]
    assert "List-Unsubscribe" in mail
    html = shown(editor, f"{page}/progress")
    assert "hx-get" not in html
    assert (the_update().state, the_update().sent, the_update().foreseen) == ("sent", 1, 1)
    assert "1 of 1" in shown(editor, DESK)

    public = client.get("/en/petitions/clean-water").get_data(as_text=True)
    assert "/en/petitions/clean-water/updates/1" in public
    assert "The town answers" in public
    assert "<em>answers</em>" in client.get("/en/petitions/clean-water/updates/1").get_data(as_text=True)
    assert acts() == ["update.written", "update.tested", "update.published"]


@both_engines
def test_only_on_the_page_taken_off_and_put_back(client: Visitor, petition: Petition, as_member: AsMember) -> None:
    editor = as_member("editor")
    page = written(editor)
    client.get("/en/petitions/clean-water")  # it is in memory now
    let_go(editor, page, by_mail="no", when="now")
    address = "/en/petitions/clean-water/updates/1"
    assert address in client.get("/en/petitions/clean-water").get_data(as_text=True)
    assert client.get(address).headers["Cache-Control"].startswith("public")
    editor.send(f"{page}/off")
    assert address not in client.get("/en/petitions/clean-water").get_data(as_text=True)
    assert client.get(address).status_code == 404
    undo = re.search(r'action="([^"]+/on)"', shown(editor, page))
    assert undo is not None
    editor.send(undo[1])
    assert client.get(address).status_code == 200
    assert db.session.query(OutboxMessage).count() == 0
    assert acts()[-3:] == ["update.published", "update.taken_off", "update.put_back"]


def test_scheduled_and_called_off(petition: Petition, as_member: AsMember) -> None:
    editor = as_member("editor")
    page = written(editor)
    day = (now() + timedelta(days=2)).date().isoformat()
    let_go(editor, page, by_mail="yes", per_minute="30", when="later", day=day, time="18:30")
    update = the_update()
    assert update.state == "scheduled"
    assert update.scheduled_at is not None
    local = update.scheduled_at.astimezone(update_zone(editor))
    assert (local.date().isoformat(), local.hour, local.minute) == (day, 18, 30)
    assert editor.get(f"{page}/text").status_code == 303
    assert editor.send(f"{page}/text", version=update.version, **WORDS).status_code == 303
    assert the_update().version == 1
    editor.send(f"{page}/calling-off")
    assert the_update().state == "draft"
    editor.send(f"{page}/calling-off")
    assert "Nothing was done" in shown(editor, page)
    assert acts() == ["update.written", "update.scheduled", "update.called_off"]


def update_zone(desk: Desk):  # type: ignore[no-untyped-def]  # a zone of zoneinfo
    return desk.application.config["SETTINGS"].timezone


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"when": "later"}, "Please enter a day and a time"),
        ({"when": "later", "day": "2020-01-01", "time": "10:00"}, "has passed"),
        ({"when": "later", "day": "9999-12-31", "time": "23:59"}, "more than a year|Please enter a day"),
        ({"when": "later", "day": "0001-01-01", "time": "00:00"}, "has passed|Please enter a day"),
        ({"when": "later", "day": "\x00", "time": "25:00"}, "Please enter a day and a time"),
        ({"per_minute": "0"}, "Please choose one of these"),
        ({"per_minute": "99999999999999999999"}, "Please choose one of these"),
        ({"version": "7"}, "Somebody has changed the words"),
    ],
)
def test_what_cannot_be_sent(petition: Petition, as_member: AsMember, choice: dict[str, str], says: str) -> None:
    editor = as_member("editor")
    page = written(editor)
    answer = editor.send(f"{page}/sending", **{"version": "1", "by_mail": "no", "until": "", **choice})
    assert answer.status_code in (409, 422)
    html = answer.get_data(as_text=True)
    assert re.search(says, html)
    assert re.search(r'name="by_mail"\s+value="no"\s+checked', html)
    assert the_update().state == "draft"


def test_a_petition_that_is_a_draft_tells_nobody(make_petition: Callable[..., Petition], as_member: AsMember) -> None:
    make_petition(status="draft")
    editor = as_member("editor")
    page = written(editor)
    answer = editor.send(f"{page}/sending", version="1", when="now")
    assert answer.status_code == 409
    assert "The petition is a draft" in answer.get_data(as_text=True)


def test_without_a_text_in_the_petitions_own_language_it_is_not_sent(petition: Petition, as_member: AsMember) -> None:
    editor = as_member("editor")
    page = written(editor, **{"title-en": "The town answers", "body-en": "It does."})
    answer = editor.send(f"{page}/sending", version="1", when="now")
    assert answer.status_code == 409
    assert "no text in the petition’s own language yet: Français" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({}, "Please write something"),
        ({"title-fr": "x"}, "leave the whole language empty"),
        ({"body-en": "x"}, "leave the whole language empty"),
        ({"title-fr": "x" * 201, "body-fr": "y"}, "longer than 200"),
        ({"title-fr": "x", "body-fr": "y" * 20_001}, "longer than 20000"),
        ({"title-fr": "x\x00", "body-fr": "y"}, "cannot be shown"),
        ({"title-fr": "x", "body-fr": "y\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")}, "cannot"),
    ],
)
def test_what_cannot_be_kept(petition: Petition, as_member: AsMember, words: dict[str, str], says: str) -> None:
    editor = as_member("editor")
    answer = editor.send(f"{DESK}/new", **words)
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert says in html
    assert 'role="alert"' in html
    assert db.session.query(Update).count() == 0


def test_preview_with_and_without_javascript(petition: Petition, as_member: AsMember) -> None:
    editor = as_member("editor")
    words = {"title-fr": "Titre", "body-fr": "Un **mot**\n\n<script>alert(1)</script>"}
    fragment = editor.send(f"{DESK}/preview", htmx=True, **words).get_data(as_text=True)
    assert fragment.startswith('<div id="preview"')
    assert "<strong>mot</strong>" in fragment
    assert "<script>alert" not in fragment
    page = editor.send(f"{DESK}/new", preview="1", **words)
    assert page.status_code == 200
    html = page.get_data(as_text=True)
    assert "<strong>mot</strong>" in html
    assert 'value="Titre"' in html
    assert db.session.query(Update).count() == 0


def test_two_who_write_at_once(petition: Petition, as_member: AsMember) -> None:
    bob, carol = as_member("editor"), as_member("editor", "Carol")
    page = written(bob)
    opened = re.search(r'name="version" value="(\d+)"', shown(carol, f"{page}/text"))
    assert opened is not None
    assert bob.send(f"{page}/text", **{**WORDS, "version": opened[1], "title-en": "Bob’s title"}).status_code == 303
    late = carol.send(f"{page}/text", **{**WORDS, "version": opened[1], "title-en": "Carol’s title"})
    assert late.status_code == 409
    html = late.get_data(as_text=True)
    assert "Bob saved other words" in html
    assert "Bob’s title" in html
    assert 'value="Carol’s title"' in html
    newer = re.search(r'name="version" value="(\d+)"', html)
    assert newer is not None
    kept = carol.send(f"{page}/text", **{**WORDS, "version": newer[1], "title-en": "Carol’s title"})
    assert kept.status_code == 303
    assert the_update().text_for("en", "fr").title == "Carol’s title"


@both_engines
def test_two_who_send_at_once(
    petition: Petition, as_member: AsMember, make_crowd: MakeCrowd
) -> None:  # fmt: skip
    make_crowd(petition, 3)
    bob, carol = as_member("editor"), as_member("editor", "Carol")
    page = written(bob)
    let_go(bob, page, when="now")
    answer = carol.send(f"{page}/sending", version="1", when="now")
    assert answer.status_code == 303
    assert "Somebody was faster" in shown(carol, answer.location)
    assert db.session.query(OutboxMessage).count() == 3
    assert acts() == ["update.written", "update.published"]


@both_engines
def test_stopped_and_resumed_in_the_browser(
    app: Flask, petition: Petition, as_member: AsMember, make_crowd: MakeCrowd
) -> None:  # fmt: skip
    make_crowd(petition, 30)
    editor = as_member("editor")
    page = written(editor)
    let_go(editor, page, when="now", per_minute="30")
    editor.send(f"{page}/stop")
    assert mails(app) == []
    html = shown(editor, page)
    assert "It was stopped when 0 of 30 were done" in html
    assert 'hx-trigger="every' not in html
    editor.send(f"{page}/stop")
    assert "Nothing was done" in shown(editor, page)
    editor.send(f"{page}/resumption")
    assert the_update().state == "sending"
    assert len(mails(app)) >= 1
    assert editor.send(f"{page}/off").status_code == 303
    assert "Nothing was done" in shown(editor, page)
    assert acts() == ["update.written", "update.published", "update.stopped", "update.resumed"]


def test_the_number_that_was_shown_is_the_number_that_is_told(
    petition: Petition, as_member: AsMember, make_crowd: MakeCrowd
) -> None:  # fmt: skip
    make_crowd(petition, 3)
    editor = as_member("editor")
    page = written(editor)
    html = shown(editor, f"{page}/sending")
    until = re.search(r'name="until" value="([^"]+)"', html)
    assert until is not None
    assert "<strong>3</strong> people" in re.sub(r"\s+", " ", html)
    make_crowd(petition, 2, name="late", confirmed_at=now())
    editor.send(f"{page}/sending", version="1", when="now", until=until[1])
    assert the_update().foreseen == 3
    assert the_update().mailed_until == datetime.fromisoformat(until[1])


def test_a_draft_is_discarded(app: Flask, petition: Petition, as_member: AsMember) -> None:
    editor = as_member("editor")
    page = written(editor)
    editor.send(f"{page}/test")
    assert "Discard the draft" in shown(editor, f"{page}/removal")
    assert editor.send(f"{page}/removal").location == DESK
    assert db.session.query(Update).count() == 0
    assert mails(app) == []
    assert editor.get(page).status_code == 404


def test_what_is_on_the_page_can_be_corrected(client: Visitor, petition: Petition, as_member: AsMember) -> None:
    editor = as_member("editor")
    page = written(editor)
    let_go(editor, page, by_mail="no")
    assert editor.get(f"{page}/removal").status_code == 200
    assert editor.send(f"{page}/removal").location == page
    client.get("/en/petitions/clean-water/updates/1")
    version = str(the_update().version)
    editor.send(f"{page}/text", **{**WORDS, "version": version, "title-en": "The town has answered"})
    public = client.get("/en/petitions/clean-water/updates/1").get_data(as_text=True)
    assert "The town has answered" in public


def test_who_may_not(petition: Petition, as_member: AsMember) -> None:
    page = written(as_member("editor"))
    for role in ("moderator", "translator", "reader"):
        desk = as_member(role, role.title())
        for path in (DESK, f"{DESK}/new", page, f"{page}/sending"):
            assert desk.get(path).status_code == 403
        assert desk.send(f"{page}/stop").status_code == 403


def test_another_petitions_update_is_not_there(
    petition: Petition, make_petition: Callable[..., Petition], as_member: AsMember
) -> None:
    editor = as_member("editor")
    page = written(editor)
    make_petition("air")
    assert editor.get(page.replace("clean-water", "air")).status_code == 404
    assert editor.get(f"{DESK}/99999999999").status_code == 404


@pytest.mark.parametrize(
    "value", ["\x00", "\ufffd", "x" * 5000, "<script>alert(1)</script>", "-1", "{{ 7 * 7 }} %(x)s"]
)
def test_no_value_breaks_a_field(petition: Petition, as_member: AsMember, value: str) -> None:
    editor = as_member("editor")
    page = written(editor)
    names = ("version", "preview", "text", "until", "when", "day", "time", "per_minute", "by_mail", "from", "title-fr")
    for path in ("new", "preview", f"{page.rpartition('/')[2]}/text", f"{page.rpartition('/')[2]}/sending"):
        for name in names:
            answer = editor.send(f"{DESK}/{path}", **{**WORDS, "when": "later", name: value})
            assert answer.status_code < 500, (path, name)
            assert "<script>alert" not in answer.get_data(as_text=True)
