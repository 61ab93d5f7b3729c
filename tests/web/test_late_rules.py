"""Routes are registered without compiling what writes their addresses, and write the same ones as Werkzeug's own."""

from __future__ import annotations

import gc
import weakref

import pytest
from flask import Flask, url_for
from werkzeug.routing import Map, Rule

from petition_app import create_app
from petition_app.config import Settings


def test_only_what_is_linked_to_is_compiled(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile_builder = Rule._compile_builder

    def counting(rule: Rule, append_unknown: bool = True) -> object:
        compiled.append(rule.rule)
        return compile_builder(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", counting)
    app = create_app(settings)
    assert compiled == []
    with app.test_request_context("/"):
        for _ in range(3):
            assert url_for("public.petition", locale="fr", slug="eau", via="mail") == "/fr/petitions/eau?via=mail"
    assert compiled == ["/<locale:locale>/petitions/<slug:slug>"]


def test_addresses_are_those_of_werkzeug(app: Flask) -> None:
    rules = list(app.url_map.iter_rules())
    assert len(rules) > 200
    theirs = Map(converters=app.url_map.converters)
    for rule in rules:
        twin = Rule(rule.rule, **rule.get_empty_kwargs())
        theirs.add(twin)
        values = dict.fromkeys(rule.arguments, 7) | {"more": "a&é"}
        for append_unknown in (True, False):
            for _ in range(2):  # the first one compiles
                assert rule.build(values, append_unknown) == twin.build(values, append_unknown), rule


def test_an_application_that_is_done_with_leaves_nothing(settings: Settings) -> None:
    app = create_app(settings)
    app.test_client().get("/healthz")
    gone = weakref.ref(app)
    del app
    gc.collect()
    assert gone() is None
