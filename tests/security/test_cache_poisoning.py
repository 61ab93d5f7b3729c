"""Nobody can have something put into a cache, ours or another's, that the next reader is then given."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Flask

from petition_app.admin.access import is_admin_path
from petition_app.models import Petition
from tests.security.routes import routes
from tests.security.test_addresses import POISON
from tests.story import confirmed
from tests.visitor import Visitor

MARK = "zzpoisonzz"
# Headers that some program or framework is known to build an answer from, and that are in no cache's key.
UNKEYED = {
    **{name: value.replace("evil", MARK) for name, value in POISON.items()},
    "Origin": f"https://{MARK}.example",
    "Referer": f"https://{MARK}.example/?utm_source={MARK}",
    "User-Agent": f'{MARK}"><script>',
    "Cookie": f"lang=en; admin={MARK}; locale=en; theme={MARK}",
    "Accept-Language": "en;q=1, fr;q=0.1",
    "Accept": f"text/{MARK}, application/json",
    "Accept-Charset": "utf-7",
    "X-HTTP-Method-Override": "DELETE",
    "X-Method-Override": "POST",
    "X-Requested-With": MARK,
    "X-Forwarded-Scheme": "http",
    "X-Forwarded-SSL": "off",
    "Front-End-Https": "off",
    "X-Amz-Website-Redirect-Location": f"https://{MARK}.example",
    "X-Wap-Profile": f"http://{MARK}.example/",
    "X-Original-URL": "/fr/legal",
    "X-Rewrite-URL": "/fr/legal",
    "True-Client-IP": "203.0.113.9",
    "Sec-Fetch-Dest": "empty",
    "Save-Data": "on",
    "DNT": "1",
    "Range": "bytes=0-10",
    "If-Range": '"x"',
    "If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT",
    "If-None-Match": f'"{MARK}"',
    "HX-Request": "true",
    "HX-Boosted": "true",
    "HX-Target": MARK,
    "HX-Trigger": MARK,
    "HX-Current-URL": f"https://{MARK}.example/",
    "Purpose": "prefetch",
    "TE": "trailers",
}
OF_ONE_ANSWER = {"Date"}


def public_addresses(app: Flask, slug: str) -> list[str]:
    """Every page that anyone may keep."""
    client = app.test_client()
    found = []
    for route in routes(app, slug=slug, number="1"):
        if route.method == "GET" and not is_admin_path(route.address):
            answer = client.get(route.address)
            if answer.status_code == 200 and "public" in answer.headers.get("Cache-Control", ""):
                found.append(route.address)
    return found


def whole(client: Visitor, address: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    answer = client.get(address, headers=headers)
    return answer.status_code, answer.data, {k: v for k, v in answer.headers if k not in OF_ONE_ANSWER}


def test_no_header_outside_the_key_changes_what_is_kept(app: Flask, client: Visitor, petition: Petition) -> None:
    """Asked first by the attacker, each page is what it is for a reader, to the byte and the header."""
    confirmed(app, client)
    layer = app.extensions["page_layer"]
    addresses = public_addresses(app, petition.slug)
    assert len(addresses) >= 8, addresses
    for address in addresses:
        layer.drop()
        plain = whole(client, address)
        for name, value in UNKEYED.items():
            layer.drop()
            poisoned = whole(client, address, **{name: value})
            assert MARK.encode() not in poisoned[1], (address, name)
            assert not any(MARK in text for text in poisoned[2].values()), (address, name)
            assert whole(client, address) == plain, (address, name)


def test_what_differs_by_a_header_is_not_for_everybody_or_says_so(app: Flask, client: Visitor) -> None:
    """The first page goes by the reader's language."""
    answer = client.get("/", headers={"Accept-Language": "en"})
    assert answer.location.endswith("/en/")
    assert "no-store" in answer.headers["Cache-Control"] or "Accept-Language" in answer.headers.get("Vary", "")


