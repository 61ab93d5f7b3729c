"""What a database does for a statement, and what it must not do where there are twenty million rows.

`Recorder` keeps the statements that the program sends; `faults` asks the engine for the plan of each and reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

from petition_app.extensions import db

# Tables that may be read from one end to the other, or sorted, and why that stays cheap.
SMALL = {
    "petitions": "an association has a few",
    "petition_texts": "some versions of a petition's text",
    "recipients": "a petition has a few",
    "demands": "a petition has a few",
    "recipient_answers": "a petition's recipients, each a few times",
    "petition_fields": "a form asks for eight things at most",
    "field_wordings": "some versions of a field's words",
    "scheduled_jobs": "one row a job",
    "members": "a team has a few",
    "member_sessions": "a few devices of each member, and the ended ones are forgotten",
    "member_links": "a few of each member, and the old ones are forgotten",
    "moderation_settings": "one row",
    "invalidation_rules": "a rule is made by a person, one at a time",
    "alembic_version": "one row",
    "pg_namespace": "a database's schemas: some, and two for each connection at once that has had temporary tables",
    "updates": "some dozens a petition, each written by a person",
    "update_texts": "one for each language of an update",
    "petition_counters": "128 rows a petition at most",
    "paper_batches": "some hundred sheets a petition",
    "visit_counts": "some 200 rows a petition and day at most, of 90 days",
    "site_settings": "one row a setting",
    "consent_wordings": "some versions of four wordings, in each language",
    "data_requests": "each written down by a person, and erased a year after",
    "worker_keys": "a few workers",
    "handed_keys": "one for each worker and job that goes on",
    "sealing_progress": "one row",
    "clusters": "some hundred a petition while it is attacked; else none",
    "fraud_watches": "one row a petition",
    "mail_words": "some versions of what is added to a petition's mails",
    "text_drafts": "one for each language of a petition",
    "text_parts": "the paragraphs of a petition, in each language",
    "stored_files": "ordered by a person, one at a time",
    "translations": "what the site's own translators have changed: some thousands, where they change every message",
    "translation_revisions": "each saved by a person",
}
# Indexes of some rows only that may be read from one end to the other.
SMALL_INDEXES = {
    "ix_outbox_queued": "what waits to be sent; the most urgent is at its beginning, and a LIMIT ends the reading",
    "ix_outbox_claimed": "what the workers have in hand",
    "ix_stored_files_waiting": "what is ordered and not made yet",
    "ix_comments_queue": "what waits for a look; a LIMIT ends the reading",
    "ix_invalidation_rules_at_work": "the rules that are being carried out",
    "ix_clusters_releasing": "the clusters that are being released",
    "ix_signatures_held": "what is held: none but for an attack, and a LIMIT ends the reading",
    "ix_outbox_failed": "what was given up in a week; a hundred are shown",
}
# Rows that are found by one of these, equal to a value, are a handful, which may be sorted.
FEW_BY = ("id", "key", "mailbox", "signature_id", "hash")
# Tables of which one petition may have millions of rows: none of them, or as many as a LIMIT says.
PER_PETITION = ("signatures", "comments")
_FEW = re.compile(rf"\b({'|'.join(FEW_BY)})\)?(::\w+)?\s*=")
_READS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan")
_VERBS = ("SELECT", "UPDATE", "DELETE", "WITH")


@dataclass(frozen=True)
class Statement:
    """What was sent, by whom, with the first parameters that it had."""

    route: str
    text: str
    parameters: Any = field(compare=False, hash=False)


@dataclass
class Recorder:
    """Keeps each statement of each route once."""

    statements: dict[Statement, None] = field(default_factory=dict)
    _route: str = ""

    @contextmanager
    def route(self, name: str) -> Iterator[None]:
        """What is sent in the block is this route's. A route that asks the database for nothing is a mistake."""
        self._route = name
        try:
            yield
        finally:
            self._route = ""
        assert name in {statement.route for statement in self.statements}, f"“{name}” sent no statement"

    @contextmanager
    def listening(self, engine: Engine) -> Iterator[Recorder]:
        event.listen(engine, "before_cursor_execute", self._keep)
        try:
            yield self
        finally:
            event.remove(engine, "before_cursor_execute", self._keep)

    def _keep(
        self, _connection: Connection, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if self._route and text.lstrip().upper().startswith(_VERBS):
            self.statements.setdefault(Statement(self._route, text, parameters[0] if many else parameters))


def complaints(recorder: Recorder) -> str:
    """What is wrong with all that was recorded; "" where nothing is."""
    with db.engine.connect() as connection:
        return "\n".join(fault for statement in recorder.statements if (fault := faults(connection, statement)))


def faults(connection: Connection, statement: Statement) -> str:
    """What is wrong with a statement, with it and its plan, to be read by a person; "" where nothing is."""
    if connection.dialect.name == "sqlite":
        plan = sqlite_plan(connection, statement)
        found = sqlite_faults(plan, has_limit="LIMIT" in statement.text)
    else:
        tree = postgresql_plan(connection, statement)
        plan = postgresql_lines(tree)
        found = postgresql_faults(tree, _first_columns(connection), has_limit="LIMIT" in statement.text)
    found += text_faults(statement)
    if not found:
        return ""
    reasons = "".join(f"\n  ! {reason}" for reason in found)
    return f"{statement.route}:{reasons}\n{_indented(statement.text)}\n  plan:\n{_indented(chr(10).join(plan))}\n"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def text_faults(statement: Statement) -> list[str]:
    """What can be seen without a plan: pages that are counted off, and rows that are counted one by one."""
    text, found = statement.text, []
    if (offset := re.search(r"\bOFFSET\s+([^\s)]+)", text, re.I)) and not _is_nothing(statement, offset):
        found.append("OFFSET reads all that it leaves out")
    if re.search(r"\bcount\s*\(", text, re.I) and re.search(r"\bFROM signatures\b", text, re.I):
        found.append("count() over signatures reads them all")
    return found


def _is_nothing(statement: Statement, offset: re.Match[str]) -> bool:
    """SQLAlchemy writes an OFFSET of 0 after every LIMIT for SQLite."""
    if offset[1] != "?":
        return offset[1] == "0"
    return bool(statement.parameters[statement.text[: offset.start()].count("?")] == 0)


def sqlite_plan(connection: Connection, statement: Statement) -> list[str]:
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters)
    return [str(row[3]) for row in rows]


