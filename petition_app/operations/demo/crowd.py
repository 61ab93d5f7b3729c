"""As many made-up signatures as are wanted, fast: for trying out and measuring what a large petition is like.

They are written in batches, each in one transaction with its share of the count, by the driver itself: `executemany`
on SQLite, COPY on PostgreSQL. They come in the order of time, as real ones do.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from math import exp
from random import Random
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from petition_app.i18n.locales import use_locale
from petition_app.models import Petition, Signature
from petition_app.models.base import now
from petition_app.models.counter import add_to_count, confirmed_count
from petition_app.models.signature import name_key
from petition_app.operations.demo.people import COMMENTS, anybody
from petition_app.privacy import consent
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

BATCH = 50_000
POOL = 20_000
# How one who signs has the name shown, who wants news, and who comments, in a hundred.
DISPLAYS = ("full",) * 70 + ("initial",) * 20 + ("hidden",) * 10
WANT_NEWS = 38
COMMENT = 3
CONFIRMED_AFTER = timedelta(minutes=3)
# How many sign in each hour of the day, by the site's clock, compared to one another.
HOURS = (4, 2, 1, 1, 1, 2, 5, 10, 16, 20, 21, 22, 26, 24, 20, 19, 20, 23, 27, 30, 32, 28, 18, 9)

SIGNATURE_COLUMNS = (
    "id",
    "key",
    "petition_id",
    "text_id",
    "locale",
    "status",
    "given_name",
    "surname",
    "name_key",
    "email",
    "mailbox",
    "seat",
    "postal_code",
    "country",
    "name_display",
    "number",
    "created_at",
    "confirmed_at",
    "invalidated_reason",
)
CONSENT_COLUMNS = ("signature_id", "wording_id", "purpose", "value", "given_at")
COMMENT_COLUMNS = (
    "petition_id",
    "signature_id",
    "text",
    "status",
    "needs_review",
    "created_at",
    "published_at",
    "hidden_reason",
)

Row = tuple[Any, ...]


def add_signatures(petition: Petition, count: int, progress: Callable[[int], object] = lambda _done: None) -> None:
    """Add so many confirmed signatures, from the petition's opening to now; `progress` is told of each batch's size."""
    petition_id, opened_at, at = petition.id, petition.opened_at or petition.created_at, now()
    random = Random(19)  # noqa: S311  # the same crowd everywhere
    signers = _pool(petition, random)
    moments = _moments(opened_at, at, count, random)
    while batch := list(islice(moments, BATCH)):
        with writing() as session:
            _write(session, petition_id, signers, batch, random)
        progress(len(batch))
    petition_changed.send(petition_id=petition_id)


@dataclass(frozen=True, slots=True)
class _Signer:
    """What signatures of one person have in common: the columns as they are written, and the consents' wordings."""

    name: Row  # given name, surname, name key
    place: Row  # postal code, country
    locale: str
    text_id: int
    comments: Sequence[str]
    wordings: dict[str, int]


def _pool(petition: Petition, random: Random) -> list[_Signer]:
    """People to draw the crowd from; the same name comes again, as it does in life."""
    texts = {locale: petition.text_for(locale).id for locale in petition.locales}
    wordings: dict[str, dict[str, int]] = {}
    with writing() as session:
        for locale in texts:
            with use_locale(locale):
                wordings[locale] = consent.keep_wordings(session, now())
    found = []
    for person in (anybody(random) for _ in range(POOL)):
        locale = person.locale if person.locale in texts else petition.default_locale
        name = person.given_name, person.surname, name_key(person.given_name, person.surname)
        place = person.postal_code, person.country
        found.append(_Signer(name, place, locale, texts[locale], COMMENTS.get(locale, ()), wordings[locale]))
    return found


