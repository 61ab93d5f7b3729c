from __future__ import annotations

from petition_app.texts import exchange
from petition_app.texts.reading import parts_of


def test_x(petition):
    for p in parts_of(petition, "en"):
        print(p.key, p.found.group, p.found.label, repr(p.source), repr(p.target), p.state, p.is_online)
    for p in parts_of(petition, "de"):
        print(p.key, repr(p.source), repr(p.target), p.state, p.is_online)
    for f in exchange.FORMATS:
        d = exchange.FORMATS[f].write(exchange.bundle_of(petition, "en"))
        print(d.decode())
        b = exchange.read_file(d)
        assert b.entries
        print(b)
    assert 0
