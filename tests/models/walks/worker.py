"""What the worker does, each job once, and what is asked about it."""

from __future__ import annotations

import io
from datetime import timedelta

from flask import Flask

from petition_app.exports.making import Export, order_of, write_export
from petition_app.exports.uses import USES
from petition_app.extensions import db
from petition_app.files import making, orders
from petition_app.mail import outbox
from petition_app.mail.transport import transport_for
from petition_app.models import (
    Petition,
    Signature,
)
from petition_app.models.base import months_after, now
from petition_app.models.paper import paper_count
from petition_app.operations import demo, forgetting, jobs, schedule
from petition_app.paper import entry
from petition_app.paper.entry import Line
from petition_app.statistics.numbers import numbers_of
from petition_app.statistics.visits import write_visits
from petition_app.transactions import writing
from tests.models.grown_site import SIGNATURES
from tests.plans import Recorder


def work(app: Flask, recorder: Recorder) -> None:
    """What the worker does, and what is asked about it."""
    transport = transport_for(app.config["SETTINGS"])
    with recorder.route("sending mails"):
        outbox.enqueue_test("ada@example.org", "fr")
        outbox.send_due(now(), transport)
    with recorder.route("the outbox, told"):
        outbox.oldest_due(now())
        outbox.failures()
        outbox.failed_count()
        db.session.rollback()
    petition = Petition.by_slug(demo.SLUG)
    assert petition is not None
    petition_id = petition.id
    for use in USES:
        with recorder.route(f"export: {use}"):
            write_export(petition, Export(use, "csv", with_left=True), io.BytesIO(), lambda _done: None, now())
    with recorder.route("ordering and making a file"):
        orders.place(order_of(petition, Export("check", "csv"), "fr", "", now()), now())
        orders.is_anything_due(now())
        making.make_due()
        orders.files_of(petition_id, "export")
        orders.remove_expired(now() + timedelta(days=9))
    with recorder.route("a sheet of paper"):
        with writing() as session:
            lines = [Line(n, f"Ada{n}", "Exemple", "75011") for n in (1, 2)]
            batch = entry.add_batch(session, petition_id, "x", lines, "", now())
        with writing() as session:
            entry.count_line(session, batch.signatures[0].id, False)
        entry.batches_of(petition_id)
        entry.lines_between(petition_id, 0, 10)
        paper_count(petition_id)
    with recorder.route("numbers"):
        numbers_of(petition_id, now())
    with recorder.route("visits"):
        write_visits()
    for job in jobs.JOBS:
        with recorder.route(f"job: {job.name}"):
            lease = schedule.claim(job.name, job.every, now())
            assert lease is not None
            job.run(now(), lease.renew)
            lease.finish()
            assert job.name not in schedule.due({job.name: job.every}, now())


def forget(recorder: Recorder) -> None:
    """What is done when the signers' time is over; the other rules are among the jobs."""
    with recorder.route("forgetting everybody"):
        assert forgetting.forget_signers(months_after(now(), 40)) > SIGNATURES
    assert db.session.query(Signature.id).filter(Signature.email.is_not(None)).first() is None