CLOAKS = (
    "before=1;before=2",
    "a=1;before=zzpoisonzz",
    "utm_source=x&before=zzpoisonzz",
    "utm_content=x;lang=zzpoisonzz",
    "before=zzpoisonzz&before=",
    "before[]=zzpoisonzz",
    "before%5B%5D=zzpoisonzz",
    "%62efore=zzpoisonzz",
    "before=zz%26lang=en",
    "_method=DELETE&lang=zzpoisonzz",
    "callback=zzpoisonzz",
    "locale=en",
    "lang=en",
    "?before=zzpoisonzz",
    "#before=zzpoisonzz",
    "%00=zzpoisonzz",
    "via=zzpoisonzz",
    "source=zzpoisonzz",
)


def test_a_parameter_that_hides_from_the_key_says_nothing(app: Flask, client: Visitor, petition: Petition) -> None:
    """What stands behind a question mark is a page of its own, as it was written, and never the page without it."""
    confirmed(app, client)
    for address in ("/fr/petitions/clean-water", "/fr/petitions/clean-water/live", "/fr/privacy"):
        plain = whole(client, address)
        for query in CLOAKS:
            app.extensions["page_layer"].drop()
            answer = client.get(f"{address}?{quote(query, safe='=&;?%[]_')}")
            assert answer.status_code == 200
            # What stands in a page's address is in its own links at most, and in its own place of the cache.
            assert MARK not in re.sub(r'href="[^"]*"', "", answer.get_data(as_text=True)), (address, query)
            assert 'lang="fr"' in answer.get_data(as_text=True) or "/live" in address
            assert whole(client, address) == plain, (address, query)


def test_semicolons_part_no_parameters(app: Flask, client: Visitor, petition: Petition) -> None:
    """A cache that reads `a=1;b=2` as one parameter and a program that reads two would be of two minds."""
    with app.test_request_context("/fr/?a=1;before=2"):
        from flask import request

        assert list(request.args) == ["a"]


def test_a_get_with_a_body_is_a_get_without(app: Flask, client: Visitor, petition: Petition) -> None:
    """A cache keys by the address: what a body says must not count."""
    for address in public_addresses(app, petition.slug):
        app.extensions["page_layer"].drop()
        plain = whole(client, address)
        app.extensions["page_layer"].drop()
        answer = client.open(address, method="GET", data={"before": MARK, "given_name": MARK, "lang": MARK, "q": MARK})
        assert (answer.status_code, answer.data) == plain[:2], address


def test_a_path_that_looks_like_a_file_keeps_nobodys_page(app: Flask, client: Visitor, petition: Petition) -> None:
    """Cache deception: `…/personal/x.css` must not be that person's page, which a cache would keep as a file."""
    personal = confirmed(app, client)
    for tail in (
        "/x.css",
        ".css",
        "/x.js",
        ";x.css",
        "%2fx.css",
        "%0ax.css",
        "?x.css",
        "%3fx.css",
        "%23x.css",
        "/..%2fx.css",
    ):
        answer = client.get(personal + tail)
        if "Alice" in answer.get_data(as_text=True):
            assert tail == "?x.css"
        assert "public" not in answer.headers["Cache-Control"], tail
        assert answer.headers["Cache-Control"] == "no-store"
    assert not [key for key in app.extensions["page_layer"]._queries.entries if "signatures/" in str(key)]


def test_an_error_is_kept_by_nobody(client: Visitor, petition: Petition) -> None:
    """Cache-poisoned denial of service: an attacker's oversized or odd request makes an error for that one alone."""
    address = "/fr/petitions/clean-water"
    odd = (
        {"X-Odd": "x" * 20_000},
        {"X-Odd": "\x01"},
        {"Expect": "100-continue"},
        {"Content-Length": "999999999"},
        {"Content-Type": "multipart/form-data"},
        {"Transfer-Encoding": "chunked"},
    )
    for headers in odd:
        client.get(address, headers=headers)
        assert client.get(address).status_code == 200
    for path in ("/fr/petitions/none", "/xx/", "/fr/petitions/none/live", "/fr/signatures/x"):
        assert "public" not in client.get(path).headers["Cache-Control"], path
