"""An SMTP server in a process of its own that takes everything and counts it: `python -m bench.sink PORT FILE`.

It offers what most servers do, PIPELINING (RFC 2920) among it, unless it is told not to: `… FILE one-by-one`.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path


class Sink:
    """It keeps the order of what came: for each mail its subject's first word."""

    def __init__(self, file: Path, *, pipelining: bool) -> None:
        self._file = file
        offered = ["sink", *(["PIPELINING"] if pipelining else []), "8BITMIME"]
        self._greeting = "".join(f"250-{word}\r\n" for word in offered).encode() + b"250 SMTPUTF8\r\n"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(self._greeting)
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                self._take(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    def _take(self, data: bytes) -> None:
        kind = re.search(rb"^X-Kind: (\w+)|/(confirmation)\b", data, re.MULTILINE)
        with self._file.open("ab") as file:
            file.write((kind[1] or kind[2] if kind else b"other") + b"\n")


async def main(port: int, file: Path, *, pipelining: bool) -> None:
    server = await asyncio.start_server(Sink(file, pipelining=pipelining).serve, "127.0.0.1", port, limit=2**22)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), pipelining="one-by-one" not in sys.argv[3:]))
