"""What the sites of a test run share or do without, because making it anew for each of two thousand proves nothing."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from copy import copy
from types import CodeType
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache, immutabledict
from werkzeug.routing import BaseConverter, Rule

from petition_app import transactions
from petition_app.files import sending
from petition_app.i18n import consistency, po, shipped


class CompiledTemplates(BytecodeCache):
    """Templates compiled once in a process: each is the same for every site, as long as its source is."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._compiled[bucket.key, bucket.checksum] = bucket.code


Builder = Callable[..., tuple[str, str]]


def share_rules() -> None:
    """Have each route read once in a process, and what builds its address compiled once: most of a start goes there."""
    _share_parts()
    _share_builders()


def _share_parts() -> None:
    """They are made of the route's text; a converter knows the map that it stands in, so each route has its own."""
    read_now = Rule._parse_rule
    routes: dict[tuple[str, tuple[Any, ...]], tuple[list[Any], list[tuple[bool, str]], dict[str, BaseConverter]]] = {}

    def read_once(rule: Rule, text: str) -> list[Any]:
        key = text, tuple(rule.map.converters.items())
        if key not in routes:
            trace, converters = rule._trace, rule._converters
            rule._trace, rule._converters = [], {}
            routes[key] = list(read_now(rule, text)), rule._trace, rule._converters
            rule._trace, rule._converters = trace, converters
        parts, trace, converters = routes[key]
        rule._trace += trace
        for name, converter in converters.items():
            rule._converters[name] = copy(converter)
            rule._converters[name].map = rule.map
            rule.arguments.add(name)
        return parts

    Rule._parse_rule = read_once  # type: ignore[method-assign]


def _share_builders() -> None:
    """They are made of the route's parts alone, and are given the route that they build for."""
    compile_now = Rule._compile_builder
    builders: dict[tuple[str, tuple[tuple[bool, str], ...], bool], Builder] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Builder:
        if rule.defaults:
            return compile_now(rule, append_unknown)
        key = rule.rule, tuple(rule._trace), append_unknown
        if key not in builders:
            builders[key] = compile_now(rule, append_unknown)
        return builders[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]


def share_templates() -> None:
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()}


def share_catalogues() -> None:
    """Have each state of a catalogue's file parsed once in a process; who asks again is given a copy of his own."""
    parse = po.parsed
    parsed: LRUCache[Any, bytes] = LRUCache(60)

    def parse_once(data: bytes, locale: str | None = None) -> po.PoCatalogue:
        key = data, locale
        if key not in parsed:
            parsed[key] = pickle.dumps(parse(data, locale), pickle.HIGHEST_PROTOCOL)
        found: po.PoCatalogue = pickle.loads(parsed[key])  # noqa: S301  # what was pickled here
        return found

    for module in (po, shipped, consistency):
        module.parsed = parse_once  # type: ignore[attr-defined]


def share_statements() -> None:
    """Have what a site has asked its database compiled once in a process, whichever engine it was sent by."""
    _share_dialects()
    Engine._execution_options = immutabledict(compiled_cache=LRUCache(5_000))


def _share_dialects() -> None:
    """Both caches, the mappers' own and the engine's, ask for the very same dialect: two that speak alike are that."""
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__eq__ = _speaks_like  # type: ignore[method-assign, assignment]
        kind.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]


def _speaks_like(one: DefaultDialect, other: object) -> bool:
    return type(one) is type(other) and one.server_version_info == other.server_version_info  # type: ignore[attr-defined]


def spare_the_disk(engine: Engine) -> None:
    """Wait for no disk, as PostgreSQL's server does not: no test cuts the power."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))


def leave_no_trace() -> None:
    """Undo what a site keeps for its whole process: the next test's would find it."""
    sending._places = threading.BoundedSemaphore(sending.MOST_AT_ONCE)
    with transactions._mutex:
        for turnstile in transactions._turnstiles.values():
            if turnstile._file is not None:
                os.close(turnstile._file)
        transactions._turnstiles.clear()
        transactions._lines.clear()
