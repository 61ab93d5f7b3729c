"""Everybody signs and confirms, through the program's own pages, while its jobs run; then it is counted.

Each form, each opened link and each press on a button is a request to the application; the clock stands at the moment
in which it is made. Only the transport of mails is left out: the link is made of the row that waits in the outbox; and
what the page's script fetches is asked of the function behind its route. The work is made easy: what it costs is not
measured here.
"""

from __future__ import annotations

import heapq
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import time_machine
from altcha.v1 import solve_challenge
from flask import Flask
from sqlalchemy import select

from bench.fraud.people import Visit
from petition_app import create_app
from petition_app.antiabuse import suspicion, work
from petition_app.config import read_settings
from petition_app.extensions import db
from petition_app.fraud import watching
from petition_app.models import OutboxMessage, Petition, PetitionText, Signature
from petition_app.operations import schema
from petition_app.transactions import writing
from petition_app.web.site import settings
from petition_app.web.tokens import confirmation_token

SLUG = "simulated"
# As often as the worker looks.
EVERY = timedelta(seconds=15)
_HARDNESS = 20


@dataclass
class Course:
    """What came of everybody's visits."""

    visits: Sequence[Visit]
    signatures: dict[int, int] = field(default_factory=dict)  # the number of a visit: the key of its signature
    confirmed: set[int] = field(default_factory=set)  # the visits whose button was pressed
    refused: list[int] = field(default_factory=list)
    slowest_mail: float = 0.0
    asked_for_work: int = 0
    requests: int = 0
    seconds: float = 0.0  # of the processor


@contextmanager
def site(folder: Path, begin: datetime) -> Iterator[Flask]:
    """A site of its own, with one open petition."""
    settings = read_settings(
        {"PETITION_DATA_DIR": str(folder), "PETITION_MAIL_FROM": "petition@example.org"}, folder / "none.env"
    )
    app = create_app(settings)
    with app.app_context():
        schema.upgrade()
        with writing() as session:
            petition = Petition(slug=SLUG, default_locale="fr", author="Simulation")
            petition.texts = [PetitionText(locale="fr", title="Essai", summary="Essai.", body="Essai.")]
            session.add(petition)
            petition.open(begin)
        yield app
        db.session.remove()
        db.engine.dispose()


def drive(app: Flask, visits: Sequence[Visit], begin: datetime) -> Course:
    """Let everything happen in its order; answers with what came of it."""
    course, started = Course(visits), time.process_time()
    hardness, work.HARDNESS = work.HARDNESS, _HARDNESS
    believed, suspicion.BELIEVED = suspicion.BELIEVED, float("inf")  # real seconds mean nothing here: see _look
    queue: list[tuple[datetime, int, Callable[[datetime], None]]] = []
    driver = _Driver(app, course, queue)
    try:
        for number, visit in enumerate(visits):
            driver.plan(visit.at, lambda at, number=number: driver.sign(number, at))  # type: ignore[misc]  # a default
        next_look = begin
        with time_machine.travel(begin, tick=False) as clock:
            while queue:
                at, _order, act = heapq.heappop(queue)
                while next_look <= at:
                    clock.move_to(next_look)
                    driver.look(next_look)
                    next_look += EVERY
                clock.move_to(at)
                act(at)
            clock.move_to(next_look)
            driver.look(next_look)
            watching.count_clusters(next_look)
    finally:
        work.HARDNESS, suspicion.BELIEVED = hardness, believed
    course.seconds = time.process_time() - started
    return course


