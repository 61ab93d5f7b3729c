"""Visits from a process's memory into the database, in sums by day."""

from __future__ import annotations

import atexit
import logging
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import Petition, VisitCount
from petition_app.models.base import now
from petition_app.transactions import StorageUnavailable, writing
from petition_app.web.site import settings
from petition_app.web.visits import OTHER, Visits

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
# Sources of one petition in one day that are told apart: whoever sends invented ones fills no table.
MOST_SOURCES_A_DAY = 200


def write_regularly(app: Flask) -> None:
    """Write this process's visits every so often, in a thread beside those that answer, and once more at its end."""
    stop = threading.Event()

    def go_on() -> None:
        while not stop.wait(EVERY_SECONDS):
            _write_quietly(app)

    threading.Thread(target=go_on, daemon=True, name="visits").start()
    atexit.register(lambda: _write_quietly(app))


def _write_quietly(app: Flask) -> None:
    with app.app_context():
        try:
            write_visits()
        except (SQLAlchemyError, StorageUnavailable):
            log.warning("visits could not be written; they wait")
        finally:
            db.session.remove()


def write_visits() -> int:
    """Add what was counted since the last time; answers of how many petitions and sources. What fails is kept."""
    visits: Visits = current_app.extensions["visits"]
    views, signed = visits.take()
    if not views and not signed:
        return 0
    day = now().astimezone(settings().timezone).date()
    try:
        with writing() as session:
            return _add(session, day, views, signed)
    except (SQLAlchemyError, StorageUnavailable) as error:
        if not isinstance(error, IntegrityError):  # a petition that was deleted in between stays uncounted
            visits.put_back(views, signed)
        raise


def _add(
    session: Session, day: date, views: Mapping[tuple[int, str], int], signed: Mapping[tuple[int, str], int]
) -> int:
    totals: dict[tuple[int, str], Counter[str]] = {}
    petitions = {petition_id for petition_id, _source in (*views, *signed)}
    there = set(session.scalars(select(Petition.id).where(Petition.id.in_(petitions))))
    room = {petition_id: _Room(session, petition_id, day) for petition_id in sorted(there)}
    for name, counts in (("views", views), ("signed", signed)):
        for (petition_id, source), count in counts.items():
            if petition_id in there:
                key = petition_id, room[petition_id].name_for(source)
                totals.setdefault(key, Counter())[name] += count
    rows = [
        {"petition_id": petition_id, "day": day, "source": source, "views": count["views"], "signed": count["signed"]}
        for (petition_id, source), count in sorted(totals.items())
    ]
    if rows:
        session.connection().execute(_upsert(session), rows)
    return len(rows)


class _Room:
    """The sources that a petition's day has, and whether there is room for another."""

    def __init__(self, session: Session, petition_id: int, day: date) -> None:
        found = select(VisitCount.source).where(VisitCount.petition_id == petition_id, VisitCount.day == day)
        self._sources = set(session.scalars(found))

    def name_for(self, source: str) -> str:
        is_host = source not in ("", OTHER) and not source.startswith(("via:", "("))
        if is_host and source not in self._sources and len(self._sources) >= MOST_SOURCES_A_DAY:
            return OTHER
        self._sources.add(source)
        return source


def _upsert(session: Session) -> Any:
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(VisitCount)
    return row.on_conflict_do_update(
        index_elements=["petition_id", "day", "source"],
        set_={
            "views": VisitCount.views + row.excluded.views,
            "signed": VisitCount.signed + row.excluded.signed,
        },
    )
