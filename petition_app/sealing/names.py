"""The name by which a mailbox is told apart: the canonical mailbox itself, or a keyed hash of it where the site seals.

The hash's key lies outside the database and its backups: in the file `mailbox.key` of the data folder, or in the
environment. Whoever has the database alone cannot try addresses against the hashes; whoever has both can.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from flask import current_app

from petition_app.models.signature import HASHED
from petition_app.sealing.state import Sealing, current
from petition_app.site.effective import settings
from petition_app.transactions import StorageUnavailable

FILE = "mailbox.key"
_CACHE = "mailbox_key"


class KeyMissing(StorageUnavailable):
    """The site seals, and the key of the mailboxes' names is not there, or is another one."""


def mailbox_name(mailbox: str) -> str:
    """The name of a canonical mailbox, as it is written from now on. Raises KeyMissing."""
    sealing = current()
    return mailbox if sealing is None else hashed(mailbox, sealing)


def mailbox_names(mailbox: str) -> tuple[str, ...]:
    """All names that it may have in the database: two while what is there is being converted. Raises KeyMissing."""
    sealing = current()
    if sealing is None:
        return (mailbox,)
    name = hashed(mailbox, sealing)
    return (name, mailbox) if sealing.is_converting else (name,)


def hashed(mailbox: str, sealing: Sealing) -> str:
    """Raises KeyMissing."""
    return _name(_key(sealing), mailbox)


def hashed_by(key: str, mailbox: str) -> str:
    """The name by a key that the site is not told of yet (sealing/renaming.py)."""
    return _name(key.encode(), mailbox)


def marks_key(secret: str) -> str:
    """By what marks of mailboxes' domains are keyed: by the site's secret, or where it seals by this key.

    For backups hold the secret: domains could be tried out by it. Raises KeyMissing.
    """
    sealing = current()
    return secret if sealing is None else _key(sealing).decode()


def is_hashed(name: str | None) -> bool:
    return name is not None and name.startswith(HASHED)


def mark_of(key: str) -> str:
    """What tells the right key, and tells nobody what it is."""
    return _hmac(key.encode(), "which key is this")[:22]


def found_key() -> str:
    """The key as it is where this process runs; "" where there is none."""
    key = settings().mailbox_key
    if key:
        return key
    try:
        return _file().read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def make_key() -> str:
    """The key that is there, or a new one in a file of its own, for its owner alone.

    Raises KeyMissing where that would be one node's alone, or where the folder cannot be written.
    """
    key = found_key()
    if key:
        return key
    if not settings().on_sqlite:
        raise KeyMissing("PETITION_MAILBOX_KEY is not set")
    key, path = secrets.token_urlsafe(48), _file()
    draft = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # two who turn it on together agree on the first one's
        except FileExistsError:
            key = found_key()
        finally:
            draft.unlink()
    except OSError as error:
        raise KeyMissing(f"{path} cannot be written") from error
    return key


def is_key_right(sealing: Sealing) -> bool:
    return hmac.compare_digest(mark_of(found_key()), sealing.mark)


def _key(sealing: Sealing) -> bytes:
    """The key, looked at anew where the one that was known is not the site's."""
    mark, key = current_app.extensions.get(_CACHE, ("", b""))
    if mark != sealing.mark:
        key = found_key().encode()
        if mark_of(key.decode()) != sealing.mark:
            raise KeyMissing("the key of the mailboxes' names is not there, or is another one: petition doctor")
        current_app.extensions[_CACHE] = (sealing.mark, key)
    return key  # type: ignore[no-any-return]  # put there above


def _file() -> Path:
    return settings().data_dir / FILE


def _name(key: bytes, mailbox: str) -> str:
    return HASHED + _hmac(key, f"mailbox|{mailbox}")


def _hmac(key: bytes, text: str) -> str:
    digest = hmac.new(key, f"petition_app {text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
