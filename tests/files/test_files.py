"""Files that are ordered, made once, fetched in any part, and removed when their time is over."""

from __future__ import annotations

import hashlib
import random
import threading
from datetime import timedelta
from typing import Any, BinaryIO

import pytest
from flask import Flask, abort
from werkzeug.test import TestResponse

from petition_app.extensions import db
from petition_app.files import making, orders, sending
from petition_app.files.orders import Order
from petition_app.models import FilePart, Petition, StoredFile
from petition_app.models.base import now
from petition_app.models.stored_file import PART_BYTES
from tests.databases import both_engines
from tests.visitor import Visitor

BYTES = random.Random(7).randbytes(PART_BYTES) + b"a" * (PART_BYTES + 1234)  # noqa: S311  # the same file always


def write_bytes(_file: StoredFile, target: BinaryIO, progress: making.Progress) -> None:
    target.write(BYTES)
    progress(5)


@pytest.fixture(autouse=True)
def maker(app: Flask) -> None:
    making.register("export", write_bytes)


def fetch(client: Visitor, address: str, **headers: str) -> TestResponse:
    """Read to the end and closed, as a server does."""
    return client.get(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}, buffered=True
    )


def order(petition: Petition) -> int:
    return orders.place(Order(petition.id, "export", "x.csv", "text/csv; charset=utf-8", {}, "fr", 10), now())


def stored(file_id: int) -> Any:
    db.session.expire_all()
    return db.session.get(StoredFile, file_id)


@pytest.fixture
def served(app: Flask, petition: Petition, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a file that is ready, as a page would send it."""

    def send(number: int) -> Any:
        return sending.send(stored(number) or abort(404))

    monkeypatch.setattr(sending, "_places", threading.BoundedSemaphore(sending.MOST_AT_ONCE))
    app.add_url_rule("/file/<int:number>", "file", send)
    file_id = order(petition)
    making.make_due()
    return f"/file/{file_id}"


@both_engines
def test_it_is_made_and_kept_in_parts(petition: Petition) -> None:
    file_id = order(petition)
    assert stored(file_id).percent == 0
    assert orders.is_anything_due(now())
    assert making.make_due() == 1
    assert not orders.is_anything_due(now())
    file = stored(file_id)
    assert (file.status, file.size, file.sha256) == ("ready", len(BYTES), hashlib.sha256(BYTES).hexdigest())
    parts = db.session.query(FilePart).order_by(FilePart.position).all()
    assert [part.is_packed for part in parts] == [False, True, True]
    assert sending.StoredBody(file).read() == BYTES


@both_engines
@pytest.mark.parametrize(
    ("asked", "status", "wanted"),
    [
        (None, 200, BYTES),
        ("bytes=0-9", 206, BYTES[:10]),
        (f"bytes={PART_BYTES - 3}-{PART_BYTES + 2}", 206, BYTES[PART_BYTES - 3 : PART_BYTES + 3]),
        (f"bytes={2 * PART_BYTES}-", 206, BYTES[2 * PART_BYTES :]),
        ("bytes=-4", 206, BYTES[-4:]),
        (f"bytes={len(BYTES)}-", 416, None),
        ("bytes=nonsense", 416, None),
    ],
)
def test_a_download_goes_on_where_it_broke_off(
    client: Visitor, served: str, asked: str | None, status: int, wanted: bytes | None
) -> None:
    answer = fetch(client, served, **({"Range": asked} if asked else {}))
    assert answer.status_code == status
    assert status == 416 or answer.headers["Accept-Ranges"] == "bytes"
    if wanted is not None:
        assert answer.data == wanted
        assert int(answer.headers["Content-Length"]) == len(wanted)
        assert answer.headers["Content-Disposition"] == "attachment; filename=x.csv"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_part_of_another_file_is_not_joined_to_it(client: Visitor, served: str) -> None:
    tag = fetch(client, served).headers["ETag"]
    same = fetch(client, served, Range="bytes=5-", If_Range=tag)
    assert (same.status_code, same.data) == (206, BYTES[5:])
    other = fetch(client, served, Range="bytes=5-", If_Range='"another"')
    assert (other.status_code, other.data) == (200, BYTES)
    assert fetch(client, served, If_None_Match=tag).status_code == 304


def test_too_many_slow_readers_do_not_take_the_readers_threads(client: Visitor, served: str) -> None:
    for _ in range(sending.MOST_AT_ONCE):
        sending._places.acquire()
    try:
        refused = fetch(client, served)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == str(sending.RETRY_AFTER_SECONDS)
    finally:
        for _ in range(sending.MOST_AT_ONCE):
            sending._places.release()
    for _ in range(sending.MOST_AT_ONCE + 2):  # each download gives its place back, the refused range too
        assert fetch(client, served).status_code == 200
        assert fetch(client, served, Range="bytes=999999999-").status_code == 416


@both_engines
def test_what_breaks_is_tried_again_and_given_up(petition: Petition, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_file: StoredFile, target: BinaryIO, _progress: making.Progress) -> None:
        target.write(b"half")
        raise OSError("no space left")

    making.register("export", broken)
    monkeypatch.setattr(orders, "RETRY_AFTER", timedelta(0))
    file_id = order(petition)
    assert making.make_due() == orders.MOST_ATTEMPTS
    assert (stored(file_id).status, stored(file_id).error) == ("failed", "OSError")
    assert db.session.query(FilePart).count() == 0


def test_what_cannot_be_made_is_not_tried_again(petition: Petition) -> None:
    def impossible(_file: StoredFile, _target: BinaryIO, _progress: making.Progress) -> None:
        raise making.CannotBeMade("Il manque une police.")

    making.register("export", impossible)
    file_id = order(petition)
    assert making.make_due() == 1
    assert (stored(file_id).status, stored(file_id).error) == ("failed", "Il manque une police.")


@both_engines
def test_a_worker_that_died_leaves_its_order_to_the_next(petition: Petition) -> None:
    file_id = order(petition)
    first = orders.claim(now())
    assert first is not None
    db.session.expunge_all()
    assert orders.claim(now()) is None
    later = now() + orders.LEASE + timedelta(seconds=1)
    second = orders.claim(later)
    assert second is not None
    assert (second.id, second.attempts) == (file_id, 2)
    with pytest.raises(orders.OrderLost):
        orders.finish(first, size=1, sha256="", at=later)


def test_an_order_that_is_called_off_leaves_nothing(petition: Petition) -> None:
    def called_off(file: StoredFile, target: BinaryIO, _progress: making.Progress) -> None:
        target.write(BYTES)
        orders.call_off(file.id, now())

    making.register("export", called_off)
    file_id = order(petition)
    making.make_due()
    assert stored(file_id).status == "removed"
    assert db.session.query(FilePart).count() == 0


@both_engines
def test_its_time_is_over(petition: Petition) -> None:
    file_id = order(petition)
    making.make_due()
    assert orders.remove_expired(now()) == 0
    assert orders.remove_expired(now() + orders.KEPT_FOR["export"]) == 1
    assert (stored(file_id).status, stored(file_id).sha256 != "") == ("removed", True)
    assert db.session.query(FilePart).count() == 0
    assert [file.id for file in orders.files_of(petition.id, "export")] == [file_id]
