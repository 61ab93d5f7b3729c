"""The second factor: codes of an authenticator by the clock (RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp
import segno
from flask_babel import gettext as _
from markupsafe import Markup

from petition_app.models import Member, RecoveryCode
from petition_app.web.site import settings

STEP_SECONDS = 30
# A clock may be one step off, either way.
DRIFT = (0, -1, 1)
RECOVERY_CODES = 10
# Letters and digits that nobody takes for one another; 31 of them: ten make 49 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """160 random bits in Base32, as authenticators take them."""
    return pyotp.random_base32(32)


def address_for_authenticators(member: Member) -> str:
    """The `otpauth:` address that a QR code holds."""
    issuer = settings().association_name or str(_("Petitions"))
    return pyotp.TOTP(member.totp_secret).provisioning_uri(name=member.email, issuer_name=issuer.replace(":", " "))


def qr_code(text: str) -> Markup:
    """The text as a QR code: an SVG that stands in the page, dark on light whatever the theme."""
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


def new_recovery_codes(member: Member) -> list[str]:
    """Ten codes in place of all earlier ones; only their hashes are kept, so they are shown now or never."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    member.recovery_codes = [RecoveryCode(hash=_hash(code)) for code in codes]
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _use_recovery_code(member: Member, code: str, at: datetime) -> bool:
    wanted = _hash(code)
    for kept in member.recovery_codes:
        if kept.used_at is None and hmac.compare_digest(kept.hash, wanted):
            kept.use(at)
            return True
    return False


def _hash(code: str) -> str:
    return hmac.new(settings().secret_key.encode(), f"recovery|{code}".encode(), hashlib.sha256).hexdigest()
