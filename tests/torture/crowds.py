"""Many connections at once: idle ones, slow ones, readers whose page asks again and again."""

from __future__ import annotations

import asyncio
import contextlib
import re
import resource
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator

from tests.torture.load import BROKEN, PAGE, ask

SPARE_FILES = 600  # for everything else that a process has open
# From addresses of their own, so that the ports of 127.0.0.1 last for everybody else.
IDLERS, SLOW_ONES = "127.0.0.2", "127.0.0.3"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close without leaving a port in TIME_WAIT


def allow_open_files(wanted: int) -> int:
    """Let this process, and those that it starts, open so many; answers with how many connections that allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = 2**20
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, wanted + SPARE_FILES)), hard))
    return min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES)


def connect(port: int, source: str) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(30)
    connection.bind((source, 0))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.connect(("127.0.0.1", port))
    return connection


@contextlib.contextmanager
def idle_connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many connections that have had an answer and may have another: nobody asks."""
    connections: list[socket.socket] = []
    request = f"GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()
    try:
        for _ in range(count):
            connection = connect(port, IDLERS)
            connections.append(connection)
            connection.sendall(request)
            answer = connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200"), f"the {len(connections)}th connection was answered {answer!r}"
        yield connections
    finally:
        for connection in connections:
            connection.close()


@contextlib.contextmanager
def slow_connections(port: int, count: int, beginning: bytes) -> Iterator[None]:
    """So many clients that send this, and then a byte now and then; one that is shut out comes again."""
    end = threading.Event()
    connections = [_slow(port, beginning) for _ in range(count)]

    def trickle() -> None:
        while not end.wait(1.0):
            for place, connection in enumerate(connections):
                try:
                    connection.send(b"x")
                except OSError:
                    connection.close()
                    with contextlib.suppress(OSError):
                        connections[place] = _slow(port, beginning)

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(60)
        for connection in connections:
            connection.close()


def _slow(port: int, beginning: bytes) -> socket.socket:
    connection = connect(port, SLOW_ONES)
    connection.sendall(beginning)
    connection.setblocking(False)
    return connection


class Readers:
    """People with the petition open: each page asks for the number at the pace that the last answer set."""

    def __init__(self, port: int, count: int) -> None:
        self.answers: Counter[str] = Counter()
        self._port, self._count = port, count
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._read()), daemon=True)

    def __enter__(self) -> Readers:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join(60)

    async def _read(self) -> None:
        tasks = [asyncio.create_task(self._follow(n / self._count)) for n in range(self._count)]
        while not self._end.is_set():
            await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, share: float) -> None:
        """One reader, on one connection for as long as it lasts."""
        tag, pause = "", 3.0
        await asyncio.sleep(share * pause)
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                while True:
                    status, headers = await self._poll(reader, writer, tag)
                    self.answers[status] += 1
                    tag = headers.get("etag", tag)
                    await asyncio.sleep(pause)
            except (OSError, asyncio.IncompleteReadError, KeyError, ValueError):
                self.answers["broken"] += 1
                await asyncio.sleep(pause)

    async def _poll(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tag: str
    ) -> tuple[str, dict[str, str]]:
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        request = f"GET {PAGE}/live HTTP/1.1\r\nHost: localhost:{self._port}\r\nHX-Request: true\r\n{known}\r\n"
        writer.write(request.encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).decode()
        headers = {name.lower(): value for name, value in re.findall(r"(?m)^([\w-]+): (.*)\r$", head)}
        status = head.split(" ", 2)[1]
        if status != "304":
            await reader.readexactly(int(headers["content-length"]))
        return status, headers


@contextlib.contextmanager
def watched(port: int, seconds: float = 15) -> Iterator[list[str]]:
    """A monitor asks for the site's health all the time; what was not well is in the list."""
    unwell: list[str] = []
    end = threading.Event()

    def watch() -> None:
        while not end.wait(0.3):
            for path in ("/healthz", "/readyz", PAGE):
                try:
                    answer = ask(port, path, seconds=seconds)
                except BROKEN as error:
                    unwell.append(f"{path}: {type(error).__name__} {error}")
                else:
                    if answer.status != 200:
                        unwell.append(f"{path}: {answer.status} {answer.text[:300]}")

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield unwell
    finally:
        end.set()
        thread.join(4 * seconds)
