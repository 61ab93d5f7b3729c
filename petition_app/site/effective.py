"""The settings as they hold now, in every process alike, within a second of a change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from blinker import signal
from flask import current_app, g, has_request_context
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from petition_app.config import Settings, overlaid
from petition_app.extensions import db
from petition_app.models import SiteSetting, StoredPicture
from petition_app.site import sealing
from petition_app.transactions import StorageUnavailable

log = logging.getLogger(__name__)

# With the three quarters of a second that a page is kept (web/page_layer.py), a change shows everywhere in little more
# than a second.
LOOK_EVERY_SECONDS = 0.5
# A database that is away is not waited for by everybody: what was known goes on to hold.
AFTER_FAILURE_SECONDS = 5.0

# Names of what only the database holds; the others are settings of config.py.
LOGO, LOGO_ALONE, MAIL_PASSWORD = "logo", "logo_alone", "mail_password"  # the setting's name

# Sent by the application, in each process, when it has seen that a setting is another than before.
site_changed = signal("site-changed")


@dataclass(frozen=True)
class Logo:
    """The picture in the head of every page; alone there where it has the association's name in it."""

    files: tuple[Mapping[str, Any], ...]
    is_alone: bool


@dataclass(frozen=True)
class Known:
    """What a process knew when it last looked."""

    settings: Settings
    rows: Mapping[str, str] = field(default_factory=dict, repr=False)
    logo: Logo | None = None
    # There is a password in the database that this site's secret does not open.
    has_lost_password: bool = False


class Keeper:
    """What one process knows, and when it looked."""

    def __init__(self, base: Settings) -> None:
        self.base = base
        self.known = Known(base)
        self.lock = threading.Lock()
        self.due = float("-inf")
        self.has_seen = False

    @property
    def has_looked(self) -> bool:
        return self.due != float("-inf")


def settings() -> Settings:
    """The settings that hold; for the whole of a request the same."""
    return known().settings


def logo() -> Logo | None:
    return known().logo


def known() -> Known:
    if has_request_context() and (found := g.get("site")) is not None:
        return found  # type: ignore[no-any-return]  # put there below
    return _keeper().known


def known_rows() -> Mapping[str, str]:
    """What is in the database, for what must not be taken for absent: who has never seen it yet looks first.

    Raises StorageUnavailable where it cannot be seen.
    """
    keeper = _keeper()
    if not keeper.has_seen:
        look(at_once=True)
        if not keeper.has_seen:
            raise StorageUnavailable("the settings cannot be looked at")
    return known().rows


def look_for_request() -> None:
    """Look if it is time, and answer this request by what is known now."""
    look()
    g.site = _keeper().known


def look(*, at_once: bool = False) -> None:
    """See what is in the database, if that was some time ago or must be known at once. Ends the session's transaction.

    One thread looks for all; who comes meanwhile goes on with what was known. Nothing is raised: without a database,
    what was known holds.
    """
    keeper = _keeper()
    if not at_once and time.monotonic() < keeper.due:
        return
    if not keeper.lock.acquire(blocking=at_once or not keeper.has_looked):
        return
    try:
        if at_once or time.monotonic() >= keeper.due:
            _look(keeper)
    finally:
        keeper.lock.release()
    if has_request_context():
        g.site = keeper.known


def _look(keeper: Keeper) -> None:
    try:
        rows = dict(db.session.execute(select(SiteSetting.name, SiteSetting.value)).all())
        is_new = rows != keeper.known.rows
        found = _known(keeper.base, rows) if is_new else keeper.known
        db.session.rollback()
    except SQLAlchemyError as error:
        log.warning("the settings could not be looked at", extra={"fields": {"reason": type(error).__name__}})
        _give_up()
        keeper.due = time.monotonic() + AFTER_FAILURE_SECONDS
        return
    keeper.known, keeper.has_seen = found, True
    keeper.due = time.monotonic() + LOOK_EVERY_SECONDS
    if is_new:
        site_changed.send(current_app._get_current_object())  # type: ignore[attr-defined]  # Flask's proxy


def _give_up() -> None:
    try:
        db.session.rollback()
    except SQLAlchemyError:  # the connection broke: there is nothing left to undo
        db.session.registry.clear()


def _known(base: Settings, rows: Mapping[str, str]) -> Known:
    stored, password = dict(rows), ""
    has_lost_password = False
    if MAIL_PASSWORD in rows:
        opened = sealing.unsealed(rows[MAIL_PASSWORD], base.secret_key)
        has_lost_password, password = opened is None, opened or ""
    if password and "mail_url" in stored:
        stored["mail_url"] = stored["mail_url"].replace("@", f":{quote(password, safe='')}@", 1)
    return Known(overlaid(base, stored), rows, _logo(rows), has_lost_password)


def _logo(rows: Mapping[str, str]) -> Logo | None:
    """The first number is the picture's; behind it stands the one before, which old pages still show."""
    number = rows.get(LOGO, "").partition(" ")[0]
    stored = db.session.get(StoredPicture, int(number)) if number.isdecimal() else None
    return Logo(tuple(stored.files), bool(rows.get(LOGO_ALONE))) if stored is not None else None


def _keeper() -> Keeper:
    found: Keeper = current_app.extensions["site"]
    return found
