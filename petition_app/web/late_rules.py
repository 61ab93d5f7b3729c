"""Routes whose addresses are written by a function that is compiled when the first one is asked for.

Werkzeug compiles two for each route while it is registered. There are hundreds of routes, most of them the admin's:
that was nine tenths of what it took to make an application, and a process of the site uses a few dozen of them.
"""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LateRule(Rule):
    """A route as Werkzeug's own. Should a later Werkzeug ask otherwise for its builders, they are compiled at once."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compile_now = super()._compile_builder

        def build(rule: LateRule, **values: object) -> tuple[str, str]:
            builder: Builder = compile_now(append_unknown).__get__(rule, None)
            if append_unknown:
                rule._build_unknown = builder
            else:
                rule._build = builder
            return builder(**values)

        return build
