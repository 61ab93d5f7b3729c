"""Whatever its bytes, no input makes a 500, and none makes a page that shows an exception."""

from __future__ import annotations

import random
import string

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petition_app.extensions import db
from petition_app.models import Petition, Signature
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import ALICE, confirmed
from tests.visitor import Visitor

PATHS = [
    "/%00",
    "/fr/%00",
    "/%ff%fe",
    "/fr/petitions/%ff",
    "/fr/petitions/%00",
    "/fr/petitions/clean-water%00",
    "/fr/petitions/" + "a" * 5000,
    "/fr/petitions/Clean-Water",
    "/fr/petitions/unknown",
    "/fr/petitions/unknown/live",
    "/fr/petitions/unknown/signatures",
    "/xx/petitions/clean-water",
    "/xx/",
    "/fr/../../etc/passwd",
    "/static/../wsgi.py",
    "/static/%2e%2e/wsgi.py",
    "/static/",
    "/mailbox/../secret_key",
    "/mailbox/%2e%2e%2fsecret_key",
    "/fr/petitions/clean-water/signatures?before=",
    "/fr/petitions/clean-water/signatures?before=-1",
    "/fr/petitions/clean-water/signatures?before=99999999999999999999999999999",
    "/fr/petitions/clean-water/signatures?before=%00",
    "/fr/petitions/clean-water/signatures?before=%ff%fe",
    "/fr/petitions/clean-water/signatures?before='%20OR%201=1--",
    "/fr/petitions/clean-water/signatures?before=" + "A" * 3000,
    "/fr/petitions/clean-water/signatures?before=a&before=b",
    "/fr/petitions/clean-water/comments?before=%F0%9F%8C%BB",
    "/fr/petitions/clean-water/comments?before=1e999",
    "/fr/petitions/clean-water?%ff=%00&x[]=1",
    "/fr/petitions/clean-water/live?x=%zz",
    "/fr/signatures/x",
    "/fr/signatures/%00/confirmation",
    "/fr/signatures/%E2%80%AE/confirmation",
    "/fr/signatures/" + "a.b.c" * 500,
    "/fr/privacy/x",
    "//fr//",
    "/fr/petitions/clean-water/",
    "/.env",
    "/.git/config",
]


@both_engines
def test_no_address_breaks_a_page(app: Flask, client: Visitor, petition: Petition) -> None:
    for path in PATHS:
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
            response = client.open(path, method=method)
            assert response.status_code < 500, (method, path)
            assert "Traceback" not in response.get_data(as_text=True)


