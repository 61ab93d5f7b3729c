"""Every page and mail in the pseudo-locales: nothing is forgotten, nothing is cut off, everything turns round."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from babel import Locale
from flask import Flask
from playwright.sync_api import Browser, Page, Route

from petition_app.config_values import PSEUDO_LOCALES
from petition_app.extensions import db
from petition_app.mail.messages import BUILDERS
from petition_app.models import OutboxMessage
from tests.browser import everything
from tests.browser.everything import Shown, Site
from tests.browser.sealed import sealed_pages
from tests.story import mails
from tests.visitor import Visitor

pytestmark = pytest.mark.long

# Addresses that answer with no page of words.
NO_PAGES = {
    "admin.audit_log.export",
    "admin.delivery.fetch",
    "admin.exports.fetch",
    "admin.paper.scan",
    "admin.settings.preview_sheet",
    "admin.translations.file",
    # A page of another site, in another language.
    "admin.translations.frame",
    "appearance.sheet",
    "health.healthz",
    "health.readyz",
    "mailbox.source",
    "outcomes.document",
    "pictures.show",
    "signing.data",
    "signing.challenge",
    "admin.data_requests.copy",
    # Parts of pages that stand in them, too.
    "public.live",
    "admin.updates.progress",
    "admin.exports.files",
    "admin.delivery.files",
    "admin.settings.preview",
}

NAMES = (
    "Mastodon",
    "WhatsApp",
    "Telegram",
    "Bluesky",
    "Facebook",
    "CSV",
    "Excel",
    "LibreOffice",
    "JSON",
    "PDF",
    "PIN",
    "byte",
)

# What stands in Latin letters outside of the brackets that every text of a catalogue has in a pseudo-locale. Addresses
# and dates are no words of the site's; nor is what is written in another alphabet, as all that people wrote here is.
FORGOTTEN = r"""(names) => {
    const known = new RegExp(`\\S*[@/]\\S*|(?<![A-Za-z])(?:${names})(?![A-Za-z])`, "g");
    let depth = 0;
    const outside = (text) => { // what stands between brackets may go over several elements, and hold brackets itself
        let kept = "";
        for (const sign of text) {
            if (sign === "⟦") depth += 1;
            else if (sign === "⟧") depth -= 1;
            else if (depth === 0) kept += sign;
        }
        return kept;
    };
    const isWord = (text) => /[A-Za-z]{2,}/.test(outside(text).replace(known, ""));
    // What is in another language than the page says so: a source beside its translation, a language's own name.
    const free = `script, style, code, kbd, [translate=no], [lang]:not([lang="${document.documentElement.lang}"])`;
    const found = [];
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.parentElement.closest(free)) continue;
        if (isWord(node.data))
            found.push(`${node.data.trim().slice(0, 90)} in ${node.parentElement.outerHTML.slice(0, 140)}`);
    }
    if (depth !== 0) found.push(`brackets do not match: ${depth}`);
    const spoken = ["aria-label", "alt", "title", "placeholder", "data-announcement", "data-copied", "data-ask"];
    for (const element of document.querySelectorAll("*")) {
        if (element.closest(free)) continue;
        for (const name of spoken) {
            const text = element.getAttribute(name);
            if (text && !text.startsWith("http") && isWord(text)) found.push(`${name}=${text}`);
        }
        if (element.matches("input[type=submit], input[type=button]") && isWord(element.value))
            found.push(element.value);
        if (element.matches("meta[name=description], meta[property='og:description']") && isWord(element.content))
            found.push(element.content);
    }
    return found;
}"""


def names() -> str:
    """What is called so in every language, and what CLDR says in English: as a pattern."""
    cldr = Locale("en")
    days = [
        word
        for kind in ("wide", "abbreviated")
        for word in (*cldr.months["format"][kind].values(), *cldr.days["format"][kind].values())
    ]
    found = {*days, "AM", "PM", *cldr.territories.values(), *cldr.languages.values(), *NAMES, *PSEUDO_LOCALES}
    return "|".join([r"[\w-]+\.(?:csv|pdf)", *(re.escape(word) for word in sorted(found, key=len, reverse=True))])


# What is wider than the window, or does not fit into its own box and is cut off there.
CUT_OFF = r"""() => {
    const found = [];
    const pushed = (e) => { // inside of something that one can push along
        for (let p = e; p; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowX)) return true;
        return false;
    };
    const unseen = (e) => e.closest(".visually-hidden, .skip, [hidden], thead") || !e.getClientRects().length;
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) found.push(`the page is ${wide} wide`);
    for (const e of document.querySelectorAll("body *")) {
        const hasText = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if ((!hasText && !e.matches("input, select, textarea, img, svg")) || unseen(e)) continue;
        const box = e.getBoundingClientRect(), style = getComputedStyle(e);
        const told = e.outerHTML.slice(0, 160);
        const leaves = box.right > innerWidth + 1 || box.left < -1;
        if (box.width > 1 && leaves && !pushed(e)) found.push(`outside: ${told}`);
        // What is typed is pushed along inside its field.
        const cuts = /hidden|clip/.test(style.overflowX + style.overflowY) && !e.matches("input, select, textarea");
        const holdsMore = e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2;
        if ((cuts || e.matches("button")) && e.clientWidth > 1 && style.display !== "inline" && holdsMore)
            found.push(`cut off: ${told}`);
    }
    return found;
}"""

# Boxes that do not stand where a mirror would show them, when the page runs the other way. What a row of tabs has been
# pushed by, so that the open one is seen, is pushed back first.
NOT_TURNED = r"""() => {
    const all = [...document.querySelectorAll("body *")];
    const boxes = () => (all.forEach((e) => { if (e.scrollLeft) e.scrollLeft = 0; }), all).filter((e) =>
        getComputedStyle(e).display !== "inline" && e.getClientRects().length
        && !e.closest("svg, [dir]:not(html), bdi, option, .visually-hidden, .skip")
    ).map((e) => [e, e.getBoundingClientRect()]);
    const width = document.documentElement.clientWidth;
    const rtl = new Map(boxes());
    document.documentElement.dir = "ltr";
    const ltr = new Map(boxes());
    document.documentElement.dir = "rtl";
    const found = [];
    for (const [e, box] of rtl) {
        const other = ltr.get(e);
        if (other && box.width && Math.abs(width - box.right - other.left) > 2)
            found.push(`${Math.round(width - box.right)} ≠ ${Math.round(other.left)}: ${e.outerHTML.slice(0, 140)}`);
    }
    return found.slice(0, 3);
}"""


@pytest.fixture
def variables(locale: str) -> dict[str, str]:
    return {
        "PETITION_DEVELOPMENT": "on",
        "PETITION_LOCALES": "en-XA,ar-XB",
        "PETITION_DEFAULT_LOCALE": locale,
        "PETITION_ASSOCIATION_NAME": "Σύλλογος",
        "PETITION_ASSOCIATION_ADDRESS": "Οδός 1",
        "PETITION_ASSOCIATION_PUBLISHER": "Άδα",
        "PETITION_ASSOCIATION_HOSTING": "Οδός 2",
    }


@pytest.fixture
def site(app: Flask, locale: str) -> Site:
    return everything.everything(app, locale)


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`window(pages, reader)`: a phone's window that is shown these pages, and what they need from the site."""
    contexts = []

    def open_window(shown: dict[str, str], reader: Visitor) -> Page:
        def answer(route: Route) -> None:
            path = urlsplit(route.request.url).path
            if path in shown:
                # What is there without a script only is looked at, too.
                body = re.sub("<(/?)noscript>", r"<\1div>", shown[path])
                route.fulfill(body=body, content_type="text/html; charset=utf-8")
                return
            found = reader.get(path)
            route.fulfill(status=found.status_code, body=found.data, content_type=found.content_type)

        context = browser.new_context(viewport={"width": 320, "height": 720}, base_url="http://localhost")
        context.route("**/*", answer)
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()


