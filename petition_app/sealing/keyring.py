"""The private key in a worker's memory, once for each job that it was handed for, and no longer than that takes."""

from __future__ import annotations

from typing import Literal

from flask import current_app

Job = tuple[Literal["update", "file"], int]


class Keyring:
    """What one process holds. It is written nowhere."""

    def __init__(self) -> None:
        self._keys: dict[Job, bytes] = {}

    def __repr__(self) -> str:
        return f"<Keyring of {len(self._keys)} jobs>"

    def hold(self, job: Job, private_key: bytes) -> None:
        self._keys[job] = private_key

    def key_for(self, job: Job) -> bytes | None:
        return self._keys.get(job)

    def drop(self, job: Job) -> None:
        self._keys.pop(job, None)

    def jobs(self) -> list[Job]:
        return list(self._keys)

    def ids(self, kind: str) -> list[int]:
        return [key for held, key in self._keys if held == kind]


def keyring() -> Keyring:
    found: Keyring = current_app.extensions["keyring"]
    return found
