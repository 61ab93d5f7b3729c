"""Those who confirm and those who withdraw at the same time hold the counters' rows in one order, and never cross."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, text, update

from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.models.counter import SLOTS, DayCounter, PetitionCounter, change_and_count
from petition_app.transactions import writing

DAY = date(2026, 5, 1)
CHANGE = update(Petition.__table__).where(Petition.id == bindparam("row")).values(author="Ada")  # type: ignore[arg-type]
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_count_is_held_before_the_days_count(app: Flask, petition: Petition) -> None:
    """As `add_to_count` has it: in another order, two of them that share a slot would wait for each other."""
    petition_id = petition.id
    with writing() as session:
        for slot in range(SLOTS):
            session.execute(insert(PetitionCounter).values(petition_id=petition_id, slot=slot, confirmed=0))
            session.execute(insert(DayCounter).values(petition_id=petition_id, day=DAY, slot=slot, confirmed=0))

    def count() -> bool:
        with app.app_context(), writing() as session:
            return change_and_count(session.connection(), CHANGE, {"row": petition_id}, petition_id, DAY)

    with ThreadPoolExecutor(1) as pool, db.engine.connect() as holder:
        holder.execute(text("SELECT * FROM petition_counters FOR UPDATE"))
        counting = pool.submit(count)
        end = time.monotonic() + 4
        while not holder.scalar(WAITING) and time.monotonic() < end:
            time.sleep(0.02)
        free = holder.execute(text("SELECT slot FROM day_counters FOR UPDATE SKIP LOCKED")).all()
        holder.rollback()
        assert counting.result(20)
    assert len(free) == SLOTS
