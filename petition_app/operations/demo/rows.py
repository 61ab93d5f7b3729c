"""The rows of a crowd, made by the database itself: it is given who signs and when, two numbers for each signature.

That is four times as fast as handing over every column of every row. What they are made from, the people, their words
and the boxes of the form, lies in temporary tables until the end of the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# SQLite's, while it writes a crowd: what indexes by name and place change lies all over them.
CACHE_KB = 1_000_000
# How many in a hundred have their names shown in full, and how many in full or by an initial.
FULL, FULL_OR_INITIAL = 70, 90
# How many in a hundred comment, where the crowd has words in their language.
COMMENT = 3

Row = tuple[Any, ...]

TABLES = {
    "crowd_people": (
        "id INTEGER PRIMARY KEY, text_id INTEGER, locale TEXT, given_name TEXT, surname TEXT, name_key TEXT, "
        "postal_code TEXT, country TEXT"
    ),
    "crowd_words": "locale TEXT, place INTEGER, many INTEGER, text TEXT",
    # A box without a value is worth how the name is shown; so many in a hundred tick it.
    "crowd_boxes": "locale TEXT, wording_id INTEGER, purpose TEXT, value TEXT, share INTEGER",
    # When each was confirmed, in microseconds, and 32 random bits for all that is left to chance.
    "crowd_draws": "id INTEGER PRIMARY KEY, confirmed BIGINT, draw BIGINT",
}

# What the engines word differently. A key begins with its number, so that its index grows at its end alone; some 80
# random bits follow (nobody has the mails of made-up signers, and a link is signed as well). Moments are as SQLAlchemy
# writes them on SQLite.
_WORDED = {
    "sqlite": {
        "key": "printf('%010x', d.id) || lower(hex(randomblob(11)))",
        "mailbox": "'crowd-' || printf('%09d', d.id) || '@example.org'",
        "created_at": "datetime(d.confirmed / 1000000 - 180, 'unixepoch') || '.' "
        "|| substr(1000000 + d.confirmed % 1000000, 2)",
        "confirmed_at": "datetime(d.confirmed / 1000000, 'unixepoch') || '.' "
        "|| substr(1000000 + d.confirmed % 1000000, 2)",
        "false": "0",
    },
    "postgresql": {
        "key": "lpad(to_hex(d.id), 10, '0') || left(replace(gen_random_uuid()::text, '-', ''), 22)",
        "mailbox": "'crowd-' || lpad(d.id::text, 9, '0') || '@example.org'",
        "created_at": "to_timestamp(0) + (d.confirmed - 180000000) * interval '1 microsecond'",
        "confirmed_at": "to_timestamp(0) + d.confirmed * interval '1 microsecond'",
        "false": "false",
    },
}
_SIGN = """
INSERT INTO signatures (
    id, key, petition_id, text_id, locale, status, given_name, surname, name_key, email, mailbox, seat, postal_code,
    country, name_display, number, created_at, confirmed_at, invalidated_reason
)
SELECT d.id, {key}, :petition, p.text_id, p.locale, 'confirmed', p.given_name, p.surname, p.name_key, {mailbox},
    {mailbox}, 1, p.postal_code, p.country,
    CASE WHEN d.draw / :people % 100 < :full THEN 'full' WHEN d.draw / :people % 100 < :initial THEN 'initial'
        ELSE 'hidden' END,
    d.id + :ahead, {created_at}, {confirmed_at}, ''
FROM crowd_draws d CROSS JOIN crowd_people p WHERE p.id = d.draw % :people ORDER BY d.id
"""
_COMMENT = """
INSERT INTO comments (
    petition_id, signature_id, text, status, needs_review, created_at, published_at, hidden_reason
)
SELECT :petition, d.id, w.text, 'published', {false}, {created_at}, {confirmed_at}, ''
FROM crowd_draws d CROSS JOIN crowd_people p CROSS JOIN crowd_words w
WHERE d.draw / :people / 100 % 100 < :comment AND p.id = d.draw % :people
    AND w.locale = p.locale AND w.place = d.id % w.many
ORDER BY d.id
"""
# The ids are scattered over those who tick a box and those who do not.
_CONSENT = """
INSERT INTO consents (signature_id, wording_id, purpose, value, given_at)
SELECT s.id, b.wording_id, b.purpose, COALESCE(b.value, s.name_display), s.created_at
FROM signatures s CROSS JOIN crowd_boxes b
WHERE s.id BETWEEN :first AND :last AND b.locale = s.locale AND s.id % 9973 * 7919 % 100 < b.share
ORDER BY s.id
"""


@contextmanager
def making(
    session: Session, people: Sequence[Row], words: Sequence[Row], boxes: Sequence[Row]
) -> Iterator[Callable[[int, int, int, Sequence[int], Sequence[int]], None]]:
    """In this transaction, make rows from these people, words and boxes (see TABLES), by the function that is given.

    That takes the petition's id, the first signature's id and number (those of the others follow), and for each one
    its moment and its draw.
    """
    worded = _WORDED[session.get_bind().dialect.name]
    insert = _inserter(session)
    for table, columns in TABLES.items():
        session.execute(text(f"CREATE TEMPORARY TABLE {table} ({columns})"))
    for table, rows in (("crowd_people", people), ("crowd_words", words), ("crowd_boxes", boxes)):
        insert(table, rows)

    def make(petition_id: int, first: int, number: int, moments: Sequence[int], draws: Sequence[int]) -> None:
        last = first + len(moments) - 1
        insert("crowd_draws", zip(range(first, last + 1), moments, draws, strict=True))
        about = {"petition": petition_id, "people": len(people), "first": first, "last": last}
        chances = {"full": FULL, "initial": FULL_OR_INITIAL, "ahead": number - first, "comment": COMMENT}
        for statement in (_SIGN, _COMMENT, _CONSENT):
            session.execute(text(statement.format(**worded)), about | chances)
        session.execute(text("DELETE FROM crowd_draws"))

    with _unchecked(session):
        yield make
    for table in TABLES:
        session.execute(text(f"DROP TABLE {table}"))


@contextmanager
def _unchecked(session: Session) -> Iterator[None]:
    """SQLite compares each row with the words that CHECKs allow: a tenth of the time, for words of our own."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")


def _inserter(session: Session) -> Callable[..., None]:
    """Writes rows into one of the tables by the driver's fastest way, in the session's transaction."""
    driver: Any = session.connection().connection.driver_connection
    if session.get_bind().dialect.name == "sqlite":
        driver.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        driver.execute("PRAGMA threads = 2")  # indexes are sorted by both of a small machine's cores

        def by_executemany(table: str, rows: Sequence[Row]) -> None:
            places = ", ".join("?" * (TABLES[table].count(",") + 1))
            driver.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608  # our own names

        return by_executemany

    def by_copy(table: str, rows: Sequence[Row]) -> None:
        with driver.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    return by_copy
