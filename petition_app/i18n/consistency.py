"""All catalogues beside the code: what a translator, or whoever changed the code, has to do before they can be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Message

from petition_app.i18n import glossary, plurals, shipped
from petition_app.i18n.checking import check_message
from petition_app.i18n.extraction import extract
from petition_app.i18n.po import MARK, UNREADABLE, Key, PoCatalogue, forms, key, parsed, rendered, short, sources

UPDATE = "run `petition translations update`"


def check() -> list[str]:
    """One sentence for each finding."""
    template = extract()
    wanted = {key(message): message for message in template if message.id}
    findings = list(_template(template, wanted))
    for po in shipped.po_files():
        name = f"{shipped.locale_of(po)}/messages.po"
        try:
            catalogue = shipped.read(po)
        except UNREADABLE as error:
            findings.append(f"{name}: cannot be read: {error}. Open it in an editor for catalogues and save it anew.")
            continue
        findings += [f"{name}: {finding}" for finding in _catalogue(catalogue, shipped.locale_of(po), wanted)]
        if catalogue.is_complete:
            findings += _glossary(shipped.locale_of(po))
    return findings


def _template(template: PoCatalogue, wanted: Mapping[Key, Message]) -> Iterator[str]:
    path: Path = shipped.template_file()
    try:
        committed = path.read_bytes()
        before = parsed(committed)
        present = {key(message): message for message in before if message.id}
    except UNREADABLE as error:
        yield f"{path.name}: cannot be read: {error}: {UPDATE}."
        return
    apart = [f"{path.name}: {finding}" for finding in _out_of_step(wanted, present)]
    yield from apart
    template.header_comment = before.header_comment
    if not apart and committed != rendered(template):
        yield f"{path.name}: places or comments of messages have changed in the code: {UPDATE}."


def _catalogue(catalogue: PoCatalogue, locale: str, wanted: Mapping[Key, Message]) -> Iterator[str]:
    present = {key(message): message for message in catalogue if message.id}
    yield from _out_of_step(wanted, present)
    yield from _header(catalogue, locale)
    numbers = plurals.examples(catalogue.num_plurals, catalogue.plural_expr)
    for message in present.values():
        yield from _message(message, catalogue, numbers)


def _message(message: Message, catalogue: PoCatalogue, numbers: tuple[tuple[float, ...], ...]) -> Iterator[str]:
    """What is not translated, or not surely, is no fault of a catalogue that does not call itself complete."""
    what = f"“{short(message)}”"
    if message.fuzzy and catalogue.is_complete:
        yield f"{what} is marked fuzzy: compare it with the source, correct it and take the mark away."
    if not catalogue.is_complete and (message.fuzzy or not any(forms(message))):
        return
    for finding in check_message(sources(message), forms(message), catalogue.num_plurals, numbers):
        yield f"{what}: {finding.sentence}"


def _out_of_step(wanted: Mapping[Key, Message], present: Mapping[Key, Message]) -> Iterator[str]:
    for missing in sorted(wanted.keys() - present.keys(), key=str):
        yield f"“{short(wanted[missing])}” is missing: {UPDATE}."
    for unused in sorted(present.keys() - wanted.keys(), key=str):
        yield f"“{short(present[unused])}” is used nowhere any more: {UPDATE}."


def _header(catalogue: PoCatalogue, locale: str) -> Iterator[str]:
    count, expression = plurals.rule_for(locale)
    forms_of_it = f"nplurals={count}; plural={expression};"
    try:
        is_right = catalogue.num_plurals == count and plurals.are_alike(catalogue.plural_expr, expression)
    except ValueError:
        is_right = False
    if not is_right:
        yield f"its header must say “Plural-Forms: {forms_of_it}”: write it so, and {count} forms for each number."
    if (catalogue.locale_identifier or "").replace("_", "-") != locale:
        yield f"its header must say “Language: {locale.replace('-', '_')}”, as its folder does."
    if MARK in catalogue.other_headers:
        yield f"its header has a site's mark, {MARK}, which is for bringing the file back to that site: {UPDATE}."


def _glossary(locale: str) -> Iterator[str]:
    path = shipped.glossary_of(locale)
    name = f"{locale}/{path.name}"
    if not path.exists():
        yield f"{name}: is missing, and the catalogue calls itself complete: write the words that it keeps to."
        return
    terms = glossary.read(path)
    if not terms:
        yield f"{name}: has no table with the columns English, term and note: write its words into one."
    for term in terms:
        if not term.term:
            yield f"{name}: “{term.english}” has no word: write it into the second column."
