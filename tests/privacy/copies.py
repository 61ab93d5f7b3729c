"""What a stolen copy of a site tells of somebody: looked for in each column, in every guise that a word can take."""

from __future__ import annotations

import base64
import contextlib
import json
import sqlite3
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

DATABASE = "petition.sqlite3"


def unpacked(archive: Path, folder: Path) -> dict[str, bytes]:
    """The members of a backup by their names; the database lies in the folder, to be asked."""
    with tarfile.open(archive) as packed:
        members = {member.name: packed.extractfile(member).read() for member in packed}  # type: ignore[union-attr]
    (folder / DATABASE).write_bytes(members[DATABASE])
    return members


def guises(word: str) -> set[bytes]:
    """A word as it is, and as it stands in JSON, in an address, in hex, in base64 at any place, in UTF-16."""
    plain = word.encode()
    found = {plain, word.lower().encode(), word.upper().encode(), word.encode("utf-16-le"), word.encode("utf-16-be")}
    found |= {quote(word).encode(), quote(word, safe="").encode(), quote_plus(word).encode()}
    found |= {quote(word, safe="").lower().encode(), json.dumps(word)[1:-1].encode()}
    for each in (plain, word.lower().encode()):
        found |= {each.hex().encode(), each.hex().upper().encode(), each.hex(" ").encode()}
        found |= set(_in_base64(each)) | set(_in_base64(quote(each).encode()))
    return found


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """What stands in base64 of anything that holds these bytes, wherever in it they begin."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + plain)
        inner = whole[(0, 2, 3)[before] : -4]  # what the bytes before and after have no part in
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def columns_with(database: Path, words: Iterable[str]) -> dict[str, set[str]]:
    """By `table.column`: which of these words stand in it, in whatever guise; packed files are looked into."""
    looked_for = {word: guises(word) for word in words}
    found: dict[str, set[str]] = {}
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f'SELECT * FROM "{table.decode()}"')  # noqa: S608  # the database's own names
            names = [column[0] for column in rows.description]
            for row in rows:
                for name, cell in zip(names, row, strict=True):
                    content = b"\n".join(_readings(cell))
                    here = {word for word, forms in looked_for.items() if any(form in content for form in forms)}
                    if here:
                        found.setdefault(f"{table.decode()}.{name}", set()).update(here)
    return found


def _readings(cell: object) -> Iterator[bytes]:
    content = cell if isinstance(cell, bytes) else str(cell).encode()
    yield content
    with contextlib.suppress(UnicodeDecodeError, ValueError):
        yield json.dumps(json.loads(content), ensure_ascii=False).encode()
    with contextlib.suppress(zlib.error):
        yield zlib.decompress(content)
