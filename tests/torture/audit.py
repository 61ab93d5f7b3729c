"""The one audit that each scenario ends in: nothing acknowledged is lost, nothing is there twice, every mail went."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from sqlalchemy import func, select, update

from petition_app import create_app
from petition_app.extensions import db
from petition_app.models import Consent, OutboxMessage, Signature
from petition_app.models.base import now
from petition_app.models.counter import DayCounter, PetitionCounter
from petition_app.transactions import writing
from tests.server import Site
from tests.torture.load import Book
from tests.torture.sink import Sink

ROUNDS = 20


@contextmanager
def database(site: Site) -> Iterator[None]:
    """The site's database, from beside it."""
    with create_app(site.settings()).app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def audit(site: Site, book: Book, sink: Sink | None = None, *, crashes: int = 0, refused: bool = False) -> None:
    """Check it all, with the site stopped: first the mails that wait are sent.

    A crash (of the worker, of the mail server, of the database under the worker) may have had one mail sent twice.
    `refused` says that the mail server refused some for good: these may have failed.
    """
    check_log(site)
    assert not book.strange, f"{len(book.strange)} answers that nobody should get, such as {book.strange[0]}"
    if sink is not None:
        send_what_waits(site)
    if site.settings().on_sqlite:
        check_file(site)
    with database(site):
        check_signatures(book)
        check_counters(site)
        check_nothing_half_written()
        if sink is not None:
            check_mails(book, sink, crashes + outages(site), refused)
    print(f"audit: {book}")


def check_log(site: Site) -> None:
    """No process died of an error of its own: that is told at the beginning of a line, outside of the JSON."""
    died = re.search(r"(?ms)^(Traceback|Error:) .*", site.log.read_text("utf-8", "replace"))
    assert died is None, f"a process of the site died: {died[0][:600]}"


def outages(site: Site) -> int:
    """How often the worker found that the database was gone, perhaps with a mail in hand that it could not mark."""
    lines = site.log.read_text("utf-8", "replace").splitlines()
    return sum("petition_app.operations.worker" in line and "the database cannot be used" in line for line in lines)


def send_what_waits(site: Site) -> None:
    """Let the time pass that leases and delays take, by moving them in the database, and run the real worker."""
    for _ in range(ROUNDS):
        with database(site):
            if not waiting():
                return
            make_due()
        done = site.command("worker", "--once")
        assert done.returncode == 0, done.stderr
    raise AssertionError("there are mails that the worker does not send")


def waiting() -> int:
    return db.session.scalar(select(func.count()).where(OutboxMessage.status == "queued")) or 0


def make_due() -> None:
    """Two minutes pass for a lease, some more for a delay: nobody waits for them here."""
    with writing() as session:
        queued = update(OutboxMessage).where(OutboxMessage.status == "queued")
        session.execute(
            queued.values(claimed_until=None, due_at=now() - timedelta(seconds=1)),
            execution_options={"synchronize_session": False},
        )


def check_file(site: Site) -> None:
    with closing(sqlite3.connect(site.data_dir / "petition.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def check_signatures(book: Book) -> None:
    """Each that was acknowledged is there once, each that was confirmed is confirmed."""
    rows = db.session.execute(select(Signature.email, Signature.status)).all()
    copies = Counter(email for email, _status in rows)
    status = dict(rows)
    assert len(book.signed) == len(set(book.signed))
    lost = [email for email in book.signed if not copies[email]]
    assert not lost, f"{len(lost)} of {len(book.signed)} acknowledged signatures are lost, such as {lost[0]}"
    twice = [email for email, count in copies.items() if count > 1]
    assert not twice, f"{len(twice)} signatures are there more than once, such as {twice[0]}"
    unconfirmed = [email for email in set(book.confirmed) if status.get(email) != "confirmed"]
    assert not unconfirmed, f"{len(unconfirmed)} acknowledged confirmations are lost, such as {unconfirmed[0]}"


def check_counters(site: Site) -> None:
    """Both counters say what the rows say, for each petition and each day in the site's time zone."""
    zone = site.settings().timezone
    confirmed = db.session.execute(
        select(Signature.petition_id, Signature.confirmed_at).where(Signature.status == "confirmed")
    ).all()
    total = select(PetitionCounter.petition_id, func.sum(PetitionCounter.confirmed)).group_by("petition_id")
    assert _counted(total) == Counter((petition,) for petition, _at in confirmed)
    daily = select(DayCounter.petition_id, DayCounter.day, func.sum(DayCounter.confirmed))
    days = Counter((petition, at.astimezone(zone).date()) for petition, at in confirmed)
    assert _counted(daily.group_by("petition_id", "day")) == days


def _counted(query: object) -> Counter[tuple[object, ...]]:
    """What a query of keys and a sum found, without what is zero."""
    found = db.session.execute(query).all()  # type: ignore[call-overload]  # a select, whatever its columns
    return Counter({tuple(row[:-1]): int(row[-1]) for row in found if row[-1]})


def check_nothing_half_written() -> None:
    """Acknowledged or not, a signature that is there and was not erased has its consent and its mail."""
    without_consent = select(Signature.id).where(
        Signature.erased_at.is_(None),
        ~select(Consent.id).where(Consent.signature_id == Signature.id, Consent.purpose == "processing").exists(),
    )
    assert not db.session.scalars(without_consent).all()
    without_mail = select(Signature.id).where(
        Signature.erased_at.is_(None),
        ~select(OutboxMessage.id).where(OutboxMessage.signature_id == Signature.id).exists(),
    )
    assert not db.session.scalars(without_mail).all()


def check_mails(book: Book, sink: Sink, crashes: int, refused: bool) -> None:
    """Every mail that was due came, and at most one of them twice for each crash."""
    copies = sink.copies()
    rows = db.session.execute(select(OutboxMessage.message_id, OutboxMessage.status, OutboxMessage.recipient)).all()
    unsent = [message for message, status, _to in rows if status == "sent" and not copies[message]]
    assert not unsent, f"{len(unsent)} mails are marked as sent and never came"
    assert not set(copies) - {message for message, _status, _to in rows}, "mails came that nobody had sent"
    failed = {recipient for _message, status, recipient in rows if status == "failed"}
    assert refused or not failed, f"{len(failed)} mails were given up"
    never = set(book.signed) - sink.reached() - failed
    assert not never, f"{len(never)} signers were never sent their mail"
    doubles = sum(count - 1 for count in copies.values())
    assert doubles <= crashes, f"{doubles} mails came twice, with {crashes} crashes"