def sqlite_faults(plan: list[str], *, has_limit: bool) -> list[str]:
    """A SCAN of anything but what is small, and a sort of what may be many rows.

    A SCAN by an index reads the whole index. A constant row and a subquery's result are no tables.
    """
    found = []
    reads = [read for line in plan if (read := re.match(r"(SCAN|SEARCH) (\w+)(?:.*?INDEX (\w+))?.*", line))]
    # What the statement itself has made; what it was made of has lines of its own.
    made = {match[1] for line in plan if (match := re.match(r"(?:MATERIALIZE|CO-ROUTINE) (\w+)", line))}
    reads = [read for read in reads if read[2] not in made]
    for read in reads:
        verb, table, index = read[1], _table(read[2]), read[3]
        if verb == "SCAN" and table not in {*SMALL, "CONSTANT", "SUBQUERY"} and index not in SMALL_INDEXES:
            found.append(f"reads all of {table}" + (f" by {index}" if index else ""))
        if verb == "SEARCH" and "ANY(" in read[0]:
            found.append(f"reads all of {table} by {index}, in steps")
        if verb == "SEARCH" and not has_limit and _is_whole_petition(table, read[0]):
            found.append(f"reads all {table} of a petition")
    many = sorted({_table(read[2]) for read in reads if not _FEW.search(read[0])} - set(SMALL))
    if many:
        found += [f"sorts rows of {', '.join(many)} ({line})" for line in plan if "TEMP B-TREE" in line]
    return found


def _is_whole_petition(table: str, condition: str) -> bool:
    return table in PER_PETITION and set(re.findall(r"(\w+)\)?(?:::\w+)?\s*[=<>]", condition)) <= {
        "petition_id",
        "status",
    }


def _table(name: str) -> str:
    """The table of an alias as SQLAlchemy makes them: `signatures_1`."""
    return re.sub(r"_\d+$", "", name)


def postgresql_plan(connection: Connection, statement: Statement) -> dict[str, Any]:
    """The plan as it would be with many rows, when it is not cheap any more to read all of them, or, for a page, to
    collect them first and to sort them then."""
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
    rows = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement.text}", statement.parameters)
    answer = rows.scalar_one()
    tree = json.loads(answer) if isinstance(answer, str) else answer
    plan: dict[str, Any] = tree[0]["Plan"]
    return plan


def postgresql_lines(node: dict[str, Any], depth: int = 0) -> list[str]:
    """The plan for a person, a node a line."""
    shown = [
        f"{name}: {node[name]}" for name in ("Relation Name", "Index Name", "Index Cond", "Filter") if name in node
    ]
    line = "  " * depth + " · ".join([node["Node Type"], *shown])
    return [line, *(below for child in node.get("Plans", []) for below in postgresql_lines(child, depth + 1))]


def _first_columns(connection: Connection) -> dict[str, str]:
    """Each index's first column: a condition on the others only reads the whole index."""
    rows = connection.exec_driver_sql(
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum = 1"
    )
    return {str(index): str(column) for index, column in rows}


def postgresql_faults(root: dict[str, Any], first_columns: dict[str, str], *, has_limit: bool) -> list[str]:
    """A table or an index that is read from one end to the other, and a sort, of anything but what is small."""
    found = []
    for node, table in _nodes(root, ""):
        kind, index = node["Node Type"], node.get("Index Name", "")
        if kind == "Seq Scan" and table not in SMALL:
            found.append(f"reads all of {table}")
        condition = node.get("Index Cond", "")
        if index and table not in SMALL and index not in SMALL_INDEXES:
            if not re.search(rf"\b{re.escape(first_columns[index])}\b", condition):
                found.append(f"reads all of {table} by {index}")
            elif not has_limit and _is_whole_petition(table, condition):
                found.append(f"reads all {table} of a petition")
        if "Sort" in kind and (many := _many(node)):
            found.append(f"sorts rows of {', '.join(many)}")
    return found


def _many(root: dict[str, Any]) -> list[str]:
    """The tables below a node of which it may get many rows."""
    reads = [
        (node.get("Index Cond", ""), table)
        for node, table in _nodes(root, "")
        if node["Node Type"] in _READS and node.get("Index Name", "") not in SMALL_INDEXES
    ]
    return sorted({table for condition, table in reads if not _FEW.search(condition)} - set(SMALL))


def _nodes(node: dict[str, Any], above: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Each node, with the table that it reads; an index's own node has it from the one above."""
    table = node.get("Relation Name", above if node["Node Type"] == "Bitmap Index Scan" else "")
    yield node, table
    for child in node.get("Plans", []):
        yield from _nodes(child, table)