def _moments(since: datetime, until: datetime, count: int, random: Random) -> Iterator[datetime]:
    """When each signature was confirmed, the first one first: many at the opening, fewer later, few at night."""
    zone = settings().timezone
    hours = max(1, int((until - since) / timedelta(hours=1)))
    length = (until - since) / hours
    weights = [
        (exp(-4 * hour / hours) + 0.08) * HOURS[(since + hour * length).astimezone(zone).hour] for hour in range(hours)
    ]
    total, done, so_far = sum(weights), 0, 0.0
    for hour, weight in enumerate(weights):
        so_far += weight
        wanted = count if hour == hours - 1 else round(count * so_far / total)
        begin = since + hour * length
        yield from (begin + length * share for share in sorted(random.random() for _ in range(wanted - done)))
        done = wanted


def _write(
    session: Session, petition_id: int, signers: Sequence[_Signer], moments: Sequence[datetime], random: Random
) -> None:
    first = _reserve_ids(session, len(moments))
    number = confirmed_count(petition_id)
    zone = settings().timezone
    signatures: list[Row] = []
    consents: list[Row] = []
    comments: list[Row] = []
    days: Counter[date] = Counter()
    chances = random.random
    for signature_id, moment, key in zip(range(first, first + len(moments)), moments, _keys(len(moments)), strict=True):
        signer, display = signers[int(chances() * POOL)], DISPLAYS[int(chances() * 100)]
        number += 1
        confirmed_at, created_at = _stamp(moment), _stamp(moment - CONFIRMED_AFTER)
        mailbox = f"crowd-{signature_id:09}@example.org"
        signatures.append(
            (
                signature_id,
                key,
                petition_id,
                signer.text_id,
                signer.locale,
                "confirmed",
                *signer.name,
                mailbox,
                mailbox,
                1,
                *signer.place,
                display,
                number,
                created_at,
                confirmed_at,
                "",
            )
        )
        consents.append((signature_id, signer.wordings["processing"], "processing", "yes", created_at))
        consents.append((signature_id, signer.wordings["name_display"], "name_display", display, created_at))
        chance = chances() * 100
        if chance < WANT_NEWS:
            consents.append((signature_id, signer.wordings["petition_news"], "petition_news", "yes", created_at))
        if chance < COMMENT and signer.comments:
            words = signer.comments[signature_id % len(signer.comments)]
            comments.append((petition_id, signature_id, words, "published", False, created_at, confirmed_at, ""))
        days[moment.astimezone(zone).date()] += 1
    insert = _inserter(session)
    insert("signatures", SIGNATURE_COLUMNS, signatures)
    insert("consents", CONSENT_COLUMNS, consents)
    insert("comments", COMMENT_COLUMNS, comments)
    for day, confirmed in sorted(days.items()):
        add_to_count(session, petition_id, day, confirmed)


def _stamp(moment: datetime) -> str:
    """A moment as both engines read it: UTC without its zone, as SQLAlchemy writes it on SQLite."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _keys(count: int) -> list[str]:
    """What links would name them by: 128 random bits each, sorted, which is quicker to write into an index."""
    bits = secrets.token_bytes(16 * count)
    return sorted(bits[place : place + 16].hex() for place in range(0, len(bits), 16))


def _reserve_ids(session: Session, count: int) -> int:
    """The first of so many ids in a row that nobody else takes."""
    if session.get_bind().dialect.name == "sqlite":
        return (session.scalar(select(func.max(Signature.id))) or 0) + 1  # the write lock is held
    session.execute(text("LOCK TABLE signatures IN EXCLUSIVE MODE"))
    session.execute(text("SET LOCAL timezone TO 'UTC'"))
    session.execute(text("SET LOCAL statement_timeout TO 0"))
    first = session.scalar(text("SELECT nextval(pg_get_serial_sequence('signatures', 'id'))"))
    last = {"last": int(first) + count - 1}
    session.execute(text("SELECT setval(pg_get_serial_sequence('signatures', 'id'), :last)"), last)
    return int(first)


def _inserter(session: Session) -> Callable[[str, Sequence[str], Sequence[Row]], None]:
    """Writes rows into a table by the driver's fastest way, in the session's transaction."""
    driver: Any = session.connection().connection.driver_connection
    if session.get_bind().dialect.name == "sqlite":

        def by_executemany(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
            places = ", ".join("?" * len(columns))
            driver.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608  # our own names

        return by_executemany

    def by_copy(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        with driver.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    return by_copy
