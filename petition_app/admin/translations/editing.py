"""One message: what it says, what it should say here, and what it said before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.translations import reading, sentences
from petition_app.admin.translations.book import Book, Entry
from petition_app.admin.translations.desk_places import titles
from petition_app.admin.translations.places import GROUPS
from petition_app.admin.translations.sample import sample_site
from petition_app.admin.translations.screen import blueprint, by_member, load_entry, page
from petition_app.admin.translations.sieve import Sieve
from petition_app.admin.translations.suggestions import elsewhere, suggestions_for
from petition_app.extensions import db
from petition_app.i18n import site_words
from petition_app.i18n.isolating import from_field, in_field
from petition_app.i18n.site_words import Overtaken, Refused, Wording
from petition_app.models import Translation, TranslationRevision
from petition_app.site import effective
from petition_app.transactions import writing
from petition_app.web.htmx import wants_fragment
from petition_app.web.security_headers import framing

MOST_REVISIONS = 20


@dataclass(frozen=True)
class Typed:
    """What stands in the form's fields, and the version that it was read from."""

    strings: tuple[str, ...]
    is_unsure: bool
    comment: str
    version: int

    @classmethod
    def of(cls, entry: Entry) -> Typed:
        """As the form begins: what holds now."""
        strings = (*entry.strings, *[""] * entry.source.wanted)[: entry.source.wanted]
        return cls(strings, entry.is_unsure, entry.row.comment if entry.row else "", entry.version)

    @classmethod
    def sent(cls, entry: Entry) -> Typed:
        sent = (request.form.get(f"text-{n}", "") for n in range(entry.source.wanted))
        strings = tuple(from_field(text, entry.source.locale) for text in sent)
        return cls(
            strings,
            request.form.get("unsure") == "y",
            request.form.get("comment", "").replace("\r\n", "\n").strip(),
            _number(request.form.get("version")),
        )


@blueprint.get("/<locale:code>/messages/<key>")
@allowed("translations.edit")
def message(code: str, key: str) -> ResponseReturnValue:
    """The form of a message; where a page is translated, the part of it that stands beside the page."""
    whole, entry = load_entry(code, key)
    return _page(whole, entry, Typed.of(entry))


@blueprint.post("/<locale:code>/messages/<key>")
@allowed("translations.edit")
def save(code: str, key: str) -> ResponseReturnValue:
    """Word it so, unless it could hurt or somebody else was quicker; then go on as was pressed."""
    whole, entry = load_entry(code, key)
    typed, act = Typed.sent(entry), request.form.get("act", "save")
    strings = typed.strings if act != "shipped" else ()
    wording = Wording(strings, typed.is_unsure and bool(strings), typed.comment, entry.previous)
    try:
        _save(entry, wording, typed.version, "translation.saved")
    except Refused as refused:
        return _page(whole, entry, typed, 422, findings=sentences.by_form(refused.findings))
    except Overtaken as overtaken:
        return _page(whole, entry, _on(typed, overtaken.theirs), 409, theirs=overtaken.theirs)
    return _onwards(code, key, act, typed.version)


def _on(typed: Typed, theirs: Translation) -> Typed:
    """What was typed goes on from theirs: who saves it now has seen both."""
    return Typed(typed.strings, typed.is_unsure, typed.comment, theirs.version)


def _onwards(code: str, key: str, act: str, before: int) -> ResponseReturnValue:
    """The same message again, or the next of those that are looked at."""
    whole, entry = load_entry(code, key)
    sought = Sieve.of_request()
    following = sought.after(whole, key) if act == "next" else None
    if wants_fragment():
        response = _page(whole, following or entry, Typed.of(following or entry), saved=(entry, before))
        response.headers["HX-Trigger"] = json.dumps({"text-saved": key})
        return response
    undo = url_for(".restore", code=code, key=key, version=before, **sought.query)
    notice(_("Saved. Readers see it within two seconds."), undo=undo if entry.version != before else "")
    if act == "next" and following is None:
        return redirect(url_for(".messages", code=code, **sought.query), 303)
    return redirect(url_for(".message", code=code, key=(following or entry).key, **sought.query), 303)


