"""Every question that the site asks while people read and sign finds its rows by an index, on either engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.operations import demo, jobs
from petition_app.signing.lifecycle import withdraw_signature
from tests.databases import both_engines
from tests.mail.conftest import Memory
from tests.story import ALICE, link_in, mails
from tests.visitor import Visitor

# Tables that may be read through: each has a row for a petition or a job, and no row for a signature.
FEW_ROWS = {
    "petitions",
    "petition_texts",
    "recipients",
    "scheduled_jobs",
    "consent_wordings",
    "petition_counters",
    "alembic_version",
}
# A search by one of these finds a handful of rows, which may be sorted.
HANDFUL = re.compile(r"\b(mailbox|signature_id|rowid|id|key|hash)=\?")
FORM = {**ALICE, "email": "plans@example.org"}

Statement = tuple[str, Any]


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """The statements that are executed in the block, with their parameters."""
    found: list[Statement] = []

    def keep(
        _connection: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool
    ) -> None:
        found.append((statement, parameters[0] if many else parameters))

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)


@pytest.fixture
def crowd(app: Flask) -> Petition:
    """The demo petition with some thousands of signatures, and statistics about them where the engine keeps any."""
    demo.load()
    demo.add_signatures(3000, lambda _done: None)
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    petition = Petition.by_slug("demo")
    assert petition is not None
    return petition


@both_engines
def test_the_test_finds_what_it_looks_for(app: Flask, crowd: Petition) -> None:
    assert list(_faults([("SELECT id FROM signatures WHERE given_name = 'Zoé'", ())]))
    if db.engine.dialect.name == "sqlite":
        assert list(_faults([("SELECT id FROM signatures WHERE petition_id = 1 ORDER BY surname", ())]))
    assert list(_faults([("SELECT count(*) FROM signatures WHERE status = 'confirmed'", ())]))
    assert list(_faults([("SELECT id FROM signatures WHERE id = 1 LIMIT 1 OFFSET 5", ())]))
    assert not list(_faults([("SELECT id FROM signatures WHERE id = 1", ())]))


@both_engines
def test_no_hot_question_reads_a_table_through(app: Flask, client: Visitor, crowd: Petition) -> None:
    petition_id = crowd.id
    with recorded() as statements:
        _read(app, client)
        _sign_and_change_ones_mind(app, client)
        _work()
    faults = list(_faults(statements))
    assert len(statements) > 40
    assert not faults, "\n\n".join(faults)
    assert petition_id


def _read(app: Flask, client: Visitor) -> None:
    page = client.get("/fr/petitions/demo").get_data(as_text=True)
    for path in ("/fr/", "/fr/petitions/demo/live", "/readyz", "/fr/petitions/demo/comments"):
        assert client.get(path).status_code in (200, 302), path
    for _ in range(3):
        link = re.search(r'href="(/fr/petitions/demo/signatures\?before=[^"]+)"', page)
        assert link
        page = client.get(link[1].replace("&amp;", "&")).get_data(as_text=True)
    comments = client.get("/fr/petitions/demo/comments").get_data(as_text=True)
    link = re.search(r'href="(/fr/petitions/demo/comments\?before=[^"]+)"', comments)
    assert link
    assert client.get(link[1].replace("&amp;", "&")).status_code == 200


def _sign_and_change_ones_mind(app: Flask, client: Visitor) -> None:
    for _twice in range(2):
        assert client.post("/fr/petitions/demo/signatures", data={**FORM, "comment": "Oui."}).status_code == 303
    link = link_in(mails(app)[-1])
    assert client.get(link).status_code == 200
    receipt = client.post(link)
    assert receipt.status_code == 303
    personal = receipt.location.replace("/receipt", "")
    assert client.get(receipt.location).status_code == 200
    assert client.get(personal).status_code == 200
    correction = {name: FORM[name] for name in ("given_name", "surname", "country", "name_display")}
    assert client.post(personal, data=correction).status_code == 303
    assert client.post(f"{personal}/withdrawal").status_code == 303
    assert client.post(f"{personal}/erasure").status_code == 200
    client.post("/fr/petitions/demo/signatures", data={**FORM, "email": "again@example.org"})
    withdraw_signature(1, now())


def _work() -> None:
    outbox.send_due(now(), Memory())
    outbox.oldest_due(now())
    outbox.failed_count()
    jobs.run_due(now(), "plans", whenever=True)


def _faults(statements: list[Statement]) -> Iterator[str]:
    """What is wrong with the plans of these statements, in words that show statement and plan."""
    seen = set()
    for statement, parameters in statements:
        if statement in seen or not re.match(r"(?is)\s*(SELECT|UPDATE|DELETE|WITH)\b", statement):
            continue
        seen.add(statement)
        if _skips(statement, parameters):
            yield f"An offset reads all that it leaves out:\n{statement}"
        if re.search(r"(?is)^\s*SELECT count\([^)]*\)[^;]*FROM signatures", statement):
            yield f"A count of signatures is kept, not counted:\n{statement}"
        plan = _plan(statement, parameters)
        for line in plan.splitlines():
            if fault := _fault(line, plan):
                yield f"{fault}: {line.strip()}\n{statement}\n{plan}"


def _plan(statement: str, parameters: Any) -> str:
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return "\n".join(row[3] for row in rows)
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        if "pg_" in statement:
            return ""
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(row[0] for row in rows)


def _skips(statement: str, parameters: Any) -> bool:
    """Whether rows are counted off. SQLAlchemy always names an offset on SQLite: none is 0."""
    found = re.search(r"(?i)\bOFFSET\s+(\S+)\s*$", statement)
    return found is not None and not (found[1] == "?" and parameters[-1] == 0)


def _fault(line: str, plan: str) -> str:
    """What is wrong with a line of a plan, "" where nothing is."""
    if "USE TEMP B-TREE" in line:
        searched = [words for words in plan.splitlines() if words.startswith("SEARCH")]
        handful = all(HANDFUL.search(words) or words.split()[1] in FEW_ROWS for words in searched)
        return "" if handful else "Rows are sorted"
    scan = re.match(r"\s*SCAN (\w+)", line) or re.search(r"Seq Scan on (\w+)", line)
    if scan and scan[1] not in FEW_ROWS and scan[1] != "CONSTANT":
        return "A table is read through"
    return ""
