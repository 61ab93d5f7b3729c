"""The passphrase that opens the sealed addresses: typed for one thing, tried so often and no oftener, kept nowhere."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from petition_app.admin import current, limits
from petition_app.antiabuse.rate_limit import Limit, TooMany
from petition_app.sealing import boxes, state

FIELD = "passphrase"
LONGEST = 200
# Each try takes a quarter of a second and a lot of memory.
TRIES = (Limit("passphrase", 10, 900),)


def is_asked() -> bool:
    """Whether addresses rest sealed."""
    return state.current() is not None


def typed() -> str:
    return request.form.get(FIELD, "")[: LONGEST + 1]


def unlocked(passphrase: str) -> tuple[bytes, str]:
    """The private key, or why it is not unlocked, in a sentence."""
    sealing = state.current()
    if not passphrase.strip() or sealing is None:
        return b"", str(_("Please enter the passphrase."))
    try:
        limits.try_once((), TRIES, current.member().mailbox)
    except TooMany:
        return b"", str(_("There were many tries for this account. Please wait a quarter of an hour."))
    if not boxes.is_installed():
        return b"", not_installed()
    try:
        return sealing.unlock(passphrase), ""
    except boxes.CannotOpen:
        return b"", str(_("This is neither the passphrase nor the recovery key."))


def not_installed() -> str:
    return str(
        _(
            "The packages for sealing are not installed on the server. Whoever looks after it runs: "
            "make install EXTRAS=sealing"
        )
    )


def nobody_there() -> str:
    """Why a key that was unlocked could be handed to nobody."""
    return str(
        _(
            "No worker is running that could open the addresses. Start the server or its worker, then enter the "
            "passphrase again."
        )
    )
