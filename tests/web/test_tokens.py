"""The tokens in personal addresses, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from petition_app.web.tokens import TokenDamaged, TokenExpired, confirmation_token, read_confirmation_token

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_link_stays_good_when_the_clock_is_set_back(app: Flask) -> None:
    with time_machine.travel(NOON):
        token = confirmation_token("key")
    with time_machine.travel(NOON - timedelta(hours=1)):
        assert read_confirmation_token(token) == "key"


def test_a_link_is_good_for_thirty_days(app: Flask) -> None:
    with time_machine.travel(NOON):
        token = confirmation_token("key")
    with time_machine.travel(NOON + timedelta(days=29, hours=23)):
        assert read_confirmation_token(token) == "key"
    with time_machine.travel(NOON + timedelta(days=30, minutes=1)), pytest.raises(TokenExpired):
        read_confirmation_token(token)
    with pytest.raises(TokenDamaged):
        read_confirmation_token(token[:-3] + "abc")
