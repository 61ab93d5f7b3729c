"""The operator looks after the team by commands: add, list, disable, enable, reset."""

from __future__ import annotations

import re

from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, Member
from petition_app.models.base import now
from petition_app.transactions import writing
from tests.admin.desk import Desk, make_member
from tests.databases import both_engines
from tests.operations.conftest import Run
from tests.story import mails


def link_in(output: str) -> str:
    (found,) = re.findall(r"https?://[^/\s]+(/\S+)", output)
    return str(found)


@both_engines
def test_the_printed_link_lets_the_first_administrator_in(app: Flask, run: Run) -> None:
    done = run("member", "add", "Ada@Example.org", "--role", "administrator", "--name", "Ada Exemple", "--locale", "en")
    assert done.exit_code == 0, done.output
    desk = Desk(app, app.response_class)
    link = link_in(done.output)
    assert "Join the team" in desk.get(link + "?lang=en").get_data(as_text=True)
    assert desk.send(link, name="Ada", password="seven green bicycles").location == "/admin/"
    assert desk.get("/admin/").status_code == 200
    assert mails(app) == []
    entry = db.session.query(AuditEntry).filter_by(action="member.invited").one()
    assert (entry.member_id, entry.member_name) == (None, "")
    listed = run("member", "list").output
    assert listed.split() == ["active", "administrator", "password", "Ada@example.org", "Ada"]


def test_what_cannot_be_added_is_told(app: Flask, run: Run) -> None:
    assert run("member", "list").output.startswith("There is no member yet")
    for arguments, words in (
        (("no address", "--role", "reader"), "is no e-mail address"),
        (("a@example.org", "--role", "king"), "king"),
        (("a@example.org", "--role", "reader", "--locale", "xx"), "The site has no “xx”"),
        (("a@example.org", "--role", "reader", "--name", "x" * 200), "at most 120"),
    ):
        done = run("member", "add", *arguments)
        assert done.exit_code != 0
        assert words in done.output
    assert run("member", "add", "a@example.org", "--role", "reader").exit_code == 0
    again = run("member", "add", "A@example.org", "--role", "reader")
    assert again.exit_code == 1
    assert "petition member reset" in again.output


def test_a_new_password_by_a_printed_link(app: Flask, run: Run) -> None:
    bob = make_member("editor", name="Bob")
    with writing() as session:
        member = session.get_one(Member, bob)
        member.propose_second_factor("A" * 32)
        member.confirm_second_factor(1, now())
    done = run("member", "reset", "bob@example.org", "--second-factor")
    assert done.exit_code == 0, done.output
    desk = Desk(app, app.response_class)
    assert desk.send(link_in(done.output), password="five yellow teapots").location == "/admin/sign-in"
    assert desk.sign_in("bob@example.org", "five yellow teapots").location == "/admin/"
    assert run("member", "reset", "nobody@example.org").exit_code == 1


def test_shut_out_and_let_in_again(app: Flask, run: Run) -> None:
    make_member("administrator", name="Alice")
    make_member("editor", name="Bob")
    refused = run("member", "disable", "alice@example.org")
    assert refused.exit_code == 1
    assert "add an administrator first" in refused.output
    assert run("member", "disable", "bob@example.org").exit_code == 0
    assert "disabled" in run("member", "list").output
    assert run("member", "reset", "bob@example.org").exit_code == 1
    assert run("member", "enable", "bob@example.org").exit_code == 0
    assert Desk(app, app.response_class).sign_in("bob@example.org").location == "/admin/"
