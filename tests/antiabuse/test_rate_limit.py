"""A flood from one network is stopped, wherever the counting is done and whichever node it reaches."""

from __future__ import annotations

import dataclasses
import logging
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fakeredis
import pytest
import time_machine
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as Broken

from petition_app import create_app
from petition_app.antiabuse import rate_limit
from petition_app.antiabuse.rate_limit import Limit, TooMany
from petition_app.antiabuse.redis_counts import LEFT_ALONE_FOR, PREFIX, RedisCounts
from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import Petition, RateCount
from petition_app.operations import doctor
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.server import wait_until
from tests.story import sign
from tests.visitor import Visitor

BURST, DAY = Limit("test-burst", 3, 600), Limit("test-day", 5, 86_400)
BOTH = (BURST, DAY)
Act = Callable[[], None]


@pytest.fixture
def variables() -> dict[str, str]:
    return {"PETITION_ABUSE_CONTROLS": "on"}


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thirty-first signature of an address is a flood already."""
    monkeypatch.setattr(rate_limit, "SIGNING", (Limit("signing-burst", 30, 600), Limit("signing-day", 400, 86_400)))
    monkeypatch.setattr(rate_limit, "SIGNING_NETWORK", ())


def take(at: datetime, network: str = "192.0.2.1") -> None:
    with writing() as session:
        rate_limit.count_once(session.connection(), BOTH, network, at, "secret")


def look(at: datetime) -> None:
    rate_limit.refuse_beyond(BOTH, "192.0.2.1", at, "secret")


@pytest.fixture(autouse=True)
def begin() -> Iterator[datetime]:
    """The first second of tomorrow: no window of a limit ends while a test runs, and none is over for Redis."""
    begin = datetime.fromtimestamp((time.time() // 86_400 + 1) * 86_400 + 1, UTC)
    with time_machine.travel(begin, tick=True):
        yield begin


class Stand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def fake(app: Flask) -> Redis:
    """A Redis in this process, counting for the app."""
    client = fakeredis.FakeStrictRedis()
    app.extensions["redis-counts"] = RedisCounts(client)
    return client


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def anywhere(request: pytest.FixtureRequest) -> None:
    if request.param == "redis":
        request.getfixturevalue("fake").flushall()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """Each place of the counts on its own engine."""
    if hasattr(request, "param"):
        return str(request.param)
    node = getattr(request.node, "callspec", None)
    return "postgresql" if node and node.params.get("anywhere") == "postgresql" else "sqlite"


def test_the_limits_are_the_same_wherever_it_is_counted(app: Flask, anywhere: None, begin: datetime) -> None:
    for _ in range(3):
        look(begin)
        take(begin)
    with pytest.raises(TooMany) as refused:
        look(begin)
    assert refused.value.retry_after == 600
    for _ in range(4):
        with pytest.raises(TooMany):
            take(begin)
    take(begin, "192.0.2.2")
    after = begin + timedelta(seconds=600)
    # The four that were refused have used up nothing of the day.
    for _ in range(2):
        look(after)
        take(after)
    with pytest.raises(TooMany) as refused:
        take(after)
    assert refused.value.retry_after > 80_000


def test_redis_holds_hashes_that_end_with_their_window(app: Flask, fake: Redis, begin: datetime) -> None:
    take(begin)
    keys = [key.decode() for key in fake.scan_iter()]
    assert sorted(keys) == sorted(PREFIX + limit.key("192.0.2.1", begin, "secret") for limit in BOTH)
    for limit in BOTH:
        ends = fake.expiretime(PREFIX + limit.key("192.0.2.1", begin, "secret"))
        assert ends == int(limit.ends(begin).timestamp())
    assert db.session.query(RateCount).count() == 0


def test_without_redis_the_database_counts_and_it_is_said_once_a_minute(
    app: Flask, client: Visitor, petition: Petition, low: None, caplog: pytest.LogCaptureFixture
) -> None:
    server, clock = fakeredis.FakeServer(), Stand()
    app.extensions["redis-counts"] = RedisCounts(fakeredis.FakeStrictRedis(server=server), clock)
    server.connected = False
    with caplog.at_level(logging.WARNING):
        for number in range(30):
            clock.at += LEFT_ALONE_FOR / 4
            assert sign(client, email=f"n{number}@example.org").status_code == 303
        assert sign(client, email="more@example.org").status_code == 429
    told = [record for record in caplog.records if "redis does not count" in record.message]
    assert len(told) == 1
    clock.at += 60
    with caplog.at_level(logging.WARNING):
        assert sign(client, email="more@example.org").status_code == 429
    assert len([record for record in caplog.records if "redis does not count" in record.message]) == 2
    server.connected = True
    clock.at += LEFT_ALONE_FOR
    assert sign(client, email="more@example.org").status_code == 303, "Redis counts again"


def test_a_silent_redis_is_not_asked_again_at_once(app: Flask) -> None:
    asked = []

    class Silent:
        def register_script(self, _script: str) -> Callable[..., object]:
            def ask(**_: object) -> object:
                asked.append(1)
                raise Broken("secret-host refused")

            return ask

    clock = Stand()
    counts = RedisCounts(Silent(), clock)  # type: ignore[arg-type]  # as much of a client as is asked
    assert counts.count([]) is None
    assert counts.count([]) is None
    assert len(asked) == 1
    clock.at = LEFT_ALONE_FOR
    assert counts.count([]) is None
    assert len(asked) == 2


def test_a_redis_that_hangs_holds_nobody_up(app: Flask, settings: Settings, begin: datetime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        url = f"redis://127.0.0.1:{hanging.getsockname()[1]}"
        node = create_app(dataclasses.replace(settings, redis_url=url))
        started = time.monotonic()
        with node.app_context():
            take(begin)
            assert time.monotonic() - started < 2
            assert db.session.query(RateCount).count() == 2
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[tuple[str, Act, Act]]:
    """Debian's Redis on a socket: its address, and how it is ended and started."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed here: only the imitation was counted with.")
    path = tmp_path / "r.sock"
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        wait_until(lambda: path.exists() and Redis(unix_socket_path=str(path)).ping(), 10)

    def stop() -> None:
        running[-1].terminate()
        running[-1].wait(10)

    start()
    yield f"unix://{path}", stop, start
    stop()


