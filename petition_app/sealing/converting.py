"""What was there before sealing was turned on: sealed by the worker a little at a time, and where it is met on the way.

All signatures of a mailbox in a petition change together, so that who shares a mailbox is known at every moment. The
signatures are gone through until a going-through finds nothing; it must have begun when every process knew of the
sealing. How far it is stands in the database: killed at any moment, the next one goes on there.
"""

from __future__ import annotations

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, literal_column, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition_app.antiabuse.mailboxes import NotAnAddress, canonical_mailbox, normal_address
from petition_app.extensions import db
from petition_app.models import Cluster, InvalidationRule, OutboxMessage, Petition, SealingProgress, Signature
from petition_app.models.outbox_message import BULK
from petition_app.models.signature import HASHED
from petition_app.sealing.addresses import columns_for
from petition_app.sealing.names import hashed, is_hashed
from petition_app.sealing.state import CONVERTED, Sealing, current
from petition_app.site import effective
from petition_app.site.storing import store
from petition_app.transactions import writing

log = logging.getLogger(__name__)

WINDOW, BATCH = 1_000, 100
LONGEST_TURN = 1.5
# By then every process has seen that sealing is on (site/effective.py), a slow one too.
SETTLED_AFTER = timedelta(minutes=1)
# Longer than the job that looks for stragglers is ever late.
LATELY = timedelta(hours=2)

Renew = Callable[[], object]


def name_for_signing(petition_id: int, mailbox: str) -> str:
    """The name under which a mailbox signs; what there is of it under the old one is renamed. Raises KeyMissing."""
    sealing = current()
    if sealing is None:
        return mailbox
    if sealing.is_converting:
        convert_mailbox(petition_id, mailbox)
    return hashed(mailbox, sealing)


def has_old_name(signature: Signature) -> bool:
    """Whether it was entered before the site sealed, and was not come to yet."""
    return signature.mailbox is not None and not is_hashed(signature.mailbox) and current() is not None


def convert_mailbox(petition_id: int, mailbox: str | None) -> None:
    """Rename a mailbox in a petition, and seal its addresses, in a transaction of its own."""
    sealing = current()
    if sealing is None or mailbox is None:
        return
    old = select(Signature.id).where(Signature.petition_id == petition_id, Signature.mailbox == mailbox).limit(1)
    if db.session.scalar(old) is not None:
        with writing() as session:
            _convert(session, petition_id, [mailbox], sealing)


def advance(at: datetime, renew: Renew = lambda: None, *, seconds: float = LONGEST_TURN) -> bool:
    """Go on with what was there before, for so long at most; whether nothing is left to do."""
    sealing, ends = current(), time.monotonic() + seconds
    if sealing is None or not sealing.is_converting:
        return True
    while time.monotonic() < ends:
        if not _step(sealing, at):
            return not sealing.is_converting
        renew()
    return False


def progress() -> tuple[int, int]:
    """How many addresses were sealed so far by going through, and the place where it is, of those keys."""
    row = db.session.get(SealingProgress, 1)
    return (row.sealed, row.place) if row is not None else (0, 0)


def _step(sealing: Sealing, at: datetime) -> bool:
    """One window of the signatures; False at the end of a going-through."""
    row = db.session.get(SealingProgress, 1, populate_existing=True)
    place = row.place if row is not None else 0
    found = db.session.execute(_WINDOW, {"place": place}).all()
    db.session.rollback()
    if not found:
        _end_of_round(sealing, at)
        return False
    due = [each for each in found if _is_due(each)]
    batch, last = due[:BATCH], found[-1].id if len(due) <= BATCH else due[BATCH - 1].id
    mailboxes: dict[int, set[str]] = defaultdict(set)
    for each in batch:
        mailboxes[each.petition_id].add(each.mailbox)
    with writing() as session:
        row = _held(session, sealing, at)
        if row.place != place:
            return True  # another worker was faster
        for petition_id, names in sorted(mailboxes.items()):
            sealed = _convert(session, petition_id, sorted(names), sealing)
            row.sealed += sealed
        row.place, row.changed = last, row.changed + len(batch)
    return True


def _is_due(row: Any) -> bool:
    if row.mailbox is None:
        return False
    return not is_hashed(row.mailbox) or (row.email is not None and row.status != "pending")


def _end_of_round(sealing: Sealing, at: datetime) -> None:
    """All is done where nothing was found by one that began late enough; else from the beginning."""
    with writing() as session:
        row = _held(session, sealing, at)
        is_done = not row.changed and row.begun_at >= sealing.since + SETTLED_AFTER
        if is_done:
            _convert_rest(session, sealing)
            store(session, {CONVERTED: at.isoformat()})
        else:
            row.place, row.changed, row.begun_at = 0, 0, at
    if is_done:
        effective.look(at_once=True)


def _held(session: Session, sealing: Sealing, at: datetime) -> SealingProgress:
    """How far it is, held until the transaction ends; the first who asks begins it."""
    row: SealingProgress | None = session.get(SealingProgress, 1, with_for_update=True, populate_existing=True)
    if row is None:
        row = SealingProgress(id=1, place=0, changed=0, sealed=0, begun_at=at)
        session.add(row)
        session.flush()
        _convert_rules(session, sealing)
    return row


_WINDOW = (
    select(Signature.id, Signature.petition_id, Signature.status, Signature.email, Signature.mailbox)
    .where(Signature.id > bindparam("place"))
    .order_by(Signature.id)
    .limit(WINDOW)
)