class _Driver:
    def __init__(
        self, app: Flask, course: Course, queue: list[tuple[datetime, int, Callable[[datetime], None]]]
    ) -> None:
        self._app, self._course, self._queue = app, course, queue
        self._planned = self._outbox = 0
        self._is_new = False
        self._petition, self._secret = db.session.scalars(select(Petition.id)).one(), settings().secret_key

    def plan(self, at: datetime, act: Callable[[datetime], None]) -> None:
        self._planned += 1
        heapq.heappush(self._queue, (at, self._planned, act))

    def look(self, at: datetime) -> None:
        """What the worker does every few seconds; where nobody has signed since, it would find nothing."""
        if self._is_new:
            self._is_new = False
            watching.watch_all(at)
            suspicion.memory().forget()

    def sign(self, number: int, at: datetime) -> None:
        visit = self._course.visits[number]
        fields = {
            "given_name": visit.given_name,
            "surname": visit.surname,
            "email": visit.email,
            "country": "FR",
            "name_display": "full",
            "consent_processing": "y",
            "trap": "x" if visit.fills_trap else "",
            **self._prepare(visit, at),
        }
        status, _body = self._request("POST", f"/fr/petitions/{SLUG}/signatures", visit.address, fields)
        if status != 303:
            self._course.refused.append(number)
            return
        self._is_new = True
        self._read_mail(number, at)

    def _prepare(self, visit: Visit, at: datetime) -> dict[str, str]:
        """What the page's script puts into the form, fetched when it was first touched."""
        if not visit.has_script:
            return {}
        began, asks_work = at - timedelta(seconds=visit.seconds), suspicion.memory().of(self._petition).asks_work(at)
        given = work.challenge(self._petition, began, self._secret, asks_work=asks_work)
        fields = {"stamp": given["stamp"]}
        if "work" in given:
            self._course.asked_for_work += 1
            if visit.does_work:
                fields["work"] = _solved(given["work"])
        return fields

    def _read_mail(self, number: int, at: datetime) -> None:
        """The mail that this form has caused, if any, and what its reader will do."""
        visit = self._course.visits[number]
        mail = db.session.execute(
            select(OutboxMessage.id, OutboxMessage.kind, OutboxMessage.signature_id, OutboxMessage.due_at)
            .where(OutboxMessage.id > self._outbox)
            .order_by(OutboxMessage.id.desc())
        ).first()
        db.session.rollback()
        if mail is None:
            return
        self._outbox = mail.id
        if mail.kind != "confirmation":
            return
        self._course.signatures[number] = mail.signature_id
        self._course.slowest_mail = max(self._course.slowest_mail, (mail.due_at - at).total_seconds())
        key = db.session.scalar(select(Signature.key).where(Signature.id == mail.signature_id))
        db.session.rollback()
        arrives = max(mail.due_at, at) + timedelta(seconds=2)
        path = "/fr/signatures/{}/confirmation"
        if visit.is_scanned:
            self.plan(arrives, lambda _at: self._open(path, key, visit))
        if visit.confirms_after is not None:
            self.plan(arrives + timedelta(seconds=visit.confirms_after), lambda _at: self._confirm(path, key, number))

    def _open(self, path: str, key: str, visit: Visit) -> None:
        self._request("GET", path.format(confirmation_token(key)), visit.address)

    def _confirm(self, path: str, key: str, number: int) -> None:
        status, _body = self._request("POST", path.format(confirmation_token(key)), self._course.visits[number].address)
        if status == 303:
            self._course.confirmed.add(number)

    def _request(self, method: str, path: str, address: str, fields: dict[str, str] | None = None) -> tuple[int, bytes]:
        body = urlencode(fields or {}).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost:8000",
            "REMOTE_ADDR": address,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        said: list[str] = []
        answer = self._app.wsgi_app(
            environ, lambda status, _headers, _exc=None: said.append(status) or (lambda _b: None)
        )
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        self._course.requests += 1
        return int(said[-1].split()[0]), content


def _solved(puzzle: dict[str, Any]) -> str:
    import base64

    solution = solve_challenge(
        puzzle["challenge"],
        puzzle["salt"],
        puzzle["algorithm"],
        puzzle["maxnumber"],
        0,  # type: ignore[arg-type]
    )
    kept = {name: puzzle[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps({**kept, "number": solution.number if solution else -1}).encode()).decode()
