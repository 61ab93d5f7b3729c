"""An SMTP server that says what a test wants, when the test wants it: for what no well-behaved one does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from petition_app.config_values import MailServer

# What it says to each command, unless a test has something else for it.
USUAL = {"MAIL": "250 sender ok", "RCPT": "250 recipient ok", "DATA": "354 go on", "RSET": "250 ok", "NOOP": "250 ok"}
HANGS_UP = ""
DRIPS = "drop by drop"


@dataclass
class Scripted:
    """`answers` are taken from the front, those of a command in turn; then come the usual ones. "" hangs up.
    Drop by drop, it has one more byte to say each time before one stops listening.

    With `pipelining` it offers that, and answers nothing of an envelope before it has DATA: whoever waits for each
    answer waits for ever. Without, it hangs up on whoever does not wait.
    """

    pipelining: bool = True
    answers: dict[str, list[str]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    connections: int = 0
    envelopes_begun: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def server(self) -> MailServer:
        return MailServer("127.0.0.1", self.port, tls=False, user=None, password=None)

    def start(self) -> Callable[[], None]:
        """Listen on a free port; answers how to end it."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        threading.Thread(target=self._listen, args=(listening,), daemon=True).start()
        return lambda: (listening.shutdown(socket.SHUT_RDWR), listening.close())[1]  # type: ignore[func-returns-value]

    def _listen(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _address = listening.accept()
                self.connections += 1
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            connection.sendall(b"220 scripted\r\n")
            unsaid: list[str] = []
            while line := lines.readline():
                verb = line[:4].decode().upper()
                self.commands.append(line.decode().strip())
                self.envelopes_begun.set()
                if verb == "EHLO":
                    more = "250-PIPELINING\r\n" if self.pipelining else ""
                    connection.sendall(f"250-scripted\r\n{more}250 8BITMIME\r\n".encode())
                    continue
                if verb == "QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                unsaid.append(self._answer(verb))
                if self.pipelining and verb in ("MAIL", "RCPT"):
                    continue
                if not self.pipelining and _has_more(connection, lines):
                    return
                if not _say(connection, unsaid):
                    return
                if unsaid.pop().startswith("354") and verb == "DATA" and not self._take(connection, lines):
                    return
                unsaid.clear()

    def _answer(self, verb: str) -> str:
        mine = self.answers.get(verb)
        return mine.pop(0) if mine else USUAL[verb]

    def _take(self, connection: socket.socket, lines: BinaryIO) -> bool:
        """The text, up to the dot; whether the connection goes on."""
        text = b""
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return False
            text += line
        answer = (self.answers.get("text") or ["250 taken"])[0]
        if "text" in self.answers:
            self.answers["text"] = self.answers["text"][1:]
        if answer.startswith("250"):
            self.texts.append(text)
        return _say(connection, [answer])


def _say(connection: socket.socket, answers: list[str]) -> bool:
    for answer in answers:
        if answer == HANGS_UP:
            connection.shutdown(socket.SHUT_RDWR)
            return False
        if answer == DRIPS:
            for drop in b"250-well\r\n" * 5:
                connection.sendall(bytes([drop]))
                time.sleep(0.05)
            answer = "250 taken"
        connection.sendall(f"{answer}\r\n".encode())
    return True


def _has_more(connection: socket.socket, lines: BinaryIO) -> bool:
    """Whether something came that was not waited for."""
    connection.setblocking(False)
    try:
        return bool(lines.peek(1))  # type: ignore[attr-defined]  # a BufferedReader has it
    except OSError:
        return False
    finally:
        connection.setblocking(True)
