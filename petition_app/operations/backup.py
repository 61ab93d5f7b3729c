"""The site in one file, and back again, both while it runs.

The file is a compressed tar archive: what it is (`manifest.json`), the database as of one moment (SQLite's online
backup), and the generated secret, without which the personal links in the signers' mails would no longer open. What
networks and mailboxes are hashed by (`network.key`, `mailbox.key`) is left out, so that nobody tries them out on it.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy.engine import make_url

from petition_app.config import Settings

FORMAT = "petition_app backup 1"
DATABASE, SECRET, MANIFEST = "petition.sqlite3", "secret_key", "manifest.json"
# The secret and the manifest have a few hundred bytes; what is read of an archive at once has some kilobytes.
LARGEST_SMALL, LARGEST_PIECE = 2**16, 2**20
# What the disk keeps free beside an unpacked database.
KEPT_FREE = 2**24


class BackupError(Exception):
    """It cannot be done; the message says why, and what to do."""


@dataclass(frozen=True)
class Restored:
    """What came back: the moment of the backup, how many signatures it counts, and where the state before it lies."""

    made_at: str
    signatures: int
    safety_copy: Path
    secret_changed: bool


def backup(settings: Settings, target: Path) -> dict[str, Any]:
    """Write the site into one file, readable by its owner alone; answers with its manifest. Raises BackupError."""
    database = _database_file(settings)
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
        copy = Path(folder) / DATABASE
        _copy_database(database, copy)
        manifest = _manifest(copy)
        try:
            _write_archive(target, manifest, copy, settings.data_dir / SECRET)
        except OSError as error:
            raise BackupError(f"{target} cannot be written: {error.strerror}.") from error
    return manifest


def restore(settings: Settings, source: Path, known_revisions: set[str]) -> Restored:
    """Bring back what a backup holds, into the running site. Raises BackupError, and has changed nothing then."""
    database = _database_file(settings)
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder, _unpacked(source, Path(folder)) as manifest:
        copy = Path(folder) / DATABASE
        _check_integrity(copy)
        held = _manifest(copy)  # what the database says of itself, whatever stands beside it
        if held["schema"] not in known_revisions:
            raise BackupError(
                f"The backup's schema ({held['schema']}) is not known to this version of the program. "
                "Install the version that made it, or a newer one."
            )
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        safety = settings.data_dir / f"before-restore-{stamp}.tar.gz"
        if database.exists():
            backup(settings, safety)
        _copy_database(copy, database)
        changed = _restore_secret(settings, Path(folder) / SECRET)
    return Restored(str(manifest["made_at"]), int(held["confirmed_signatures"]), safety, changed)


def _database_file(settings: Settings) -> Path:
    if not settings.on_sqlite:
        raise BackupError(
            "The database is PostgreSQL: use its own tools, pg_dump --format=custom to back it up and pg_restore "
            "to bring it back, and keep a copy of PETITION_SECRET_KEY, in another place than the dumps."
        )
    return Path(make_url(settings.database_url).database or "")


def _copy_database(source: Path, target: Path) -> None:
    """Copy one database into another, as of one moment, while others read and write either."""
    if not source.exists():
        raise BackupError(f"There is no database at {source} yet: run petition upgrade.")
    with (
        contextlib.closing(sqlite3.connect(source, timeout=30)) as reader,
        contextlib.closing(sqlite3.connect(target, timeout=30)) as writer,
    ):
        writer.execute("PRAGMA busy_timeout=30000")
        reader.backup(writer)
    target.chmod(0o600)


def _manifest(database: Path) -> dict[str, Any]:
    from petition_app.operations.version import version

    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            counted = connection.execute("SELECT count(*) FROM signatures WHERE status = 'confirmed'").fetchone()[0]
        except (sqlite3.Error, TypeError) as error:
            raise BackupError("There is a database, but nothing of this program in it.") from error
    return {
        "format": FORMAT,
        "program": version(),
        "schema": schema,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "confirmed_signatures": counted,
    }


def _write_archive(target: Path, manifest: dict[str, Any], database: Path, secret: Path) -> None:
    """All of it or nothing: the file appears under its name once it is whole and on the disk."""
    handle, draft = tempfile.mkstemp(dir=target.resolve().parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as raw:
            with (
                gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6) as packed,
                tarfile.open(fileobj=packed, mode="w") as archive,
            ):
                _add(archive, MANIFEST, json.dumps(manifest, indent=2).encode())
                archive.add(database, DATABASE)
                if secret.exists():
                    _add(archive, SECRET, secret.read_bytes())
            raw.flush()
            os.fsync(raw.fileno())
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    archive.addfile(info, io.BytesIO(content))


class _InPieces:
    """A backup's bytes, unpacked as they are read: nothing in it has them read at once, however large it says it is."""

    def __init__(self, packed: gzip.GzipFile) -> None:
        self._packed = packed

    def read(self, size: int) -> bytes:
        if not 0 <= size <= LARGEST_PIECE:
            raise tarfile.ReadError("a part of the archive says that it is too large")
        return self._packed.read(size)

    def seek(self, place: int) -> int:
        return self._packed.seek(place)

    def tell(self) -> int:
        return self._packed.tell()


def _refuse_too_large(member: tarfile.TarInfo, folder: Path) -> None:
    """A few bytes can be packed that fill a disk: what a part says of its size is looked at before it is unpacked."""
    most = shutil.disk_usage(folder).free - KEPT_FREE if member.name == DATABASE else LARGEST_SMALL
    if member.size > most:
        raise BackupError(
            f"{member.name} in this backup has {member.size} bytes, and at most {max(0, most)} can be taken. "
            "If it is a backup of yours, make room on the disk."
        )


def _for_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _unpacked(source: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """The members that a backup has, in a folder; anything else in the archive is refused."""
    try:
        with (
            gzip.open(source) as packed,
            tarfile.open(fileobj=cast(IO[bytes], _InPieces(packed)), mode="r:") as archive,
        ):
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if member.name not in (MANIFEST, DATABASE, SECRET) or content is None:
                    raise BackupError(f"{source} is not a backup of this program: it holds {member.name[:80]}.")
                if (folder / member.name).exists():
                    raise BackupError(f"{source} is not a backup of this program: it holds {member.name} twice.")
                _refuse_too_large(member, folder)
                with open(folder / member.name, "wb", opener=_for_owner_alone) as file:
                    shutil.copyfileobj(content, file)
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, EOFError, tarfile.TarError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and not source.exists():
            raise BackupError(f"There is no file {source}.") from error
        raise BackupError(f"{source} is not a whole backup of this program.") from error
    is_ours = isinstance(manifest, dict) and manifest.get("format") == FORMAT and "made_at" in manifest
    if not is_ours or not (folder / DATABASE).exists():
        raise BackupError(f"{source} is not a backup that this version can read.")
    yield manifest


def _check_integrity(database: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupError("The backup's database is damaged.") from error
    if answer != "ok":
        raise BackupError("The backup's database is damaged.")


def _restore_secret(settings: Settings, secret: Path) -> bool:
    """Put the backup's secret in place; whether it is another than the running site's."""
    if not secret.exists():
        return False
    current = settings.data_dir / SECRET
    if current.exists() and current.read_bytes().strip() == secret.read_bytes().strip():
        return False
    draft = current.with_name(".secret_key.restored")
    with open(draft, "wb", opener=_for_owner_alone) as file:
        file.write(secret.read_bytes())
    draft.replace(current)
    return True