@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_every_page_is_whole(app: Flask, site: Site, locale: str, window: Callable[..., Page]) -> None:
    shown, endpoints = everything.pages(site)
    shown += sealed_pages(site)
    endpoints.add("admin.exports.passphrase_form")
    missed = (
        {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - endpoints - NO_PAGES
    )
    shown += list(everything.errors(site, shown))
    faults = [f"{endpoint}: no page of it was seen" for endpoint in sorted(missed)]
    faults += look_at(shown, locale, window, site.reader)
    assert not faults, report(faults)


@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_every_mail_is_whole(app: Flask, site: Site, locale: str, window: Callable[..., Page]) -> None:
    sent = mails(app)
    kinds = {kind for (kind,) in db.session.query(OutboxMessage.kind)}
    faults = [f"{kind}: no mail of it was seen" for kind in sorted(set(BUILDERS) - kinds)]
    shown = []
    for number, mail in enumerate(sent):
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert isinstance(plain, EmailMessage)
        assert isinstance(html, EmailMessage)
        left = re.sub(r"\S*[@/]\S*|localhost", "", outside(f"{mail['Subject']}\n{plain.get_content()}"))
        faults += [f"mail {mail['Subject']}: {word}" for word in re.findall(r"[A-Za-z]{2,}.*", left)]
        shown.append(Shown(f"mail {mail['Subject']}", f"/mail/{number}", html.get_content()))
    faults += look_at(shown, locale, window, site.reader)
    assert not faults, report(faults)


def look_at(shown: list[Shown], locale: str, window: Callable[..., Page], reader: Visitor) -> list[str]:
    """What is wrong with these pages, at the width of the smallest phone."""
    numbered = {f"/shown/{number}": page for number, page in enumerate(shown)}
    page = window({path: its.html for path, its in numbered.items()}, reader)
    faults, known = [], names()
    for path, its in numbered.items():
        page.goto(path)
        probes: list[tuple[str, Any]] = [("forgotten", FORGOTTEN), ("cut off", CUT_OFF)]
        if locale == "ar-XB" and page.locator("html[dir=rtl]").count():
            probes.append(("not turned", NOT_TURNED))
        faults += [f"{its.name}: {kind}: {fault}" for kind, probe in probes for fault in page.evaluate(probe, known)]
    return faults


def outside(text: str) -> str:
    """What does not stand between brackets, which may hold brackets themselves."""
    inner = re.compile(r"⟦[^⟦⟧]*⟧")
    while inner.search(text):
        text = inner.sub("", text)
    return text


def report(faults: list[str]) -> str:
    """Each fault once, with the first page that shows it."""
    once: dict[str, str] = {}
    for fault in faults:
        once.setdefault(fault if "seen" in fault else fault.partition(": ")[2], fault)
    return "\n".join([f"{len(faults)} faults", *list(once.values())[:200]])


PLANTED = """<!doctype html><html lang="ar-XB" dir="rtl"><title>⟦x⟧</title><body>
<p>⟦one ⟦of <b>them⟧</b>⟧</p><p>forgotten</p><button aria-label="Not told">⟦x⟧</button>
<p style="white-space: nowrap">⟦wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide⟧</p>
<div style="width: 40px; overflow: hidden; white-space: nowrap">⟦cut off at its end⟧</div>
<div style="margin-left: 30px">⟦not turned⟧</div></body></html>"""


@pytest.mark.parametrize("locale", ["ar-XB"])
def test_what_is_planted_is_found(app: Flask, locale: str, window: Callable[..., Page]) -> None:
    faults = "\n".join(look_at([Shown("planted", "/", PLANTED)], locale, window, Visitor(app, app.response_class)))
    for found in ("forgotten</p>", "aria-label=Not told", "the page is 6", "cut off: <div", "not turned: "):
        assert found in faults, faults
    assert "⟦of" not in faults