BODIES: list[tuple[bytes, str]] = [
    (b"", "application/x-www-form-urlencoded"),
    (b"\x00\xff\xfe", "application/x-www-form-urlencoded"),
    (b"given_name=%ff%fe&surname=%00", "application/x-www-form-urlencoded"),
    (b"given_name=" + b"%F0%9F%8C%BB" * 4000, "application/x-www-form-urlencoded"),
    (b"a=1&" * 15000, "application/x-www-form-urlencoded"),
    (b"{}", "application/json"),
    (b"<xml/>", "text/xml"),
    (
        b'--x\r\nContent-Disposition: form-data; name="given_name"\r\n\r\n\xff\x00\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    (
        b'--x\r\nContent-Disposition: form-data; name="given_name"; filename="a"\r\n\r\nAda\r\n'
        b'--x\r\nContent-Disposition: form-data; name="country"; filename="b"\r\n\r\nFR\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    (b'{"given_name": 5, "email": ["a"], "comment": {"a": 1}, "country": null}', "application/json"),
    (b'["given_name"]', "application/json"),
    (b"5", "application/json"),
    (b"null", "application/json"),
    (b"{broken", "application/json"),
    (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
    (
        b'--x\r\nContent-Disposition: form-data; n\x1b="comment"\r\n\r\n=cmd()\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    (b"x", "multipart/form-data"),
    (b"x", "\x00"),
    (b"given_name=A", "application/x-www-form-urlencoded; charset=utf-16"),
]


@both_engines
def test_no_body_breaks_a_form(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client)
    for address in ("/fr/petitions/clean-water/signatures", personal):
        for body, kind in BODIES:
            response = client.post(address, data=body, headers={"Content-Type": kind})
            assert response.status_code in (303, 400, 413, 415, 422), (body[:40], kind)
    assert "Alice" in client.get(personal).get_data(as_text=True)


def test_no_body_breaks_a_form_of_the_admin(app: Flask, petition: Petition) -> None:
    """Nobody is signed in, and no token is there: what was sent is looked at all the same, to be kept."""
    stranger = Desk(app, app.response_class)
    for address in ("/admin/sign-in", "/admin/set-up", "/admin/team", "/admin/invitation/x"):
        for body, kind in BODIES:
            response = stranger.post(address, data=body, headers={"Content-Type": kind})
            assert response.status_code in (303, 400, 403, 404, 405, 413, 415, 422), (address, body[:40], kind)


def test_ten_megabytes_are_too_much(client: Visitor, petition: Petition) -> None:
    response = client.post("/fr/petitions/clean-water/signatures", data={**ALICE, "comment": "x" * 10_000_000})
    assert response.status_code == 413
    assert "<h1" in response.get_data(as_text=True)


FIELDS = [*ALICE, "postal_code", "comment", "text_version", "consent_petition_news"]


VALUES = [
    "\x00",
    "\ufffd\ufffe\uffff",
    "\u202eevil\u202c",
    "🌻" * 300,
    "x" * 5000,
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} %(name)s %s {0}",
    "=cmd|' /C calc'!A0",
    "' OR '1'='1",
    "a@example.org\r\nBcc: all@example.org\r\n\r\nbody",
    "-1",
    "9" * 400,
    "٣",
]


@pytest.mark.parametrize("field", FIELDS)
def test_no_value_breaks_a_field(client: Visitor, petition: Petition, field: str) -> None:
    for number, value in enumerate(VALUES):
        entered = {**ALICE, "email": f"alice{number}@example.org", field: value}
        response = client.post("/fr/petitions/clean-water/signatures", data=entered)
        assert response.status_code in (303, 422), value
        html = response.get_data(as_text=True)
        assert "<script>alert" not in html, value
        assert "onerror=alert(1)>" not in html.replace("&gt;", ""), value
        assert "49 " not in html or "7 * 7" in html, value


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=200)), junk=st.binary(max_size=80))
def test_nothing_that_can_be_typed_breaks_the_form(
    app: Flask, client: Visitor, petition: Petition, data: dict[str, str], junk: bytes
) -> None:
    typed = {k: v.encode("utf-8", "replace").decode() for k, v in {**ALICE, **data}.items()}
    assert client.post("/fr/petitions/clean-water/signatures", data=typed).status_code in (303, 422)
    body = b"given_name=" + junk
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/fr/petitions/clean-water/signatures", data=body, headers=kind).status_code in (413, 422)
    db.session.rollback()
    assert all(len(s.given_name) <= 80 for s in db.session.query(Signature))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(cursor=st.text(alphabet=string.printable, max_size=60))
def test_no_cursor_breaks_the_paging(client: Visitor, petition: Petition, cursor: str) -> None:
    for list_name in ("signatures", "comments"):
        response = client.get(f"/fr/petitions/clean-water/{list_name}", query_string={"before": cursor})
        assert response.status_code in (200, 404)


def test_random_bytes_for_a_token_are_explained(client: Visitor) -> None:
    source = random.Random(1)  # noqa: S311  # repeatable, not secret
    for _ in range(50):
        token = "".join(source.choice(string.printable) for _ in range(source.randrange(1, 120)))
        token = token.replace("/", "_").replace("?", "_").replace("#", "_").replace("\\", "_")
        assert client.get(f"/fr/signatures/{token}/confirmation").status_code in (404, 410, 308, 301)
