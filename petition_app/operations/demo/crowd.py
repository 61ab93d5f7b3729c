"""As many made-up signatures as are wanted, fast: for trying out and measuring what a large petition is like.

Here is drawn who signs and when; the database makes the rows of it (rows.py). They are written in batches, with their
share of the count, and come in the order of time, as real ones do.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from math import exp
from random import Random

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from petition_app.i18n.locales import use_locale
from petition_app.models import Petition, Signature
from petition_app.models.base import now
from petition_app.models.counter import add_to_count, confirmed_count
from petition_app.models.names import name_key
from petition_app.operations.demo.people import COMMENTS, anybody
from petition_app.operations.demo.rows import Row, making
from petition_app.privacy import consent
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

BATCH = 100_000
POOL = 20_000
# So many in one transaction: the write-ahead log takes about a kilobyte for each.
MOST_AT_ONCE = 2_000_000
# The indexes whose new entries lie all over them; the others grow at a few places, as time goes on, and cost little.
SCATTERED = ("ix_signatures_surname", "ix_signatures_name", "ix_signatures_postal_code")
# While there are no more, those lie in the cache (rows.py) as a whole: each of their pages is then written once.
MOST_IN_CACHE = 4_000_000
# The boxes: what each is worth (None: how the name is shown), and how many in a hundred tick it.
BOXES = {"processing": ("yes", 100), "name_display": (None, 100), "petition_news": ("yes", 38)}
# How many sign in each hour of the day, by the site's clock, compared to one another.
HOURS = (4, 2, 1, 1, 1, 2, 5, 10, 16, 20, 21, 22, 26, 24, 20, 19, 20, 23, 27, 30, 32, 28, 18, 9)

Maker = Callable[[int, int, int, Sequence[int], Sequence[int]], None]


def add_signatures(petition: Petition, count: int, progress: Callable[[int], object] = lambda _done: None) -> None:
    """Add so many confirmed signatures, from the petition's opening to now; `progress` is told of each batch's size."""
    petition_id, opened_at, at = petition.id, petition.opened_at or petition.created_at, now()
    random = Random(19)  # noqa: S311  # the same crowd everywhere
    people, words, boxes = _people(petition, min(count, POOL), random), _words(petition), _boxes(petition)
    moments = _moments(opened_at, at, count, random)
    left = count
    while left > 0:
        with (
            writing() as session,
            _scattered_made_afterwards(session, left) as at_once,
            making(session, people, words, boxes) as make,
        ):
            for _batch in range(at_once):
                if batch := list(islice(moments, BATCH)):
                    _write(session, make, petition_id, batch, random)
                    progress(len(batch))
        left -= at_once * BATCH
    petition_changed.send(petition_id=petition_id)


@contextmanager
def _scattered_made_afterwards(session: Session, count: int) -> Iterator[int]:
    """Write many rows without some of their indexes, and make those at the end of the same transaction: sorted.

    Worth it on SQLite where more comes than is there: made anew, they are made for what is there as well. Gives how
    many batches to write in this transaction; whoever reads meanwhile sees the tables as they were, and one that
    breaks off leaves them so.
    """
    there = session.scalar(select(func.max(Signature.id))) or 0
    wanted = -(-count // BATCH)
    if session.get_bind().dialect.name != "sqlite":
        yield 1
    elif count < max(there, BATCH):
        yield min(wanted, MOST_AT_ONCE // BATCH) if there + count <= MOST_IN_CACHE else 1
    else:
        listed = session.execute(_INDEXES, {"names": SCATTERED}).all()
        for name, _sql in listed:
            session.execute(text(f"DROP INDEX {name}"))
        yield min(wanted, max(MOST_AT_ONCE, there) // BATCH)
        for _name, sql in listed:
            session.execute(text(sql))


_INDEXES = text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name IN :names").bindparams(
    bindparam("names", expanding=True)
)


def _people(petition: Petition, count: int, random: Random) -> list[Row]:
    """People to draw the crowd from; the same name comes again, as it does in life."""
    texts = {locale: petition.text_for(locale).id for locale in petition.locales}
    found: list[Row] = []
    for place, person in enumerate(anybody(random) for _ in range(count)):
        locale = person.locale if person.locale in texts else petition.default_locale
        names = person.given_name, person.surname, name_key(person.given_name, person.surname)
        found.append((place, texts[locale], locale, *names, person.postal_code, person.country))
    return found


def _words(petition: Petition) -> list[Row]:
    """What some of them comment, by locale."""
    by_locale = {locale: COMMENTS.get(locale, ()) for locale in petition.locales}
    return [
        (locale, place, len(comments), comment)
        for locale, comments in by_locale.items()
        for place, comment in enumerate(comments)
    ]


def _boxes(petition: Petition) -> list[Row]:
    """The boxes of each locale's form, with what it says at them."""
    found: list[Row] = []
    with writing() as session:
        for locale in petition.locales:
            with use_locale(locale):
                wordings = consent.keep_wordings(session.connection(), now())
            found += [(locale, wordings[purpose], purpose, *box) for purpose, box in BOXES.items()]
    return found


