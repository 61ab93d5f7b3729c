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
from contextlib import closing
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, current_app, render_template
from markupsafe import Markup
from sqlalchemy import select

from petition_app.admin.translations import sample_data
from petition_app.admin.translations.places import PLACES, Place
from petition_app.config import DATABASE, Settings
from petition_app.config_values import available_locales
from petition_app.extensions import Base, db
from petition_app.i18n.marking import keys_in, marking
from petition_app.i18n.shipped import SOURCE_LOCALE
from petition_app.mail import messages
from petition_app.models import OutboxMessage
from petition_app.models.base import now
from petition_app.site import effective
from petition_app.site.effective import Known
from petition_app.transactions import writing

# Good for this process's own sample alone: no link of it opens anything elsewhere.
SECRET = "the sample site has no secrets"  # noqa: S105
MOST_STEPS = 3


class SampleSite:
    """One process's sample. It is made when somebody first looks."""

    def __init__(self, app: Flask) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="petition-sample-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._lock = threading.Lock()
        self._kept_index: dict[str, list[str]] = {}
        self.app = self._made(app)
        self.follow(effective.known())

    def page(self, method: str, path: str, data: dict[str, Any] | None = None) -> str:
        """What the page says, its texts marked. A form that is sent leaves no trace."""
        with self._lock, self.app.app_context(), marking():
            try:
                return self._answer(method, path, data)
            finally:
                db.session.remove()
                if method != "GET":
                    self._restore()

    def shown(self, place: Place, locale: str) -> str:
        """A place as it is in this locale, its texts marked; of a mail, its subject and both of its versions."""
        if place.is_mail:
            return self._mail_page(self._mail(place.name.removeprefix("mail-"), locale))
        return self.page(place.method, self.address(place, locale), place.data)

    def address(self, place: Place, locale: str) -> str:
        """Where the sample site has it; a token in it is good from now on."""
        with self.app.app_context():
            return f"/{locale}{place.path()}" if place.path else ""

    @cached_property
    def index(self) -> dict[str, list[str]]:
        """The keys of the messages that each place has, in the order that they are met there.

        Looked at in a language other than the source, where one page tells that it has no text in it.
        """
        with _indexing:
            return self._kept_index or self._indexed()

    @cached_property
    def seen(self) -> frozenset[str]:
        """The keys of all messages that some place has."""
        return frozenset(key for keys in self.index.values() for key in keys)

    def places_of(self, key: str) -> list[Place]:
        return [place for place in PLACES if key in self.index[place.name]]

    def _indexed(self) -> dict[str, list[str]]:
        self._kept_index = {place.name: keys_in(self.shown(place, _locales()[-1])) for place in PLACES}
        return self._kept_index

    def _mail_page(self, mail: EmailMessage) -> str:
        text, html = (part.get_payload(decode=True).decode() for part in mail.get_payload())  # type: ignore[union-attr]
        body = _STYLE.sub("", html.partition("<body")[2].partition(">")[2].rpartition("</body>")[0])
        with self.app.app_context(), self.app.test_request_context("/"):
            return render_template(
                "admin/translations/mail.html",
                subject=str(mail["Subject"]),
                body=Markup(body),  # noqa: S704  # our own template, which escapes
                text=text,
                lang=str(mail["Content-Language"]),
            )

    def _mail(self, kind: str, locale: str) -> EmailMessage:
        """A mail as the worker would send it, its texts marked."""
        with self._lock, self.app.app_context(), marking():
            found: OutboxMessage = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)).one()
            db.session.expunge(found)
            db.session.add(found)
            found.locale = locale
            with db.session.no_autoflush, self.app.test_request_context(f"/{locale}/"):
                made = messages.render(found)
            db.session.rollback()
            db.session.remove()
            return made

    def follow(self, real: Known) -> None:
        """Have the association's name, colour and logo as the site has them now."""
        self.app.extensions["site"].known = Known(self._own(real.settings), {}, real.logo)

    def _made(self, app: Flask) -> Flask:
        from petition_app import create_app

        sample = create_app(self._own(effective.settings()))
        # The words are those of the real site, as they are now.
        sample.extensions["catalogues"] = app.extensions["catalogues"]
        with sample.app_context():
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
            locales=tuple(_locales()),
            abuse_controls=False,
            trusted_proxies=0,
            # All of it is set: no default, and nothing in the sample's own database, goes before it.
            sources=dict.fromkeys(settings.sources, DATABASE),
        )

    def _answer(self, method: str, path: str, data: dict[str, Any] | None) -> str:
        for _step in range(MOST_STEPS):
            with self.app.test_request_context(path, method=method, data=data, headers=_SAME_SITE):
                response = self.app.full_dispatch_request()
            if response.status_code not in (301, 302, 303):
                return response.get_data(as_text=True)
            db.session.rollback()
            method, path, data = "GET", response.location, None
        raise RuntimeError(f"{path} leads on and on")

    def _restore(self) -> None:
        with closing(sqlite3.connect(self._folder / "as-made.sqlite3")) as source:
            _copy(source, self._folder / "sample.sqlite3")


_SAME_SITE = {"Sec-Fetch-Site": "same-origin", "User-Agent": "a translator"}
_making, _indexing = threading.Lock(), threading.RLock()
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
        source.backup(target)
