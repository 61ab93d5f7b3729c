"""The keys of a site that seals: made when it begins to, and locked anew by another passphrase or recovery key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from petition_app.models import SiteSetting
from petition_app.sealing import boxes, names, state
from petition_app.sealing.names import KeyMissing
from petition_app.site.storing import store

SHORTEST, LONGEST = 14, 200


class AlreadyOn(Exception):
    """Somebody else has turned it on."""


@dataclass(frozen=True)
class NewKeys:
    """What is stored of a new pair of keys, and what is to be printed. Making it takes half a second."""

    public_key: str
    passphrase_lock: str = field(repr=False)
    recovery_lock: str = field(repr=False)
    recovery_key: str = field(repr=False)
    mark: str = ""

    @classmethod
    def make(cls, passphrase: str) -> NewKeys:
        """Raises KeyMissing where the packages or the key of the mailboxes' names are not there and cannot be made."""
        if not boxes.is_installed():
            raise KeyMissing("the extra “sealing” is not installed")
        mark = names.mark_of(names.make_key())
        private_key, public_key = boxes.new_pair()
        recovery_key = boxes.new_recovery_key()
        return cls(
            public_key,
            boxes.locked(private_key, passphrase),
            boxes.locked(private_key, recovery_key),
            recovery_key,
            mark,
        )


def turn_on(session: Session, keys: NewKeys, at: datetime) -> None:
    """Seal from now on, in the caller's transaction; `effective.look(at_once=True)` after it. Raises AlreadyOn."""
    if session.get(SiteSetting, state.PUBLIC_KEY, populate_existing=True) is not None:
        raise AlreadyOn
    store(
        session,
        {
            state.PUBLIC_KEY: keys.public_key,
            state.PASSPHRASE_LOCK: keys.passphrase_lock,
            state.RECOVERY_LOCK: keys.recovery_lock,
            state.MARK: keys.mark,
            state.SINCE: at.isoformat(),
        },
    )


def change_passphrase(session: Session, lock: str) -> None:
    """Lock the private key by `lock`, which `boxes.locked` has made of it."""
    store(session, {state.PASSPHRASE_LOCK: lock})


def change_recovery_key(session: Session, lock: str) -> None:
    """The one that was printed before opens nothing any more."""
    store(session, {state.RECOVERY_LOCK: lock})
