"""Requests that no browser sends, made by dice: wrong bytes, wrong sizes, wrong everything, on every public route."""

from __future__ import annotations

import random
import re
import socket
import struct
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from flask import Flask

from tests.story import ALICE

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close without leaving a port in TIME_WAIT
SOURCE = "127.0.0.4"
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "BREW", "P\xd6ST", "")
FIELDS = (*ALICE, "text_version", "shown", "email2", "website", "page", "q", "done", "comment[]", "", "\x00")
TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=no-such",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "b" * 300,
    "application/json",
    "text/plain",
    "*/*; ; ;=",
    "",
)
TEXTS = (
    "",
    "a",
    "Élodie Ἀθῆναι 中文 🏳️‍🌈",
    "\x00",
    "\ud800",
    "‮evil‬",
    "e" + "\u0301" * 200,
    "x" * 5000,
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "%s%n%d",
    "../../etc/passwd",
    "\r\nX-Injected: yes",
    "-1",
    "0",
    "9" * 30,
    "1e309",
    "NaN",
    "²",
    "١٢",
    "alice@example.org",
    "a@" + "b" * 250 + ".org",
    "@",
    "a@[127.0.0.1]",
    "a@xn--ls8h.la",
    "=cmd()",
)
WRONG_PARTS = ("%", "%zz", "%ff%fe", "%00", "//", "/../", "/./", ";a=b", "%2f", "é", "%c3", "?????", "#")
HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Accept-Language", ("fr", "en;q=0.5, *;q=0", "x" * 3000, "fr;q=nan", ";;;", "\xff\xfe")),
    ("Accept-Encoding", ("gzip", "gzip;q=0", "identity;q=0, *;q=0", "\x80", "br, " * 500)),
    ("If-None-Match", ("*", '"a"', 'W/"', '"' * 999, "\xe9")),
    ("If-Modified-Since", ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Foo 99999 99:99:99 GMT")),
    ("Range", ("bytes=0-", "bytes=-1", "bytes=9999999999-0", "lines=1")),
    ("Origin", ("null", "http://evil.example", "http://localhost", "\xff", "http://[::1", "://")),
    ("Sec-Fetch-Site", ("cross-site", "same-origin", "none", "?")),
    ("Referer", ("http://evil.example/", "\xff", "http://[", "/")),
    ("Cookie", ("session=eyJ", "a=b; " * 400, "=", "\x01")),
    ("HX-Request", ("true", "false", "\xc3\xa9")),
    ("HX-Target", ("a", "<b>")),
    ("HX-Current-URL", ("http://[", "javascript:alert(1)")),
    ("Host", ("", "evil.example", "a b", "localhost:99999", "[::1", "\xff", "x" * 2000, "localhost:0x50")),
    ("X-Forwarded-For", ("192.0.2.1", "a, b, c", "::1%eth0", "\xff", "," * 500)),
    ("X-Forwarded-Proto", ("https", "gopher")),
    ("X-HTTP-Method-Override", ("DELETE",)),
    ("Content-Encoding", ("gzip", "br")),
    ("Expect", ("100-continue", "200-ok")),
    ("Transfer-Encoding", ("identity", "gzip, chunked", "xchunked")),
    ("Upgrade", ("websocket", "h2c")),
    ("User-Agent", ("", "\x7f", "Mozilla/5.0 " * 300)),
)


def routes(app: Flask) -> list[Route]:
    """Every address that the site knows, as a pattern, with each of its methods: a new route is covered by itself."""
    return [
        Route(method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})
    ]


class Route(NamedTuple):
    method: str
    rule: str


@dataclass(frozen=True)
class Request:
    """The bytes; and whether they say truly where they end, so that an answer must come."""

    data: bytes
    is_whole: bool