def _convert(session: Session, petition_id: int, mailboxes: Sequence[str], sealing: Sealing) -> int:
    """Rename mailboxes and seal the addresses of all but those who have not confirmed; how many were sealed."""
    rows = session.execute(_OF_MAILBOXES, {"petition": petition_id, "mailboxes": list(mailboxes)}).all()
    renamed, sealed = [], []
    for row in rows:
        name = row.mailbox if is_hashed(row.mailbox) else hashed(row.mailbox, sealing)
        renamed.append({"signature": row.id, "name": name})
        if row.email is not None and row.status != "pending":
            sealed.append({"signature": row.id, **columns_for(row.email, sealing)})
    if not rows:
        return 0
    _rename(session, renamed)
    if sealed:
        session.connection().execute(_SEAL, sealed)
    session.connection().execute(_RENAME_MAILS, renamed)
    return len(sealed)


def _rename(session: Session, renamed: list[dict[str, Any]]) -> None:
    try:
        with session.begin_nested():
            session.connection().execute(_RENAME, renamed)
        return
    except IntegrityError:
        pass  # in the second before every process knew, one confirmed under the old name what counts under the new
    for row in renamed:
        try:
            with session.begin_nested():
                session.connection().execute(_RENAME, row)
        except IntegrityError:
            log.warning("two signatures of one mailbox count apart", extra={"fields": {"signature": row["signature"]}})
            row["name"] = f"{row['name']}.{row['signature']}"
            session.connection().execute(_RENAME, row)


_OF_MAILBOXES = (
    select(Signature.id, Signature.status, Signature.email, Signature.mailbox)
    .where(
        Signature.petition_id == bindparam("petition"),
        Signature.mailbox.in_(bindparam("mailboxes", expanding=True)),
    )
    .order_by(Signature.id)
    .with_for_update()
)
_RENAME = (
    update(Signature.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(Signature.id == bindparam("signature"))
    # A mark of the domain by the site's secret, which backups hold, would tell the domain still.
    .values(
        mailbox=bindparam("name"),
        domain_mark=case((Signature.mailbox.startswith(HASHED), Signature.domain_mark), else_=None),
    )
)
_SEAL = (
    update(Signature.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(Signature.id == bindparam("signature"))
    .values(email=bindparam("email"), sealed_email=bindparam("sealed_email"), mail_domain=bindparam("mail_domain"))
)
# What a person waits for goes out as it was meant to; an update that waits is opened again when it is sent.
_RENAME_MAILS = (
    update(OutboxMessage.__table__)  # type: ignore[arg-type]  # the same
    .where(OutboxMessage.signature_id == bindparam("signature"))
    .values(
        mailbox=bindparam("name"),
        recipient=case(
            ((OutboxMessage.status == "queued") & (OutboxMessage.priority < BULK), OutboxMessage.recipient), else_=""
        ),
    )
)


def _convert_rules(session: Session, sealing: Sealing) -> None:
    """Rules that took signatures out by an address remember it by its name from now on."""
    for rule in session.scalars(select(InvalidationRule).order_by(InvalidationRule.id)):
        said = json.loads(rule.criteria)
        if "email" in said:
            typed = said.pop("email")
            try:
                said["mailbox"] = hashed(canonical_mailbox(normal_address(typed)), sealing)
            except NotAnAddress:
                said["mailbox"] = hashed(typed.casefold(), sealing)
            rule.criteria = json.dumps(said, ensure_ascii=False)


def _convert_rest(session: Session, sealing: Sealing) -> None:
    """What tells of mailboxes apart from signatures: mails to whoever has lost a link, and clusters of a domain."""
    of_none = OutboxMessage.signature_id.is_(None), OutboxMessage.kind == literal_column("'lost_links'")
    for mail in session.scalars(select(OutboxMessage).where(*of_none, ~OutboxMessage.mailbox.startswith(HASHED))):
        mail.mailbox = hashed(mail.mailbox, sealing)
        if mail.status != "queued":
            mail.recipient = ""
    # Their marks are not those that the domain has from now on: they find nothing more.
    of_domain = update(Cluster).where(Cluster.kind == "domain", Cluster.found_at < sealing.since)
    session.execute(of_domain.values(mark=None, label=""), execution_options={"synchronize_session": False})


def seal_stragglers(at: datetime, renew: Renew = lambda: None) -> int:
    """Seal what left before it was confirmed: withdrawn, or taken out. Answers how many.

    And what was confirmed lately and can be read all the same: entered anew in the very moment of its confirmation.
    """
    sealing, count = current(), 0
    if sealing is None:
        return 0
    petitions = db.session.scalars(select(Petition.id).order_by(Petition.id)).all()
    db.session.rollback()
    for petition_id in petitions:
        while found := _stragglers(petition_id, at - LATELY):
            with writing() as session:
                count += _convert(session, petition_id, found, sealing)
            renew()
    return count


def _stragglers(petition_id: int, since: datetime) -> list[str]:
    asked = {"petition": petition_id, "since": since}
    names = [name for found in (_LEFT, _LATE) for name in db.session.scalars(found, asked)]
    db.session.rollback()
    return sorted({name for name in names if name is not None})


_READABLE = (
    select(Signature.mailbox)
    .where(Signature.petition_id == bindparam("petition"), Signature.email.is_not(None), Signature.mailbox.is_not(None))
    .limit(BATCH)
)
# The states are written out: the indexes of some rows only can then be chosen whatever the parameters are.
_LEFT = _READABLE.where(Signature.status.in_((literal_column("'withdrawn'"), literal_column("'invalidated'"))))
_LATE = _READABLE.where(Signature.status == literal_column("'confirmed'"), Signature.confirmed_at > bindparam("since"))
