"""Where the site sends people: no redirect leads to another site, and no header says where a mail's links lead."""

from __future__ import annotations

import re
from itertools import product
from urllib.parse import urljoin, urlsplit

from flask import Flask

from petition_app.admin import membership
from petition_app.admin.access import is_admin_path
from petition_app.models import Petition
from petition_app.models.base import now
from tests.admin.desk import PASSWORD, Desk, make_member
from tests.security.routes import routes
from tests.story import ALICE, confirmed, mails, sign
from tests.visitor import Visitor

EVIL = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/admin/\\..\\..\\evil.example",
    "/admin/..//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)//admin/",
    "data:text/html,x",
    "/admin@evil.example",
    "admin/",
    "/admin/\r\nLocation: https://evil.example",
    "/admin/\tx",
    " /admin/ //evil.example",
    "\u2028//evil.example",
    "/%2fevil.example",
    "http://localhost@evil.example/admin/",
    "http://localhost:80@evil.example/admin/",
)
POISON = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil.example",
    "X-Host": "evil.example",
    "X-Original-Host": "evil.example",
    "X-HTTP-Host-Override": "evil.example",
    "Forwarded": "for=203.0.113.7;host=evil.example;proto=https",
    "X-Original-URL": "/evil.example",
    "X-Rewrite-URL": "/evil.example",
}


def leads_elsewhere(location: str, base: str = "http://localhost/admin/") -> bool:
    """As a browser reads it: backslashes are slashes, tabs and line ends are nothing."""
    read = re.sub(r"[\t\r\n]", "", location).replace("\\", "/")
    return urlsplit(urljoin(base, read)).hostname != "localhost"


def test_the_doors_lead_into_the_admin_alone(app: Flask) -> None:
    """After the password, and after the password again."""
    make_member("editor", name="Bob")
    for evil in EVIL:
        desk = Desk(app, app.response_class)
        page = desk.get("/admin/sign-in", query_string={"next": evil}).get_data(as_text=True)
        assert 'href="https://evil' not in page
        first = desk.send("/admin/sign-in", email="bob@example.org", password=PASSWORD, next=evil)
        desk.get("/admin/")
        again = desk.send("/admin/step-up", step_up_password=PASSWORD, next=evil)
        for response in (first, again):
            assert response.status_code == 303, evil
            assert not leads_elsewhere(response.location), response.location
            assert response.location.startswith("/admin/")


ODD_PATHS = (
    "//evil.example",
    "//evil.example/",
    "///evil.example/%2e%2e",
    "//evil.example/%2f..",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "/\\evil.example",
    "/fr//evil.example",
    "/fr/petitions//evil.example/",
    "/admin//evil.example",
    "//evil.example/admin",
    "/admin",
    "/fr",
    "/?next=https://evil.example",
    "/?lang=//evil.example",
    "/fr/?url=https://evil.example",
    "/admin/?next=https://evil.example",
    "/admin/sign-in?next=%0d%0aSet-Cookie:%20a=b",
)


def test_no_odd_address_leads_away(client: Visitor, charlie: Desk, petition: Petition) -> None:
    for path, browser in product(ODD_PATHS, (client, charlie)):
        if browser is client and "/admin" in path:
            continue
        plain, _mark, query = path.partition("?")
        response = browser.open(environ_overrides={"PATH_INFO": plain}, query_string=query)
        assert response.status_code < 500
        if "Location" in response.headers:
            assert not leads_elsewhere(response.location, f"http://localhost{path}"), (path, response.location)
            assert "\n" not in response.location


def test_every_redirect_of_the_site_stays_on_it(app: Flask, client: Visitor, alice: Desk, petition: Petition) -> None:
    """Whatever the headers say where we are."""
    redirected = 0
    for route in routes(app, slug=petition.slug):
        headers = {**POISON, "Referer": "https://evil.example/"}
        for browser in (alice,) if is_admin_path(route.address) else (client, alice):
            data = {"csrf_token": alice.token, "next": "//evil.example"} if route.method != "GET" else None
            response = browser.open(route.address, method=route.method, data=data, headers=headers)
            assert response.status_code < 500, route
            if "Location" in response.headers:
                assert "evil" not in response.location.replace("evil.example%2F", ""), (route, response.location)
                assert not re.match(r"[a-z]+:|//|\\", response.location), (route, response.location)
                redirected += 1
    assert redirected > 60


def test_a_mails_links_lead_to_the_site_whatever_host_was_asked_for(
    app: Flask, client: Visitor, alice: Desk, petition: Petition
) -> None:
    """For signers, for an invitation, and for a password that was forgotten: the classic of the kind."""
    headers = {**POISON, "Sec-Fetch-Site": "same-origin"}
    client.post("/fr/petitions/clean-water/signatures", data=ALICE, headers=headers)
    with app.test_request_context("/admin/team/invitation", headers=POISON):
        membership.invite("bob@example.org", name="Bob", role="editor", locale="en", at=now())
    with app.test_request_context("/admin/new-password", headers=POISON):
        membership.send_password_link(alice.member, now(), by_member=True)
    sent = mails(app)
    assert len(sent) == 3, [mail["Subject"] for mail in sent]
    for mail in sent:
        assert b"evil.example" not in mail.as_bytes()
        for kind in ("plain", "html"):
            part = mail.get_body((kind,))
            assert part is not None
            links = re.findall(r"https?://[^\s\"<>]+", part.get_content())
            assert links
            assert all(f"{link}/".startswith("http://localhost:8000/") for link in links), links


def test_a_pages_own_addresses_do_not_follow_the_host(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client)
    sign(client, email="bob@example.org", given_name="Bob")
    for path in ("/fr/", "/fr/petitions/clean-water", "/fr/petitions/clean-water/live", "/fr/legal", personal):
        page = client.get(path, headers=POISON).get_data(as_text=True)
        assert "evil.example" not in page, path
        assert "gopher" not in page
