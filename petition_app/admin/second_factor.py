"""The second factor: codes of an authenticator by the clock (RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp
from flask_babel import gettext as _
from markupsafe import Markup

from petition_app.admin import passwords
from petition_app.models import Member, RecoveryCode
from petition_app.web.site import settings

STEP_SECONDS = 30
# A clock may be one step off, either way.
DRIFT = (0, -1, 1)
RECOVERY_CODES = 10
# Letters and digits that nobody takes for one another; 31 of them: ten make 49 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# Bytes; in hex, both together have the 64 characters of the column.
_SALT, _DIGEST = 8, 24


def new_secret() -> str:
    """160 random bits in Base32, as authenticators take them."""
    return pyotp.random_base32(32)


def address_for_authenticators(member: Member) -> str:
    """The `otpauth:` address that a QR code holds."""
    issuer = settings().association_name or str(_("Petitions"))
    return pyotp.TOTP(member.totp_secret).provisioning_uri(name=member.email, issuer_name=issuer.replace(":", " "))


def qr_code(text: str) -> Markup:
    """The text as a QR code: an SVG that stands in the page, dark on light whatever the theme."""
    import segno  # a code is seldom drawn, and every process would carry what draws it

    code = segno.make(text, error="m", micro=False)
    return Markup(code.svg_inline(scale=1, border=4, omitsize=True, dark="#000", light="#fff"))  # noqa: S704  # made of squares


def accept_code(member: Member, entered: str, at: datetime) -> bool:
    """Take a code of the authenticator, or a recovery code, once. The member is held by the caller's transaction."""
    code = re.sub(r"[\s-]", "", entered).casefold()
    if code.isascii() and code.isdigit() and len(code) == 6:
        step = matching_step(member, code, at)
        if step is None:
            return False
        member.totp_last_step = step
        return True
    return _use_recovery_code(member, code, at)


def matching_step(member: Member, code: str, at: datetime) -> int | None:
    """The time step whose code this is; None for a wrong one, and for one that was used already."""
    totp, current = pyotp.TOTP(member.totp_secret), int(at.timestamp()) // STEP_SECONDS
    found = None
    for step in (current + drift for drift in DRIFT):
        if (
            hmac.compare_digest(totp.generate_otp(step).encode(), code.encode("utf-8", "replace"))
            and step > member.totp_last_step
        ):
            found = step
    return found


def new_recovery_codes() -> tuple[list[str], list[RecoveryCode]]:
    """Ten codes to be shown now or never, and what is kept of them. It takes a second: not within a transaction."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    salt = secrets.token_bytes(_SALT)
    return [f"{code[:5]}-{code[5:]}" for code in codes], [RecoveryCode(hash=_hash(code, salt)) for code in codes]


def _use_recovery_code(member: Member, code: str, at: datetime) -> bool:
    """Those of a member were made together, with one salt: a try takes the work of one password."""
    unused = [kept for kept in member.recovery_codes if kept.used_at is None]
    wanted = {salt: _hash(code, bytes.fromhex(salt)) for salt in {kept.hash[: 2 * _SALT] for kept in unused}}
    for kept in unused:
        if hmac.compare_digest(kept.hash, wanted[kept.hash[: 2 * _SALT]]):
            kept.use(at)
            return True
    return False


def _hash(code: str, salt: bytes) -> str:
    """Keyed by the site's secret, then salted, by Argon2id: with a copy of both, each guess is work."""
    keyed = hmac.new(settings().secret_key.encode(), f"recovery|{code}".encode(), hashlib.sha256).hexdigest()
    return (salt + passwords.derived(keyed, salt, _DIGEST)).hex()