def _moments(since: datetime, until: datetime, count: int, random: Random) -> Iterator[int]:
    """When each was confirmed, in microseconds, the first one first: many at the opening, fewer later, few at night."""
    zone = settings().timezone
    hours = max(1, int((until - since) / timedelta(hours=1)))
    length = (until - since) / hours
    weights = [
        (exp(-4 * hour / hours) + 0.08) * HOURS[(since + hour * length).astimezone(zone).hour] for hour in range(hours)
    ]
    total, done, so_far = sum(weights), 0, 0.0
    microseconds = length // timedelta(microseconds=1)
    for hour, weight in enumerate(weights):
        so_far += weight
        wanted = count if hour == hours - 1 else round(count * so_far / total)
        begin = _microseconds(since + hour * length)
        yield from [begin + (share * microseconds >> 32) for share in sorted(_draws(wanted - done, random))]
        done = wanted


def _write(session: Session, make: Maker, petition_id: int, moments: Sequence[int], random: Random) -> None:
    """Write signatures of these moments, with all that hangs on them, and count them."""
    first = _reserve_ids(session, len(moments))
    make(petition_id, first, confirmed_count(petition_id) + 1, moments, _draws(len(moments), random))
    for day, confirmed in _by_day(moments, settings().timezone):
        add_to_count(session, petition_id, day, confirmed)


def _draws(count: int, random: Random) -> Sequence[int]:
    """So many numbers of 32 random bits, drawn at once."""
    return array("I", random.randbytes(4 * count))


def _by_day(moments: Sequence[int], zone: tzinfo) -> Iterator[tuple[date, int]]:
    """How many of these moments, which are in order, lie on each day of the zone's calendar."""
    place = 0
    while place < len(moments):
        day = datetime.fromtimestamp(moments[place] // 1_000_000, zone).date()
        midnight = _microseconds(datetime.combine(day + timedelta(days=1), time(), zone))
        following = bisect_left(moments, midnight, place)
        yield day, following - place
        place = following


def _microseconds(moment: datetime) -> int:
    """A moment as a whole number: the microseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _reserve_ids(session: Session, count: int) -> int:
    """The first of so many ids in a row that nobody else takes."""
    if session.get_bind().dialect.name == "sqlite":
        return (session.scalar(select(func.max(Signature.id))) or 0) + 1  # the write lock is held
    session.execute(text("LOCK TABLE signatures IN EXCLUSIVE MODE"))
    session.execute(text("SET LOCAL statement_timeout TO 0"))
    first = session.scalar(text("SELECT nextval(pg_get_serial_sequence('signatures', 'id'))"))
    last = {"last": int(first) + count - 1}
    session.execute(text("SELECT setval(pg_get_serial_sequence('signatures', 'id'), :last)"), last)
    return int(first)
