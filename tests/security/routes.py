"""Every route that there is, with an address of each: what is tried on all of them is tried on the next one as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import Rule

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What stands in an address in place of a variable part, where a test has nothing better.
SAMPLES = {"IntegerConverter": "2147480000", "CommentConverter": "2147480000", "LocaleConverter": "fr"}


class Route(NamedTuple):
    endpoint: str
    rule: Rule
    method: str
    address: str


def routes(app: Flask, **parts: str) -> Iterator[Route]:
    """Each route by each method; `parts` are what stands in the variable parts of this name."""
    for rule in app.url_map.iter_rules():
        values = {name: parts.get(name, sample) for name, sample in variables_of(rule).items()}
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(rule.endpoint, values, method=None)
        for method in METHODS:
            if method in (rule.methods or ()):
                yield Route(rule.endpoint, rule, method, address)


def variables_of(rule: Rule) -> dict[str, str]:
    """The variable parts of a route's address, with what stands there where nothing is meant."""
    kinds = {name: converter.__class__.__name__ for name, converter in rule._converters.items()}
    return {name: SAMPLES.get(kind, "no-such-thing") for name, kind in kinds.items()}
