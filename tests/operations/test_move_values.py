"""Every kind of value arrives as it was, and a checksum tells when it has not."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    insert,
)

from petition_app.config import Settings
from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime
from petition_app.operations import move as moving
from petition_app.operations.move import rows
from petition_app.operations.move.places import Place
from petition_app.transactions import writing
from tests.operations.moved import silently


def test_a_checksum_knows_every_difference() -> None:
    def checksum(*batches: list[rows.Row]) -> str:
        total = rows.Checksum()
        for batch in batches:
            total.add(batch)
        return total.hex

    first, second = (1, "a", None, True), (2, "é🌊", datetime(2026, 1, 1, tzinfo=UTC), b"\0")
    assert checksum([first, second]) == checksum([first], [], [second])
    others = [(1, "a", "", True), (1, "A", None, True), (1, "a", None, 1), (1, "a", None, None), ("1", "a", None, True)]
    assert len({checksum([row, second]) for row in [first, *others]}) == 6
    assert checksum([(1, "a"), (2, "b")]) != checksum([(1, "a,2", "b")])


def test_text_keys_are_read_in_one_order_on_both_engines(full: str, settings: Settings, postgresql: str) -> None:
    """PostgreSQL would order them as a language does."""
    table = Base.metadata.tables["rate_counts"]
    with writing() as session:
        session.execute(
            insert(table),
            [{"key": key, "count": 1, "expires_at": datetime(2026, 1, 1, tzinfo=UTC)} for key in "aAbBéE_-1zZ ß"],
        )
    moving.move(settings, postgresql, silently)
    keys = []
    for url in (settings.database_url, postgresql):
        with Place.of(url).connect(read_only=True) as connection:
            keys.append([row[0] for batch in rows.read(connection, table) for row in batch])
    assert keys[0] == keys[1] == sorted(keys[0])


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_every_kind_of_value(to: str, postgresql: str, tmp_path: Path) -> None:
    """Also the kinds that no table has yet."""
    table = Table(
        "kinds",
        MetaData(),
        *(Column("a", String(40), primary_key=True), Column("b", Integer, primary_key=True, autoincrement=False)),
        *(Column("file", LargeBinary), Column("json", JSON), Column("flag", Boolean), Column("share", Float)),
        *(Column("money", Numeric(12, 2)), Column("at", UTCDateTime), Column("day", Date), Column("uuid", Uuid)),
    )
    values = [
        ("", 0, b"", {}, False, 0.0, Decimal("0.00"), datetime(1, 1, 2, tzinfo=UTC), date(1, 1, 2), uuid.UUID(int=0)),
        ("Z\\.", -5, bytes(range(256)), ["\\N", {"b": None, "a": "é🌊"}], True, 1e-300, Decimal("-9999999999.99"),
         datetime(9999, 12, 30, 23, 59, 59, 999999, UTC), date(9999, 12, 30), uuid.UUID(int=2**128 - 1)),
        ("a\t\n\r", 2**31 - 1, *[None] * 8),
        ("é\N{ZERO WIDTH JOINER}", 1, *[None] * 8),
    ]  # fmt: skip
    (tmp_path / "kinds.sqlite3").touch()
    place = Place.of(postgresql if to == "postgresql" else f"sqlite:///{tmp_path / 'kinds.sqlite3'}")
    with place.connect(read_only=False) as connection:
        with connection.begin():
            table.create(connection)
        rows.write(connection, place, table, values)
        found = [row for batch in rows.read(connection, table) for row in batch]
    assert found == values
    sums = [rows.Checksum(), rows.Checksum()]
    for total, listed in zip(sums, (values, found), strict=True):
        total.add(listed)
    assert sums[0] == sums[1]
