"""The register of consents: every wording that was ever shown, and how many agreed to it and still do.

Each consent is a row that names its very wording; the sums are counted by the worker once a day, for a page cannot
read through millions of rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select, update

from petition_app.extensions import db
from petition_app.models import Consent, ConsentWording
from petition_app.transactions import writing

BATCH = 5_000


def wordings_kept() -> Sequence[ConsentWording]:
    """All of them, each purpose's newest first."""
    ordered = select(ConsentWording).order_by(ConsentWording.purpose, ConsentWording.id.desc())
    return db.session.scalars(ordered).all()


def count_consents(at: datetime, renew: Callable[[], None] = lambda: None) -> None:
    """Count how many consents there are to each wording, and how many of them are withdrawn."""
    given: Counter[int] = Counter()
    withdrawn: Counter[int] = Counter()
    last = 0
    while True:
        window = select(Consent.id, Consent.wording_id, Consent.withdrawn_at).where(Consent.id > last)
        rows = db.session.execute(window.order_by(Consent.id).limit(BATCH)).all()
        db.session.rollback()
        given.update(row.wording_id for row in rows)
        withdrawn.update(row.wording_id for row in rows if row.withdrawn_at is not None)
        if len(rows) < BATCH:
            break
        last = rows[-1].id
        renew()
    with writing() as session:
        for key in session.scalars(select(ConsentWording.id)):
            counted = {"given": given[key], "withdrawn": withdrawn[key], "counted_at": at}
            session.execute(update(ConsentWording).where(ConsentWording.id == key).values(counted))
