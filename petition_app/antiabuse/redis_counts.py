"""The counts of rate limits in Redis or Valkey, where PETITION_REDIS_URL names one.

Whoever counts here must be able to count elsewhere: where Redis does not answer, every function says None, at once and
for some seconds without asking again. The keys are the keyed hashes that the database would hold, too.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, current_app

from petition_app.config_sources import ConfigurationError

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)

PREFIX = "petition:rate:"
# Seconds. It is asked within the transaction that writes a signature, and answers in less than a thousandth.
ANSWERS_WITHIN = 0.25
LEFT_ALONE_FOR = 5.0
LOGGED_EVERY = 60.0

# All or nothing, as in the database: where one limit is reached, no other is counted either. KEYS: one for each
# limit; ARGV: for each the most, and when its window ends (seconds since 1970). Answers what each count would be.
COUNT = """
local counts, beyond = {}, false
for i, key in ipairs(KEYS) do
  counts[i] = (tonumber(redis.call('GET', key)) or 0) + 1
  if counts[i] > tonumber(ARGV[2 * i - 1]) then beyond = true end
end
if not beyond then
  for i, key in ipairs(KEYS) do
    redis.call('INCR', key)
    redis.call('EXPIREAT', key, ARGV[2 * i])
  end
end
return counts
"""


class Slot(NamedTuple):
    """One limit in one window: its key, how often at most, and when the window ends."""

    key: str
    most: int
    ends: datetime


class RedisCounts:
    """The counts behind one client. Safe for any number of threads."""

    def __init__(self, client: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._count = client.register_script(COUNT)
        self._mutex = threading.Lock()
        self._silent_until = self._next_log = float("-inf")

    def read(self, keys: Sequence[str]) -> list[int] | None:
        """The counts so far; None where Redis does not answer."""
        return self._ask(lambda: [int(count or 0) for count in self._values(keys)])

    def count(self, slots: Sequence[Slot]) -> list[int] | None:
        """Count one more for each; None where Redis does not answer. Where one is beyond its most, none is counted."""
        arguments = [value for slot in slots for value in (slot.most, int(slot.ends.timestamp()))]
        keys = [PREFIX + slot.key for slot in slots]
        return self._ask(lambda: [int(count) for count in self._run(keys, arguments)])

    def trouble(self) -> str:
        """What keeps it from counting, in a few words; empty where nothing does. Its own key is gone at once."""
        try:
            self._run([f"{PREFIX}doctor"], [1, 0])
        except Exception as error:  # whatever it is, it is to be told
            return type(error).__name__
        return ""

    def _values(self, keys: Sequence[str]) -> Any:
        return self._client.mget([PREFIX + key for key in keys])

    def _run(self, keys: list[str], arguments: Sequence[int]) -> Any:
        return self._count(keys=keys, args=arguments)

    def _ask(self, question: Callable[[], list[int]]) -> list[int] | None:
        from redis.exceptions import RedisError

        if self._clock() < self._silent_until:
            return None
        try:
            return question()
        except (RedisError, OSError, ValueError) as error:
            self._note(error)
            return None

    def _note(self, error: Exception) -> None:
        """Leave it alone for a while, and say so once a minute. The message of an error may name the address."""
        with self._mutex:
            at = self._clock()
            self._silent_until = at + LEFT_ALONE_FOR
            is_told = at < self._next_log
            if not is_told:
                self._next_log = at + LOGGED_EVERY
        if not is_told:
            fields = {"reason": type(error).__name__}
            log.warning("redis does not count rate limits; the database does", extra={"fields": fields})


def init_app(app: Flask) -> None:
    """Prepare the client; it connects when it is first asked. Raises ConfigurationError."""
    url = app.config["SETTINGS"].redis_url
    app.extensions["redis-counts"] = RedisCounts(_client(url)) if url else None


def counts() -> RedisCounts | None:
    """The running application's counts; None where it counts in the database."""
    found: RedisCounts | None = current_app.extensions["redis-counts"]
    return found


def trouble() -> str:
    """What keeps Redis from counting, in a few words; empty where nothing does."""
    found = counts()
    return found.trouble() if found else ""


def _client(url: str) -> Redis:
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError as Broken
        from redis.retry import Retry
    except ImportError as error:
        raise ConfigurationError(
            [
                f"PETITION_REDIS_URL is set, but the package for it cannot be loaded ({error}). "
                "Install it: make install EXTRAS=redis"
            ]
        ) from error
    # Asked again once, for a connection from before a restart of the server is broken; not after a silence, for what
    # was not answered may have been counted.
    again: Any = Retry(NoBackoff(), 1, supported_errors=(Broken,))
    try:
        return Redis.from_url(url, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=ANSWERS_WITHIN, retry=again)
    except ValueError as error:
        raise ConfigurationError([f"PETITION_REDIS_URL is wrong: {error}."]) from None
