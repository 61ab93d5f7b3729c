"""A newcomer reads the mails in the browser, on the machine that the site runs on; nobody else can."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from petition_app.models import Petition, Signature
from tests.mail.conftest import enqueue
from tests.story import link_in, mails, sign
from tests.visitor import Visitor

Make = Callable[..., Signature]


def names(client: Visitor) -> list[str]:
    return re.findall(r'href="/mailbox/([^"]+\.eml)"', client.get("/mailbox").get_data(as_text=True))


def test_an_empty_mailbox_says_so(client: Visitor) -> None:
    response = client.get("/mailbox")
    assert response.status_code == 200
    assert 'class="empty"' in response.get_data(as_text=True)


def test_one_signs_reads_the_mail_and_follows_its_link(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    (mail,) = mails(app)
    (name,) = names(client)
    html = client.get(f"/mailbox/{name}").get_data(as_text=True)
    assert "alice@example.org" in html
    links = re.findall(r'<a href="(http://localhost:8000/fr/signatures/[^"]+)"', html)
    assert links == [f"http://localhost:8000{link_in(mail)}"]
    assert client.get(links[0]).status_code == 200


def test_the_newest_mail_comes_first(app: Flask, client: Visitor, petition: Petition, make_signature: Make) -> None:
    for number in range(12):
        enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org"))
    mails(app)
    html = client.get("/mailbox").get_data(as_text=True)
    assert re.findall(r"a\d+@example.org", html) == [f"a{number}@example.org" for number in reversed(range(12))]


def test_what_a_mail_says_is_shown_and_never_run(
    app: Flask, client: Visitor, petition: Petition, make_signature: Make
) -> None:
    enqueue("confirmation", make_signature(petition, given_name="<script>alert(1)</script>", email='é"l@example.org'))
    mails(app)
    (name,) = names(client)
    html = client.get(f"/mailbox/{name}").get_data(as_text=True)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_the_source_is_plain_text(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    mails(app)
    (name,) = names(client)
    assert f"/mailbox/{name}/source" in client.get(f"/mailbox/{name}").get_data(as_text=True)
    response = client.get(f"/mailbox/{name}/source")
    assert response.content_type == "text/plain; charset=utf-8"
    assert b"\r\nMessage-ID: <" in response.data
    assert b"<!DOCTYPE html>" in response.data


def test_nothing_of_it_is_kept_or_indexed(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    mails(app)
    (name,) = names(client)
    for path in ("/mailbox", f"/mailbox/{name}", f"/mailbox/{name}/source"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "name",
    [
        "nothing.eml",
        "..%2Fsecret_key",
        "../secret_key",
        "%2e%2e/secret_key",
        "..%5Csecret_key",
        ".",
        "..",
        "*.eml",
        "%00.eml",
        "%ff.eml",
        "x" * 5000 + ".eml",
        ".draft",
    ],
)
def test_no_name_leads_anywhere_else(app: Flask, client: Visitor, petition: Petition, name: str) -> None:
    sign(client)
    mails(app)
    for path in (f"/mailbox/{name}", f"/mailbox/{name}/source"):
        response = client.get(path)
        assert response.status_code in (301, 308, 404)
        assert b"Alice" not in response.data


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "localhost", "LOCALHOST:8000", "a.localhost:80"])
def test_this_machine_sees_it(client: Visitor, host: str) -> None:
    assert client.get("/mailbox", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "petition.example.org"},
        {"Host": "localhost.example.org"},
        {"Host": "127.0.0.1.example.org:8000"},
        {"Host": "192.0.2.1"},
        {"Host": "localhost@example.org"},
        {"Host": ""},
        {"Host": "local host"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Host": "localhost"},
        {"X-Forwarded-Proto": "http"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Fly-Client-IP": "127.0.0.1"},
        {"X-Cluster-Client-Ip": "127.0.0.1"},
    ],
)
def test_nobody_sees_it_under_another_name_or_through_a_proxy(
    app: Flask, client: Visitor, petition: Petition, headers: dict[str, str]
) -> None:
    sign(client)
    mails(app)
    (name,) = names(client)
    for path in ("/mailbox", f"/mailbox/{name}", f"/mailbox/{name}/source", "/mailbox/nothing"):
        response = client.get(path, headers=headers)
        assert response.status_code in (400, 404)
        assert b"alice" not in response.data


class TestSitesWithoutIt:
    @pytest.fixture(
        params=[
            {"PETITION_MAIL_URL": "smtp://127.0.0.1:1", "PETITION_MAIL_FROM": "petition@example.org"},
            {"PETITION_HOST": "0.0.0.0"},  # noqa: S104  # what is tried
            {"PETITION_SITE_URL": "https://petition.example.org", "PETITION_ABUSE_CONTROLS": "on"},
        ],
        ids=["mail server", "open to the network", "public address"],
    )
    def variables(self, request: pytest.FixtureRequest) -> dict[str, str]:
        return dict(request.param)

    def test_answer_as_if_there_were_none(self, client: Visitor) -> None:
        for path in ("/mailbox", "/mailbox/20261123T101112Z-0000-0123456789abcdef.eml"):
            assert client.get(path, headers={"Host": "localhost:8000"}).status_code == 404
