"""A site of this very program with made-up people in it, for translators to look at: every page, form and mail.

A translator sees no signer's data, and nothing that is pressed here does anything: it is a database of its own, in a
file of this process. Its pages are those of the real views and templates, with the association's name and colour.
"""

from __future__ import annotations

import atexit
import dataclasses
import re
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from email.message import EmailMessage
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask, current_app, render_template
from markupsafe import Markup
from sqlalchemy import event, select

from petition_app.admin.translations import sample_data
from petition_app.admin.translations.desk_places import BY_NAME, PLACES
from petition_app.admin.translations.fragments import put_in
from petition_app.admin.translations.nearest import endpoints_of, places_near
from petition_app.admin.translations.places import Place
from petition_app.admin.translations.visits import Browser, Visit
from petition_app.config import Settings
from petition_app.config_sources import DATABASE
from petition_app.config_values import available_locales
from petition_app.extensions import Base, db
from petition_app.i18n.locales import use_locale
from petition_app.i18n.marking import keys_in, marking
from petition_app.i18n.shipped import SOURCE_LOCALE
from petition_app.mail import messages
from petition_app.models import OutboxMessage
from petition_app.models.base import now
from petition_app.site import effective
from petition_app.site.effective import Known
from petition_app.transactions import writing

# Good for this process's own sample alone: no link of it opens anything elsewhere.
SECRET = "the sample site has no secrets"  # noqa: S105  # it says so


class SampleSite:
    """One process's sample. It is made when somebody first looks."""

    def __init__(self, app: Flask) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="petition-sample-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._lock = threading.RLock()
        self._keys: dict[str, list[str]] = {}
        self.app = self._made(app)
        self.follow(effective.known())

    def page(self, place: Place, locale: str) -> str:
        """What the page says, its texts marked. Whatever is changed for it, or by it, leaves no trace."""
        with self._as_for(place, locale), marking():
            browser = Browser(self.app, Visit(place.who, locale) if place.is_of_team else None)
            for address, sent in place.first:
                browser.answer("POST", address, sent)
            path, data = self.address(place, locale), place.data() if callable(place.data) else place.data
            with place.meanwhile() if place.meanwhile is not None else nullcontext():
                if not place.into or place.around is None:
                    return browser.answer(place.method, path, data, place.told, place.view)
                whole = browser.answer("GET", self._at(place, place.around(), locale), None)
                return put_in(whole, browser.part(place.method, path, data), place.into)

    @contextmanager
    def _as_for(self, place: Place, locale: str) -> Iterator[None]:
        """In the block, the sample is in the state that the place is in, for nobody else; then as it was made."""
        site = self.app.extensions["site"]
        with self._lock, self.app.app_context():
            usual = site.known
            try:
                if place.before is not None:
                    with writing() as session, use_locale(locale), marking():
                        place.before(session)
                    effective.look(at_once=True)
                if place.settings:
                    other = dataclasses.replace(site.known.settings, **place.settings)
                    site.known = dataclasses.replace(site.known, settings=other)
                yield
            finally:
                db.session.remove()
                if place.leaves_traces:
                    self._restore()
                    effective.look(at_once=True)
                site.known = usual

    def shown(self, place: Place, locale: str) -> str:
        """A place as it is in this locale, its texts marked; of a mail, its subject and both of its versions."""
        if place.is_mail:
            return self._mail_page(self._mail(place, locale))
        if place.paper is not None:
            return self._paper_page(place, locale)
        return self.page(place, locale)

    def address(self, place: Place, locale: str) -> str:
        """Where the sample site has it; a token in it is good from now on."""
        with self.app.app_context():
            return self._at(place, place.path(), locale) if place.path else ""

    @staticmethod
    def _at(place: Place, path: str, locale: str) -> str:
        return path if place.is_of_team else f"/{locale}{path}"

    def keys_at(self, place: Place) -> list[str]:
        """The keys of the messages that a place has, in the order that they are met there.

        Looked at in a language other than the source, where one page tells that it has no text in it.
        """
        with self._lock:
            known = self._keys.get(place.name)
            if known is None:
                # The workshop is a place of the sample, too, and asks for this while it is looked at.
                self._keys[place.name] = []
                known = self._keys[place.name] = keys_in(self.shown(place, _locales()[-1]))
            return known

    @cached_property
    def seen(self) -> frozenset[str]:
        """The keys of all messages that some place of the signers has."""
        return frozenset(key for place in PLACES if not place.is_of_team for key in self.keys_at(place))

    def places_of(self, key: str, files: Sequence[str]) -> list[Place]:
        """The places that have a message which stands in these files of the program, the team's own ones last.

        Looked for where it is likely, and where everybody comes by; what signers may read, on all of their pages. To
        look at all of the team's would take some seconds. What is said of something that was done, or typed wrong, is
        looked for last, and found once.
        """
        near = self.near(files)
        likely = [place for place in near if not place.is_deed]
        if not any(key in self.keys_at(place) for place in likely) and not all("/admin/" in file for file in files):
            likely = [place for place in PLACES if not place.is_of_team and not place.is_deed]
        found = [place for place in likely if key in self.keys_at(place)]
        if not found:
            found = list(islice((place for place in near if place.is_deed and key in self.keys_at(place)), 1))
        return sorted(found, key=lambda place: place.is_of_team)

    def near(self, files: Sequence[str]) -> list[Place]:
        """The places that these files are about, and those that have a little of everything."""
        found = places_near(files, PLACES, self._endpoints)
        known = {place.name for place in found}
        return [*found, *(place for place in _OF_EVERYTHING if place.name not in known)]

    @cached_property
    def _endpoints(self) -> dict[str, str]:
        return endpoints_of(PLACES, self.app)

    def _paper_page(self, place: Place, locale: str) -> str:
        """What stands in a file that is printed or filled in: its texts, one below the other."""
        with self._as_for(place, locale), self.app.test_request_context("/"), use_locale(locale), marking():
            lines = [line for line in place.paper() if line.strip()] if place.paper else []
            return render_template("admin/translations/paper.html", title=place.label, lines=lines, lang=locale)

    def _mail_page(self, mail: EmailMessage) -> str:
        parts: Any = mail.get_payload()  # two of them
        text, html = (part.get_payload(decode=True).decode() for part in parts)
        body = _STYLE.sub("", html.partition("<body")[2].partition(">")[2].rpartition("</body>")[0])
        with self.app.app_context(), self.app.test_request_context("/"):
            return render_template(
                "admin/translations/mail.html",
                subject=str(mail["Subject"]),
                body=Markup(body),  # noqa: S704  # our own template, which escapes
                text=text,
                lang=str(mail["Content-Language"]),
            )

    def _mail(self, place: Place, locale: str) -> EmailMessage:
        """A mail as the worker would send it, its texts marked."""
        of_kind = select(OutboxMessage).where(OutboxMessage.kind == place.kind)
        with self._as_for(place, locale), marking():
            found: OutboxMessage = db.session.scalars(of_kind).one()
            db.session.expunge(found)
            db.session.add(found)
            found.locale = locale
            with db.session.no_autoflush, self.app.test_request_context(f"/{locale}/"):
                made = messages.render(found)
            db.session.rollback()
            return made

    def follow(self, real: Known) -> None:
        """Have the association's name, colour and logo as the site has them now."""
        self.app.extensions["site"].known = Known(self._own(real.settings), {}, real.logo)

    def _made(self, app: Flask) -> Flask:
        from petition_app import create_app

        sample = create_app(self._own(effective.settings()))
        # The words are those of the real site, as they are now.
        sample.extensions["catalogues"] = app.extensions["catalogues"]
        # The workshop of the sample shows the same sample.
        sample.extensions["sample_site"] = self
        with sample.app_context():
            event.listen(db.engine, "connect", _spare_the_disk)
            Base.metadata.create_all(db.engine)
            with writing() as session:
                sample_data.fill(session, _locales(), now())
            db.session.remove()
            with closing(sqlite3.connect(self._folder / "sample.sqlite3")) as source:
                _copy(source, self._folder / "as-made.sqlite3")
        return sample

    def _own(self, settings: Settings) -> Settings:
        """The site's settings, but for what leads to its data, and for the languages: translators see all of them."""
        return dataclasses.replace(
            settings,
            database_url=f"sqlite:///{self._folder / 'sample.sqlite3'}",
            secret_key=SECRET,
            network_key=SECRET,
            redis_url="",
            # Whoever translates learns nothing of how mails go out, and no form of the sample can reach a server.
            mail_server=None,
            values={**settings.values, "mail_url": ""},
            locales=tuple(_locales()),
            abuse_controls=False,
            trusted_proxies=0,
            # All of it is set: no default, and nothing in the sample's own database, goes before it.
            sources=dict.fromkeys(settings.sources, DATABASE),
        )

    def _restore(self) -> None:
        with closing(sqlite3.connect(self._folder / "as-made.sqlite3")) as source:
            _copy(source, self._folder / "sample.sqlite3")