@dataclass
class Maker:
    """Makes requests out of dice, the site's routes, and what its addresses are made of."""

    dice: random.Random
    routes: list[Route]
    known: dict[str, list[str]]

    @cached_property
    def _open(self) -> list[Route]:
        """What answers to everybody. The team's routes are most of them by now, and nearly all send one to sign in."""
        return [route for route in self.routes if not route.rule.startswith("/admin")]

    def request(self) -> Request:
        """One request, wrong in one way or in several; now and then it is none at all."""
        if self.dice.random() < 0.03:
            return Request(self.dice.randbytes(self.dice.randrange(1, 400)) + b"\r\n\r\n", is_whole=False)
        route = self.dice.choice(self._open if self.dice.random() < 0.4 else self.routes)
        method = route.method if self.dice.random() < 0.85 else self.dice.choice(METHODS)
        body, content_type = self._body() if method != "GET" or self.dice.random() < 0.1 else (b"", "")
        headers = [("Host", "localhost"), ("Connection", "close"), *self._headers()]
        size = self._size(body)
        if body or content_type:
            headers += [("Content-Type", content_type), ("Content-Length", size)]
        lines = [
            f"{method} {self._target(route.rule)} {self._version()}",
            *(f"{name}: {value}" for name, value in headers),
        ]
        names = {name for name, _value in headers}
        is_whole = size == str(len(body)) and "Transfer-Encoding" not in names
        return Request("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body, is_whole)

    def _version(self) -> str:
        return self.dice.choice(("HTTP/1.0", "HTTP/2.0", "HTTP/9", "")) if self.dice.random() < 0.04 else "HTTP/1.1"

    def _target(self, rule: str) -> str:
        path = re.sub(r"<(?:(\w+)(?:\(.*?\))?:)?(\w+)>", lambda part: self._part(part[2]), rule)
        if self.dice.random() < 0.1:
            path = self._spoil(path)
        if self.dice.random() < 0.3:
            path += "?" + self._query()
        return re.sub(r"[\x00-\x20\x7f]", "_", path) if self.dice.random() < 0.98 else path

    def _part(self, name: str) -> str:
        if self.dice.random() < 0.9 and name in self.known:
            return self.dice.choice(self.known[name])
        return self._escaped(self._text())

    def _spoil(self, path: str) -> str:
        extra = self.dice.choice(WRONG_PARTS)
        place = self.dice.randrange(len(path) + 1)
        return path[:place] + extra + path[place:]

    def _query(self) -> str:
        names = self.dice.choices((*FIELDS, "after", "before", "cursor", "locale"), k=self.dice.randrange(1, 5))
        return "&".join(f"{self._escaped(name)}={self._escaped(self._text())}" for name in names)

    def _escaped(self, text: str) -> str:
        whole = urllib.parse.quote(text, safe="", errors="surrogatepass")
        return whole[:-1] if self.dice.random() < 0.03 else whole

    def _text(self) -> str:
        if self.dice.random() < 0.2:
            return "".join(chr(self.dice.choice((*range(1, 400), 0x202E, 0xFFFE, 0x1F600))) for _ in range(12))
        return self.dice.choice(TEXTS)

    def _headers(self) -> list[tuple[str, str]]:
        chosen = self.dice.sample(HEADERS, k=self.dice.choice((0, 0, 1, 1, 2, 4)))
        return [(name, self.dice.choice(values)) for name, values in chosen]

    def _size(self, body: bytes) -> str:
        """What it says of its size: nearly always the truth."""
        if self.dice.random() < 0.97:
            return str(len(body))
        return self.dice.choice(("-1", "0", "abc", "1" * 30, "0x10", f"{len(body) + 9}"))

    def _body(self) -> tuple[bytes, str]:
        content_type = self.dice.choice(TYPES) if self.dice.random() < 0.5 else TYPES[0]
        make: Callable[[], bytes] = self.dice.choice((self._form, self._form, self._form, self._parts, self._noise))
        if make == self._parts and self.dice.random() < 0.8:
            content_type = "multipart/form-data; boundary=b"
        return make(), content_type

    def _form(self) -> bytes:
        fields = dict(ALICE)
        for name in self.dice.choices(FIELDS, k=self.dice.choice((0, 0, 1, 2, 5))):
            fields[name] = self._text()
        for name in self.dice.sample(list(ALICE), k=self.dice.choice((0, 0, 0, 1, 2))):
            fields.pop(name, None)
        fields["email"] = fields.get("email", "").replace("alice", f"fuzz{self.dice.randrange(10**9)}")
        text = "&".join(f"{self._escaped(name)}={self._escaped(value)}" for name, value in fields.items())
        return self._nibbled(text.encode("latin-1", "replace"))

    def _parts(self) -> bytes:
        parts = []
        for name in self.dice.choices(FIELDS, k=self.dice.randrange(8)):
            file = f'; filename="{self.dice.choice(("a.txt", "../x", ""))}"' if self.dice.random() < 0.2 else ""
            head = f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
            parts.append(head + self._text() + "\r\n")
        return self._nibbled("".join(parts).encode("utf-8", "surrogatepass") + b"--b--\r\n")

    def _noise(self) -> bytes:
        size = 200_000 if self.dice.random() < 0.01 else self.dice.randrange(1, 3000)
        return self.dice.randbytes(size)

    def _nibbled(self, data: bytes) -> bytes:
        """Now and then with a few wrong bytes, or cut off."""
        if data and self.dice.random() < 0.2:
            place = self.dice.randrange(len(data))
            data = data[:place] + self.dice.randbytes(3) + data[place + 3 :]
        return data[: self.dice.randrange(len(data) + 1)] if self.dice.random() < 0.1 else data


def send(port: int, request: Request, seconds: float) -> bytes:
    """Send it; answers with all that came back, without interim answers. Raises TimeoutError for a hang.

    Of what is no whole request no more is expected than that the server lets go of it when it is told that no more
    comes: it may wait for the rest until then.
    """
    with socket.socket() as connection:
        connection.settimeout(seconds)
        connection.bind((SOURCE, 0))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.connect(("127.0.0.1", port))
        answer = b""
        try:
            connection.sendall(request.data)
            if not request.is_whole:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            raise
        except OSError:
            pass  # it was thrown out, which is an answer, too
        return answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
