"""A few bytes that would become very many: none of them fills a disk or the memory. (Pictures: tests/pictures.)"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path

import pytest
from flask import Flask

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.operations import backup as backups
from petition_app.operations.backup import BackupError, backup, restore
from tests.story import ALICE
from tests.visitor import Visitor


def archive_of(*members: tarfile.TarInfo, body: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as stream:
        for member in members:
            stream.write(member.tobuf(tarfile.GNU_FORMAT))
        stream.write(body)
    return packed.getvalue()


def member(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info


@pytest.mark.parametrize(
    "data",
    [
        archive_of(member("manifest.json", 2**40)),
        archive_of(member("petition.sqlite3", 2**50)),
        archive_of(member("secret_key", 2**20), body=b"\0" * 2**20),
        archive_of(member("x", 2**34, tarfile.XHDTYPE)),
        archive_of(member("././@LongLink", 2**34, tarfile.GNUTYPE_LONGNAME)),
        archive_of(member("../../secret_key", 1), body=b"x" * 512),
        archive_of(member("/etc/passwd", 1), body=b"x" * 512),
        archive_of(member("secret_key", 0, tarfile.SYMTYPE)),
        archive_of(member("secret_key", 0, tarfile.FIFOTYPE)),
        archive_of(member("secret_key", 0), member("secret_key", 0)),
        gzip.compress(b"\0" * 2**26),
        gzip.compress(gzip.compress(b"\0" * 2**20)),
    ],
    ids=["manifest", "database", "secret", "header", "name", "up", "root", "link", "pipe", "twice", "nothing", "gzip"],
)
def test_no_backup_unpacks_without_an_end(app: Flask, settings: Settings, tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "bomb.tar.gz"
    source.write_bytes(data)
    before = sorted(settings.data_dir.iterdir())
    with pytest.raises(BackupError, match="backup"):
        restore(settings, source, set())
    assert sorted(settings.data_dir.iterdir()) == before


def test_a_backup_that_the_disk_cannot_take_is_told(
    app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "site.tar.gz"
    backup(settings, target)
    monkeypatch.setattr(backups, "KEPT_FREE", 2**60)
    with pytest.raises(BackupError, match="make room on the disk"):
        restore(settings, target, set())


def test_a_packed_request_is_not_unpacked(client: Visitor, petition: Petition) -> None:
    """A body says that it is compressed: its bytes are read as they are, and are no form."""
    bomb = zlib.compress(b"given_name=" + b"A" * 2**24)
    for coding in ("gzip", "deflate", "br", "gzip, gzip"):
        response = client.post(
            "/fr/petitions/clean-water/signatures",
            data=bomb,
            headers={"Content-Encoding": coding, "Content-Type": "application/x-www-form-urlencoded"},
        )
        assert response.status_code in (413, 415, 422)
    assert db.session.query(Signature).count() == 0


def test_very_many_parts_are_refused(client: Visitor, petition: Petition) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="given_name"\r\n\r\nA\r\n'
    response = client.post(
        "/fr/petitions/clean-water/signatures",
        data=part * 500 + "--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert response.status_code == 413
    assert client.post("/fr/petitions/clean-water/signatures", data=ALICE).status_code == 303