@both_engines
def test_nodes_share_the_counts_of_a_real_redis(
    app: Flask, settings: Settings, petition: Petition, low: None, redis_server: tuple[str, Act, Act]
) -> None:
    url, stop, start = redis_server
    nodes = [create_app(dataclasses.replace(settings, redis_url=url)) for _ in range(2)]
    clients = []
    for node in nodes:
        node.test_client_class = Visitor
        clients.append(node.test_client())
    answers = [sign(clients[n % 2], email=f"n{n}@example.org").status_code for n in range(31)]
    assert answers == [303] * 30 + [429]
    assert db.session.query(RateCount).count() == 0

    with nodes[0].app_context():
        assert doctor_says() == "ok"
        stop()
        assert doctor_says() == "wrong"
        assert sign(clients[0], email="x@example.org").status_code == 303, "the database counts, from zero"
        start()
        assert doctor_says() == "ok"
        db.session.remove()
    assert sign(clients[1], email="y@example.org").status_code == 303, "its old connection is made anew"
    assert int(Redis.from_url(url).dbsize()) == 2
    for node in nodes:
        with node.app_context():
            db.session.remove()
            db.engine.dispose()


def doctor_says() -> str:
    return next(finding.verdict for finding in doctor.examine() if finding.subject == "redis")


@both_engines
def test_nodes_share_the_counts_of_the_database(app: Flask, settings: Settings, petition: Petition, low: None) -> None:
    other = create_app(settings)
    other.test_client_class = Visitor
    clients = [app.test_client(), other.test_client()]
    answers = [sign(clients[n % 2], email=f"n{n}@example.org").status_code for n in range(31)]
    assert answers == [303] * 30 + [429]
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


def test_what_is_beyond_the_free_part_is_slowed(app: Flask, begin: datetime) -> None:
    limit = Limit("test-slow", 6, 600, free=2, pace=7)
    waits = []
    for _ in range(5):
        with writing() as session:
            waits.append(
                rate_limit.count_once(session.connection(), [limit], "192.0.2.1", begin, "secret").total_seconds()
            )
    assert waits == [0, 0, 7, 14, 21]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::5", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("nonsense", "unknown"),
    ],
)
def test_a_neighbourhood_is_a_24_or_a_48(address: str, network: str) -> None:
    assert rate_limit.wide_network_of(address) == network
