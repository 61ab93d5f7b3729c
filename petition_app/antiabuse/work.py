"""What the page's script fetches when somebody begins to type: a stamp of the moment, and work where traffic is odd.

The work is a puzzle of ALTCHA's kind, which a browser solves in the background within seconds (static/js/work) and a
machine that signs ten thousand times has to solve ten thousand times. Whoever has no script, or one that is too old,
sends the form without: the mail is then the only proof, as it always was.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from altcha.v1 import create_challenge, extract_params, verify_solution
from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from petition_app.antiabuse.signs import ASKED, FAST, FORGED, SCRIPT, TRAPPED, WORKED
from petition_app.models import UsedChallenge

# Nobody reads and fills in the form in less.
QUICKEST = timedelta(seconds=3)
# A page may lie open all day.
STAMP_GOOD_FOR = timedelta(hours=24)
WORK_GOOD_FOR = timedelta(hours=2)
# The browser tries so many numbers at most, half of them on average: a second or two, five on an old phone.
HARDNESS = 50_000
MOST_LENGTH = 1_000
_STAMP = re.compile(r"(\d{1,9})\.(\d{10,13})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Work:
    """What a form tells of how it was filled in: signs, and the mark of the work that was done, if it was."""

    signs: str = ""
    mark: str = ""
    expires_at: datetime | None = None


def challenge(petition_id: int, at: datetime, secret: str, *, asks_work: bool) -> dict[str, Any]:
    """What the script is given: the stamp, and the work where it is asked for."""
    given: dict[str, Any] = {"stamp": _stamp(petition_id, int(at.timestamp() * 1000), secret)}
    if asks_work:
        puzzle = create_challenge(
            algorithm="SHA-256",
            max_number=HARDNESS,
            salt_length=12,
            salt="",
            number=None,
            hmac_key=_key(secret),
            expires=at + WORK_GOOD_FOR,
            params={"petition": str(petition_id)},
        )
        given["work"] = {
            "algorithm": puzzle.algorithm,
            "challenge": puzzle.challenge,
            "maxnumber": HARDNESS,
            "salt": puzzle.salt,
            "signature": puzzle.signature,
        }
    return given


def read(form: dict[str, str], petition_id: int, at: datetime, secret: str, *, asks_work: bool) -> Work:
    """What the hidden fields of a form tell. Whatever stands in them, it is an answer."""
    signs = ASKED if asks_work else ""
    if form.get("trap", "").strip():
        signs += TRAPPED
    began = _began(form.get("stamp", ""), petition_id, secret)
    if began is not None and timedelta() <= at - began <= STAMP_GOOD_FOR:
        signs += SCRIPT + (FAST if at - began < QUICKEST else "")
    handed_in = form.get("work", "")
    if not handed_in:
        return Work(signs)
    expires_at, mark = _done(handed_in, petition_id, secret)
    if expires_at is None or at > expires_at:
        # A page that lay open for long hands in work that was good once: that is no forgery, and no work either.
        return Work(signs if expires_at is not None else signs + FORGED)
    return Work(signs + WORKED, mark, expires_at)


def use(connection: Connection, work: Work) -> str:
    """Take the work for done in the caller's write transaction; the signs, which tell where it was handed in before."""
    if not work.mark:
        return work.signs
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(UsedChallenge.__table__).on_conflict_do_nothing().returning(UsedChallenge.__table__.c.mark)
    used = connection.execute(row, {"mark": work.mark, "expires_at": work.expires_at}).first()
    return work.signs if used is not None else work.signs.replace(WORKED, FORGED)


def forget_used(session: Session, at: datetime) -> None:
    """Delete what would be too old to be handed in again."""
    session.execute(delete(UsedChallenge).where(UsedChallenge.expires_at < at))


def _done(handed_in: str, petition_id: int, secret: str) -> tuple[datetime | None, str]:
    """When the work ends to be good, and its mark; None for what was not given out by us, or not solved."""
    try:
        payload = json.loads(base64.b64decode(handed_in, validate=True)) if len(handed_in) <= MOST_LENGTH else None
        if not isinstance(payload, dict) or payload.get("algorithm") != "SHA-256":
            return None, ""
        if not isinstance(payload.get("salt"), str) or not isinstance(payload.get("number"), int):
            return None, ""
        is_good, _reason = verify_solution(payload, _key(secret), check_expires=False)  # type: ignore[call-overload]
        told = extract_params(payload)  # type: ignore[arg-type]  # a dict with these keys, as was seen
        if not is_good or told.get("petition") != [str(petition_id)]:
            return None, ""
        return datetime.fromtimestamp(int(told["expires"][0]), tz=UTC), str(payload["challenge"])[:64]
    except (ValueError, KeyError, TypeError, OverflowError):
        return None, ""


def _began(stamp: str, petition_id: int, secret: str) -> datetime | None:
    found = _STAMP.fullmatch(stamp)
    if found is None or int(found[1]) != petition_id:
        return None
    if not hmac.compare_digest(stamp, _stamp(petition_id, int(found[2]), secret)):
        return None
    return datetime.fromtimestamp(int(found[2]) / 1000, tz=UTC)


def _stamp(petition_id: int, milliseconds: int, secret: str) -> str:
    said = f"{petition_id}.{milliseconds}"
    return f"{said}.{hmac.new(secret.encode(), f'stamp|{said}'.encode(), 'sha256').hexdigest()}"


def _key(secret: str) -> str:
    return hmac.new(secret.encode(), b"work", "sha256").hexdigest()
