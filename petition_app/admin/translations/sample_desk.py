"""What the sample site's team has before it: members and their devices, and something on every screen in each state."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from petition_app.admin import audit
from petition_app.antiabuse import signs
from petition_app.models import (
    AuditEntry,
    Cluster,
    ClusterSignature,
    DataRequest,
    InvalidationRule,
    Member,
    MemberLink,
    MemberSession,
    Passkey,
    Petition,
    Signature,
    StoredFile,
    TextDraft,
    Update,
    UpdateText,
)
from petition_app.models.comment import held_for
from petition_app.models.data_request import KINDS
from petition_app.models.member_session import hash_of
from petition_app.paper import entry
from petition_app.paper.entry import Line

# Who looks at a page, by the key that their session's cookie has: one for whom everything is open, one who is asked for
# the password again, one whose role is too small, and one who has not typed the code yet.
TEAM, EARLIER, READER, HALFWAY = "team", "earlier", "reader", "halfway"
# Links of members, by their keys.
INVITED, FORGETFUL = "invited", "forgetful"


def fill(session: Session, petition: Petition, signatures: list[Signature], at: datetime) -> None:
    _team(session, at)
    _text(session, petition, at)
    _comments(signatures, at)
    _updates(session, petition, at)
    _files(session, petition, at)
    _clusters(session, petition, signatures, at)
    _rules(session, petition, signatures, at)
    _requests(session, signatures, at)
    lines = [Line(1, "Elena", "Example", "00100"), Line(2, "Ada", "Example", "00100"), Line(3, "Elena", "Example", "")]
    entry.add_batch(session, petition.id, "Market, first sheet", lines, "Ada Example", at)
    _log(session, at)


def _team(session: Session, at: datetime) -> None:
    second = {"totp_secret": "JBSWY3DPEHPK3PXP", "totp_confirmed_at": at}
    people = {
        TEAM: Member(name="Ada Example", role="administrator"),
        EARLIER: Member(name="Bob Sample", role="administrator", **second),
        READER: Member(name="Charlie Specimen", role="reader"),
        HALFWAY: Member(name="Dora Instance", role="moderator", disabled_at=None, **second),
        INVITED: Member(name="Emil Example", role="editor"),
        "left": Member(name="Frida Sample", role="translator", disabled_at=at),
    }
    for key, member in people.items():
        member.email = member.mailbox = f"{key}@example.org"
        member.locale, member.joined_at = "en", None if key == INVITED else at
        session.add(member)
    session.flush()
    for key in (TEAM, EARLIER, READER, HALFWAY):
        visit = MemberSession(member_id=people[key].id, key_hash=hash_of(key), is_complete=key != HALFWAY)
        session.add(visit)
    other = MemberSession(member_id=people[TEAM].id, key_hash=hash_of("other"), user_agent="Firefox on Android")
    made = Passkey(member_id=people[EARLIER].id, credential_id="sample", public_key=b"", name="Telephone")
    session.add_all([other, made])
    session.add(MemberLink.make("invitation", at, member=people[INVITED], key=INVITED))
    session.add(MemberLink.make("password_reset", at, member=people[TEAM], key=FORGETFUL))


def _text(session: Session, petition: Petition, at: datetime) -> None:
    """A draft that differs from what is online, in the first language."""
    newest = petition.text_for(petition.default_locale)
    draft = TextDraft(petition_id=petition.id, locale=petition.default_locale, base_text_id=newest.id, revision=3)
    draft.title, draft.summary, draft.body = newest.title, newest.summary, newest.body + "4. For everybody\n"
    draft.saved_by, draft.saved_at = "Ada Example", at
    draft.recipients = json.dumps([["Ada Example", "mayor of Exampletown"]])
    session.add(draft)


def _comments(signatures: list[Signature], at: datetime) -> None:
    """The last of them waits to be looked at, for all that may hold a comment back."""
    held = [signature.comment for signature in signatures if signature.comment is not None][-1]
    held.held_for = held_for([(check, "example") for check in ("link", "shouting", "repetition", "listed", "again")])
    held.status = "waiting"
    held.queue(at)


def _updates(session: Session, petition: Petition, at: datetime) -> None:
    """Beside the one that was sent (number 1): numbers 2 to 5."""
    numbers = {"foreseen": 60, "queued": 40, "sent": 30, "bounced": 2, "unsubscribed": 1}
    for title, values in (
        ("A draft", {"state": "draft"}),
        ("Tomorrow", {"state": "scheduled", "scheduled_at": at + timedelta(days=1)}),
        ("Under way", {"state": "sending", "started_at": at, "mailed_until": at, **numbers}),
        ("Stopped", {"state": "stopped", "started_at": at, "mailed_until": at, **numbers}),
    ):
        words = UpdateText(locale=petition.default_locale, title=title, body="She will see us.")
        update = Update(petition_id=petition.id, member_name="Ada Example", texts=[words], **values)
        session.add(update)
        session.flush()
        if update.state in ("sending", "stopped"):
            update.publish(session, at - timedelta(hours=1))


def _files(session: Session, petition: Petition, at: datetime) -> None:
    """Numbers 1 to 4 are exports, one in each state; then the same of deliveries."""
    sealed = {"sealed_key": "sample"}
    for kind, name, options in (
        ("export", "sample.csv", {"use": "check", "format": "csv", "columns": [], "with_left": False}),
        ("delivery", "sample.pdf", {"text": petition.default_locale, "note": "", "use": "recipients"}),
    ):
        for status, values in (
            ("ready", {"size": 12_345, "sha256": "0" * 64, "expires_at": at + timedelta(days=7), "finished_at": at}),
            ("making", {"done": 20, "total": 60, **(sealed if kind == "export" else {})}),
            ("failed", {"error": "The disk is full.", "finished_at": at}),
            ("removed", {"finished_at": at}),
        ):
            file = StoredFile(petition_id=petition.id, kind=kind, name=name, content_type="text/csv", options=options)
            file.locale, file.ordered_by, file.ordered_at, file.status = "en", "Ada Example", at, status
            for column, value in values.items():
                setattr(file, column, value)
            session.add(file)
            session.flush()


def _clusters(session: Session, petition: Petition, signatures: list[Signature], at: datetime) -> None:
    """Number 1 waits for a decision, 2 is held back, 3 let go; then one for each thing that signatures may share."""
    reasons = {"evidence": 3, "networks": 2, "guilty_networks": 1, "no_script": 4, "evenly": 2}
    reasons |= {"same_name": 5, "in_ten_minutes": 9}
    seen = {"petition_id": petition.id, "first_at": at, "last_at": at, "level": 2, "reasons": reasons}
    decided = {"decided_at": at, "decided_by": "Ada Example"}
    clusters = [
        Cluster(kind="network", mark="a", counting=5, held=2, unconfirmed=1, out=1, **seen),
        Cluster(kind="domain", mark="b", label="example.org", status="quarantined", held=3, **decided, **seen),
        Cluster(kind="names", mark="c", status="released", counting=4, **decided, **seen),
        Cluster(kind="moment", mark="d", label=at.isoformat(), counting=9, **seen),
        Cluster(kind="domain", mark="e", counting=3, **seen),
        Cluster(kind="sign", mark=None, counting=2, **seen),
        *(Cluster(kind="sign", mark=mark, counting=2, **seen) for mark in _SIGNS),
        Cluster(kind="network", mark="f", status="releasing", held=2, **decided, **seen),
    ]
    session.add_all(clusters)
    session.flush()
    for cluster in clusters[:3]:
        rows = [ClusterSignature(cluster_id=cluster.id, signature_id=found.id) for found in signatures[4:9]]
        session.add_all(rows)


_SIGNS = (
    signs.DISPOSABLE,
    signs.TRAPPED,
    signs.FORGED,
    signs.LOOKALIKE,
    signs.RESPELT,
    signs.IMPOSSIBLE,
    signs.FAST,
)


def _rules(session: Session, petition: Petition, signatures: list[Signature], at: datetime) -> None:
    criteria = {"name": "Example", "email": "@example.org", "postal_code": "00", "network": "192.0.2.0/24"}
    criteria |= {"since": at.isoformat(), "until": at.isoformat()}
    for status, values in (
        ("taken", {"finished_at": at, "taken": 4}),
        ("taking", {"taken": 2}),
        ("undone", {"finished_at": at, "undone_at": at, "taken": 4, "given_back": 3, "not_given_back": 1}),
        ("undoing", {"finished_at": at, "undone_at": at, "taken": 4, "given_back": 1}),
    ):
        rule = InvalidationRule(petition_id=petition.id, criteria=json.dumps(criteria), reason="By a machine", **values)
        rule.status, rule.member_name, rule.foreseen = status, "Ada Example", 5
        session.add(rule)
        session.flush()
    picked = json.dumps({"ids": [signature.id for signature in signatures[:3]]})
    session.add(InvalidationRule(criteria=picked, reason="Twice", status="taken", finished_at=at, taken=3))


def _requests(session: Session, signatures: list[Signature], at: datetime) -> None:
    """One of each kind: the first two came long ago, the last was answered."""
    for number, kind in enumerate(KINDS):
        came = at.date() - timedelta(days=40 - 12 * number if number < 3 else 1)
        request = DataRequest(kind=kind, received=came, due=came + timedelta(days=30), person="Ada Example")
        request.contact, request.note = "ada@example.org", "By letter"
        request.signature_ids = [signatures[1].id] if number < 2 else []
        session.add(request)
        session.flush()
    request.answered(at, "Ada Example", "All of it was sent.")


def _log(session: Session, at: datetime) -> None:
    """Every act that there is, once: the newest first."""
    for number, action in enumerate(sorted(audit.ACTS)):
        moment = at - timedelta(minutes=number)
        session.add(AuditEntry(at=moment, action=action, member_name="Ada Example", object_label="no. 1", details="{}"))
