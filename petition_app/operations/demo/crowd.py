"""As many made-up signatures as are wanted, fast: for trying out and measuring what a large petition is like.

They are written in batches, each in one transaction with its share of the count, by the driver itself: `executemany`
on SQLite, COPY on PostgreSQL. They come in the order of time, as real ones do.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
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

BATCH = 100_000
POOL = 20_000
# SQLite's, while it writes a crowd: what indexes by name and place change lies all over them.
CACHE_KB = 1_000_000
# So many in one transaction: the write-ahead log takes about a kilobyte for each.
MOST_AT_ONCE = 2_000_000
# How one who signs has the name shown, and who comments, in a hundred.
DISPLAYS = ("full",) * 70 + ("initial",) * 20 + ("hidden",) * 10
COMMENT = 3
CONFIRMED_AFTER = timedelta(minutes=3)
# The boxes: what each is worth, and who has ticked it. 38 in a hundred want news, scattered over the ids.
CONSENTS = {
    "processing": ("'yes'", "1 = 1"),
    "name_display": ("name_display", "1 = 1"),
    "petition_news": ("'yes'", "id % 9973 * 7919 % 100 < 38"),
}
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
    signers, wordings = _pool(petition, random), _wordings(petition)
    moments = _moments(opened_at, at, count, random)
    left = count
    while left > 0:
        with writing() as session, _indexes_made_afterwards(session, left) as at_once:
            for _batch in range(at_once):
                if batch := list(islice(moments, BATCH)):
                    first = _write(session, petition_id, signers, batch, random)
                    _consent(session, first, first + len(batch) - 1, wordings)
                    progress(len(batch))
        left -= at_once * BATCH
    petition_changed.send(petition_id=petition_id)


@contextmanager
def _indexes_made_afterwards(session: Session, count: int) -> Iterator[int]:
    """Write many rows without their indexes, and make those at the end of the same transaction: sorted, in one go.

    Worth it on SQLite where more comes than is there. Gives how many batches to write in this transaction; whoever
    reads meanwhile sees the tables as they were, and one that breaks off leaves them so.
    """
    there = session.scalar(select(func.max(Signature.id))) or 0
    if session.get_bind().dialect.name != "sqlite" or count < max(there, BATCH):
        yield 1
        return
    listed = session.execute(text(_INDEXES)).all()
    for name, _sql in listed:
        session.execute(text(f"DROP INDEX {name}"))
    yield min(-(-count // BATCH), max(MOST_AT_ONCE, there) // BATCH)
    for _name, sql in listed:
        session.execute(text(sql))


# Those of UNIQUE constraints have no statement of their own; they stay.
_INDEXES = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
    "AND tbl_name IN ('signatures', 'consents', 'comments')"
)


@dataclass(frozen=True, slots=True)
class _Signer:
    """What signatures of one person have in common: the columns as they are written."""

    name: Row  # given name, surname, name key
    place: Row  # postal code, country
    locale: str
    text_id: int
    comments: Sequence[str]


def _wordings(petition: Petition) -> dict[str, dict[str, int]]:
    """What each locale's form says at its boxes, by purpose."""
    found = {}
    with writing() as session:
        for locale in petition.locales:
            with use_locale(locale):
                found[locale] = consent.keep_wordings(session, now())
    return found


def _pool(petition: Petition, random: Random) -> list[_Signer]:
    """People to draw the crowd from; the same name comes again, as it does in life."""
    texts = {locale: petition.text_for(locale).id for locale in petition.locales}
    found = []
    for person in (anybody(random) for _ in range(POOL)):
        locale = person.locale if person.locale in texts else petition.default_locale
        name = person.given_name, person.surname, name_key(person.given_name, person.surname)
        place = person.postal_code, person.country
        found.append(_Signer(name, place, locale, texts[locale], COMMENTS.get(locale, ())))
    return found


def _moments(since: datetime, until: datetime, count: int, random: Random) -> Iterator[datetime]:
    """When each was confirmed, in UTC, the first one first: many at the opening, fewer later, few at night."""
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
        begin = (since + hour * length).astimezone(UTC).replace(tzinfo=None)
        yield from (begin + length * share for share in sorted(random.random() for _ in range(wanted - done)))
        done = wanted


def _write(
    session: Session, petition_id: int, signers: Sequence[_Signer], moments: Sequence[datetime], random: Random
) -> int:
    """Write signatures and comments of these moments; answers with the first one's id, which the others follow."""
    first = _reserve_ids(session, len(moments))
    number = confirmed_count(petition_id)
    signatures: list[Row] = []
    comments: list[Row] = []
    chances = random.random
    for signature_id, moment, key in zip(
        range(first, first + len(moments)), moments, _keys(first, len(moments)), strict=True
    ):
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
        if chances() * 100 < COMMENT and signer.comments:
            words = signer.comments[signature_id % len(signer.comments)]
            comments.append((petition_id, signature_id, words, "published", False, created_at, confirmed_at, ""))
    insert = _inserter(session)
    insert("signatures", SIGNATURE_COLUMNS, signatures)
    insert("comments", COMMENT_COLUMNS, comments)
    for day, confirmed in _by_day(moments, settings().timezone):
        add_to_count(session, petition_id, day, confirmed)
    return first


def _consent(session: Session, first: int, last: int, wordings: dict[str, dict[str, int]]) -> None:
    """The boxes that those from `first` to `last` have ticked, written by the database: it has the rows at hand."""
    for locale, by_purpose in wordings.items():
        for purpose, (value, chosen) in CONSENTS.items():
            session.execute(
                text(
                    "INSERT INTO consents (signature_id, wording_id, purpose, value, given_at) "  # noqa: S608  # our own words
                    f"SELECT id, :wording, '{purpose}', {value}, created_at FROM signatures "
                    f"WHERE id BETWEEN :first AND :last AND locale = :locale AND {chosen}"
                ),
                {"wording": by_purpose[purpose], "first": first, "last": last, "locale": locale},
            )


def _by_day(moments: Sequence[datetime], zone: tzinfo) -> Iterator[tuple[date, int]]:
    """How many of these moments, which are in order, lie on each day of the zone's calendar."""
    place = 0
    while place < len(moments):
        day = moments[place].replace(tzinfo=UTC).astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC).replace(tzinfo=None)
        following = bisect_left(moments, midnight, place)
        yield day, following - place
        place = following


def _stamp(moment: datetime) -> str:
    """A moment as both engines read it, and as SQLAlchemy writes it on SQLite."""
    return moment.isoformat(" ", "microseconds")


def _keys(first: int, count: int) -> list[str]:
    """What links would name them by: each begins with its number, so that its index grows at its end alone.

    88 random bits follow. Nobody has the mails of made-up signers, and a link is signed as well.
    """
    bits = secrets.token_bytes(11 * count)
    return [f"{first + place:010x}{bits[11 * place : 11 * place + 11].hex()}" for place in range(count)]


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
        driver.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        driver.execute("PRAGMA threads = 2")  # indexes are sorted by both of a small machine's cores

        def by_executemany(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
            places = ", ".join("?" * len(columns))
            driver.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608  # our own names

        return by_executemany

    def by_copy(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        with driver.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    return by_copy