def _spare_the_disk(connection: sqlite3.Connection, _record: object = None) -> None:
    """The sample ends with its process: nothing of it has to outlive the machine's power."""
    connection.execute("PRAGMA synchronous=OFF")


_making = threading.Lock()
_BUSIEST = (
    *("desk-log", "desk-dashboard", "desk-team", "desk-petition", "desk-signature", "desk-fields", "desk-numbers"),
    *("petition", "closed", "sign", "sign-wrong", "personal", "privacy", "mail-update", "paper-export"),
)
# These, and what is rare of them.
_OF_EVERYTHING = (
    *(BY_NAME[name] for name in _BUSIEST),
    *(place for place in PLACES if place.is_deed and place.name.partition("-then-")[0] in _BUSIEST),
)
_STYLE = re.compile(r'\sstyle="[^"]*"')


def sample_site() -> SampleSite:
    """This process's sample, with the site's settings as they are now."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # Flask's proxy
    with _making:
        found: SampleSite | None = app.extensions.get("sample_site")
        if found is None:
            found = app.extensions["sample_site"] = SampleSite(app)
    found.follow(effective.known())
    return found


def _locales() -> list[str]:
    """All that there are, the source's first: what has one text alone has it in that."""
    return sorted(available_locales(), key=lambda code: (code != SOURCE_LOCALE, code))


def _copy(source: sqlite3.Connection, into: Path) -> None:
    with closing(sqlite3.connect(into)) as target:
        _spare_the_disk(target)
        source.backup(target)
