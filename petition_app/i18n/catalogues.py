"""The words of each language as they are used: loaded when they are first wanted, and again when they have changed.

What is laid over the shipped catalogue (the site's own changes) comes from whoever `supply_overrides`: a higher layer
that keeps them in the database. After a change, `tell_everybody` writes into the same transaction that there is one,
and every process of every node loads its catalogues anew with its next request, half a second later at most
(site/effective.py). In development they are also loaded when somebody has saved a `.po` file.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from blinker import signal
from flask import Flask, current_app, g
from flask_babel import Domain
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition_app.i18n import compiling, plurals, pseudo, shipped
from petition_app.i18n.checking import check_message, is_dangerous
from petition_app.i18n.locales import selected_locale
from petition_app.i18n.marking import MarkedWords, is_marking
from petition_app.i18n.po import Forms, Key
from petition_app.site import effective, storing

log = logging.getLogger(__name__)

Overrides = Mapping[Key, Forms]
Supplier = Callable[[str], Overrides]

# In development, how often it is looked whether a file was saved. A page is kept for three quarters of a second.
LOOK_EVERY_SECONDS = 0.5
# The row of the site's settings that is another one after each change.
EDITION = "catalogues"

# Sent by the application, in each process, when it has words that are other than before.
catalogues_changed = signal("catalogues-changed")


class Catalogues:
    """The catalogues of one process. A language costs memory from its first word on."""

    def __init__(self, app: Flask, folder: Path, *, watches: bool) -> None:
        self._app, self._folder, self._watches = app, folder, watches
        self._loaded: dict[str, NullTranslations] = {}
        self._suppliers: list[Supplier] = []
        # The sources of the messages, which all languages share: two fifths of what a catalogue would take.
        self._keys: dict[Any, Any] = {}
        self._lock = threading.RLock()
        self._stamps = _stamps() if watches else {}
        self._due = time.monotonic() + LOOK_EVERY_SECONDS

    def of(self, locale: str) -> NullTranslations:
        """The words of a language, with what the site has changed in them."""
        if self._watches and time.monotonic() >= self._due:
            self._look()
        found = self._loaded.get(locale)
        return found if found is not None else self._load(locale)

    def supply_overrides(self, supplier: Supplier) -> None:
        """Let this say what is laid over a language's catalogue. It is asked when the language is loaded.

        It raises nothing: where it cannot ask its database, it says what it last knew.
        """
        self._suppliers.append(supplier)
        self.forget()

    def forget(self) -> None:
        """Load every language anew when it is next wanted: what the suppliers say has changed."""
        self._loaded = {}
        catalogues_changed.send(self._app)

    def reload(self) -> list[str]:
        """Take in the `.po` files that have changed; answers with a sentence for what cannot be used of them."""
        problems = compiling.compile_all(self._folder)
        self.forget()
        return problems

    def _load(self, locale: str) -> NullTranslations:
        with self._lock:
            loaded = self._loaded
            if locale not in loaded:
                words = self._read(locale)
                for supplier in self._suppliers if locale not in pseudo.CHANGES else ():
                    _lay_over(words, supplier(locale), locale)
                # Into the books of when it was begun: what was forgotten meanwhile is loaded anew.
                loaded[locale] = words
            return loaded[locale]

    def _read(self, locale: str) -> Translations:
        if locale in pseudo.CHANGES:
            return pseudo.PseudoTranslations(pseudo.CHANGES[locale])
        mo = compiling.compiled(locale, self._folder)
        if mo is not None:
            try:
                with mo.open("rb") as file:
                    words = Translations(file)
                words._catalog = {self._keys.setdefault(key, key): text for key, text in words._catalog.items()}
                return words
            except (OSError, ValueError, UnicodeDecodeError) as error:
                log.error("a catalogue cannot be read", extra={"fields": {"locale": locale, "reason": str(error)}})
        words = Translations()
        words.plural = plurals.function_of(plurals.rule_for(locale)[1])  # type: ignore[assignment]  # whole numbers alone
        return words

    def _look(self) -> None:
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._due = time.monotonic() + LOOK_EVERY_SECONDS
            found = _stamps()
            if found != self._stamps:
                self._stamps = found
                self.reload()
        finally:
            self._lock.release()


def _stamps() -> dict[str, int]:
    stamps = {}
    for po in shipped.po_files():
        try:
            stamps[shipped.locale_of(po)] = po.stat().st_mtime_ns
        except OSError:  # an editor puts a new file in the place of the old one
            continue
    return stamps


def _lay_over(words: Translations, overrides: Overrides, locale: str) -> None:
    """Put these in the place of what is shipped, all but those that could break a page."""
    count, _rule = plurals.rule_for(locale)
    for (context, source), forms in overrides.items():
        sources, targets = _several(source), _several(forms)
        if not all(targets) or is_dangerous(check_message(sources, targets, count)):
            log.error(
                "a translation of the site's own is not used", extra={"fields": {"locale": locale, "of": sources[0]}}
            )
            continue
        name = sources[0] if context is None else words.CONTEXT_ENCODING % (context, sources[0])
        if isinstance(forms, str):
            words._catalog[name] = forms
        else:
            words._catalog.update({(name, number): text for number, text in enumerate(forms)})


def _several(text: Forms) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def tell_everybody(session: Session) -> None:
    """Have every process load its catalogues anew, in the caller's write transaction.

    Call it before the words are written: those who write some go on one after another from here, and their revisions
    have numbers in the order in which they are committed. Call `effective.look(at_once=True)` after it, for this
    process.
    """
    edition = {EDITION: secrets.token_hex(8)}
    try:
        with session.begin_nested():
            storing.store(session, edition)
    except IntegrityError:  # the site's very first words, by two at once
        storing.store(session, edition)
        session.flush()


def of_app() -> Catalogues:
    found: Catalogues = current_app.extensions["catalogues"]
    return found


def current() -> NullTranslations | MarkedWords:
    """The words of the language that is being answered in."""
    words = of_app().of(selected_locale())
    return MarkedWords(words) if is_marking() else words


class Words(Domain):  # type: ignore[misc]  # Flask-Babel ships no types
    """How Flask-Babel's functions find our catalogues: by our locales' names, some of which Babel does not know."""

    def get_translations(self) -> NullTranslations | MarkedWords:
        return current() if g else NullTranslations()


def init_app(app: Flask, folder: Path, *, watches: bool) -> None:
    compiling.compile_all(folder)
    app.extensions["catalogues"] = found = Catalogues(app, folder, watches=watches)
    edition = ""

    def follow(sender: Flask) -> None:
        nonlocal edition
        if sender is not app:
            return
        newest = app.extensions["site"].known.rows.get(EDITION, "")
        if newest != edition:
            edition = newest
            found.reload()

    app.extensions["catalogues_hear"] = follow  # held by the application, not by the signal
    effective.site_changed.connect(follow)