@blueprint.post("/<locale:code>/messages/<key>/check")
@allowed("translations.edit")
def check(code: str, key: str) -> ResponseReturnValue:
    """What is wrong with what is being typed: a part of the form."""
    _whole, entry = load_entry(code, key)
    findings = site_words.findings_of(entry.source, Typed.sent(entry).strings)
    return page("_findings", findings=sentences.by_form(findings), entry=entry)


@blueprint.post("/<locale:code>/messages/<key>/restoration")
@allowed("translations.edit")
def restore(code: str, key: str) -> ResponseReturnValue:
    """Word it as it was in an earlier version, 0 being the shipped one. That is a new version, and can be undone."""
    whole, entry = load_entry(code, key)
    before, version = entry.version, _number(request.args.get("version"))
    wording = _wording_of(entry, version)
    try:
        _save(entry, wording, None, "translation.restored")
    except Refused:
        notice(_("This cannot be put back: the source says something else by now."), kind=WARNING)
        return redirect(url_for(".message", code=code, key=key, **Sieve.of_request().query), 303)
    return _onwards(whole.locale, key, "save", before)


def _wording_of(entry: Entry, version: int) -> Wording:
    if version == 0:
        return Wording(())
    found = db.session.scalar(_REVISIONS.where(TranslationRevision.version == version), _of(entry))
    if found is None:
        abort(404)
    return Wording(tuple(found.strings), found.is_unsure, found.comment)


def _save(entry: Entry, wording: Wording, version: int | None, act: str) -> None:
    with writing() as session:
        row = site_words.save(session, entry.source, wording, version, by_member())
        if row is not None:
            audit.record(session, act, row, version=row.version)
    effective.look(at_once=True)


def _page(
    whole: Book,
    entry: Entry,
    typed: Typed,
    status: int = 200,
    *,
    findings: dict[int, list[str]] | None = None,
    theirs: Translation | None = None,
    saved: tuple[Entry, int] | None = None,
) -> Response:
    """The form. htmx takes in an answer of 422, and of 200, alone."""
    places = sample_site().places_of(entry.key, entry.files)
    terms = reading.terms_of(whole.locale)
    pieces = [reading.pieces(source, terms) for source in entry.sources]
    suggestions = suggestions_for(whole, entry)
    values: dict[str, Any] = {
        "book": whole,
        "entry": entry,
        "typed": typed,
        "findings": findings or {},
        "theirs": theirs,
        "saved": saved,
        "sieve": Sieve.of_request(),
        "pieces": pieces,
        "terms": list(dict.fromkeys(piece.term for parts in pieces for piece in parts if piece.term)),
        "holders": reading.holders(entry.sources),
        "suggestions": suggestions,
        "fillings": [[in_field(text, whole.locale) for text in one.strings] for one in suggestions],
        "elsewhere": elsewhere(entry),
        "revisions": db.session.scalars(_REVISIONS.limit(MOST_REVISIONS), _of(entry)).all(),
        "places": places,
        # Where nothing has it now, it is shown on a page that has it in another case.
        "near": [] if places else sample_site().near(entry.files)[:1],
        "groups_of": GROUPS,
        "titles": titles(),
        "in_field": in_field,
    }
    if wants_fragment():
        return page("_message", 422 if status == 409 else status, **values)
    following = values["sieve"].after(whole, entry.key)
    return framing(page("message", status, following=following, **values))


_REVISIONS = (
    select(TranslationRevision)
    .join(Translation)
    .where(Translation.locale == bindparam("locale"), Translation.key == bindparam("key"))
    .order_by(TranslationRevision.version.desc())
)


def _of(entry: Entry) -> dict[str, str]:
    return {"locale": entry.source.locale, "key": entry.key}


def _number(text: str | None) -> int:
    """A version as a form or an address names it; one that is none is older than all."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1
