"""Request smuggling: the proxy of the example and the program agree on where a request ends, or refuse it."""

from __future__ import annotations

import contextlib
import socket
import ssl

import pytest

from tests.operations.test_deploy import https_site
from tests.operations.test_serve import FORM
from tests.server import Site

__all__ = ["https_site"]

HOST = "petition.example.org"
PAGE = FORM.removesuffix("/signatures")
BODY = (
    "given_name=Smuggled&surname=Name&email=smuggled%40example.org&postal_code=75011&country=FR"
    "&name_display=full&consent_processing=y"
)
HIDDEN = (
    f"POST {FORM} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    f"Content-Length: {len(BODY)}\r\nSec-Fetch-Site: same-origin\r\n\r\n{BODY}"
)
POISON = f"GET /poison HTTP/1.1\r\nHost: {HOST}\r\nX-Ignore: "


def chunked(hidden: str) -> str:
    return f"0\r\n\r\n{hidden}"


def attacks() -> list[bytes]:
    """Requests that a careless pair reads in two ways: by length and by chunks, twice over, and oddly spelt."""
    found = []
    for hidden in (HIDDEN, POISON):
        for te in (
            "Transfer-Encoding: chunked",
            "Transfer-Encoding : chunked",
            " Transfer-Encoding: chunked",
            "Transfer-Encoding:\tchunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
            "X: x\nTransfer-Encoding: chunked",
            "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding: \x0bchunked",
            "Transfer_Encoding: chunked",
            'Transfer-Encoding: "chunked"',
        ):
            body = chunked(hidden)
            for length in (len(body), 5, 0):
                head = f"POST {PAGE} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n{te}\r\n\r\n"
                found.append((head + body).encode("latin-1"))
        for lengths in (
            f"Content-Length: 0\r\nContent-Length: {len(hidden)}",
            f"Content-Length: {len(hidden)}\r\nContent-Length: 0",
            f"Content-Length: 0, {len(hidden)}",
            f"Content-Length: +0\r\nX: {len(hidden)}",
            "Content-Length: 0x0",
            "Content-Length: -1",
            f"Content-Length : {len(hidden)}",
            f"Content_Length: {len(hidden)}",
        ):
            for method in ("GET", "POST"):
                head = f"{method} {PAGE} HTTP/1.1\r\nHost: {HOST}\r\n{lengths}\r\n\r\n"
                found.append((head + hidden).encode())
        for chunk in (
            "0;x=\n\r\n\r\n",
            "00000000000000000\r\n\r\n",
            "0\n\n",
            "-0\r\n\r\n",
            "0x0\r\n\r\n",
            "1\r\nZZ\r\n0\r\n\r\n",
        ):
            head = f"POST {PAGE} HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n"
            found.append((head + chunk + hidden).encode())
    return found


def exchange(port: int, data: bytes, context: ssl.SSLContext | None, patience: float = 10) -> bytes:
    """Send bytes as they are; all that comes back until it is closed, or nothing more comes for so many seconds."""
    answer = b""
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        plain = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
        plain.settimeout(patience)
        stream = stack.enter_context(context.wrap_socket(plain, server_hostname="localhost")) if context else plain
        stream.sendall(data)
        while piece := stream.recv(65_536):
            answer += piece
    return answer


@pytest.mark.long
def test_no_request_hides_in_another(https_site: tuple[Site, int]) -> None:
    """After each attack, the next ones on the proxy's kept connections get the page that they asked for.

    A second request on one connection is that client's own, and refused or answered as such: it may show up as one
    more answer to the attacker, never as another's. So what is hidden asks for what would leave a trace.
    """
    site, port = https_site
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    asked = f"GET {PAGE} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    tried = attacks()
    assert len(tried) > 100
    for number, attack in enumerate(tried):
        # A page that no cache has, so that the proxy asks the program on a connection that it keeps.
        exchange(port, attack.replace(PAGE.encode(), f"{PAGE}?n={number}".encode(), 1), context, 0.15)
        fresh = asked.replace(PAGE.encode(), f"{PAGE}?after={number}".encode())
        for _again in range(2):
            answer = exchange(port, fresh, context)
            assert answer.startswith(b"HTTP/1.1 200"), (attack[:200], answer[:200])
            assert answer.count(b"HTTP/1.1 ") == 1
            assert b"/poison" not in answer
    poisoned = asked.replace(
        b"\r\nConnection", b"\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nConnection"
    )
    assert b"evil.example" not in exchange(port, poisoned, context) + exchange(port, asked, context)
    assert exchange(site.port, asked, None).startswith(b"HTTP/1.1 200"), "the program behind it goes on"
